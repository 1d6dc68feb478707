"""The temperature of minibatches over its prediction, against the batch size."""

from collections.abc import Sequence

import numpy as np
import xarray as xr

from cosmograd.figures import Axis, Figure, Guide, Intervals, LegendEntry, Line, LineStyle, Mark, Panel, Span, figure
from cosmograd.results import Result
from cosmograd.results.number_format import number

_POSITIONS = LineStyle("positions", "#000000", "-", "o")
_VELOCITIES = LineStyle("velocities", "#0072B2", (0, (5, 1.8)), "s")
_SHUFFLED = LineStyle("theory of shuffled epochs", "#D55E00", (0, (1, 1.2)), "")

# Independent draws follow the prediction to this; the band in the figure.
_BAND = 0.05

NAMES = {
    "with-replacement": "drawn with replacement",
    "without-replacement": "drawn without replacement",
    "shuffled-epochs": "shuffled epochs",
}
RATIOS = ("temperature_ratio", "temperature_ratio_error", "velocity_ratio", "velocity_ratio_error", "shuffled_ratio")
_MEASURED = ("temperature_ratio", "velocity_ratio")

# Panels for this many momenta; among more, those at equal steps.
_MOST_COLUMNS = 4
# Other swept values stand side by side: this far apart, and within such a part of an octave of the batch size.
_APART, _WIDEST = 0.14, 0.6
# Beyond this many batch sizes some have no label.
_MOST_TICKS = 8


@figure("minibatch-noise", needs=RATIOS)
def minibatch_noise(result: Result) -> Figure | None:
    """Measured over predicted temperature of a study of noise; None where no run could be measured."""
    runs = result.to_xarray()[[*RATIOS, "stationary"]].stack(run=("sampling", "momentum", "batch_size"))
    runs = runs.reset_index("run").reset_coords()
    return temperature_figure(runs.assign(series=("run", np.zeros(runs.sizes["run"], dtype=int))), RATIOS)


def temperature_figure(runs: xr.Dataset, variables: Sequence[str]) -> Figure | None:
    """Measured over predicted temperature: a row of panels for each way of drawing, a panel for each momentum.

    runs: along `run`, `temperature_ratio` and `velocity_ratio` with their errors, `shuffled_ratio`, `stationary`,
    sampling, momentum and batch_size; runs of different `series` stand side by side. variables: names in the results.
    None where no run could be measured.
    """
    if not np.isfinite(runs["temperature_ratio"].values).any():
        return None
    ways = list(dict.fromkeys(map(str, runs["sampling"].values)))
    momenta = sorted(dict.fromkeys(runs["momentum"].values.tolist()))
    shown = momenta
    if len(momenta) > _MOST_COLUMNS:
        shown = [momenta[i] for i in np.rint(np.linspace(0, len(momenta) - 1, _MOST_COLUMNS)).astype(int)]
    panels = []
    for way in ways:
        for β in shown:
            here = (runs["sampling"].values.astype(str) == way) & (runs["momentum"].values == β)
            title = f"{NAMES.get(way, way)}, β = {number(β)}"
            label = "batch size B" if way == ways[-1] else ""
            panels.append(_panel(runs.isel(run=np.flatnonzero(here)), way == "shuffled-epochs", runs, title, label))
    styles = (_POSITIONS, _VELOCITIES, *((_SHUFFLED,) if "shuffled-epochs" in ways else ()))
    return Figure(
        "minibatch-noise",
        "Temperature of minibatches",
        panels,
        _caption(runs, ways, len(momenta), len(shown)),
        "Measured over predicted temperature against the batch size, a row of panels for each way of drawing and a "
        "panel for each momentum; positions and velocities with error bars.",
        tuple(variables),
        [LegendEntry.of(s, fill="white") for s in styles],
        grid=(len(ways), len(shown)),
        height=2.0,
        left="temperature over prediction for independent draws",
    )


def _panel(here: xr.Dataset, shuffled: bool, runs: xr.Dataset, title: str, label: str) -> Panel:
    """One panel; the axes of batch sizes are alike in all."""
    sizes, series = np.unique(runs["batch_size"].values), np.unique(runs["series"].values)
    marks: list[Mark] = [Span(1 - _BAND, 1 + _BAND), Guide(1.0, layer=None)]
    for place, which in enumerate(series):
        run = here.isel(run=np.flatnonzero(here["series"].values == which)).sortby("batch_size")
        apart = min(_APART, _WIDEST / len(series)) * (place - (len(series) - 1) / 2)
        marks += _marks(run, run["batch_size"].values * 2**apart, shuffled)
    ticks = [(float(size), f"{size:g}") for size in sizes[:: -(-len(sizes) // _MOST_TICKS)]]
    x = Axis(label, "log2", float(sizes[0] / 2**0.5), float(sizes[-1] * 2**0.5), ticks)
    low, high = _ends(here, shuffled)
    return Panel(marks, x, Axis("", low=low, high=high), title)


def _marks(run: xr.Dataset, x: np.ndarray, shuffled: bool) -> list[Mark]:
    marks: list[Mark] = []
    for style, name, shift in ((_VELOCITIES, "velocity_ratio", 1.04), (_POSITIONS, "temperature_ratio", 1 / 1.04)):
        value, error = run[name].values, run[f"{name}_error"].values
        dashes = style.dashes if shuffled else ""
        marks.append(
            Intervals(x * shift, value, value - error, value + error, style.colour, style.marker, dashes, 0.9, "white")
        )
    if shuffled:
        marks.append(Line(x, run["shuffled_ratio"].values, _SHUFFLED.colour, _SHUFFLED.dashes, layer=4.0))
    return marks


def _ends(here: xr.Dataset, shuffled: bool) -> tuple[float, float]:
    """Ends of the vertical axis that hold all bars: around 1, or from 0 for shuffled epochs."""
    centre = 0.0 if shuffled else 1.0
    reaches = [here[n].values - centre if shuffled else abs(here[n].values - centre) for n in _MEASURED]
    ends = np.concatenate([reach + here[f"{n}_error"].values for reach, n in zip(reaches, _MEASURED, strict=True)])
    furthest = float(ends[np.isfinite(ends)].max(initial=0.0))
    if shuffled:
        return -0.04, max(1.12, 1.05 * furthest)
    return 1 - max(0.08, 1.15 * furthest), 1 + max(0.08, 1.15 * furthest)


def _caption(runs: xr.Dataset, ways: Sequence[str], momenta: int, shown: int) -> str:
    text = (
        "Temperature of the noise of minibatches around a minimum of the loss, from positions and velocities of the "
        "stiffest modes, over T = ησ²/(2B(1−β)) with finite-step factor"
        f"{' and (N − B)/(N − 1) for draws without replacement' if 'without-replacement' in ways else ''}"
        f"{f', at {shown} of {momenta} momenta' if shown < momenta else ''}"
    )
    series = len(np.unique(runs["series"].values))
    text += f"; side by side, the {series} combinations of what else is swept" if series > 1 else ""
    text += f". Bars are standard errors, the grey band is ±{number(100 * _BAND)} %"
    if "shuffled-epochs" in ways:
        text += "; the noises of a shuffled epoch add up to zero, and the dotted line is exact for one Hessian"
    return f"{text}."
