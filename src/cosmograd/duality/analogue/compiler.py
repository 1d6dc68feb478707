r"""The compiler: a cosmological model becomes a training problem.

What comes out is all that any training loop needs: two starting networks, the learning rate and momentum of each
update, the loss of each update, and the map from outputs to fields; with the error to expect of it.

```python
problem = compile_analogue(theory, network, parameters, start, time_step=0.01, updates=400)
now, before = problem.starting_networks()
loss = problem.loss(now, update=0)      # what heavy ball descends at update 0
fields = problem.fields(now)
```
"""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from cosmograd.duality.analogue.field_theory import Coefficients, FieldTheory, direct_solution, require_finite_history
from cosmograd.duality.analogue.leapfrog_schedule import LeapfrogSchedule, fixed_kernel_path, leapfrog_schedule
from cosmograd.duality.analogue.network_universe import NetworkPath, network_universe
from cosmograd.duality.analogue.readout import Readout, readout_of
from cosmograd.duality.analogue.starts import FieldStart
from cosmograd.duality.relative_errors import norm_ratio
from cosmograd.learning.networks import AbstractNetwork, Parameters
from cosmograd.precision import require_float64

# Of the relative change of the force, what becomes an error of the fields: half, within a factor of three (measured on
# 64 networks of widths 128 to 1024).
_SHARE_OF_FORCE = 0.5
_SAMPLES = 24
# Without an amplitude or an accuracy asked for.
DEFAULT_AMPLITUDE = 1e-5
# Shares of the asked accuracy: finite width and rounding are kept below, the time step has the rest.
_FINITE_WIDTH, _ROUNDING = 0.25, 0.1
# Eigenvalues below this share of the largest are rounding alone.
_RANK = 1e-14


class PredictedError(NamedTuple):
    """Relative errors to expect, as norms over all modes and updates, before any training.

    step: of the time step, ∝ δ²; finite_width: of the network, ∝ amplitude/width, within a factor of three; rounding:
    of reading small fields off outputs of order one, ∝ 1/amplitude.
    """

    step: float
    finite_width: float
    rounding: float

    @property
    def total(self) -> float:
        """Their sum."""
        return self.step + self.finite_width + self.rounding


class AnalogueProblem(eqx.Module):
    """A training problem whose outputs are a universe; made by `compile_analogue`.

    now, before: the fields at $t_0$ and a step earlier; largest_stable_step: δ beyond which the highest frequency that
    occurs grows without bounds.
    """

    theory: FieldTheory
    readout: Readout
    schedule: LeapfrogSchedule
    start: FieldStart
    before: Coefficients
    fixed_kernel: Float[Array, "updates_and_start modes fields"]
    predicted: PredictedError
    largest_stable_step: float

    @property
    def updates(self) -> int:
        """How many updates the universe takes."""
        return self.schedule.momenta.shape[0]

    @property
    def time_step(self) -> float:
        """δ."""
        return float(self.schedule.times[1] - self.schedule.times[0])

    def starting_networks(self) -> tuple[Parameters, Parameters]:
        """θ_0 and θ_{−1}."""
        return self.readout.showing(self.start.coefficients), self.readout.showing(self.before)

    def fields(self, parameters: Parameters) -> Coefficients:
        """The fields that a network shows."""
        return self.readout.fields(parameters)

    def loss(self, parameters: Parameters, update: int | Int[Array, ""]) -> Float[Array, ""]:
        r"""$L_n(\theta) = \varepsilon^2U(q(\theta), t_n)$, whose heavy ball with this schedule is the universe."""
        energy = self.theory.potential_energy(self.fields(parameters), self.schedule.log_scale_factors[update])
        return self.readout.amplitude**2 * energy

    def train(self, refreshes: int = 0) -> NetworkPath:
        """The fields at every update; refreshes: how often the network is linearised anew on the way."""
        readout = self.readout
        return _train(
            self.theory, readout.network, readout.base, self.schedule, self.start.coefficients, self.before,
            readout.amplitude, refreshes,
        )  # fmt: skip


_train = eqx.filter_jit(network_universe)


