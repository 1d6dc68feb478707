"""The Bunch–Davies mode of a test field in de Sitter space."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from scipy.interpolate import CubicSpline

from cosmograd.report.parts import (
    LineStyle,
    ReportFigure,
    legend_below,
    limits_of_logarithmic_axis,
    name_panel,
    number,
    panels,
    use_logarithmic_axis,
)
from cosmograd.report.universe.figures.milestones import mark_horizon_crossing
from cosmograd.report.universe.figures.universe_data import specification

_REAL = LineStyle("real part", "#0072B2", "-", "")
_IMAGINARY = LineStyle("imaginary part", "#D55E00", (0, (4, 1.2)), "")
_SIZE = LineStyle("modulus |δφ|", "#000000", "-", "")
_MASSLESS = LineStyle("massless field", "#777777", (0, (1, 1.2)), "")
# Further inside the horizon the mode oscillates too fast and too far for one linear axis.
_FIRST_DRAWN = 8.0
_DRAWN_POINTS = 600


def spectator_figure(results: xr.Dataset) -> ReportFigure:
    """Real part, imaginary part and modulus against k/aH, and the power over the whole range."""
    figure, axes = panels(2, (1, 2), height=2.4)
    _draw_mode(axes[0], results)
    _draw_power(axes[1], results)
    name_panel(axes[0], 0, 2, "mode through the horizon")
    name_panel(axes[1], 1, 2, "power")
    handles = [
        Line2D([], [], color=style.colour, ls=style.dashes, label=style.name)
        for style in (_REAL, _IMAGINARY, _SIZE, _MASSLESS)
    ]
    legend_below(figure, handles, 4)
    return ReportFigure(
        "test-field",
        "Mode of a test field",
        figure,
        _caption(results),
        "Left, real and imaginary part and modulus of the mode of a test field in de Sitter space against k over aH, "
        "with time to the right and horizon crossing marked. Right, its power on logarithmic axes beside that of a "
        "massless field.",
        ("wavenumber_over_ah", "mode_real", "mode_imaginary", "power"),
    )


def _use_horizon_axis(axis: Axes, x: np.ndarray) -> None:
    use_logarithmic_axis(axis, (float(x.min()), float(x.max())), "x")
    axis.invert_xaxis()
    mark_horizon_crossing(axis)
    axis.set_xlabel("k/aH  (time runs to the right)")


def smooth_mode(results: xr.Dataset, x: np.ndarray) -> np.ndarray:
    """The mode at any k/aH in its range: without the phase of its far past, e^(ik/aH), it has no fast oscillation."""
    known = results["wavenumber_over_ah"].values
    order = np.argsort(known)
    slow = (results["mode_real"].values + 1j * results["mode_imaginary"].values) * np.exp(-1j * known)
    return CubicSpline(np.log(known[order]), slow[order])(np.log(x)) * np.exp(1j * x)


def _draw_mode(axis: Axes, results: xr.Dataset) -> None:
    known = results["wavenumber_over_ah"].values
    first = min(float(known.max()), _FIRST_DRAWN) if known.min() < _FIRST_DRAWN else float(known.max())
    x = np.geomspace(first, float(known.min()), _DRAWN_POINTS)
    mode = smooth_mode(results, x)
    for style, values in ((_REAL, np.real(mode)), (_IMAGINARY, np.imag(mode)), (_SIZE, np.abs(mode))):
        axis.plot(x, values, color=style.colour, ls=style.dashes)
    axis.axhline(0, color="#888888", lw=0.6, zorder=0)
    _use_horizon_axis(axis, x)
    axis.set_ylabel(r"$\delta\varphi$  [$H/k^{3/2}$]")


def _draw_power(axis: Axes, results: xr.Dataset) -> None:
    x, power = results["wavenumber_over_ah"].values, results["power"].values
    massless = _massless_power(x)
    axis.plot(x, massless, color=_MASSLESS.colour, ls=_MASSLESS.dashes, zorder=3)
    axis.plot(x, power, color=_SIZE.colour)
    use_logarithmic_axis(axis, limits_of_logarithmic_axis([power, massless]))
    _use_horizon_axis(axis, x)
    axis.set_ylabel(r"$k^3|\delta\varphi|^2/2\pi^2$  [$H^2$]")


def _massless_power(x: np.ndarray) -> np.ndarray:
    r"""$(1+x^2)/4\pi^2$ with $x = k/aH$: the massless field in de Sitter space (Bunch & Davies 1978)."""
    return (1 + x**2) / (4 * np.pi**2)


def _caption(results: xr.Dataset) -> str:
    x, power = results["wavenumber_over_ah"].values, results["power"].values
    mass = specification(results).get("mass_over_hubble_squared", np.nan)
    text = (
        f"The mode δφ of a test field with m²/H² = {number(mass, 4)} in de Sitter space, in units of H/k^(3/2), from "
        f"k/aH = {number(x[0])} to {number(x[-1])}; the left panel begins where it can be followed by eye. "
    )
    if x.min() <= 1 <= x.max():
        at_crossing = float(np.abs(smooth_mode(results, np.array([1.0]))[0]))
        text += f"Where k = aH, |δφ| = {number(at_crossing, 4)}. "
    decades = np.log(x[-2] / x[-1])
    slope = float(np.log(power[-2] / power[-1]) / decades)
    text += (
        f"At the end the power is {number(power[-1])} H², {number(power[-1] / _massless_power(x[-1:])[0])} times that "
        f"of a massless field (dotted), and changes as k/aH to the power of {number(slope, 3)}."
    )
    return text
