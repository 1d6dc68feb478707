"""The Bunch–Davies mode of a test field in de Sitter space."""

import numpy as np

from cosmograd.experiments.horizon_axis import horizon_axis
from cosmograd.figures import (
    Axis,
    Figure,
    Guide,
    LegendEntry,
    Line,
    LineStyle,
    Mark,
    Panel,
    figure,
    limits_of_logarithmic_axis,
    logarithmic_axis,
)
from cosmograd.results import Result
from cosmograd.results.number_format import number

_REAL = LineStyle("real part", "#0072B2", "-", "")
_IMAGINARY = LineStyle("imaginary part", "#D55E00", (0, (4, 1.2)), "")
_SIZE = LineStyle("modulus |δφ|", "#000000", "-", "")
_MASSLESS = LineStyle("massless field", "#777777", (0, (1, 1.2)), "")
# Further inside the horizon the mode oscillates too fast and too far for one linear axis.
_FIRST_DRAWN = 8.0
_DRAWN_POINTS = 600
_NAMES = ("wavenumber_over_ah", "mode_real", "mode_imaginary", "power")


@figure("test-field", needs=_NAMES)
def mode_through_horizon(result: Result) -> Figure:
    """Real part, imaginary part and modulus against k/aH, and the power over the whole range."""
    return Figure(
        "test-field",
        "Mode of a test field",
        [_mode_panel(result), _power_panel(result)],
        _caption(result),
        "Left, real and imaginary part and modulus of the mode of a test field in de Sitter space against k over aH, "
        "with time to the right and horizon crossing marked. Right, its power on logarithmic axes beside that of a "
        "massless field.",
        _NAMES,
        [LegendEntry(style.name, style.colour, style.dashes) for style in (_REAL, _IMAGINARY, _SIZE, _MASSLESS)],
        legend_columns=4,
        grid=(1, 2),
        height=2.4,
    )


def smooth_mode(result: Result, x: np.ndarray) -> np.ndarray:
    """The mode at any k/aH in its range: without the phase of its far past, e^(ik/aH), it has no fast oscillation."""
    from scipy.interpolate import CubicSpline  # a quarter of a second

    known = result["wavenumber_over_ah"].values
    order = np.argsort(known)
    slow = (result["mode_real"].values + 1j * result["mode_imaginary"].values) * np.exp(-1j * known)
    return CubicSpline(np.log(known[order]), slow[order])(np.log(x)) * np.exp(1j * x)


def _mode_panel(result: Result) -> Panel:
    known = result["wavenumber_over_ah"].values
    first = min(float(known.max()), _FIRST_DRAWN) if known.min() < _FIRST_DRAWN else float(known.max())
    x = np.geomspace(first, float(known.min()), _DRAWN_POINTS)
    mode = smooth_mode(result, x)
    shown = ((_REAL, np.real(mode)), (_IMAGINARY, np.imag(mode)), (_SIZE, np.abs(mode)))
    marks: list[Mark] = [Line(x, values, style.colour, style.dashes) for style, values in shown]
    along, crossing = horizon_axis(float(x.min()), float(x.max()))
    label = r"$\delta\varphi$  [$H/k^{3/2}$]"
    return Panel([*marks, Guide(0.0), *crossing], along, Axis(label), "mode through the horizon")


def _power_panel(result: Result) -> Panel:
    x, power = result["wavenumber_over_ah"].values, result["power"].values
    massless = _massless_power(x)
    marks = [
        Line(x, massless, _MASSLESS.colour, _MASSLESS.dashes, layer=3.0),
        Line(x, power, _SIZE.colour),
    ]
    along, crossing = horizon_axis(float(x.min()), float(x.max()))
    powers = logarithmic_axis(r"$k^3|\delta\varphi|^2/2\pi^2$  [$H^2$]", limits_of_logarithmic_axis([power, massless]))
    return Panel([*marks, *crossing], along, powers, "power")


def _massless_power(x: np.ndarray) -> np.ndarray:
    r"""$(1+x^2)/4\pi^2$ with $x = k/aH$: the massless field in de Sitter space (Bunch & Davies 1978)."""
    return (1 + x**2) / (4 * np.pi**2)


def _caption(result: Result) -> str:
    x, power = result["wavenumber_over_ah"].values, result["power"].values
    mass = result.specification.get("mass_over_hubble_squared", np.nan)
    text = (
        f"The mode δφ of a test field with m²/H² = {number(mass, 4)} in de Sitter space, in units of H/k^(3/2), from "
        f"k/aH = {number(x[0])} to {number(x[-1])}; the left panel begins where it can be followed by eye. "
    )
    if x.min() <= 1 <= x.max():
        at_crossing = float(np.abs(smooth_mode(result, np.array([1.0]))[0]))
        text += f"Where k = aH, |δφ| = {number(at_crossing, 4)}. "
    decades = np.log(x[-2] / x[-1])
    slope = float(np.log(power[-2] / power[-1]) / decades)
    text += (
        f"At the end the power is {number(power[-1])} H², {number(power[-1] / _massless_power(x[-1:])[0])} times that "
        f"of a massless field (dotted), and changes as k/aH to the power of {number(slope, 3)}."
    )
    return text


FIGURES = (mode_through_horizon,)
