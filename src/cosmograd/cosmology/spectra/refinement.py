"""Spectra to an accuracy that is asked for: compute, look at the estimated errors, refine what is too coarse."""

import functools
import math
import operator
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import numpy as np
from jaxtyping import ArrayLike, Float

from cosmograd.compilation import compiled
from cosmograd.cosmology.background import InflationError, Model, Outcome, checked_start, failure_of_inflation
from cosmograd.cosmology.spectra.pivot import AbstractPivot, EFoldsBeforeEnd
from cosmograd.cosmology.spectra.primordial import ModeOutcome, PrimordialSpectra, all_but_resolution
from cosmograd.cosmology.spectra.resolution import Resolution
from cosmograd.precision import require_float64
from cosmograd.solvers import require_increasing

_COMMON_PIVOT = EFoldsBeforeEnd()
_ATTEMPTS = 6
_MOST_STEPS = 65536
# The excess that is taken where an error is larger than what it is the error of, or no number.
_BEYOND_ESTIMATE = 5000.0
# Steps outside the horizon that are too long for a heavy field give no numbers; up to so many times more are tried.
_MORE_STEPS_FOR_NUMBERS = 20


Numbers = Float[ArrayLike, "..."] | Sequence[float]

# Of few sizes, so that other parameters and finer steps compile nothing.
_spectra: Callable[..., tuple[Any, ...]] = compiled(all_but_resolution)

_REMEDIES: dict[str, Callable[[Resolution, float], Resolution]] = {
    "steps": Resolution.with_shorter_steps,
    "vacuum": Resolution.with_earlier_vacuum,
    "closing": Resolution.with_later_stop,
    "interpolation": Resolution.with_finer_background,
    "background": Resolution.with_finer_background,
}


def primordial_spectra(
    model: Model,
    field: Numbers | None = None,
    velocity: Numbers | None = None,
    *,
    wavenumbers: Numbers,
    pivot: AbstractPivot = _COMMON_PIVOT,
    accuracy: float = 1e-5,
) -> PrimordialSpectra:
    r"""Scalar and tensor power at the end of inflation, and amplitude, tilts, running and r at the pivot.

    field: at the start, in M_Pl (the potential's own suggestion if left out); velocity: dφ/dN there, in M_Pl (the
    attractor if left out); wavenumbers: k in units of the pivot, increasing; accuracy: relative, of every power.

    Everything else follows from the accuracy; where the estimated errors are larger (sharp features, ultra-slow roll)
    the computation is refined and repeated, for all wavenumbers: within their errors, powers depend on which others are
    asked for. Accuracies above 1e-5 are computed as 1e-5. What was achieved is `achieved_accuracy`; wavenumbers that
    the history cannot give are NaN and have their reason in `outcome`, while the others stand.

    Raises `InflationError` if the background is of no use, and ValueError for arguments that make no sense. Inside
    `jax.jit`, `jax.grad` of thousands of potentials or `jax.vmap` use `spectra`, which computes once at a `Resolution`
    and refuses nothing.
    """
    require_float64("A power spectrum")
    for argument, kind, value in (("model", Model, model), ("pivot", AbstractPivot, pivot)):
        if not isinstance(value, kind):
            raise ValueError(f"`{argument}` must be a {kind.__name__.removeprefix('Abstract')}, got {value!r}.")
    fields = model.potential.fields
    start, roll = checked_start(model, field, velocity)
    log_k = np.log(_checked_wavenumbers(wavenumbers))
    coarsest, resolution = Resolution.for_accuracy(accuracy), Resolution.for_accuracy(accuracy, fields)
    best: PrimordialSpectra | None = None
    for _ in range(_ATTEMPTS):
        steps = resolution.tables_of_few_sizes(fields)
        result = PrimordialSpectra(*_spectra(model, start, roll, pivot, log_k, steps), resolution=resolution)
        found = _Findings.of(result)
        usable = found.background == Outcome.ENDED and found.pivot == ModeOutcome.DONE
        if best is not None and not usable:  # finer than the history or float64 bears: what stood, stands
            break
        if found.background == Outcome.OUT_OF_STEPS and resolution.background.max_steps < _MOST_STEPS:
            resolution = resolution.with_more_steps()
            continue
        taken, least = (r.several_fields.steps_outside for r in (resolution, coarsest))
        if found.lacks_numbers and fields > 1 and taken < _MORE_STEPS_FOR_NUMBERS * least:
            resolution = resolution.with_shorter_steps(_BEYOND_ESTIMATE)
            continue
        later_vacuum = resolution.with_vacuum_of(coarsest)
        if best is None and found.starts_outside and fields > 1 and later_vacuum != resolution:
            resolution = later_vacuum
            continue
        _refuse_useless_background(result, resolution)
        if best is None or found.worth > _Findings.of(best).worth:
            best = result
        if found.accuracy <= accuracy:
            break
        coarser = resolution
        for cause, excess in _excesses(found.errors, accuracy).items():
            resolution = _REMEDIES[cause](resolution, excess)
        if resolution == coarser:  # as fine as it gets
            break
    if best is None:
        raise InflationError(f"the background needs more than {_MOST_STEPS} steps: is the potential smooth?")
    return best


