"""The claim in one figure: training is an expanding universe, whose constant goes as one over the learning rate."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from cosmograd.duality.dictionary import dual_universe
from cosmograd.experiments.training.analysis.study import Study, StudyPoint, study_of
from cosmograd.experiments.training.figures.modes import leading_modes
from cosmograd.figures import (
    MEASURED,
    POINT_STYLES,
    PREDICTION_STYLES,
    Axis,
    Figure,
    Guide,
    Intervals,
    LegendEntry,
    Line,
    LineStyle,
    Mark,
    Panel,
    figure,
    limits_of_logarithmic_axis,
    logarithmic_axis,
    marked,
    points,
    update_axis,
)
from cosmograd.results import Result
from cosmograd.results.number_format import number

_WELL_DESCRIBED = 0.05
_DASHED = (0, (5, 1.6))
_LAMBDA = "measured_cosmological_constant"
_THEORY = PREDICTION_STYLES["drifting"]
_PERTURBATIONS = LineStyle("perturbation", "#0072B2", "", "s")


class _Measured(NamedTuple):
    """One point of the study with an interval for Λ."""

    learning_rate: float
    momentum: float
    value: float
    low: float
    high: float


@figure("claim", needs=(_LAMBDA, "mode_background_prediction"))
def claim(result: Result) -> Figure | None:
    """Measured Λ against the learning rate on the dictionary's line; background and perturbation of one mode."""
    study = study_of(result)
    found, point = _measurements(study), _point_with_mode(study)
    if not found or point is None:
        return None
    momenta = sorted({each.momentum for each in found})
    styles = dict(zip(momenta, POINT_STYLES, strict=False))
    legend = [
        LegendEntry(f"β = {number(β, 3)}", styles[β].colour, "", styles[β].marker, "white")
        for β in momenta
        if β in styles
    ]
    legend += [
        LegendEntry("dictionary", "#555555", "-"),
        LegendEntry("background", MEASURED.colour, "", MEASURED.marker, "none"),
        LegendEntry("perturbation", _PERTURBATIONS.colour, "", _PERTURBATIONS.marker, "none"),
        LegendEntry("effective theory", _THEORY.colour),
    ]
    return Figure(
        "claim",
        "Training is an expanding universe",
        [_constants(found, styles), _mode(point)],
        "Left, cosmological constants measured from the networks' outputs, with 95 % intervals, on the dictionary's "
        "Λ = 2(1 − β)²/3(1 + β)η. Right, mean and scatter over the networks of one eigenmode's amplitude, over their "
        f"starts, against the effective theory with a drifting kernel{f' ({point.label})' if point.label else ''}.",
        "Left, measured cosmological constants with intervals on straight lines falling as one over the learning rate. "
        "Right, mean and standard deviation of a mode over networks as markers on the lines of the effective theory.",
        (_LAMBDA, "learning_rate", "momentum", "mode_background", "mode_perturbation"),
        legend,
        legend_columns=len(legend),
        grid=(1, 2),
        height=2.9,
    )


def _measurements(study: Study) -> list[_Measured]:
    """Points with constant settings whose Λ is identifiable."""
    found = []
    for point in study.points:
        numbers = [point.value(_LAMBDA + part) for part in ("", "_low", "_high")]
        if point.scheduled or point.looks_ahead or not bool(point.value(f"{_LAMBDA}_identifiable")):
            continue
        if np.isfinite(numbers).all() and numbers[0] > 0:
            found.append(_Measured(point.value("learning_rate"), point.value("momentum"), *numbers))
    return found


def _constants(found: Sequence[_Measured], styles: dict[float, LineStyle]) -> Panel:
    rates = np.array([each.learning_rate for each in found])
    ends = limits_of_logarithmic_axis([rates])
    assert ends is not None
    η = np.geomspace(ends[0], ends[1], 64)
    marks: list[Mark] = []
    for β, style in styles.items():
        marks.append(Line(η, np.asarray(dual_universe(η, β).cosmological_constant), "#555555", "-", width=0.9))
        mine = [each for each in found if each.momentum == β]
        x, value, low, high = (np.array(column) for column in zip(*((m[0], *m[2:]) for m in mine), strict=True))
        positive = np.maximum(low, 1e-2 * value)  # an interval that reaches zero ends at the panel's edge
        marks.append(Intervals(x, value, positive, high, style.colour, style.marker, fill="white", layer=3.0))
    values = limits_of_logarithmic_axis(
        [np.array([each.value for each in found]), np.concatenate([m.y for m in marks if isinstance(m, Line)])]
    )
    return Panel(
        marks, logarithmic_axis("learning rate η", ends), logarithmic_axis("Λ  [1/T²]", values), "cosmological constant"
    )


def _point_with_mode(study: Study) -> StudyPoint | None:
    """Of the points that the effective theory describes well, the stiffest, which shows most; else the best."""
    fitting = [
        p for p in study.points if p.intact.sum() >= 2 and "mode_perturbation" in p.data and leading_modes(p.data)
    ]
    errors = {p.number: p.typical("relative_error", prediction="drifting") for p in fitting}
    well = [p for p in fitting if errors[p.number] <= _WELL_DESCRIBED]
    if well:
        return max(well, key=lambda p: p.rate)
    return min(fitting, key=lambda p: errors[p.number], default=None)


def _mode(point: StudyPoint) -> Panel:
    data, records = point.data, point.values("record")
    index = leading_modes(data)[0]
    some = marked(records)
    marks: list[Mark] = []
    for part, style in (("background", MEASURED), ("perturbation", _PERTURBATIONS)):
        measured = data[f"mode_{part}"].isel(leading_mode=index).values
        start = measured[0]
        predicted = data[f"mode_{part}_prediction"].sel(prediction="drifting").isel(leading_mode=index).values
        marks.append(Line(records, predicted / start, _THEORY.colour, "-" if part == "background" else _DASHED))
        marks.append(points(records[some], (measured / start)[some], style.colour, style.marker, fill="none"))
    marks.append(Guide(0.0))
    return Panel(marks, update_axis(int(records[-1])), Axis("amplitude / start"), "one mode of the kernel")
