"""The power spectrum that an ensemble of networks shows, at the end and on its way."""

import numpy as np

from cosmograd.experiments.network_universe.figures.shown import DIRECT, NETWORK, field_names, passing_time
from cosmograd.figures import (
    POINT_STYLES,
    Axis,
    Figure,
    Guide,
    Intervals,
    LegendEntry,
    Line,
    Mark,
    Panel,
    figure,
    limits_of_logarithmic_axis,
    logarithmic_axis,
    points,
)
from cosmograd.results import Result
from cosmograd.results.number_format import count, error, listed, number, with_error

_LEVEL, _DASHED = "#009E73", (0, (5, 1.8))
_POWER = "k³⟨q²⟩/2π²"


@figure("spectrum", needs=("wavenumber", "power", "standard_error", "direct_power", "tilt"))
def spectrum(result: Result) -> Figure:
    """P(k) at the end, and the network over what is expected."""
    names, panels = field_names(result), []
    for c, name in enumerate(names):
        of = f" of {name}" if len(names) > 1 else ""
        panels += [_power(result, c, f"power{of}"), _ratio(result, c, f"over the {_reference(result)}{of}")]
    legend = [
        LegendEntry("networks", NETWORK.colour, "", "o"),
        LegendEntry("equations, same draws", DIRECT.colour, "", "x"),
    ]
    if "exact_power" in result:
        legend.append(LegendEntry("exact"))
    optional = [name for name in ("exact_power", "hubble_over_two_pi_squared") if name in result]
    return Figure(
        "spectrum",
        "The power spectrum of the ensemble",
        panels,
        _caption(result),
        "Power against wavenumber with error bars, beside the direct solution, and where it is known the exact power.",
        ("wavenumber", "power", "standard_error", "direct_power", *optional),
        legend + _legend_of_level(result),
        grid=(len(names), 2),
        height=2.2,
    )


def _reference(result: Result) -> str:
    return "exact power" if "exact_power" in result else "equations' power"


def _power(result: Result, c: int, title: str) -> Panel:
    k, (power, bar, direct) = result["wavenumber"].values, _powers(result, c)
    marks: list[Mark] = [
        Intervals(k, power, power - bar, power + bar, NETWORK.colour, NETWORK.marker),
        points(k, direct, DIRECT.colour, "x", size=5.0, layer=4.0),
    ]
    if "exact_power" in result:
        marks.append(Line(k, result["exact_power"].values[c], layer=1.0))
    if power.max() > 5 * power.min():
        y = logarithmic_axis(_POWER, limits_of_logarithmic_axis([power - bar, power + bar]))
    else:
        y = Axis(_POWER, low=0.0, high=1.25 * float((power + bar).max()))
    return Panel(marks + _level(result), _wavenumber_axis(k), y, title)


def _ratio(result: Result, c: int, title: str) -> Panel:
    k, (power, bar, direct) = result["wavenumber"].values, _powers(result, c)
    expected = result["exact_power"].values[c] if "exact_power" in result else direct
    ratio, bar = power / expected, bar / expected
    marks = [
        Guide(1.0, colour="black", width=None, layer=1.0),
        Intervals(k, ratio, ratio - bar, ratio + bar, NETWORK.colour, NETWORK.marker, bar_width=None),
        points(k, direct / expected, DIRECT.colour, "x", size=5.0, layer=4.0),
    ]
    return Panel(marks, _wavenumber_axis(k), Axis("ratio"), title)


def _powers(result: Result, c: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of the networks, its standard error, and of the equations, of one field."""
    power, bar, direct = (result[name].values[c] for name in ("power", "standard_error", "direct_power"))
    return power, bar, direct


def _level(result: Result) -> list[Mark]:
    """The power of a massless field far outside the horizon, where the universe is one that has it."""
    if "hubble_over_two_pi_squared" not in result:
        return []
    return [Guide(float(result["hubble_over_two_pi_squared"]), colour=_LEVEL, dashes=_DASHED, width=None)]


def _legend_of_level(result: Result) -> list[LegendEntry]:
    return [LegendEntry("(H/2π)²", _LEVEL, _DASHED)] if "hubble_over_two_pi_squared" in result else []


def _wavenumber_axis(k: np.ndarray) -> Axis:
    if len(k) > 1 and k[-1] > 20 * k[0]:
        return Axis("wavenumber k", "log")
    return Axis("wavenumber k", low=0.0, high=1.08 * float(k[-1]))


def _caption(result: Result) -> str:
    power, bar, direct = (result[n].values for n in ("power", "standard_error", "direct_power"))
    members = result.sizes["member"]
    text = (
        f"Power k³⟨q²⟩/2π² at the end: means over {count(members, 'network')}, each a draw from the vacuum, and over "
        "the modes of one k, with their standard errors. The equations of motion from the same draws give the crosses; "
        f"the networks' power differs from theirs by {error(np.abs(power / direct - 1).max())} at most."
    )
    if "exact_power" in result:
        pulls = np.abs(power - result["exact_power"].values) / bar
        text += (
            " The exact power is that of the vacuum's mode functions, from which the means lie "
            f"{number(pulls.min(), 2)} to {number(pulls.max(), 2)} standard errors away."
        )
    if "hubble_over_two_pi_squared" in result:
        level = number(result["hubble_over_two_pi_squared"])
        text += f" Far outside the horizon a massless field has (H/2π)² = {level}."
    found = zip(result["tilt"].values, result["tilt_error"].values, strict=True)
    tilts = [with_error(tilt, uncertainty, 3) + " ± " + number(uncertainty, 2) for tilt, uncertainty in found]
    if np.isfinite(result["tilt"].values).all():
        text += f" Tilt d ln P/d ln k: {listed(tilts)}"
        if "exact_tilt" in result:
            text += f"; exact at these k: {listed(number(t) for t in result['exact_tilt'].values)}"
        if "tilt_outside_horizon" in result:
            text += f"; far outside the horizon: {number(result['tilt_outside_horizon'])}"
        text += "."
    return text


@figure("power-history", needs=("history_update", "e_folds", "power_history"))
def power_history(result: Result) -> Figure:
    """The power of each wavenumber on its way."""
    names, (x, label) = field_names(result), passing_time(result)
    k, updates = result["wavenumber"].values, result["history_update"].values
    shown = np.unique(np.linspace(0, len(k) - 1, min(len(k), len(POINT_STYLES))).round().astype(int))
    history, every = result["power_history"].values, np.arange(0, len(updates), 5)
    panels, legend = [], []
    for c, name in enumerate(names):
        marks: list[Mark] = [
            Line(x[updates], history[c, :, i], style.colour, marker=style.marker, fill="white", every=every)
            for i, style in zip(shown, POINT_STYLES, strict=False)
        ]
        y = logarithmic_axis(_POWER, limits_of_logarithmic_axis([history[c]]))
        panels.append(Panel(marks + _level(result), Axis(label), y, name if len(names) > 1 else ""))
    for i, style in zip(shown, POINT_STYLES, strict=False):
        legend.append(LegendEntry(f"k = {number(k[i])}", style.colour, marker=style.marker, fill="white"))
    return Figure(
        "power-history",
        "The power on its way",
        panels,
        f"Power k³⟨q²⟩/2π² of the same means over {result.sizes['member']} networks, from the start to the end. "
        "Inside the horizon, k > aH, it falls as the universe expands; a light field's power stays constant once it is "
        "outside.",
        "Power of some wavenumbers against the e-folds, on a logarithmic scale.",
        ("history_update", "e_folds", "power_history"),
        legend + _legend_of_level(result),
        height=2.2,
    )
