r"""The dictionary: heavy-ball gradient descent read as a scalar field in an expanding universe, and back.

Training $\theta_{n+1} = \theta_n + \beta(\theta_n - \theta_{n-1}) - \eta\nabla L$, each update lasting a time
$\delta$, against $\ddot\theta + 3H\dot\theta + c\,\nabla L = 0$, with $c\,\nabla L = \nabla V$.

Two schemes make the correspondence:

* **leapfrog**: heavy ball *is* the central-difference scheme of step $\delta$ for
  $3H\delta = 2(1-\beta)/(1+\beta)$, $c\,\delta^2 = 2\eta/(1+\beta)$, with no approximation;
* **stroboscopic**: the continuous system whose exact solution passes through every update of a quadratic loss.
  Phase-space volume contracts by $\beta = (a_n/a_{n+1})^3$ per update, so $3H\delta = \ln(1/\beta)$ for every mode.

$\delta$ chooses the unit of time. In the canonical unit V = L and $\Lambda \propto 1/\eta$; e-folds per update and
m²/H² do not depend on the choice while the step is constant (see `expansion_schedules` where it is not). Eigenvalues λ
are those of the Hessian of L in function space, that is of the tangent kernel for L = ½Σ|f − y|² and of the kernel
divided by the number of points for its mean over points.

Source of the idea: Krippendorf & Spannowsky 2022, arXiv:2202.11104; formulas derived afresh and tested.
Everything here works on floats, NumPy arrays and traced JAX values alike, and broadcasts.
"""

import sys
from typing import Any, Literal, NamedTuple, get_args

import numpy as np

from cosmograd.learning.learning_rates import LARGEST, SMALLEST

Scheme = Literal["leapfrog", "stroboscopic"]
TimeUnit = Literal["canonical", "gradient-flow", "sqrt-learning-rate", "update"]

SCHEMES: tuple[str, ...] = get_args(Scheme)
TIME_UNITS: tuple[str, ...] = get_args(TimeUnit)


class TrainingStep(NamedTuple):
    """What the trainer sets: learning rate η > 0 and momentum 0 ≤ β < 1."""

    learning_rate: Any
    momentum: Any


class DualUniverse(NamedTuple):
    r"""The universe that a training step is.

    time_step: $\delta$ in the named unit of time; hubble_rate: H; cosmological_constant: $\Lambda = 3H^2$;
    e_folds_per_update: $H\delta$; potential_scale: V/L. H is infinite for the stroboscopic scheme at β = 0, where
    the system is of first order and has no friction to speak of.
    """

    time_step: Any
    hubble_rate: Any
    cosmological_constant: Any
    e_folds_per_update: Any
    potential_scale: Any


def _namespace(*values: Any) -> Any:
    """jax.numpy when any value is a JAX array, NumPy otherwise; JAX is not imported for the question."""
    jax = sys.modules.get("jax")
    if jax is not None and any(isinstance(value, jax.Array) for value in values):
        return jax.numpy
    return np


def check_names(scheme: str, time_unit: str) -> None:
    """Raise `ValueError` for an unknown scheme or unit of time."""
    if scheme not in SCHEMES:
        raise ValueError(f"`scheme` is {scheme!r}; allowed: {', '.join(SCHEMES)}.")
    if time_unit not in TIME_UNITS:
        raise ValueError(f"`time_unit` is {time_unit!r}; allowed: {', '.join(TIME_UNITS)}.")


def _is_traced(value: Any) -> bool:
    jax = sys.modules.get("jax")
    return jax is not None and isinstance(value, jax.core.Tracer)


def _check_step(learning_rate: Any, momentum: Any) -> None:
    _check_positive("learning_rate", learning_rate)
    if not _is_traced(momentum):
        β = np.asarray(momentum)
        if not ((β >= 0) & (β < 1)).all():
            raise ValueError(f"`momentum` must lie in [0, 1), got {momentum}.")


def _check_positive(name: str, value: Any) -> None:
    """Raise `ValueError` unless all values are positive and neither overflow nor vanish when squared or inverted."""
    if _is_traced(value):
        return
    array = np.asarray(value)
    if not (np.isfinite(array) & (array > 0)).all():
        raise ValueError(f"`{name}` must be a positive finite number, got {value}.")
    if not ((array >= SMALLEST) & (array <= LARGEST)).all():
        raise ValueError(f"`{name}` must lie between {SMALLEST:g} and {LARGEST:g}, got {value}.")


def e_folds_per_update(momentum: Any, scheme: str = "leapfrog") -> Any:
    r"""$H\delta$: $\tfrac23(1-\beta)/(1+\beta)$ (leapfrog) or $\tfrac13\ln(1/\beta)$ (stroboscopic)."""
    if scheme == "leapfrog":
        return 2 * (1 - momentum) / (3 * (1 + momentum))
    xp = _namespace(momentum)
    momentum = xp.asarray(momentum, dtype=float)
    with np.errstate(divide="ignore"):
        return -xp.log(momentum) / 3


