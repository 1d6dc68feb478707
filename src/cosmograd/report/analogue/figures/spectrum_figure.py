"""The power spectrum that an ensemble of networks shows, at the end and on its way."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from cosmograd.report.analogue.figures.analogue_data import DIRECT, NETWORK, field_names, is_ensemble, passing_time
from cosmograd.report.parts import (
    POINT_STYLES,
    ReportFigure,
    count,
    error,
    figure_text,
    legend_below,
    limits_of_logarithmic_axis,
    listed,
    name_panel,
    number,
    panels,
    use_logarithmic_axis,
    with_error,
)

_LEVEL = "#009E73"


def spectrum_figure(results: xr.Dataset) -> ReportFigure | None:
    """P(k) at the end, and the network over what is expected; None for a single universe."""
    if not is_ensemble(results):
        return None
    names = field_names(results)
    figure, axes = panels(2 * len(names), (len(names), 2), height=2.2)
    for c, name in enumerate(names):
        _draw_power(axes[2 * c], results, c)
        _draw_ratio(axes[2 * c + 1], results, c)
        of = f" of {name}" if len(names) > 1 else ""
        name_panel(axes[2 * c], 2 * c, len(axes), f"power{of}")
        name_panel(axes[2 * c + 1], 2 * c + 1, len(axes), f"over the {_reference(results)}{of}")
    handles = [
        Line2D([], [], color=NETWORK.colour, marker="o", ls="", label="networks"),
        Line2D([], [], color=DIRECT.colour, marker="x", ls="", label="equations, same draws"),
    ]
    if "exact_power" in results:
        handles.append(Line2D([], [], color="black", label="exact"))
    if "hubble_over_two_pi_squared" in results:
        handles.append(Line2D([], [], color=_LEVEL, ls=(0, (5, 1.8)), label="(H/2π)²"))
    legend_below(figure, handles)
    optional = [name for name in ("exact_power", "hubble_over_two_pi_squared") if name in results]
    return ReportFigure(
        "spectrum",
        "The power spectrum of the ensemble",
        figure,
        _caption(results),
        "Power against wavenumber with error bars, beside the direct solution, and where it is known the exact power.",
        ("wavenumber", "power", "standard_error", "direct_power", *optional),
    )


def _reference(results: xr.Dataset) -> str:
    return "exact power" if "exact_power" in results else "equations' power"


def _draw_power(axis: Axes, results: xr.Dataset, c: int) -> None:
    k, power, bar = (results[n].values for n in ("wavenumber", "power", "standard_error"))
    axis.errorbar(k, power[c], bar[c], color=NETWORK.colour, marker="o", ls="", capsize=2, elinewidth=0.9)
    axis.plot(k, results["direct_power"].values[c], color=DIRECT.colour, marker="x", ls="", ms=5, zorder=4)
    if "exact_power" in results:
        axis.plot(k, results["exact_power"].values[c], color="black", zorder=1)
    if "hubble_over_two_pi_squared" in results:
        axis.axhline(float(results["hubble_over_two_pi_squared"]), color=_LEVEL, ls=(0, (5, 1.8)), zorder=0)
    if power[c].max() > 5 * power[c].min():
        use_logarithmic_axis(axis, limits_of_logarithmic_axis([power[c] - bar[c], power[c] + bar[c]]))
    else:
        axis.set_ylim(0, 1.25 * float((power[c] + bar[c]).max()))
    _wavenumber_axis(axis, k)
    axis.set_ylabel("k³⟨q²⟩/2π²")


def _draw_ratio(axis: Axes, results: xr.Dataset, c: int) -> None:
    k, power, bar, direct = (results[n].values for n in ("wavenumber", "power", "standard_error", "direct_power"))
    expected = results["exact_power"].values[c] if "exact_power" in results else direct[c]
    axis.axhline(1, color="black", zorder=1)
    axis.errorbar(k, power[c] / expected, bar[c] / expected, color=NETWORK.colour, marker="o", ls="", capsize=2)
    axis.plot(k, direct[c] / expected, color=DIRECT.colour, marker="x", ls="", ms=5, zorder=4)
    _wavenumber_axis(axis, k)
    axis.set_ylabel("ratio")


def _wavenumber_axis(axis: Axes, k: np.ndarray) -> None:
    axis.set_xlabel("wavenumber k")
    if len(k) > 1 and k[-1] > 20 * k[0]:
        axis.set_xscale("log")
    else:
        axis.set_xlim(0, 1.08 * float(k[-1]))


def _caption(results: xr.Dataset) -> str:
    power, bar, direct = (results[n].values for n in ("power", "standard_error", "direct_power"))
    members = results.sizes["member"]
    text = (
        f"Power k³⟨q²⟩/2π² at the end: means over {count(members, 'network')}, each a draw from the vacuum, and over "
        "the modes of one k, with their standard errors. The equations of motion from the same draws give the crosses; "
        f"the networks' power differs from theirs by {error(np.abs(power / direct - 1).max())} at most."
    )
    if "exact_power" in results:
        pulls = np.abs(power - results["exact_power"].values) / bar
        text += (
            " The exact power is that of the vacuum's mode functions, from which the means lie "
            f"{number(pulls.min(), 2)} to {number(pulls.max(), 2)} standard errors away."
        )
    if "hubble_over_two_pi_squared" in results:
        text += f" Far outside the horizon a massless field has (H/2π)² = {number(_level(results))}."
    tilts = [with_error(t, e, 3) + " ± " + number(e, 2) for t, e in zip(*_tilts(results), strict=True)]
    if np.isfinite(results["tilt"].values).all():
        text += f" Tilt d ln P/d ln k: {listed(tilts)}"
        if "exact_tilt" in results:
            text += f"; exact at these k: {listed(number(t) for t in results['exact_tilt'].values)}"
        if "tilt_outside_horizon" in results:
            text += f"; far outside the horizon: {number(results['tilt_outside_horizon'])}"
        text += "."
    return text


def _level(results: xr.Dataset) -> float:
    return float(results["hubble_over_two_pi_squared"])


def _tilts(results: xr.Dataset) -> tuple[np.ndarray, np.ndarray]:
    return results["tilt"].values, results["tilt_error"].values


def power_history_figure(results: xr.Dataset) -> ReportFigure | None:
    """The power of each wavenumber on its way; None for a single universe."""
    if not is_ensemble(results):
        return None
    names, (x, label) = field_names(results), passing_time(results)
    k, updates = results["wavenumber"].values, results["history_update"].values
    shown = np.unique(np.linspace(0, len(k) - 1, min(len(k), len(POINT_STYLES))).round().astype(int))
    figure, axes = panels(len(names), height=2.2)
    history = results["power_history"].values
    for c, axis in enumerate(axes):
        for i, style in zip(shown, POINT_STYLES, strict=False):
            axis.plot(x[updates], history[c, :, i], color=style.colour, marker=style.marker, mfc="white", markevery=5)
        if "hubble_over_two_pi_squared" in results:
            axis.axhline(_level(results), color=_LEVEL, ls=(0, (5, 1.8)), zorder=0)
        use_logarithmic_axis(axis, limits_of_logarithmic_axis([history[c]]))
        axis.set(xlabel=label, ylabel="k³⟨q²⟩/2π²")
        if len(names) > 1:
            name_panel(axis, c, len(names), names[c])
    handles = [
        Line2D([], [], color=style.colour, marker=style.marker, mfc="white", label=figure_text(f"k = {number(k[i])}"))
        for i, style in zip(shown, POINT_STYLES, strict=False)
    ]
    if "hubble_over_two_pi_squared" in results:
        handles.append(Line2D([], [], color=_LEVEL, ls=(0, (5, 1.8)), label="(H/2π)²"))
    legend_below(figure, handles)
    return ReportFigure(
        "power-history",
        "The power on its way",
        figure,
        f"Power k³⟨q²⟩/2π² of the same means over {results.sizes['member']} networks, from the start to the end. "
        "Inside the horizon, k > aH, it falls as the universe expands; a light field's power stays constant once it is "
        "outside.",
        "Power of some wavenumbers against the e-folds, on a logarithmic scale.",
        ("history_update", "e_folds", "power_history"),
    )