def compile_analogue(
    theory: FieldTheory,
    network: AbstractNetwork,
    parameters: Parameters,
    start: FieldStart,
    time_step: float,
    updates: int,
    amplitude: float | None = None,
    accuracy: float | None = None,
) -> AnalogueProblem:
    """Compile a field theory and its start into a training problem for a network with given parameters.

    The network takes `theory.box.inputs` and has one output for each field. amplitude: ε; None derives it from the
    accuracy, or takes 1e-5. accuracy: largest relative error, norm over modes and updates; with it, a problem that is
    not expected to reach it is refused, with what to change.
    Raises ValueError for steps that are too long, kernels that cannot carry the modes in float64, amplitudes outside
    the linear window, and potentials that are unbounded below where the fields go.
    """
    require_float64("A universe on a network")
    _check_network(theory, network, parameters)
    if amplitude is not None and not (np.isfinite(amplitude) and amplitude > 0):
        raise ValueError(f"`amplitude` must be positive and finite, got {amplitude!r}.")
    if accuracy is not None and not 0 < accuracy < 1:
        raise ValueError(f"`accuracy` must lie between 0 and 1, got {accuracy!r}.")
    schedule = leapfrog_schedule(theory.expansion, time_step, updates, start.time)
    _refuse_long_steps(theory, start.coefficients[None], schedule.log_scale_factors[:1], schedule.times[:1], time_step)
    before = earlier_fields(theory, start, time_step)
    path = fixed_kernel_path(theory, schedule, start.coefficients, before)
    if not np.isfinite(path).all():
        require_finite_history(
            direct_solution(theory, jnp.asarray(start.time), *start[:2], schedule.times[1:], accuracy=1e-6)
        )
    every = np.unique(np.linspace(0, updates - 1, min(updates, 8 * _SAMPLES)).astype(int))
    stable = _refuse_long_steps(
        theory, path[every], schedule.log_scale_factors[every], schedule.times[every], time_step
    )
    readout = readout_of(network, theory.box, parameters, 1.0)
    _refuse_singular(theory, readout)
    ε = amplitude or DEFAULT_AMPLITUDE
    sampled = np.unique(np.linspace(0, updates - 1, _SAMPLES).astype(int))
    change = float(
        _change_of_force(theory, _at_amplitude(readout, ε), path[sampled], schedule.log_scale_factors[sampled])
    )
    if amplitude is None and accuracy is not None:
        ε = min(ε * _FINITE_WIDTH * accuracy / (_SHARE_OF_FORCE * change), 1.0)
        change = float(
            _change_of_force(theory, _at_amplitude(readout, ε), path[sampled], schedule.log_scale_factors[sampled])
        )
    readout = _at_amplitude(readout, ε)
    size = float(jnp.sqrt(jnp.mean(path**2)))
    predicted = PredictedError(
        _error_of_step(theory, start, schedule, path),
        _SHARE_OF_FORCE * change,
        float(readout.rounding()) / max(size, 1e-300),
    )
    if accuracy is not None:
        _refuse_inaccurate(theory, readout, predicted, accuracy, time_step)
    return AnalogueProblem(theory, readout, schedule, start, before, path, predicted, stable)


def earlier_fields(theory: FieldTheory, start: FieldStart, time_step: float) -> Coefficients:
    """The fields a step before the start, on the same solution."""
    times = jnp.asarray([start.time - time_step])
    return direct_solution(theory, jnp.asarray(start.time), *start[:2], times).coefficients[0]


@eqx.filter_jit
def _change_of_force(theory: FieldTheory, readout: Readout, path: Array, log_scale_factors: Array) -> Float[Array, ""]:
    """Norm over the path of what the moved kernel makes of the force, less the force, over that of the force."""

    def at(q: Array, ln_a: Array) -> tuple[Array, Array]:
        force = theory.force(q, ln_a)
        shown = readout.showing(q)
        _, pull = jax.vjp(readout.outputs, shown)
        (gradient,) = pull(readout.amplitude * readout.pull_of(force))
        change = jax.jvp(readout.outputs, (shown,), (gradient,))[1]
        moved = readout.fields_of(readout.reference + change)
        return jnp.sum((moved - force) ** 2), jnp.sum(force**2)

    changed, all_of_it = jax.lax.map(lambda x: at(*x), (path, log_scale_factors))
    return jnp.sqrt(jnp.sum(changed) / jnp.maximum(jnp.sum(all_of_it), 1e-300))


@eqx.filter_jit
def _frequencies(theory: FieldTheory, path: Array, log_scale_factors: Array) -> Float[Array, " samples"]:
    return jax.lax.map(lambda x: theory.largest_frequency(*x), (path, log_scale_factors))


