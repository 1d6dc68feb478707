r"""What to expect of a universe on a network, before any training of it.

Four errors, each from a universe that has this one alone, over the whole run:

* **step**: the leapfrog scheme without a network, at δ and δ/2, by Richardson; ∝ δ².
* **finite width**: the network to second order in its parameters, against the scheme. Its outputs change by
  $Ju + \tfrac12\varepsilon\,u^{\mathsf T}\nabla\nabla f\,u$ per ε: the cubic interactions that width brings, ∝ ε/width.
* **rounding**: the network linearised in its parameters, which has no other error; ∝ 1/ε.
* **lattice**: the scheme on twice as many points per side; waves that interactions make and the box cannot hold.
"""

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from cosmograd.compilation import compiled
from cosmograd.duality.analogue.field_theory import FieldTheory
from cosmograd.duality.analogue.leapfrog_schedule import LeapfrogSchedule, fixed_kernel_path
from cosmograd.duality.analogue.training_problem import TrainingProblem
from cosmograd.duality.relative_errors import norm_ratio
from cosmograd.learning.networks import AbstractNetwork, AbstractTaylorExpansion, LinearisedNetwork, Parameters

_SAMPLES = 192
# Curvatures of the potential that differ by less are those of a free field.
_FREE = 1e-12


class PredictedError(NamedTuple):
    """Relative errors to expect: of the time step, of finite width, of rounding, and of the lattice."""

    step: float
    finite_width: float
    rounding: float
    lattice: float

    @property
    def total(self) -> float:
        """Their sum."""
        return sum(self)

    @property
    def largest(self) -> str:
        """The name of the largest; of one that is not a number, if there is one."""
        return max(self._fields, key=lambda name: np.nan_to_num(getattr(self, name), nan=np.inf))


class Forecast(eqx.Module):
    """Of one universe.

    fixed_kernel: the scheme's fields at every $t_n$, which a network of infinite width and no rounding has; predicted:
    errors as norms over all modes and updates; at_end: over all modes at the last one; largest_stable_step: δ from
    which on the highest frequency that occurs grows without bounds.
    """

    fixed_kernel: Float[Array, "updates_and_start modes fields"]
    predicted: PredictedError
    at_end: PredictedError
    largest_stable_step: float


class SecondOrderNetwork(AbstractTaylorExpansion):
    r"""Change of a network's outputs, per ε, to second order.

    $$Ju + \tfrac12\varepsilon\,u^{\mathsf T}\nabla\nabla f\,u$$

    Parameters are u = (θ − θ_b)/ε. Nothing of order one is subtracted, so that no amplitude is too small.
    """

    network: AbstractNetwork
    base: Parameters
    amplitude: Float[Array, ""]

    def initialise(self, key: Any, dtype: Any = None) -> Parameters:
        """The base, u = 0."""
        del key
        return jax.tree.map(lambda leaf: jnp.zeros_like(leaf, dtype=dtype), self.base)

    def apply(self, parameters: Parameters, inputs: Float[Array, "points ..."]) -> Float[Array, "points outputs"]:
        def first_order(θ: Parameters) -> Array:
            return jax.jvp(lambda θ: self.network.apply(θ, inputs), (θ,), (parameters,))[1]

        first, second = jax.jvp(first_order, (self.base,), (parameters,))
        return first + self.amplitude * second / 2

    @classmethod
    def examples(cls) -> tuple[AbstractNetwork, ...]:
        return ()


def forecast(problem: TrainingProblem, scheme: Float[Array, "updates_and_start modes fields"]) -> Forecast:
    """All of it, beside the scheme's path; whatever grows without bound is infinite or not a number."""
    finer = scheme_path(problem.at_step(problem.time_step / 2))[::2]
    width, rounding = _finite_width_path(problem), _rounded_path(problem)
    lattice = _path_on_finer_lattice(problem, scheme)
    pairs = [(finer, scheme, 4 / 3), (scheme, width, 1.0), (scheme, rounding, 1.0), (lattice, scheme, 1.0)]
    predicted, at_end = (
        PredictedError(*(factor * norm_ratio(other[part] - exact[part], exact[part]) for exact, other, factor in pairs))
        for part in (slice(None), slice(-1, None))
    )
    return Forecast(scheme, predicted, at_end, highest_frequency(problem.theory, scheme, problem.schedule).stable_step)


