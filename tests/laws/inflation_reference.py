"""Inflation by other means: V and V′ written by hand, SciPy's DOP853, the oscillating mode equation itself."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import scipy.integrate
import scipy.optimize


class ReferenceModel(NamedTuple):
    V: Callable[[float], float]
    dV: Callable[[float], float]
    field: float


_B = np.sqrt(2 / 3)
REFERENCES = {
    "quadratic": ReferenceModel(lambda φ: 1.8e-11 * φ**2, lambda φ: 3.6e-11 * φ, 17.0),  # m = 6e-6
    "starobinsky": ReferenceModel(
        lambda φ: 1.2e-10 * (1 - np.exp(-_B * φ)) ** 2,
        lambda φ: 2.4e-10 * (1 - np.exp(-_B * φ)) * _B * np.exp(-_B * φ),
        5.6,
    ),
}


class ReferenceInflation:
    """From a field and velocity, in e-folds, to the end of inflation."""

    def __init__(self, model: ReferenceModel, velocity: float, longest_step: float = np.inf):
        self.model = model

        def end(n, y):
            return y[1] ** 2 / 2 - 1

        end.terminal = True
        solution = scipy.integrate.solve_ivp(
            self.rate,
            (0, 200),
            [model.field, velocity],
            "DOP853",
            rtol=1e-13,
            atol=1e-15,
            events=end,
            dense_output=True,
            max_step=longest_step,
        )
        self.e_folds_total, self.dense = float(solution.t_events[0][0]), solution.sol

    def rate(self, n, y):
        φ, v = y
        return [v, -(3 - v**2 / 2) * (v + self.model.dV(φ) / self.model.V(φ))]

    def local(self, n):
        """ε, its logarithmic rate and ln(aH), with a = 1 at the start."""
        φ, v = self.dense(n)
        ε, change = v**2 / 2, 2 * self.rate(n, (φ, v))[1] / v
        return ε, change, n + np.log(self.model.V(φ) / (3 - ε)) / 2

    def log_wavenumber_crossing(self, before_end):
        return self.local(self.e_folds_total - before_end)[2]

    def power(self, log_k, tensor):
        """From k = 200 aH, with the vacuum to second order in aH/k, until k = 1e-4 aH; tensors: both polarisations."""
        x0, last = 200.0, 1e-4
        start, end = (
            scipy.optimize.brentq(lambda n, x=x: log_k - self.local(n)[2] - np.log(x), 0, self.e_folds_total)
            for x in (x0, last)
        )
        ε, change, _ = self.local(start)
        ζ = 1.0 if tensor else 1 + change / 2
        U = ζ**2 + (1 - ε) * ζ  # z″/z in units of (aH)², up to the change of ζ
        if not tensor:
            h = 1e-3
            U += (self.local(start + h)[1] - self.local(start - h)[1]) / (4 * h)
        power = 1 + U / (2 * x0**2)
        slope = (1 - ε) * U / x0**2 / power
        size = np.sqrt(power / 2) / np.exp(start)  # |v|/a, times √k
        first = [size, 0.0, size * (slope / 2 - ζ), -size * x0 / power]

        def mode(n, y):
            ε, change, log_aH = self.local(n)
            F = 3 - ε + (0.0 if tensor else change)
            k2 = np.exp(2 * (log_k - log_aH))
            return [y[2], y[3], -F * y[2] - k2 * y[0], -F * y[3] - k2 * y[1]]

        y = scipy.integrate.solve_ivp(mode, (start, end), first, "DOP853", rtol=3e-11, atol=size * 1e-15).y[:, -1]
        z2_over_a2 = 1 / 8 if tensor else 2 * ε
        return np.exp(2 * log_k) * (y[0] ** 2 + y[1] ** 2) / (2 * np.pi**2) / z2_over_a2
