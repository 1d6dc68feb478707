"""How far each order of prediction is from training, update by update."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from cosmograd.report.parts import (
    PREDICTION_STYLES,
    ReportFigure,
    count,
    error_span,
    legend_below,
    limits_of_logarithmic_axis,
    marked,
    name_panel,
    number,
    panels,
    thinned,
    use_logarithmic_axis,
    use_update_axis,
)
from cosmograd.report.study.member_statistics import band, band_in_words, median
from cosmograd.report.study.study_points import (
    ReportPoint,
    beyond_the_limit_in_words,
    left_out_of_theory,
    selection_in_words,
)

# Below, round-off decides; above, a prediction has diverged.
_FLOOR, _CEILING = 1e-8, 1e2


def error_figure(points: Sequence[ReportPoint], shown: Sequence[ReportPoint]) -> ReportFigure | None:
    """Error of every prediction against the update; None where every member diverged."""
    drawn = [point for point in shown if np.isfinite(point.of_intact("error_over_time")).any()]
    if not drawn:
        return None
    figure, axes = panels(len(drawn))
    limits = limits_of_logarithmic_axis([_medians(point) for point in drawn], _FLOOR, _CEILING)
    for position, (point, axis) in enumerate(zip(drawn, axes, strict=True)):
        _draw_errors(axis, point)
        name_panel(axis, position, len(drawn), point.title)
        use_logarithmic_axis(axis, limits)
    figure.supylabel(r"error  $|f-f_{\mathrm{pred}}|\,/\,|f(0)-y|$", fontsize=8)
    handles = [
        Line2D([], [], color=style.colour, ls=style.dashes, label=style.name) for style in PREDICTION_STYLES.values()
    ]
    probed = any(_has_probe(point) for point in drawn)
    if probed:
        handles.append(Line2D([], [], color="#666666", ls="", marker="o", mfc="white", label="probe points"))
    legend_below(figure, handles, 5)
    return ReportFigure(
        "error-over-time",
        "Error of each order against time",
        figure,
        _caption(points, drawn, shown, probed),
        "Error of gradient flow, second-order effective theory, stroboscopic and drifting-kernel prediction against "
        f"updates, for {count(len(drawn), 'study point')}.",
        ("error_over_time", "error_over_time_probe"),
    )


def _has_probe(point: ReportPoint) -> bool:
    return bool(np.isfinite(point.of_intact("error_over_time_probe")).any())


def _medians(point: ReportPoint) -> np.ndarray:
    return median(point.of_intact("error_over_time"))


def _draw_errors(axis: Axes, point: ReportPoint) -> None:
    records = point.data["record"].values
    kept = thinned(len(records))
    few = len(kept) <= 8
    for name, style in PREDICTION_STYLES.items():
        errors = point.of_intact("error_over_time", prediction=name)
        middle, (low, high) = _positive(median(errors)), band(errors)
        if len(errors) > 1:
            axis.fill_between(
                records[kept], _positive(low)[kept], _positive(high)[kept], color=style.colour, alpha=0.16, lw=0
            )
        axis.plot(records[kept], middle[kept], color=style.colour, ls=style.dashes, marker=style.marker if few else "")
        if _has_probe(point):
            probe = _positive(median(point.of_intact("error_over_time_probe", prediction=name)))
            some = kept[marked(records[kept], 10)]
            axis.plot(records[some], probe[some], color=style.colour, ls="", marker=style.marker, mfc="white")
    use_update_axis(axis, int(records[-1]))


def _positive(values: np.ndarray) -> np.ndarray:
    """What a logarithmic axis can show; far outside the frame coordinates only cost room."""
    return np.where(values > 0, np.clip(values, 1e-12, 1e6), np.nan)


def _caption(
    points: Sequence[ReportPoint], drawn: Sequence[ReportPoint], shown: Sequence[ReportPoint], probed: bool
) -> str:
    largest = []
    for name, style in PREDICTION_STYLES.items():
        index = list(drawn[0].data["prediction"].values).index(name)
        peaks = [_largest(_medians(point)[index]) for point in drawn]
        largest.append(f"{style.name} {error_span(peaks)}")
    bands = " or ".join(dict.fromkeys(band_in_words(int(point.intact.sum())) for point in drawn))
    text = (
        "Distance of each prediction from the outputs on the training points, over what there was to learn at the "
        f"start: median over the networks that did not diverge, with a band ({bands}). "
        f"Largest median over time: {'; '.join(largest)}. "
        "The first three hold the initial kernel fixed and differ by order in the step; what the stroboscopic one "
        f"leaves is {left_out_of_theory(drawn)}, and the fourth, which follows the kernel's snapshots, shows how "
        "much of that is drift."
    )
    if any(_largest(values) < _FLOOR for point in drawn for values in _medians(point)):
        text += f" Curves below {number(_FLOOR)}, where round-off decides, are not drawn."
    text += beyond_the_limit_in_words(drawn)
    if probed:
        text += " Hollow markers: the same on probe points, which were kept from training."
    if len(drawn) < len(shown):
        text += f" At {count(len(shown) - len(drawn), 'point')} every member diverged."
    return text + selection_in_words(len(shown), len(points))


def _largest(values: np.ndarray) -> float:
    known = values[~np.isnan(values)]
    return float(known.max()) if known.size else float("nan")