def _refuse_long_steps(
    theory: FieldTheory, path: Array, log_scale_factors: Array, times: Array, time_step: float
) -> float:
    """The largest stable step along a path, which this one must be shorter than."""
    ω = np.asarray(_frequencies(theory, path, log_scale_factors))
    worst = int(np.nanargmax(ω))
    largest = 2 / max(float(ω[worst]), 1e-300)
    if time_step >= largest:
        raise ValueError(
            f"a time step of {time_step:g} is too long: at t = {float(times[worst]):.4g} the highest frequency is "
            f"{ω[worst]:.4g}, and steps must be shorter than 2/ω = {largest:.4g}; for accuracy, a tenth of that."
        )
    return largest


def _error_of_step(theory: FieldTheory, start: FieldStart, schedule: LeapfrogSchedule, path: Array) -> float:
    """From the same recursion at half the step, by Richardson: 4/3 of the distance."""
    half, updates = float(schedule.times[1] - schedule.times[0]) / 2, 2 * schedule.momenta.shape[0]
    finer = fixed_kernel_path(
        theory,
        leapfrog_schedule(theory.expansion, half, updates, start.time),
        start.coefficients,
        earlier_fields(theory, start, half),
    )
    return 4 / 3 * norm_ratio(path - finer[::2], finer[::2])


def _at_amplitude(readout: Readout, amplitude: float) -> Readout:
    return eqx.tree_at(lambda r: r.amplitude, readout, jnp.asarray(amplitude, dtype=float))


def _check_network(theory: FieldTheory, network: AbstractNetwork, parameters: Parameters) -> None:
    wanted = (theory.box.inputs.shape[1],)
    if network.input_shape != wanted:
        raise ValueError(
            f"the network takes points of shape {network.input_shape}; a box of {theory.box.dimension} dimension(s) "
            f"gives {wanted}: cosine and sine of each coordinate's angle."
        )
    if network.output_size != theory.fields:
        raise ValueError(
            f"the network has {network.output_size} output(s), but the potential is one of {theory.fields} field(s)."
        )
    modes, free = len(theory.box.waves) * theory.fields, sum(leaf.size for leaf in jax.tree.leaves(parameters))
    if free < modes:
        raise ValueError(
            f"the network has {free} parameters, fewer than the {modes} modes that it is to carry; make it wider."
        )


def _refuse_singular(theory: FieldTheory, readout: Readout) -> None:
    λ = np.asarray(readout.kernel_eigenvalues)
    lost = λ < _RANK * λ[-1]
    if lost.any():
        raise ValueError(
            f"this network cannot carry {_names(theory, readout, lost)}: of {len(λ)} eigenvalues of its kernel on the "
            f"modes, {int(lost.sum())} are below {_RANK:g} of the largest, which is rounding. Take a wider network, "
            "larger weight_scale and bias_scale, or fewer modes."
        )


def _refuse_inaccurate(
    theory: FieldTheory, readout: Readout, predicted: PredictedError, accuracy: float, time_step: float
) -> None:
    ε = float(readout.amplitude)
    if predicted.rounding > _ROUNDING * accuracy:
        weak = np.asarray(readout.kernel_eigenvalues)
        weak = weak < np.median(weak)
        raise ValueError(
            f"rounding makes an error of about {predicted.rounding:.2g} at the amplitude {ε:.2g}, mostly in "
            f"{_names(theory, readout, weak)}, which the kernel (condition number "
            f"{float(readout.condition_number):.2g}) carries least: more than a tenth of the accuracy {accuracy:g}. "
            "Take a larger amplitude, a wider network with larger weight_scale and bias_scale, or fewer modes."
        )
    if predicted.finite_width > accuracy:
        raise ValueError(
            f"at the amplitude {ε:.3g} the network leaves its linear window: its finite width makes an error of about "
            f"{predicted.finite_width:.2g}, more than the accuracy {accuracy:g}. That is reached at amplitudes below "
            f"about {ε * accuracy / predicted.finite_width:.2g}, or at widths larger by the same factor."
        )
    if predicted.step > accuracy:
        raise ValueError(
            f"the time step {time_step:g} makes an error of {predicted.step:.2g}, more than the accuracy {accuracy:g}; "
            f"take one of at most {time_step * (0.8 * accuracy / predicted.step) ** 0.5:.2g}."
        )


def _names(theory: FieldTheory, readout: Readout, chosen: np.ndarray) -> str:
    """The modes that chosen eigenvectors of the kernel are mostly made of."""
    weights = np.square(np.asarray(readout.kernel_modes)[:, chosen]).reshape(len(theory.box.waves), theory.fields, -1)
    share = weights.sum(axis=(1, 2))
    names = [theory.box.waves[i].name for i in np.argsort(-share, kind="stable") if share[i] > 0.5]
    shown = ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")
    return f"the modes {shown}" if names else "some combinations of its modes"
