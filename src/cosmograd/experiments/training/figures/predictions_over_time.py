"""The loss of training and of each prediction, and how far they are apart, update by update."""

import numpy as np

from cosmograd.experiments.training.analysis.study import StudyPoint, study_of
from cosmograd.experiments.training.figures.shown_points import band_in_words, which_points
from cosmograd.figures import (
    MEASURED,
    PREDICTION_STYLES,
    Band,
    Figure,
    LegendEntry,
    Line,
    Mark,
    Panel,
    figure,
    limits_of_logarithmic_axis,
    logarithmic_axis,
    marked,
    points,
    thinned,
    update_axis,
)
from cosmograd.measurement.member_statistics import band, median
from cosmograd.results import Result
from cosmograd.results.number_format import count

# Below, round-off decides; above, a prediction has diverged.
_FLOOR, _CEILING = 1e-8, 1e2
# Curves of up to this many points carry markers.
_FEW = 8


@figure("error-over-time", needs=("error_over_time", "error_over_time_probe"))
def error_over_time(result: Result) -> Figure | None:
    """Error of every prediction against the update; None where every member diverged."""
    study = study_of(result)
    drawn = [point for point in study.shown if np.isfinite(point.of_intact("error_over_time")).any()]
    if not drawn:
        return None
    medians = [median(point.of_intact("error_over_time")) for point in drawn]
    y = logarithmic_axis("", limits_of_logarithmic_axis(medians, _FLOOR, _CEILING))
    legend = _legend_of_predictions()
    probed = any(_has_probe(point) for point in drawn)
    if probed:
        legend.append(LegendEntry("probe points", "#666666", "", "o", "white"))
    return Figure(
        "error-over-time",
        "Error of each order against time",
        [Panel(_error_marks(point), update_axis(int(point.values("record")[-1])), y, point.title) for point in drawn],
        f"Distance of each prediction from the outputs over the initial distance to the targets, median over members"
        f"{which_points(study, drawn)}; bands: {band_in_words(drawn)}"
        f"{'; hollow markers: points kept from training' if probed else ''}. The first three predictions hold the "
        "kernel fixed and differ by order in the step; the fourth follows the kernel's drift.",
        "Error of gradient flow, second-order effective theory, stroboscopic and drifting-kernel prediction against "
        f"updates, for {count(len(drawn), 'study point')}.",
        legend=legend,
        legend_columns=5,
        left=r"error  $|f-f_{\mathrm{pred}}|\,/\,|f(0)-y|$",
    )


def _legend_of_predictions() -> list[LegendEntry]:
    return [LegendEntry.of(style, marker="") for style in PREDICTION_STYLES.values()]


def _has_probe(point: StudyPoint) -> bool:
    return bool(np.isfinite(point.of_intact("error_over_time_probe")).any())


def _error_marks(point: StudyPoint) -> list[Mark]:
    records, probed = point.values("record"), _has_probe(point)
    kept = thinned(len(records))
    marks: list[Mark] = []
    for name, style in PREDICTION_STYLES.items():
        errors = point.of_intact("error_over_time", prediction=name)
        low, high = (_positive(edge)[kept] for edge in band(errors))
        if len(errors) > 1:
            marks.append(Band(records[kept], low, high, style.colour, 0.16))
        marker = style.marker if len(kept) <= _FEW else ""
        marks.append(Line(records[kept], _positive(median(errors))[kept], style.colour, style.dashes, marker))
        if probed:
            probe = _positive(median(point.of_intact("error_over_time_probe", prediction=name)))
            some = kept[marked(records[kept], 10)]
            marks.append(points(records[some], probe[some], style.colour, style.marker, fill="white"))
    return marks


def _positive(values: np.ndarray) -> np.ndarray:
    """As a logarithmic axis can show it; coordinates far outside the frame only make the file larger."""
    return np.where(values > 0, np.clip(values, 1e-12, 1e6), np.nan)


@figure("learning-curves", needs=("loss", "predicted_loss"))
def learning_curves(result: Result) -> Figure | None:
    """Median loss of training and of the predictions; None where every member diverged."""
    study = study_of(result)
    drawn = [point for point in study.shown if np.isfinite(point.of_intact("loss")).any()]
    if not drawn:
        return None
    return Figure(
        "learning-curves",
        "Learning curves",
        [_loss_panel(point) for point in drawn],
        f"Training loss, median over members{which_points(study, drawn)}; grey band: {band_in_words(drawn)}. "
        "Predictions start from each network's own initial kernel.",
        "Training loss against updates, trained networks as markers and four predictions as lines, for "
        f"{count(len(drawn), 'study point')}.",
        legend=[LegendEntry.of(MEASURED, fill="none"), *_legend_of_predictions()],
        legend_columns=5,
        left="training loss L",
    )


def _loss_panel(point: StudyPoint) -> Panel:
    records, losses = point.values("record"), point.of_intact("loss")
    kept, measured = thinned(len(records)), median(losses)
    limits = limits_of_logarithmic_axis([measured])
    floor, ceiling = (limits[0] * 1e-3, limits[1] * 1e3) if limits else (1e-300, 1e300)
    marks: list[Mark] = []
    if len(losses) > 1:
        low, high = (np.where(edge > 0, edge, np.nan)[kept] for edge in band(losses))
        marks.append(Band(records[kept], low, high, MEASURED.colour, 0.12))
    for name, style in PREDICTION_STYLES.items():
        curve = median(point.of_intact("predicted_loss", prediction=name))[kept]
        curve = np.where(curve > 0, np.clip(curve, floor, ceiling), np.nan)
        marks.append(Line(records[kept], curve, style.colour, style.dashes))
    some = kept[marked(records[kept])]
    positive = np.where(measured > 0, measured, np.nan)[some]
    marks.append(points(records[some], positive, MEASURED.colour, MEASURED.marker, fill="none"))
    y = logarithmic_axis("", (limits[0] / 1.6, limits[1] * 1.6) if limits else None)
    return Panel(marks, update_axis(int(records[-1])), y, point.title)
