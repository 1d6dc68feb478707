"""Learning curves: the loss of training and of each prediction."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from cosmograd.report.parts import (
    MEASURED,
    PREDICTION_STYLES,
    ReportFigure,
    count,
    legend_below,
    limits_of_logarithmic_axis,
    marked,
    name_panel,
    panels,
    span,
    thinned,
    use_logarithmic_axis,
    use_update_axis,
)
from cosmograd.report.study.member_statistics import band, band_in_words, median
from cosmograd.report.study.study_points import ReportPoint, selection_in_words


def loss_figure(points: Sequence[ReportPoint], shown: Sequence[ReportPoint]) -> ReportFigure | None:
    """Median loss of training and of the predictions; None where every member diverged."""
    drawn = [point for point in shown if np.isfinite(point.of_intact("loss")).any()]
    if not drawn:
        return None
    figure, axes = panels(len(drawn))
    for position, (point, axis) in enumerate(zip(drawn, axes, strict=True)):
        _draw_losses(axis, point)
        name_panel(axis, position, len(drawn), point.title)
    figure.supylabel("training loss L", fontsize=8)
    handles = [Line2D([], [], color=MEASURED.colour, marker=MEASURED.marker, mfc="none", ls="", label=MEASURED.name)]
    handles += [Line2D([], [], color=s.colour, ls=s.dashes, label=s.name) for s in PREDICTION_STYLES.values()]
    legend_below(figure, handles, 5)
    return ReportFigure(
        "learning-curves",
        "Learning curves",
        figure,
        _caption(points, drawn, shown),
        "Training loss against updates, trained networks as markers and four predictions as lines, for "
        f"{count(len(drawn), 'study point')}.",
        ("loss", "predicted_loss"),
    )


def _draw_losses(axis: Axes, point: ReportPoint) -> None:
    records = point.data["record"].values
    losses = point.of_intact("loss")
    kept = thinned(len(records))
    measured = median(losses)
    limits = limits_of_logarithmic_axis([measured])
    floor, ceiling = (limits[0] * 1e-3, limits[1] * 1e3) if limits else (1e-300, 1e300)
    if len(losses) > 1:
        low, high = (np.where(edge > 0, edge, np.nan)[kept] for edge in band(losses))
        axis.fill_between(records[kept], low, high, color=MEASURED.colour, alpha=0.12, lw=0)
    for name, style in PREDICTION_STYLES.items():
        curve = median(point.of_intact("predicted_loss", prediction=name))[kept]
        curve = np.where(curve > 0, np.clip(curve, floor, ceiling), np.nan)
        axis.plot(records[kept], curve, color=style.colour, ls=style.dashes)
    some = kept[marked(records[kept])]
    positive = np.where(measured > 0, measured, np.nan)
    axis.plot(records[some], positive[some], color=MEASURED.colour, marker=MEASURED.marker, ls="", mfc="none")
    use_logarithmic_axis(axis, (limits[0] / 1.6, limits[1] * 1.6) if limits else None)
    use_update_axis(axis, int(records[-1]))


def _caption(points: Sequence[ReportPoint], drawn: Sequence[ReportPoint], shown: Sequence[ReportPoint]) -> str:
    start, end = ([float(median(point.of_intact("loss"))[index]) for point in drawn] for index in (0, -1))
    predicted = {
        name: [float(median(point.of_intact("predicted_loss", prediction=name))[-1]) for point in drawn]
        for name in ("gradient_flow", "stroboscopic")
    }
    bands = " or ".join(dict.fromkeys(band_in_words(int(point.intact.sum())) for point in drawn))
    text = (
        f"Training loss, median over the networks that did not diverge (grey band: {bands}). At the "
        f"start it is {span(start)}, at the end {span(end)}; gradient flow would end at "
        f"{span(predicted['gradient_flow'])}, the stroboscopic prediction at {span(predicted['stroboscopic'])}. "
        "Predictions are from each network's own "
        "initial kernel."
    )
    if len(drawn) < len(shown):
        text += f" At {count(len(shown) - len(drawn), 'point')} every member diverged."
    return text + selection_in_words(len(shown), len(points))
