"""Scale factor, e-folds and Hubble rate of the dual universe."""

from collections.abc import Sequence

import numpy as np

from cosmograd.experiments.training.analysis.study import StudyPoint, study_of
from cosmograd.experiments.training.figures.shown_points import legend_of, which_points
from cosmograd.figures import (
    POINT_STYLES,
    Axis,
    Figure,
    LegendEntry,
    Line,
    Note,
    Panel,
    figure,
    limits_of_logarithmic_axis,
    logarithmic_axis,
    thinned,
)
from cosmograd.results import Result

_SCHEME_DASHES = {"leapfrog": "-", "stroboscopic": (0, (3, 1.5))}
_NEEDS = ("e_folds", "canonical_time", "hubble_rate_over_time", "learning_rate_schedule", "momentum_schedule")
# Times that differ by more than this need a logarithmic axis.
_WIDE = 20.0


@figure("expansion", needs=_NEEDS)
def expansion(result: Result) -> Figure | None:
    """E-folds since the start against update and canonical time, and H(t) where a schedule changes it."""
    study = study_of(result)
    shown = study.shown
    if not shown:
        return None
    scheduled = any(point.rate_changes for point in shown)
    curves = [
        (point, index, scheme)
        for index, point in enumerate(shown)
        for scheme in _SCHEME_DASHES
        if np.isfinite(point.values("e_folds", scheme=scheme)).all()
    ]
    legend = legend_of(shown)
    if len({scheme for *_, scheme in curves}) > 1:
        legend += [LegendEntry(f"{scheme} scheme", "#555555", dashes) for scheme, dashes in _SCHEME_DASHES.items()]
    ends = [float(point.values("canonical_time", scheme="leapfrog")[-1]) for point in shown]
    in_time = Axis("canonical time t  [T]", "log" if max(ends) > _WIDE * min(ends) else "linear")
    same = len(shown) > 1 and _same_by_update(shown)
    alike = [Note("all points alike", 0.04, 0.92, "xy", size=8.0, colour="black")] if same else []
    panels = [
        Panel(
            [*(_against(*curve, "record", len(shown), same) for curve in curves), *alike],
            Axis("update n"),
            Axis(r"$\ln\,(a/a_0)$"),
            "e-folds by update",
        ),
        Panel(
            [_against(*curve, "canonical_time", len(shown)) for curve in curves],
            in_time,
            Axis(r"$\ln\,(a/a_0)$"),
            "scale factor in canonical time",
        ),
    ]
    if scheduled:
        times, rates = (
            limits_of_logarithmic_axis([point.data[name].values for point in shown])
            for name in ("canonical_time_of_update", "hubble_rate_over_time")
        )
        marks = [_hubble_rate(*curve, len(shown)) for curve in curves]
        x, y = logarithmic_axis("canonical time t  [T]", times), logarithmic_axis("H  [1/T]", rates)
        panels.append(Panel(marks, x, y, "Hubble rate"))
    return Figure(
        "expansion",
        "Expansion of the dual universe",
        panels,
        f"Each update is a step of the dual universe's expansion{which_points(study, shown)}. {_to_see(shown)}",
        "Logarithm of the scale factor of the dual universe against update and against canonical time"
        + (", and Hubble rate against canonical time." if scheduled else "."),
        legend=legend,
        legend_columns=3,
        grid=(1, len(panels)),
        height=2.3,
    )


def _same_by_update(shown: Sequence[StudyPoint]) -> bool:
    """Whether all points expand alike, update by update."""
    histories = [point.values("e_folds", scheme="leapfrog") for point in shown]
    return all(h.shape == histories[0].shape and np.allclose(h, histories[0], rtol=1e-12) for h in histories)


def _against(point: StudyPoint, index: int, scheme: str, clock: str, of: int, same: bool = False) -> Line:
    """E-folds against records or canonical time; where all points expand alike, their one curve is black."""
    data = point.data.sel(scheme=scheme)
    kept = thinned(data.sizes["record"])
    colour, marker, every = _look(index, scheme, of, data["record"].values[kept])
    colour, marker = ("black", "") if same else (colour, marker)
    x, y = data[clock].values[kept], data["e_folds"].values[kept]
    return Line(x, y, colour, _SCHEME_DASHES[scheme], marker, every=every)


def _hubble_rate(point: StudyPoint, index: int, scheme: str, of: int) -> Line:
    data = point.data.sel(scheme=scheme)
    time, rate = data["canonical_time_of_update"].values, data["hubble_rate_over_time"].values
    some = thinned(len(rate))
    colour, marker, every = _look(index, scheme, of, some)
    return Line(time[some], rate[some], colour, _SCHEME_DASHES[scheme], marker, every=every)


def _look(index: int, scheme: str, of: int, updates: np.ndarray) -> tuple[str, str, list[int] | None]:
    """Colour, marker, and the places of markers: at each quarter of the run."""
    style = POINT_STYLES[index % len(POINT_STYLES)]
    if of < 2 or scheme != "leapfrog":
        return style.colour, "", None
    quarters = [int(np.argmin(np.abs(updates - part * updates[-1]))) for part in (0, 0.25, 0.5, 0.75, 1)]
    return style.colour, style.marker, quarters


def _to_see(shown: Sequence[StudyPoint]) -> str:
    if any(point.rate_changes for point in shown):
        return "The schedule changes the Hubble rate."
    constant = "The Hubble rate is constant: de Sitter space, ln a = Ht"
    return f"{constant}; by update, curves of equal momentum coincide." if len(shown) > 1 else f"{constant}."