class _Findings(NamedTuple):
    """What became of a computation, on the host, where nothing is compiled."""

    background: Outcome
    pivot: ModeOutcome
    modes: np.ndarray
    errors: dict[str, float]

    @classmethod
    def of(cls, result: PrimordialSpectra) -> "_Findings":
        background, pivot, modes, errors = jax.device_get(
            (result.history.outcome, result.pivot_outcome, result.outcome, result.error_budget)
        )
        by_cause = {name: float(getattr(errors, name)) for name in _REMEDIES}
        return cls(Outcome(int(background)), ModeOutcome(int(pivot)), modes, by_cause)

    @property
    def accuracy(self) -> float:
        return functools.reduce(operator.add, self.errors.values())  # as `ErrorBudget.total`

    @property
    def lacks_numbers(self) -> bool:
        """Whether a mode of a background that ends has no number where it should have one."""
        return self.background == Outcome.ENDED and self._any(ModeOutcome.NOT_A_NUMBER)

    @property
    def starts_outside(self) -> bool:
        """Whether a mode of a background that ends has its vacuum before the start."""
        return self.background == Outcome.ENDED and self._any(ModeOutcome.STARTS_OUTSIDE)

    @property
    def worth(self) -> tuple[int, float]:
        """More modes first, then the smaller error; one that is not known is the largest."""
        return int(np.sum(self.modes == ModeOutcome.DONE)), -math.inf if math.isnan(self.accuracy) else -self.accuracy

    def _any(self, outcome: ModeOutcome) -> bool:
        return outcome in (self.pivot, *self.modes)


def _excesses(errors: dict[str, float], accuracy: float) -> dict[str, float]:
    """How many times too large each error is that exceeds its equal share of the accuracy; one remedy for each.

    Where the sum is too large, one at least exceeds its share.
    """
    ratios = {name: error * len(_REMEDIES) / accuracy for name, error in errors.items()}
    excesses = {
        name: min(ratio, 1e6) if errors[name] <= 1 else _BEYOND_ESTIMATE
        for name, ratio in ratios.items()
        if not ratio <= 1
    }
    if excesses.get("background", 0.0) and excesses.get("interpolation", 0.0):
        excesses["interpolation"] = max(excesses["interpolation"], excesses.pop("background"))
    return excesses


def _checked_wavenumbers(wavenumbers: Numbers) -> np.ndarray:
    k = np.atleast_1d(np.asarray(wavenumbers, dtype=float))
    if k.ndim != 1 or k.size == 0 or not np.isfinite(k).all() or (k <= 0).any():
        raise ValueError(f"`wavenumbers` must be finite numbers > 0, in units of the pivot, got {wavenumbers}.")
    require_increasing("wavenumbers", k)
    return k


def _refuse_useless_background(result: PrimordialSpectra, resolution: Resolution) -> None:
    history = result.history
    if failure := failure_of_inflation(history, resolution.background):
        raise InflationError(failure)
    total = float(history.e_folds_total)
    start = resolution.depth(history.model.potential.fields)
    pivots = {
        ModeOutcome.STARTS_OUTSIDE: "the pivot, with an e-fold to either side, is not far enough inside the horizon at "
        f"the start: inflation lasts {total:.4g} e-folds from there, and k must be ≥ {start:.3g} aH at this accuracy. "
        "Start earlier (further up the potential) or put the pivot later.",
        ModeOutcome.NEVER_CROSSES: "the pivot, with an e-fold to either side, does not leave the horizon: "
        f"inflation lasts {total:.4g} e-folds. Put the pivot further from the end.",
        ModeOutcome.NOT_A_NUMBER: "the power at the pivot is not a finite number: is the potential smooth where it is?",
    }
    if (pivot := ModeOutcome(int(result.pivot_outcome))) != ModeOutcome.DONE:
        raise InflationError(pivots[pivot])
