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

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from cosmograd.duality.analogue.checks import (
    check_request,
    check_start,
    refuse_inaccurate,
    refuse_long_step,
    refuse_singular,
)
from cosmograd.duality.analogue.field_theory import (
    FieldTheory,
    direct_solution,
    earlier_fields,
    require_finite_history,
)
from cosmograd.duality.analogue.forecast import (
    Forecast,
    PredictedError,
    best_amplitude,
    forecast,
    highest_frequency,
    scheme_path,
)
from cosmograd.duality.analogue.leapfrog_schedule import leapfrog_schedule
from cosmograd.duality.analogue.readout import readout_of
from cosmograd.duality.analogue.starts import FieldStart
from cosmograd.duality.analogue.training_problem import TrainingProblem
from cosmograd.learning.networks import AbstractNetwork, Parameters

DEFAULT_AMPLITUDE = 1e-5
"""Without an amplitude or an accuracy asked for."""

FINITE_WIDTH_SHARE = 0.25
"""Of the asked accuracy, where the amplitude follows from it."""


class AnalogueProblem(TrainingProblem):
    """A training problem with its forecast; made by `compile_analogue`."""

    forecast: Forecast

    @property
    def fixed_kernel(self) -> Float[Array, "updates_and_start modes fields"]:
        """The fields at every $t_n$ by the leapfrog scheme, without a network."""
        return self.forecast.fixed_kernel

    @property
    def predicted(self) -> PredictedError:
        """Errors to expect, as norms over all modes and updates."""
        return self.forecast.predicted

    @property
    def largest_stable_step(self) -> float:
        """δ from which on the highest frequency that occurs grows without bounds."""
        return self.forecast.largest_stable_step


def compile_analogue(
    theory: FieldTheory,
    network: AbstractNetwork,
    parameters: Parameters,
    start: FieldStart,
    time_step: float,
    updates: int,
    amplitude: float | None = None,
    accuracy: float | None = None,
    refreshes: int = 0,
) -> AnalogueProblem:
    """Compile a field theory and its start into a training problem for a network with given parameters.

    The network takes `theory.box.inputs` and has one output for each field. time_step: δ, in the unit of 1/H;
    amplitude: ε; None derives it from the accuracy, or takes 1e-5. accuracy: largest relative error, norm over modes
    and updates; a problem whose forecast is worse is refused, with what to change. refreshes: how often the network is
    linearised anew, at equal distances; it helps fields that oscillate for long.
    Raises ValueError for steps that are too long, kernels that cannot carry the modes in float64, amplitudes outside
    the linear window, lattices too coarse for the interactions, and potentials that are unbounded below where the
    fields go. Forecasting takes some ten times as long as the training itself.
    """
    check_request(theory, network, parameters, amplitude, accuracy)
    check_start(theory, start)
    schedule = leapfrog_schedule(theory.expansion, time_step, updates, start.time)
    readout = readout_of(network, theory.box, parameters, amplitude or DEFAULT_AMPLITUDE)
    refuse_singular(theory, readout)
    refuse_long_step(time_step, highest_frequency(theory, start.coefficients[None], schedule))
    before = earlier_fields(theory, *start, time_step)
    problem = TrainingProblem(theory, readout, schedule, start, before, refreshes)
    path = scheme_path(problem)
    _refuse_useless_paths(problem, path)
    refuse_long_step(time_step, highest_frequency(theory, path, schedule))
    chosen = False
    if amplitude is None and accuracy is not None:
        chosen = True
        problem = problem.at_amplitude(best_amplitude(problem, path, FINITE_WIDTH_SHARE * accuracy))
    found = forecast(problem, path)
    refuse_inaccurate(theory, problem.readout, found.predicted, accuracy, time_step, chosen)
    return AnalogueProblem(theory, problem.readout, schedule, start, before, refreshes, found)


def _refuse_useless_paths(problem: TrainingProblem, path: Array) -> None:
    if not np.isfinite(path).all():
        start = problem.start
        require_finite_history(
            direct_solution(problem.theory, jnp.asarray(start.time), *start[:2], problem.schedule.times[1:], 1e-6)
        )
        raise ValueError(
            f"the fields grow without bound in steps of {problem.time_step:g}, though not when they are followed "
            "closely; take a tenth of it."
        )
    if not np.any(path):
        raise ValueError("the fields are zero at the start and stay there: nothing moves them. Give them a size.")
