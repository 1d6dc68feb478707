"""Where each order of the effective theory holds: its error over learning rate and width."""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm

from cosmograd.report.parts import PREDICTION_STYLES, ReportFigure, error, name_panel, number, panels
from cosmograd.report.study.dependence import Group, groups_of
from cosmograd.report.study.study_points import ReportPoint
from cosmograd.report.study.swept_keys import value_text

_RATE, _WIDTH = "optimiser.eta_lambda_max", "network.width"
_FLOOR, _CEILING = 1e-4, 1.0
# Numbers are written into the cells of maps up to so many columns.
_MOST_COLUMNS = 8

# In the map's cells smaller errors are written with an exponent.
_SMALL = 1e-3


def validity_map_figure(results: xr.Dataset, keys: Sequence[str], points: Sequence[ReportPoint]) -> ReportFigure | None:
    """A map for each prediction over ηλ_max and width; None unless both were swept together."""
    if not {_RATE, _WIDTH} <= set(keys):
        return None
    maps = [group for group in groups_of(results, keys, [_RATE, _WIDTH]) if _is_map(results, group)]
    if not maps:
        return None
    group = max(maps, key=lambda group: len(group.members))
    rates, widths = (_values(results, key, group) for key in (_RATE, _WIDTH))
    errors = np.full((len(PREDICTION_STYLES), len(widths), len(rates)), np.nan)
    places = [results[key].values.astype(float) for key in (_RATE, _WIDTH)]
    repeated: dict[tuple[int, int], list[int]] = {}
    for index in group.members:
        cell = int(np.searchsorted(widths, places[1][index])), int(np.searchsorted(rates, places[0][index]))
        repeated.setdefault(cell, []).append(index)
    for (row, column), members in repeated.items():
        for which, name in enumerate(PREDICTION_STYLES):
            known = [points[index].typical("relative_error", prediction=name) for index in members]
            errors[which, row, column] = np.median(known)
    figure, axes = panels(len(PREDICTION_STYLES), (2, 2), height=0.55 + 0.32 * max(len(widths), 3))
    scale = LogNorm(_FLOOR, _CEILING)
    for position, (axis, style) in enumerate(zip(axes, PREDICTION_STYLES.values(), strict=True)):
        _draw(axis, errors[position], scale, rates, widths)
        name_panel(axis, position, len(axes), style.name)
        if position > 1:
            axis.set_xlabel(r"$\eta\lambda_{max}$")
        if position % 2 == 0:
            axis.set_ylabel("width")
    bar = figure.colorbar(ScalarMappable(scale, "cividis_r"), ax=axes, pad=0.01, fraction=0.03, aspect=30)
    bar.set_label("median relative error")
    if bar.solids is not None:
        bar.solids.set(rasterized=False, edgecolor="face")
    return ReportFigure(
        "validity-map",
        "Where each prediction holds",
        figure,
        _caption(group, errors, rates, widths),
        "Four maps over learning rate and width: the median relative error of gradient flow, second-order effective "
        "theory, stroboscopic and drifting-kernel prediction.",
        ("relative_error",),
    )


def _is_map(results: xr.Dataset, group: Group) -> bool:
    return min(len(_values(results, key, group)) for key in (_RATE, _WIDTH)) > 1


def _values(results: xr.Dataset, key: str, group: Group) -> np.ndarray:
    values = results[key].values[group.members].astype(float)
    return np.unique(values[np.isfinite(values)])


def _draw(axis: Axes, errors: np.ndarray, scale: LogNorm, rates: np.ndarray, widths: np.ndarray) -> None:
    shown = np.ma.masked_invalid(np.clip(errors, _FLOOR, _CEILING))
    axis.pcolormesh(shown, norm=scale, cmap="cividis_r", edgecolors="white", linewidth=0.6)
    axis.set_xticks(np.arange(len(rates)) + 0.5, [value_text(rate) for rate in rates.tolist()])
    axis.set_yticks(np.arange(len(widths)) + 0.5, [f"{width:g}" for width in widths])
    axis.tick_params(length=0)
    axis.grid(visible=False)
    if len(rates) > _MOST_COLUMNS:
        return
    for (row, column), value in np.ndenumerate(errors):
        dark = np.isfinite(value) and value > 0.012
        axis.text(
            column + 0.5, row + 0.5, _in_a_cell(value), ha="center", va="center", fontsize=6,
            color="white" if dark else "black",
        )  # fmt: skip


def _in_a_cell(value: float) -> str:
    """Short enough for a narrow cell."""
    if not 0 < value < _SMALL:
        return error(value)
    digit, power = f"{value:.0e}".split("e")
    return f"{digit}e−{abs(int(power))}"


def _caption(group: Group, errors: np.ndarray, rates: np.ndarray, widths: np.ndarray) -> str:
    flow, exact = errors[0], errors[list(PREDICTION_STYLES).index("stroboscopic")]
    text = (
        "Median relative error of each prediction over the learning rate in units of 1/λ_max and the width"
        f"{f' ({group.label})' if group.label else ''}: distance from the outputs over the distance left to learn, "
        "each network against its own initial kernel. Gradient flow and the second-order theory know nothing of "
        "the step or too little, the stroboscopic prediction is exact in it and leaves the drift of the kernel, which "
        "falls with the width."
    )
    corner, known = (len(widths) - 1, len(rates) - 1), np.isfinite(exact)
    if known[corner] and known[0, -1]:
        text += (
            f" At ηλ_max = {number(rates[-1])} the stroboscopic error is {error(exact[0, -1])} at width {widths[0]:g} "
            f"and {error(exact[corner])} at width {widths[-1]:g}; gradient flow stays at {error(flow[0, -1])} and "
            f"{error(flow[corner])}."
        )
    return text
