"""The tables of the page: errors, the dual universe, and where the duality fails in this run."""

from collections.abc import Sequence

import numpy as np

from cosmograd.duality import LIMITS, REGIMES, SCHEMES, TIME_UNITS
from cosmograd.report.parts import PREDICTION_STYLES, Table, error, error_span, number, span
from cosmograd.report.study.study_points import ReportPoint, selection_in_words
from cosmograd.report.study.swept_keys import key_name, value_text

# With more points than this, the table of limits shows the range over points instead of a column for each.
_MOST_COLUMNS = 6


def error_table(points: Sequence[ReportPoint], keys: Sequence[str]) -> Table:
    """Median relative error of every prediction, with the smallest and largest member, for each point."""
    heads = (*_point_heads(keys), "members", *(style.name for style in PREDICTION_STYLES.values()))
    rows = [
        (
            *_point_names(point, keys),
            f"{int(point.intact.sum())} of {point.intact.size}" if not point.intact.all() else f"{point.intact.size}",
            *(_with_range(point, name) for name in PREDICTION_STYLES),
        )
        for point in points
    ]
    caption = (
        "Median relative error over members, in brackets the smallest and largest: distance from the training outputs "
        "over the distance left to learn, on the training points over the whole run. Where members diverged, the "
        "others are counted."
    )
    return Table(heads, tuple(rows), len(_point_heads(keys)), caption)


def _with_range(point: ReportPoint, name: str) -> str:
    errors = point.of_intact("relative_error", prediction=name)
    known = errors[~np.isnan(errors)]
    if not known.size:
        return "–"
    middle = error(np.median(known))
    return middle if known.size == 1 else f"{middle} ({error_span(known)})"


def universe_table(points: Sequence[ReportPoint], keys: Sequence[str], of: int) -> Table:
    """The universe that each point's training is: H, Λ, e-folds and masses, in canonical units.

    of: how many points the study has; the caption says where only some are given.
    """
    heads = (
        *_point_heads(keys), "η", "β", "ηλ_max", "δ [T]", "H [1/T]", "Λ [1/T²]", "e-folds per update",
        "e-folds in all", "stroboscopic e-folds per update", "m²/H² of modes", "modes by regime",
    )  # fmt: skip
    rows = [(*_point_names(point, keys), *_universe(point)) for point in points]
    caption = (
        "Leapfrog scheme, canonical unit of time T (V = L, so that Λ ∝ 1/η), with ħ = c = 8πG = 1. E-folds and m²/H² "
        "do not depend on the unit. In the stroboscopic scheme 3Hδ = ln(1/β), infinite without momentum."
    )
    if _any_scheduled(points):
        caption += " A schedule changes the constants; given are those of the update halfway through the run."
    if any(point.looks_ahead for point in points):
        caption += (
            " Nesterov's method takes its gradient at the extrapolated point, which adds δλ to the friction 3H of a "
            "mode, to leading order; masses and regimes are those of its own updates."
        )
    caption += selection_in_words(len(points), of)
    return Table(heads, tuple(rows), len(_point_heads(keys)), caption)


def _any_scheduled(points: Sequence[ReportPoint]) -> bool:
    return any(point.scheduled for point in points)


def _universe(point: ReportPoint) -> tuple[str, ...]:
    canonical = {"scheme": "leapfrog", "time_unit": "canonical"}
    masses = point.data["mass_over_hubble_squared"].sel(scheme="leapfrog").values
    regimes = point.data["regime"].values.astype(str)
    return (
        number(point.value("learning_rate"), 4),
        number(point.value("momentum"), 4),
        number(float(point.eta_lambda.max())),
        *(number(point.value(name, **canonical)) for name in ("time_step", "hubble_rate", "cosmological_constant")),
        number(point.value("e_folds_per_update", scheme="leapfrog")),
        number(float(point.data["e_folds"].sel(scheme="leapfrog").values[-1])),
        number(point.value("e_folds_per_update", scheme="stroboscopic")),
        span((float(masses.min()), float(masses.max()))),
        ", ".join(f"{int((regimes == name).sum())} {name}" for name in REGIMES if (regimes == name).any()),
    )


def units_table(points: Sequence[ReportPoint]) -> Table:
    """H and Λ of the points in every unit of time and both schemes."""
    heads = ("point", "scheme", *(f"{quantity}, {unit.replace('-', ' ')}" for unit in TIME_UNITS for quantity in "HΛ"))
    rows = [
        (
            point.title,
            scheme,
            *(
                number(point.value(name, scheme=scheme, time_unit=unit))
                for unit in TIME_UNITS
                for name in ("hubble_rate", "cosmological_constant")
            ),
        )
        for point in points
        for scheme in SCHEMES
    ]
    caption = (
        "The same in other units of time: canonical (V = L), gradient-flow time (δ = η), √η time (δ = √η) and the "
        "count of updates (δ = 1)."
    )
    return Table(heads, tuple(rows), 2, caption)


def limits_table(points: Sequence[ReportPoint]) -> Table:
    """Where the two sides of the duality differ in this run, and by how much."""
    few = len(points) <= _MOST_COLUMNS
    columns = tuple(point.title for point in points) if few and len(points) > 1 else ("this run",)
    rows = [
        (limit, measure, *_across([point.value("duality_limit", limit=limit) for point in points], few))
        for limit, measure in LIMITS.items()
    ]
    misread = [float(np.mean(point.data["regime"].values != point.data["continuum_regime"].values)) for point in points]
    flipping = [float(np.isin(point.data["regime"].values, ["period-two", "unstable"]).mean()) for point in points]
    real, continuum = ([_critical(point)[which] for point in points] for which in (0, 1))
    diverged = [float((~point.intact).sum()) for point in points]
    rows += [
        ("critical damping, real map", "ηλ at which the updates are critically damped", *_across(real, few)),
        ("critical damping, EFT", "ηλ at which the second-order EFT is critically damped", *_across(continuum, few)),
        ("regimes misread", "share of modes whose regime the second-order EFT gets wrong", *_across(misread, few)),
        ("no continuum dual", "share of modes in regimes period-two and unstable", *_across(flipping, few)),
        ("divergence", "number of members that diverged", *_across(diverged, few)),
    ]
    caption = "Where the two sides of the duality differ, what is measured, and how large it is in this run."
    if not few:
        caption += f" Smallest to largest of {len(points)} points."
    return Table(("limit", "measure", *columns), tuple(rows), 1, caption)


def _critical(point: ReportPoint) -> tuple[float, float]:
    """ηλ of critical damping in the real map, and in the second-order theory."""
    return point.value("regime_boundary", boundary="critical"), point.value("continuum_critical_eta_lambda")


def _across(values: Sequence[float], few: bool) -> tuple[str, ...]:
    return tuple(number(value) for value in values) if few else (span(values),)


def _point_heads(keys: Sequence[str]) -> tuple[str, ...]:
    return tuple(key_name(key) for key in keys) or ("point",)


def _point_names(point: ReportPoint, keys: Sequence[str]) -> tuple[str, ...]:
    return tuple(value_text(point.data[key].item()) for key in keys) or (point.title,)