def _canonical_time_step(learning_rate: Any, momentum: Any, scheme: str) -> Any:
    r"""δ for which V = L: $\sqrt{2\eta/(1+\beta)}$, or $\sqrt{\eta\ln(1/\beta)/(1-\beta)}$ stroboscopically."""
    if scheme == "leapfrog":
        return (2 * learning_rate / (1 + momentum)) ** 0.5
    xp = _namespace(learning_rate, momentum)
    β = xp.asarray(momentum, dtype=float)
    with np.errstate(divide="ignore"):
        return (learning_rate * -xp.log(β) / (1 - β)) ** 0.5


def time_step_per_update(learning_rate: Any, momentum: Any, time_unit: str, scheme: str) -> Any:
    r"""δ in the named unit of time; for estimates too, whose momentum may lie outside [0, 1)."""
    return {
        "canonical": lambda: _canonical_time_step(learning_rate, momentum, scheme),
        "gradient-flow": lambda: learning_rate,
        "sqrt-learning-rate": lambda: learning_rate**0.5,
        "update": lambda: 1.0 + 0 * learning_rate,
    }[time_unit]()


def dual_universe(
    learning_rate: Any, momentum: Any = 0.0, time_unit: str = "canonical", scheme: str = "leapfrog"
) -> DualUniverse:
    r"""The dual universe of a learning rate η and a momentum β.

    Leapfrog, in canonical time: $\delta = \sqrt{2\eta/(1+\beta)}$,
    $\Lambda = 3H^2 = \tfrac{2(1-\beta)^2}{3(1+\beta)\eta}$. The time unit is `canonical` (V = L), `gradient-flow`
    (δ = η), `sqrt-learning-rate` (δ = √η) or `update` (δ = 1).

    Raises `ValueError` for η ≤ 0, β outside [0, 1) or an unknown name.
    """
    check_names(scheme, time_unit)
    _check_step(learning_rate, momentum)
    canonical = _canonical_time_step(learning_rate, momentum, scheme)
    δ = time_step_per_update(learning_rate, momentum, time_unit, scheme)
    e_folds = e_folds_per_update(momentum, scheme)
    with np.errstate(invalid="ignore"):
        H = e_folds / δ
        scale = (canonical / δ) ** 2
    if time_unit == "canonical" and scheme == "stroboscopic":
        xp = _namespace(learning_rate, momentum)
        H = xp.where(xp.asarray(momentum, dtype=float) == 0, xp.inf, H)
    if time_unit == "canonical":
        scale = 1.0 + 0 * learning_rate
    return DualUniverse(δ, H, 3 * H * H, e_folds, scale)


def training_step(
    hubble_rate: Any,
    time_step: Any,
    time_unit: str = "canonical",
    scheme: str = "leapfrog",
    learning_rate: Any = None,
) -> TrainingStep:
    r"""The learning rate and momentum that simulate a universe with H in steps of δ, both in the named unit of time.

    The e-folds of a step give the momentum in every unit; leapfrog: $\beta = (1-h)/(1+h)$ with $h = 3H\delta/2 \leq 1$;
    stroboscopic: $\beta = e^{-3H\delta}$, for H > 0. The learning rate follows from δ (`learning_rate_of_time_step`).
    In units of one update δ = 1 whatever the learning rate, which must then be given; in the others it must not.
    """
    check_names(scheme, time_unit)
    _check_positive("time_step", time_step)
    _check_positive("hubble_rate", hubble_rate)
    e_folds = hubble_rate * time_step
    if scheme == "leapfrog":
        h = 1.5 * e_folds
        if not _is_traced(h) and (np.asarray(h) > 1 + 1e-12).any():
            raise ValueError(
                f"3Hδ/2 = {h} exceeds 1, which would need a negative momentum. Take `time_step` ≤ "
                f"{np.min(2 / (3 * np.asarray(hubble_rate)))} or the stroboscopic scheme."
            )
        momentum = (1 - h) / (1 + h)
    else:
        momentum = _namespace(e_folds).exp(-3 * e_folds)
    return TrainingStep(learning_rate_of_time_step(time_step, e_folds, time_unit, scheme, learning_rate), momentum)


