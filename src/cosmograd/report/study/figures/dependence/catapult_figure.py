"""Real networks near the limit of stability: they grow first, then their kernel falls and training recovers."""

from collections.abc import Sequence

import numpy as np
from matplotlib.lines import Line2D

from cosmograd.report.parts import (
    POINT_STYLES,
    ReportFigure,
    count,
    figure_text,
    legend_below,
    name_panel,
    number,
    panels,
)
from cosmograd.report.study.study_points import ReportPoint

# Points from this share of the limit on are near it.
_NEAR = 0.85


def catapult_figure(points: Sequence[ReportPoint]) -> ReportFigure | None:
    """First growth and the kernel's fall against ηλ_max over its limit; None without real networks on either side."""
    near = [p for p in points if p.setting("linearised", "no") == "no" and not p.scheduled and _share(p) > _NEAR]
    if not any(_share(p) > 1 for p in near) or len(near) < 2:
        return None
    momenta = sorted({p.value("momentum") for p in near})[: len(POINT_STYLES)]
    figure, axes = panels(2, (1, 2), height=2.2)
    for β, style in zip(momenta, POINT_STYLES, strict=False):
        chosen = sorted((p for p in near if p.value("momentum") == β), key=_share)
        for point in chosen:
            growth, kept = _growth(point), _kept(point)
            share = np.full(len(growth), _share(point))
            for axis, values in zip(axes, (growth, kept), strict=True):
                axis.plot(share, values, color=style.colour, marker=style.marker, ls="", ms=2, alpha=0.35)
        for axis, of in zip(axes, (_growth, _kept), strict=True):
            axis.plot(
                [_share(p) for p in chosen], [np.median(of(p)) for p in chosen], color=style.colour, marker=style.marker
            )
    for position, (axis, title) in enumerate(zip(axes, ("first growth", "fall of the kernel"), strict=True)):
        axis.axvline(1, color="#888888", lw=0.8)
        axis.axhline(1, color="#888888", lw=0.6)
        axis.set_xlabel(r"$\eta\lambda_{max}$ over the limit of the linear theory")
        name_panel(axis, position, 2, title)
    axes[0].set_yscale("log")
    axes[0].set_ylabel("largest loss over the first")
    axes[1].set_ylabel(r"$\lambda_{max}$ at the end over the first")
    axes[1].set_ylim(0, None)
    if len(momenta) > 1:
        legend_below(figure, [
            Line2D([], [], color=s.colour, marker=s.marker, label=figure_text(f"β {number(β)}"))
            for β, s in zip(momenta, POINT_STYLES, strict=False)
        ])  # fmt: skip
    return ReportFigure(
        "catapult",
        "Beyond the limit of stability",
        figure,
        _caption(near),
        "Two panels against the learning rate over the limit of the linear theory: the largest loss of the run over "
        "the initial one, and the largest kernel eigenvalue at the end over the initial one.",
        ("loss", "kernel_eigenvalues", "largest_stable_eta_lambda"),
    )


def _share(point: ReportPoint) -> float:
    return point.value("eta_lambda_max") / point.value("largest_stable_eta_lambda")


def _growth(point: ReportPoint) -> np.ndarray:
    """Largest over first loss of every member; one that ran away stands at its last finite value."""
    loss = point.data["loss"].transpose("member", "record").values
    return np.nanmax(np.where(np.isfinite(loss), loss, np.nan), axis=1) / loss[:, 0]


def _kept(point: ReportPoint) -> np.ndarray:
    """λ_max at the last snapshot over the first; NaN where the member ran away."""
    largest = point.data["kernel_eigenvalues"].isel(mode=0).transpose("member", "snapshot").values
    return np.where(point.intact, largest[:, -1] / largest[:, 0], np.nan)


def _caption(near: Sequence[ReportPoint]) -> str:
    beyond = [p for p in near if _share(p) > 1]
    members, stood = sum(p.intact.size for p in beyond), sum(int(p.intact.sum()) for p in beyond)
    kept = [float(np.nanmedian(_kept(p))) for p in beyond if p.intact.any()]
    learned = sum(int((p.of_intact("final_loss") < p.of_intact("loss", record=0)).sum()) for p in beyond)
    text = (
        "Real networks near ηλ_max = 2(1+β), where the linear theory diverges: single networks faint, medians bold. "
        f"Of {count(members, 'network')} beyond it {stood} did not diverge: the loss first grew, by up to "
        f"{number(max(float(np.nanmax(_growth(p))) for p in beyond))} times"
    )
    if kept:
        text += (
            f", then λ_max fell, in the median to {number(min(kept), 2)} of its start where it fell furthest; "
            f"{learned} ended below their first loss"
        )
    return f"{text}."
