"""Recorded modes of a training beside the recursion that was fitted to them."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from cosmograd.report.parts import (
    POINT_STYLES,
    ReportFigure,
    legend_below,
    limits_of_logarithmic_axis,
    marked,
    name_panel,
    number,
    panels,
    use_logarithmic_axis,
    use_update_axis,
)

_SHOWN = 4


def measured_modes_figure(results: xr.Dataset) -> ReportFigure:
    """Root mean square over members of the leading modes, recorded and fitted; and what the fit leaves of them."""
    figure, axes = panels(2, (1, 2), height=2.4)
    shown = min(_SHOWN, results.sizes["mode"])
    _draw_modes(axes[0], results, shown)
    _draw_rest(axes[1], results, shown)
    name_panel(axes[0], 0, 2, "modes of one network")
    name_panel(axes[1], 1, 2, "what is left, all networks")
    handles = [
        Line2D([], [], color=POINT_STYLES[i].colour, marker=POINT_STYLES[i].marker, label=f"mode {i + 1}")
        for i in range(shown)
    ]
    legend_below(figure, handles, 4)
    return ReportFigure(
        "measured-modes",
        "Modes and their recursion",
        figure,
        _caption(results),
        "Left, deviations of one network along its leading modes against the update, marks for what was recorded "
        "and lines for the fitted recursion. Right, the root mean square of what is left, over all networks, on a "
        "logarithmic axis.",
        ("recorded_mode", "fitted_mode"),
    )


def _draw_modes(axis: Axes, results: xr.Dataset, shown: int) -> None:
    recorded, fitted = (results[name].values[0] for name in ("recorded_mode", "fitted_mode"))
    updates = results["update"].values
    marks = marked(updates)
    for i in range(shown):
        style = POINT_STYLES[i]
        axis.plot(updates, fitted[:, i], color=style.colour, lw=1.0)
        axis.plot(updates[marks], recorded[marks, i], color=style.colour, marker=style.marker, ls="")
    axis.axhline(0, color="#888888", lw=0.6, zorder=0)
    use_update_axis(axis, int(updates[-1]))
    axis.set_ylabel("output − target along the mode")


def _draw_rest(axis: Axes, results: xr.Dataset, shown: int) -> None:
    rest = _rest(results)
    updates = results["update"].values
    for i in range(shown):
        axis.plot(updates, rest[:, i], color=POINT_STYLES[i].colour)
    use_logarithmic_axis(axis, limits_of_logarithmic_axis([rest[:, :shown]], floor=1e-9 * float(rest.max() or 1.0)))
    use_update_axis(axis, int(updates[-1]))
    axis.set_ylabel("r.m.s. of recorded − fitted")


def _rest(results: xr.Dataset) -> np.ndarray:
    left = results["recorded_mode"].values - results["fitted_mode"].values
    return np.sqrt(np.mean(np.square(left), axis=0))


# Of a squared motion without noise.
_ROUNDING = 1e-13


def _caption(results: xr.Dataset) -> str:
    members, goodness = results.sizes["member"], float(results["goodness_of_fit"])
    correlation = float(results["autocorrelation"])
    leaves = f"{number(1 - goodness, 2)} of the squared {'changes' if _by_steps(results) else 'motion'}, correlated by "
    leaves += f"{number(correlation, 2)} from update to update"
    if 1 - goodness < _ROUNDING:
        leaves = "nothing but rounding"
    shown = min(_SHOWN, results.sizes["mode"])
    lines = "what the regression expects from the update before" if _by_steps(results) else "the fitted recursion"
    return (
        f"(a) Network 0 of {members} along the {shown} leading modes: marks, recorded; lines, {lines}. (b) Root mean "
        f"square over the networks of what is left: {leaves}."
    )


def _by_steps(results: xr.Dataset) -> bool:
    return results.attrs.get("estimator") == "regression"
