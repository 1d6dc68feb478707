"""How finely to compute: everything follows from one accuracy."""

import itertools
import math
from dataclasses import replace

import equinox as eqx
import numpy as np
from jaxtyping import Array, Float

from cosmograd.cosmology.background import InflationSettings
from cosmograd.cosmology.perturbations import CovarianceSettings, CovarianceSteps, CrossingSettings
from cosmograd.solvers import require_accuracy

BEST_ACCURACY, WORST_ACCURACY = 1e-9, 1e-2
"""Relative, of a power spectrum. Round-off of float64 through a background and a mode is some 1e-11."""


# Beyond these nothing is refined: whoever needs more has a potential that is not smooth.
_MOST_GRID_POINTS, _EARLIEST, _SHORTEST, _LEAST_TOLERANCE = 32769, 1500.0, 0.004, 1e-13

# Programs are compiled for so many pairs of steps of a mode, times powers of two or of its root, and for the covariance
# with room for all that the bounds above allow.
_PAIRS, _PAIRS_BESIDE_COVARIANCES = 11, 44
_ROOM_FOR_PAIRS = 2**15


class StepTables(eqx.Module):
    """What a computation takes of a `Resolution`: numbers, which may be traced, but for the background's settings."""

    background: InflationSettings
    modes: Float[Array | np.ndarray, " ends"]
    several_fields: CovarianceSteps | None


class Resolution(eqx.Module):
    """Settings of the background, of the modes, and of the covariance of several fields; each is compiled once."""

    background: InflationSettings
    modes: CrossingSettings
    several_fields: CovarianceSettings

    @classmethod
    def for_accuracy(cls, accuracy: float, fields: int = 1) -> "Resolution":
        """For smooth potentials: by measurement, such that the estimated error of every power is below `accuracy`.

        Looser accuracies than 1e-5 have the resolution of 1e-5. The background's tolerance is such that Friedmann's
        constraint holds to 1e-10. Of several fields that is more, which `fields` asks for.
        """
        require_accuracy(accuracy, BEST_ACCURACY, WORST_ACCURACY)
        accuracy = float(accuracy)
        q = min(accuracy / 1e-5, 1.0)
        phase_step = 1.4 * min(accuracy / 1e-7, 1.0) ** 0.15  # bounded by stability above, by accuracy below
        grid, steps = (math.ceil(math.log2(q**-power)) for power in (0.15, 0.2))
        resolution = cls(
            InflationSettings(
                tolerance=max(min(3e-8 * q, 5e-10), _LEAST_TOLERANCE),
                grid_points=512 * 2**grid + 1,
                max_steps=1024 * 2**steps,
            ),
            CrossingSettings(
                start=7 * q**-0.155, stop=0.1 * q**0.2, longest_step=0.25 * q**0.23, phase_step=phase_step
            ),
            CovarianceSettings(
                start=12 * q**-0.25, longest_step=0.1 * q**0.25, phase_step=1.0, steps_outside=round(900 * q**-0.25)
            ),
        )
        return resolution if fields == 1 else resolution._of_several_fields()

    def _of_several_fields(self) -> "Resolution":
        """Masses that change where the trajectory turns need a finer background, and covariances shorter steps."""
        settings, fields = self.background, self.several_fields
        points = min(4 * (settings.grid_points - 1) + 1, _MOST_GRID_POINTS)
        finer = replace(
            fields,
            start=1.5 * fields.start,
            longest_step=0.55 * fields.longest_step,
            phase_step=0.55 * fields.phase_step,
            steps_outside=math.ceil(fields.steps_outside / 0.55),
        )
        return Resolution(
            replace(settings, grid_points=points, max_steps=2 * settings.max_steps),
            replace(self.modes, stop=0.8 * self.modes.stop),
            finer,
        )

    def tables(self, fields: int) -> StepTables:
        """As they are: a program for each."""
        steps = None if fields == 1 else self.several_fields.steps()
        return StepTables(self.background, self.modes.step_ends(), steps)

    def tables_of_few_sizes(self, fields: int) -> StepTables:
        """With steps of no width behind the last, so that many resolutions share one program."""
        exact = self.tables(fields)
        ends, steps = np.asarray(exact.modes), exact.several_fields
        size, growth = (_PAIRS, math.sqrt(2)) if steps is None else (_PAIRS_BESIDE_COVARIANCES, 2.0)
        pairs = len(ends) // 2
        enough = next(n for n in (round(size * growth**i) for i in itertools.count()) if n >= pairs)
        ends = np.pad(ends, (0, 2 * (enough - pairs)), mode="edge")
        return StepTables(self.background, ends, None if steps is None else steps.within(_ROOM_FOR_PAIRS))

    def depth(self, fields: int) -> float:
        """k/aH at which a mode must be at the start of the history or later, where its vacuum is set."""
        return self.modes.start if fields == 1 else max(self.modes.start, self.several_fields.start)

    def with_more_steps(self) -> "Resolution":
        """The same with room for eight times as many steps of the background."""
        return replace(self, background=replace(self.background, max_steps=8 * self.background.max_steps))

    def with_shorter_steps(self, excess: float) -> "Resolution":
        """For a step error `excess` times too large; the method is of fourth order once its steps are short enough."""
        factor = min(0.85 * excess**-0.25, 0.85)
        modes, fields = self.modes, self.several_fields
        finer = replace(
            modes,
            longest_step=max(factor * modes.longest_step, _SHORTEST),
            phase_step=max(factor * modes.phase_step, 0.1),
        )
        finer_fields = replace(
            fields,
            longest_step=max(factor * fields.longest_step, _SHORTEST),
            phase_step=max(factor * fields.phase_step, 0.1),
            steps_outside=min(math.ceil(fields.steps_outside / factor), 20000),
        )
        return replace(self, modes=finer, several_fields=finer_fields)

    def with_earlier_vacuum(self, excess: float) -> "Resolution":
        """The last term of the series falls as the sixth power of k/aH; of several fields, as the fourth."""
        modes, fields = self.modes, self.several_fields
        return replace(
            self,
            modes=replace(modes, start=min(max(1.1 * excess ** (1 / 6), 1.2) * modes.start, _EARLIEST)),
            several_fields=replace(fields, start=min(max(1.1 * excess**0.25, 1.2) * fields.start, _EARLIEST)),
        )

    def with_vacuum_of(self, other: "Resolution") -> "Resolution":
        """The same, but for where the vacuum of several fields is set."""
        return replace(self, several_fields=replace(self.several_fields, start=other.several_fields.start))

    def with_later_stop(self, excess: float) -> "Resolution":
        """What is left out of the evolution outside the horizon falls as the fourth power of k/aH."""
        return replace(self, modes=replace(self.modes, stop=min(0.8 * excess**-0.25, 0.6) * self.modes.stop))

    def with_finer_background(self, excess: float) -> "Resolution":
        """Interpolation is of sixth order."""
        settings, doublings = self.background, max(math.ceil(math.log2(excess) / 6), 1)
        finer = replace(
            settings,
            tolerance=max(settings.tolerance / 10, _LEAST_TOLERANCE),
            grid_points=min((settings.grid_points - 1) * 2**doublings + 1, _MOST_GRID_POINTS),
            max_steps=min(2 * settings.max_steps, 65536),
        )
        return replace(self, background=finer)