def learning_rate_of_time_step(
    time_step: Any, e_folds: Any, time_unit: str = "canonical", scheme: str = "leapfrog", learning_rate: Any = None
) -> Any:
    r"""The η of an update of duration δ and `e_folds` = Hδ, in the named unit of time.

    Canonical: $\eta = \delta^2/(1+3H\delta/2)$ (leapfrog), $\delta^2(1-e^{-3H\delta})/(3H\delta)$ (stroboscopic);
    gradient-flow: η = δ; sqrt-learning-rate: η = δ²; update: δ = 1, and η is the given `learning_rate`.
    """
    check_names(scheme, time_unit)
    if (learning_rate is not None) != (time_unit == "update"):
        raise ValueError(
            "in units of one update δ = 1 whatever the learning rate; give `learning_rate` too."
            if learning_rate is None
            else f"`learning_rate` follows from `time_step` in the unit {time_unit!r}; leave it out."
        )
    if time_unit == "update":
        _check_positive("learning_rate", learning_rate)
        if not _is_traced(time_step) and not np.all(np.asarray(time_step) == 1):
            raise ValueError(f"`time_step` is 1 in units of one update, got {time_step}.")
        return learning_rate + 0 * time_step
    if time_unit == "gradient-flow":
        return time_step
    if time_unit == "sqrt-learning-rate":
        return time_step**2
    if scheme == "leapfrog":
        return time_step**2 / (1 + 1.5 * e_folds)
    xp = _namespace(e_folds, time_step)
    exponent = xp.asarray(3 * e_folds, dtype=float)
    safe = xp.where(exponent > 0, exponent, 1.0)
    return time_step**2 * xp.where(exponent > 0, -xp.expm1(-safe) / safe, 1.0)


def mass_squared(
    eigenvalue: Any,
    learning_rate: Any,
    momentum: Any = 0.0,
    time_unit: str = "canonical",
    scheme: str = "leapfrog",
    divisor: Any = 1,
) -> Any:
    r"""m² of a mode with kernel eigenvalue λN, in the inverse square of the time unit.

    `divisor` is the loss's N (`SquaredLoss.divisor`): 1 for the sum over points, where λ is the kernel's eigenvalue,
    and the number of points for their mean.

    Leapfrog: $m^2\delta^2 = 2\eta\lambda/(1+\beta)$. Stroboscopic: $m^2\delta^2 = \ln r_+ \ln r_-$ with $r_\pm$ the
    roots of $r^2 - (1+\beta-\eta\lambda)r + \beta = 0$; NaN for $\eta\lambda > (1+\sqrt\beta)^2$, where both
    logarithms carry iπ and no continuous dual exists, and for β = 0, where there is one root only.
    """
    universe = dual_universe(learning_rate, momentum, time_unit, scheme)
    eigenvalue = eigenvalue / divisor
    if scheme == "leapfrog":
        return eigenvalue * universe.potential_scale
    return stroboscopic_mass_per_update(learning_rate * eigenvalue, momentum) / universe.time_step**2


def mass_over_hubble_squared(
    eigenvalue: Any, learning_rate: Any, momentum: Any = 0.0, scheme: str = "leapfrog", divisor: Any = 1
) -> Any:
    r"""m²/H², the same in every time unit; `divisor` as in `mass_squared`.

    Leapfrog: $\tfrac92\,\eta\lambda\,(1+\beta)/(1-\beta)^2$.
    Stroboscopic: $9\ln r_+ \ln r_-/\ln^2\beta$, NaN where it does not exist (see `mass_squared`).
    """
    check_names(scheme, "canonical")
    _check_step(learning_rate, momentum)
    eigenvalue = eigenvalue / divisor
    if scheme == "leapfrog":
        return 4.5 * learning_rate * eigenvalue * (1 + momentum) / (1 - momentum) ** 2
    return (
        stroboscopic_mass_per_update(learning_rate * eigenvalue, momentum) / e_folds_per_update(momentum, scheme) ** 2
    )


def stroboscopic_mass_per_update(eta_lambda: Any, momentum: Any) -> Any:
    r"""$\ln r_+ \ln r_-$, real for ηλ ≤ (1+√β)², NaN above and for β ≤ 0."""
    xp = _namespace(eta_lambda, momentum)
    ηλ, β = xp.asarray(eta_lambda, dtype=float), xp.asarray(momentum, dtype=float)
    sum_of_roots = 1 + β - ηλ
    exists = (ηλ <= (1 + xp.maximum(β, 0.0) ** 0.5) ** 2) & (β > 0)
    sum_of_roots = xp.where(exists, sum_of_roots, 0.0)
    discriminant = sum_of_roots**2 - 4 * β
    safe_β = xp.where(β > 0, β, 1.0)

    # Real roots: the slow one is 1 − s with s = 2ηλ/(1 − β + ηλ + √disc), which keeps its digits for small ηλ
    # (1 − r₊ is the positive root of s² − (1 − β + ηλ)s + ηλ = 0, taken as product over the larger root).
    real = exists & (discriminant >= 0) & (sum_of_roots > 0)
    root = xp.sqrt(xp.where(real, discriminant, 0.0))
    s = 2 * ηλ / xp.where(real, 1 - β + ηλ + root, 1.0)
    log_slow = xp.log1p(-xp.where(real, s, 0.0))
    log_fast = xp.log(safe_β) - log_slow
    # Complex pair √β e^{±iϑ}: ln r₊ ln r₋ = (½ ln β)² + ϑ².
    ϑ = xp.arctan2(xp.sqrt(xp.where(real, 0.0, xp.maximum(-discriminant, 0.0))), sum_of_roots)
    pair = (xp.log(safe_β) / 2) ** 2 + ϑ**2
    return xp.where(exists, xp.where(real, log_slow * log_fast, pair), xp.nan)
