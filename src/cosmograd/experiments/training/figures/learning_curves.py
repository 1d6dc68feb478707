"""Learning curves: the loss of training and of each prediction."""

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


@figure("learning-curves", needs=("loss", "predicted_loss"))
def learning_curves(result: Result) -> Figure | None:
    """Median loss of training and of the predictions; None where every member diverged."""
    study = study_of(result)
    drawn = [point for point in study.shown if np.isfinite(point.of_intact("loss")).any()]
    if not drawn:
        return None
    predictions = [LegendEntry(style.name, style.colour, style.dashes) for style in PREDICTION_STYLES.values()]
    return Figure(
        "learning-curves",
        "Learning curves",
        [_panel(point) for point in drawn],
        f"Training loss, median over members{which_points(study, drawn)}; grey band: {band_in_words(drawn)}. "
        "Predictions start from each network's own initial kernel.",
        "Training loss against updates, trained networks as markers and four predictions as lines, for "
        f"{count(len(drawn), 'study point')}.",
        ("loss", "predicted_loss"),
        [LegendEntry(MEASURED.name, MEASURED.colour, "", MEASURED.marker, "none"), *predictions],
        legend_columns=5,
        left="training loss L",
    )


def _panel(point: StudyPoint) -> Panel:
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
