"""Spectra to an accuracy that is asked for: compute, look at the estimated errors, refine what is too coarse."""

import math
from collections.abc import Callable, Sequence

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Float

from cosmograd.compilation import compiled
from cosmograd.cosmology.background import (
    Model,
    Outcome,
    attractor_velocity,
    failure_of_inflation,
    slow_roll_ε,
)
from cosmograd.cosmology.spectra.pivot import AbstractPivot, EFoldsBeforeEnd
from cosmograd.cosmology.spectra.primordial import ErrorBudget, ModeOutcome, PrimordialSpectra, spectra
from cosmograd.cosmology.spectra.resolution import Resolution
from cosmograd.cosmology.traced_functions import traced_output
from cosmograd.errors import UserError, in_digits
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


class InflationError(UserError):
    """The model does not inflate and end as a spectrum needs it; the message says where and why."""


_start = compiled(attractor_velocity)
_spectra = compiled(spectra)

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
    potential = model.potential
    start = _checked_vector("field", potential.suggested_field() if field is None else field, potential.fields)
    _refuse_useless_metric(model, start)
    roll = _start(model, start) if velocity is None else _checked_vector("velocity", velocity, potential.fields)
    log_k = np.log(_checked_wavenumbers(wavenumbers))
    _refuse_useless_start(model, start, roll)
    resolution = coarsest = Resolution.for_accuracy(accuracy)
    best: PrimordialSpectra | None = None
    for _ in range(_ATTEMPTS):
        result = _spectra(model, start, roll, pivot, jnp.asarray(log_k), resolution)
        outcome = Outcome(int(result.history.outcome))
        usable = outcome == Outcome.ENDED and int(result.pivot_outcome) == ModeOutcome.DONE
        if best is not None and not usable:  # finer than the history or float64 bears: what stood, stands
            break
        if outcome == Outcome.OUT_OF_STEPS and resolution.background.max_steps < _MOST_STEPS:
            resolution = resolution.with_more_steps()
            continue
        taken, least = (r.several_fields.steps_outside for r in (resolution, coarsest))
        if _lacks_numbers(result) and potential.fields > 1 and taken < _MORE_STEPS_FOR_NUMBERS * least:
            resolution = resolution.with_shorter_steps(_BEYOND_ESTIMATE)
            continue
        _refuse_useless_background(result, resolution)
        if best is None or _worth(result) > _worth(best):
            best = result
        if result.achieved_accuracy <= accuracy:
            break
        coarser = resolution
        for cause, excess in _excesses(result.error_budget, accuracy).items():
            resolution = _REMEDIES[cause](resolution, excess)
        if resolution == coarser:  # as fine as it gets
            break
    if best is None:
        raise InflationError(f"the background needs more than {_MOST_STEPS} steps: is the potential smooth?")
    return best


def _lacks_numbers(result: PrimordialSpectra) -> bool:
    """Whether a mode of a background that ends has no number where it should have one."""
    outcomes = [int(result.pivot_outcome), *np.asarray(result.outcome)]
    return int(result.history.outcome) == Outcome.ENDED and ModeOutcome.NOT_A_NUMBER in outcomes


def _worth(result: PrimordialSpectra) -> tuple[int, float]:
    """More modes first, then the smaller error; one that is not known is the largest."""
    error = float(result.achieved_accuracy)
    return int(np.sum(np.asarray(result.outcome) == ModeOutcome.DONE)), -math.inf if math.isnan(error) else -error


def _excesses(budget: ErrorBudget, accuracy: float) -> dict[str, float]:
    """How many times too large each error is that exceeds its equal share of the accuracy; one remedy for each.

    Where the sum is too large, one at least exceeds its share.
    """
    errors = {name: float(getattr(budget, name)) for name in _REMEDIES}
    ratios = {name: error * len(_REMEDIES) / accuracy for name, error in errors.items()}
    excesses = {
        name: min(ratio, 1e6) if errors[name] <= 1 else _BEYOND_ESTIMATE
        for name, ratio in ratios.items()
        if not ratio <= 1
    }
    if excesses.get("background", 0.0) and excesses.get("interpolation", 0.0):
        excesses["interpolation"] = max(excesses["interpolation"], excesses.pop("background"))
    return excesses


def _checked_vector(name: str, value: Numbers, fields: int) -> Array:
    array = np.atleast_1d(np.asarray(value, dtype=float))
    if array.shape != (fields,) or not np.isfinite(array).all():
        raise ValueError(f"`{name}` must be {fields} finite number{'s' * (fields > 1)}, in M_Pl, got {value}.")
    return jnp.asarray(array)


def _checked_wavenumbers(wavenumbers: Numbers) -> np.ndarray:
    k = np.atleast_1d(np.asarray(wavenumbers, dtype=float))
    if k.ndim != 1 or k.size == 0 or not np.isfinite(k).all() or (k <= 0).any():
        raise ValueError(f"`wavenumbers` must be finite numbers > 0, in units of the pivot, got {wavenumbers}.")
    require_increasing("wavenumbers", k)
    return k


@compiled
def _energy_and_ε(model: Model, field: Array, velocity: Array) -> tuple[Array, Array]:
    return model.energy(field), slow_roll_ε(model, field, velocity)


def _refuse_useless_metric(model: Model, field: Array) -> None:
    fields = field.shape[0]
    try:
        traced_output(model.field_space.metric, fields, "the metric of field space")
    except ValueError as error:
        raise InflationError(str(error)) from None
    metric = np.asarray(model.field_space.metric(field))
    if metric.shape != (fields, fields):
        wrong = f"has the shape {metric.shape} instead of {(fields, fields)}, for {fields} fields"
    elif not np.isfinite(metric).all():
        wrong = "holds what is no finite number"
    elif not np.allclose(metric, metric.T, rtol=1e-12, atol=1e-12 * np.abs(metric).max()):
        i, j = np.unravel_index(np.argmax(np.abs(metric - metric.T)), metric.shape)
        wrong = f"is not symmetric: G[{i}, {j}] = {metric[i, j]:.6g}, but G[{j}, {i}] = {metric[j, i]:.6g}"
    elif not (smallest := np.linalg.eigvalsh(metric)[0]) > 0:
        wrong = f"is not positive: its smallest eigenvalue is {smallest:.6g}"
    else:
        return
    raise InflationError(
        f"the metric of field space must be symmetric and positive; at the start, φ = {in_digits(field)} M_Pl, it "
        f"{wrong}. It is {metric.tolist()}."
    )


def _refuse_useless_start(model: Model, field: Array, velocity: Array) -> None:
    """Before anything larger is compiled."""
    energy, ε = (float(value) for value in _energy_and_ε(model, field, velocity))
    where = f"at the start, φ = {in_digits(field)} M_Pl, dφ/dN = {in_digits(velocity)} M_Pl"
    if energy == 0:
        raise InflationError(
            f"V + Λ is zero {where}: below the smallest number of float64, or a start in the minimum. H² must be "
            "positive: take a larger scale of V, which a spectrum's amplitude is proportional to, or start elsewhere."
        )
    if energy <= 0:
        raise InflationError(
            f"V + Λ = {energy:.4g} M_Pl⁴ {where}: H² has no value unless it is positive. Start elsewhere."
        )
    if ε >= 1:
        raise InflationError(f"there is no inflation {where}: ε = {ε:.4g} ≥ 1. Start slower, or elsewhere.")
    if not math.isfinite(energy) or not math.isfinite(ε):
        raise InflationError(
            f"the potential or its gradient is not a finite number {where}: V + Λ = {energy}, ε = {ε}."
        )


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