def best_amplitude(
    problem: TrainingProblem, scheme: Float[Array, "updates_and_start modes fields"], error: float
) -> float:
    """ε at which finite width makes this error; where rounding would make as much, the best between both."""
    ε, size = float(problem.readout.amplitude), float(jnp.sqrt(jnp.mean(scheme**2)))
    width = max(norm_ratio(_finite_width_path(problem) - scheme, scheme), 1e-300)
    rounding = float(problem.readout.rounding()) / size
    return min(max(ε * error / width, ε * (rounding / width) ** 0.5), 1.0)


def scheme_path(problem: TrainingProblem) -> Float[Array, "updates_and_start modes fields"]:
    """The universe of a kernel that is fixed."""
    return _path_of_kernel(problem.theory, problem)


def _finite_width_path(problem: TrainingProblem) -> Float[Array, "updates_and_start modes fields"]:
    """The universe of the network to second order."""
    readout = problem.readout
    network = SecondOrderNetwork(readout.network, readout.base, readout.amplitude)
    return problem.train_another(network, network.initialise(None), 1.0).fields


def _rounded_path(problem: TrainingProblem) -> Float[Array, "updates_and_start modes fields"]:
    readout = problem.readout
    return problem.train_another(
        LinearisedNetwork(readout.network, readout.base), readout.base, readout.amplitude
    ).fields


def _path_on_finer_lattice(problem: TrainingProblem, path: Array) -> Float[Array, "updates_and_start modes fields"]:
    theory = problem.theory
    sampled = jnp.asarray(np.asarray(path)[_sampled(problem.updates)])
    if theory.box.is_whole_lattice or not bool(_curvature_varies(theory, sampled)):
        return path
    finer = FieldTheory(theory.box.on_finer_lattice(), theory.expansion, theory.potential)
    return _path_of_kernel(finer, problem)


def _path_of_kernel(theory: FieldTheory, problem: TrainingProblem) -> Float[Array, "updates_and_start modes fields"]:
    path = fixed_kernel_path(theory, problem.schedule.padded(), problem.start.coefficients, problem.before)
    return problem.schedule.cut(path)


@compiled
def _curvature_varies(theory: FieldTheory, path: Array) -> Array:
    curvatures = jax.lax.map(lambda q: jax.vmap(jax.hessian(theory.potential))(theory.box.on_lattice(q)), path)
    spread = jnp.max(curvatures, axis=(0, 1)) - jnp.min(curvatures, axis=(0, 1))
    return ~(jnp.max(spread) <= _FREE * jnp.max(jnp.abs(curvatures)))


class HighestFrequency(NamedTuple):
    """ω, and when it occurs."""

    frequency: float
    time: float

    @property
    def stable_step(self) -> float:
        """2/ω: steps of the leapfrog scheme must be shorter."""
        return 2 / max(self.frequency, 1e-300)


def highest_frequency(
    theory: FieldTheory, path: Float[Array, "points modes fields"], schedule: LeapfrogSchedule
) -> HighestFrequency:
    """Of all around fields at $t_0$ and later ones, or some of them; not a number where one is not."""
    at = _sampled(min(len(path), schedule.updates))
    sampled = (jnp.asarray(np.asarray(along)[at]) for along in (path, schedule.log_scale_factors))
    ω = np.asarray(frequencies(theory, *sampled))
    worst = int(np.argmax(np.nan_to_num(ω, nan=np.inf)))
    return HighestFrequency(float(ω[worst]), float(schedule.times[at[worst]]))


@compiled
def frequencies(theory: FieldTheory, path: Array, log_scale_factors: Array) -> Float[Array, " samples"]:
    """Bounds on the frequencies around given fields."""
    return jax.lax.map(lambda x: theory.largest_frequency(*x), (path, log_scale_factors))


def _sampled(updates: int) -> np.ndarray:
    """As many whatever the length, so that one program serves them all."""
    return np.linspace(0, updates - 1, _SAMPLES).astype(int)
