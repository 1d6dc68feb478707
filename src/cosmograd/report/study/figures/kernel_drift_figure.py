"""How far the tangent kernel moves during training: what the frozen predictions leave out."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from cosmograd.report.parts import (
    POINT_STYLES,
    LineStyle,
    ReportFigure,
    count,
    figure_text,
    legend_below,
    limits_of_logarithmic_axis,
    name_panel,
    panels,
    span,
    use_logarithmic_axis,
    use_update_axis,
)
from cosmograd.report.study.member_statistics import median
from cosmograd.report.study.study_points import ReportPoint, selection_in_words

# Thin lines of single members, at most so many for each point.
_MEMBER_LINES = 12


def kernel_drift_figure(points: Sequence[ReportPoint], shown: Sequence[ReportPoint]) -> ReportFigure | None:
    """Drift, largest eigenvalue, trace and spectral entropy of the kernels against the update."""
    drawn = [point for point in shown if point.intact.any()]
    if not drawn:
        return None
    figure, axes = panels(4, (2, 2), height=1.9)
    for point, style in zip(drawn, POINT_STYLES, strict=False):
        snapshots = point.data["snapshot"].values
        for axis, curves in zip(axes, _curves(point), strict=True):
            _draw_members(axis, snapshots, curves, style)
    last = max(int(point.data["snapshot"].values[-1]) for point in drawn)
    labels = (
        (r"drift  $|\Theta-\Theta(0)|\,/\,|\Theta(0)|$", "kernel drift"),
        (r"$\lambda_{\mathrm{max}}\,/\,\lambda_{\mathrm{max}}(0)$", "largest eigenvalue"),
        (r"$\mathrm{tr}\,\Theta\,/\,\mathrm{tr}\,\Theta(0)$", "trace"),
        (r"$S - S(0)$  [nat]", "spectral entropy"),
    )
    for position, (axis, (label, title)) in enumerate(zip(axes, labels, strict=True)):
        use_update_axis(axis, last, label=position > 1)
        axis.set_ylabel(label)
        name_panel(axis, position, 4, title)
        if position == 0:
            drifts = [median(_curves(point)[0]) for point in drawn]
            limits = limits_of_logarithmic_axis(drifts)
            use_logarithmic_axis(axis, (limits[0] / 1.3, limits[1] * 1.3) if limits else None)
        else:
            axis.axhline(1.0 if position < 3 else 0.0, color="#888888", lw=0.6, zorder=0)
            axis.ticklabel_format(axis="y", useOffset=False)
    if len(drawn) > 1:
        handles = [
            Line2D([], [], color=style.colour, marker=style.marker, label=figure_text(point.title))
            for point, style in zip(drawn, POINT_STYLES, strict=False)
        ]
        legend_below(figure, handles, 3)
    return ReportFigure(
        "kernel-drift",
        "Drift of the tangent kernel",
        figure,
        _caption(points, drawn, shown),
        "Four panels against updates: relative drift of the tangent kernel, and its largest eigenvalue, trace and "
        f"spectral entropy relative to the start, for {count(len(drawn), 'study point')}.",
        ("kernel_drift", "kernel_eigenvalues", "kernel_trace", "spectral_entropy"),
    )


def _curves(point: ReportPoint) -> list[np.ndarray]:
    drift, trace, entropy = (point.of_intact(name) for name in ("kernel_drift", "kernel_trace", "spectral_entropy"))
    largest = point.of_intact("kernel_eigenvalues")[:, :, 0]
    return [
        drift,
        largest / largest[:, :1],
        trace / trace[:, :1],
        entropy - entropy[:, :1],
    ]


def _draw_members(axis: Axes, snapshots: np.ndarray, curves: np.ndarray, style: LineStyle) -> None:
    if len(curves) > 1:
        for curve in curves[:_MEMBER_LINES]:
            axis.plot(snapshots, curve, color=style.colour, lw=0.4, alpha=0.35)
    axis.plot(snapshots, median(curves), color=style.colour, marker=style.marker, lw=1.4)


def _caption(points: Sequence[ReportPoint], drawn: Sequence[ReportPoint], shown: Sequence[ReportPoint]) -> str:
    drift, largest, trace, entropy = (
        [float(median(_curves(point)[index])[-1]) for point in drawn] for index in range(4)
    )
    members = "thick lines the median, thin ones single networks" if _several(drawn) else "the only network's"
    text = (
        f"The tangent kernel on the training points against the update ({members}). By the end it has moved by "
        f"{span(drift, 2)} of its size; its largest eigenvalue stands at {span(largest)} times the initial one, its "
        f"trace at {span(trace)} times, and its spectral entropy has changed by {span(entropy, 2)} nat. "
        "Predictions from the initial kernel know nothing of this; in the NTK parametrisation it vanishes with width."
    )
    if len(drawn) < len(shown):
        text += f" At {count(len(shown) - len(drawn), 'point')} every member diverged."
    return text + selection_in_words(len(shown), len(points))


def _several(drawn: Sequence[ReportPoint]) -> bool:
    return any(point.intact.sum() > 1 for point in drawn)
