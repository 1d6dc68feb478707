"""How far the tangent kernel moves during training: what predictions at fixed kernel leave out."""

from cosmograd.experiments.training.analysis.study import study_of
from cosmograd.experiments.training.figures.shown_points import legend_of, which_points
from cosmograd.figures import (
    POINT_STYLES,
    Axis,
    Figure,
    Guide,
    Line,
    Mark,
    Panel,
    figure,
    limits_of_logarithmic_axis,
    logarithmic_axis,
    update_axis,
)
from cosmograd.measurement.member_statistics import median
from cosmograd.results import Result
from cosmograd.results.number_format import count

# Thin lines of single members, at most this many for each point.
_MEMBER_LINES = 12

# Label, title and the value at the start of each panel.
_PANELS = (
    (r"drift  $|\Theta-\Theta(0)|\,/\,|\Theta(0)|$", "kernel drift", None),
    (r"$\lambda_{\mathrm{max}}\,/\,\lambda_{\mathrm{max}}(0)$", "largest eigenvalue", 1.0),
    (r"$\mathrm{tr}\,\Theta\,/\,\mathrm{tr}\,\Theta(0)$", "trace", 1.0),
    (r"$S - S(0)$  [nat]", "spectral entropy", 0.0),
)


@figure("kernel-drift", needs=("kernel_drift", "kernel_eigenvalues", "kernel_trace", "spectral_entropy"))
def kernel_drift(result: Result) -> Figure | None:
    """Drift, largest eigenvalue, trace and spectral entropy of the kernels against the update."""
    study = study_of(result)
    drawn = [point for point in study.shown if point.intact.any()]
    if not drawn:
        return None
    last = max(int(point.values("snapshot")[-1]) for point in drawn)
    panels = []
    for place, (label, title, start) in enumerate(_PANELS):
        marks: list[Mark] = []
        for point, style in zip(drawn, POINT_STYLES, strict=False):
            curves, snapshots = point.kernel_changes[place], point.values("snapshot")
            if len(curves) > 1:
                thin = curves[:_MEMBER_LINES]
                marks += [Line(snapshots, curve, style.colour, width=0.4, opacity=0.35) for curve in thin]
            marks.append(Line(snapshots, median(curves), style.colour, "-", style.marker, width=1.4))
        if start is None:
            limits = limits_of_logarithmic_axis([median(point.kernel_changes[0]) for point in drawn])
            y = logarithmic_axis(label, (limits[0] / 1.3, limits[1] * 1.3) if limits else None)
        else:
            marks.append(Guide(start))
            y = Axis(label, offset=False)
        panels.append(Panel(marks, update_axis(last, "update n" if place > 1 else ""), y, title))
    several = any(point.intact.sum() > 1 for point in drawn)
    return Figure(
        "kernel-drift",
        "Drift of the tangent kernel",
        panels,
        f"The tangent kernel on the training points against the update{which_points(study, drawn)}"
        f"{'; thick lines, medians; thin ones, single networks' if several else ''}. Predictions from the initial "
        "kernel leave this out; in the NTK parametrisation it vanishes with width.",
        "Four panels against updates: relative drift of the tangent kernel, and its largest eigenvalue, trace and "
        f"spectral entropy relative to the start, for {count(len(drawn), 'study point')}.",
        legend=legend_of(drawn),
        legend_columns=3,
        grid=(2, 2),
        height=1.9,
    )
