"""The temperature of minibatches over its prediction, against the batch size."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from cosmograd.experiments.training.point_noise import NOISE
from cosmograd.report.parts import (
    LineStyle,
    ReportFigure,
    count,
    figure_style,
    legend_below,
    listed,
    name_panel,
    number,
    panels,
    span,
)
from cosmograd.report.study.swept_keys import swept_keys

_POSITIONS = LineStyle("positions", "#000000", "-", "o")
_VELOCITIES = LineStyle("velocities", "#0072B2", (0, (5, 1.8)), "s")
_SHUFFLED = LineStyle("theory of shuffled epochs", "#D55E00", (0, (1, 1.2)), "")

# Independent draws follow the prediction to this; the band in the figure.
_BAND = 0.05

_NAMES = {
    "with-replacement": "drawn with replacement",
    "without-replacement": "drawn without replacement",
    "shuffled-epochs": "shuffled epochs",
}


_WITHOUT = " and (N − B)/(N − 1) for draws without replacement"

# Of more momenta than this, panels show those at equal steps.
_MOST_COLUMNS = 4
# Other swept values stand side by side: so far apart, and within such a part of an octave of the batch size.
_APART, _WIDEST = 0.14, 0.6
# Of more batch sizes than this some have no label.
_MOST_TICKS = 8

_RATIOS = ("temperature_ratio", "temperature_ratio_error", "velocity_ratio", "velocity_ratio_error", "shuffled_ratio")


def noise_figure(results: xr.Dataset) -> ReportFigure | None:
    """Measured over predicted temperature of a noise study; None where no run could be measured.

    results: what `noise_study` returns (`temperature_ratio`, `velocity_ratio`, their `_error`s,
    `shuffled_ratio` and `stationary` over sampling, momentum and batch_size). A row of panels for each way of drawing,
    a panel for each momentum.
    """
    attributes = results.attrs | {"modes": results.sizes["mode"], "series": 0}
    runs = results[[*_RATIOS, "stationary", "verdict"]].stack(run=("sampling", "momentum", "batch_size"))
    runs = runs.reset_index("run").reset_coords()
    for name in ("members", "updates", "modes", "series"):
        runs[name] = "run", np.full(runs.sizes["run"], int(attributes[name]))
    return _figure(runs, str(attributes["data"]), _RATIOS)


def point_noise_figure(results: xr.Dataset) -> ReportFigure | None:
    """The same of the points of a study that measure their noise; None where none does or can."""
    runs = runs_of_points(results)
    if runs is None:
        return None
    data = results.attrs.get("data") or listed(dict.fromkeys(map(str, results["data"].values)))
    drawn = _figure(runs, data, tuple(NOISE + name for name in _RATIOS))
    return None if drawn is None else drawn._replace(title="Limit 6: the noise of minibatches")


def runs_of_points(results: xr.Dataset) -> xr.Dataset | None:
    """The points of a study that measure their noise along `run`; None where none does.

    Variables as in a noise study, with sampling, momentum and batch_size; `series` numbers the combinations of whatever
    else is swept.
    """
    if f"{NOISE}verdict" not in results:
        return None
    results = results.isel(study_point=np.flatnonzero(results[f"{NOISE}verdict"].values.astype(str) != ""))
    points = results.sizes["study_point"]
    drawn = ("training.sampling", "training.batch_size", "optimiser.momentum")
    others = [key for key in swept_keys(results) if key not in drawn]
    labels = [repr([results[key].values[index] for key in others]) for index in range(points)]
    numbers = {label: number for number, label in enumerate(dict.fromkeys(labels))}
    variables: dict[str, Any] = {
        name: results[NOISE + name].values for name in (*_RATIOS, "verdict", "members", "updates")
    }
    variables |= {name: _of_every_point(results, name) for name in ("sampling", "batch_size")}
    variables |= {
        "momentum": results["momentum"].values,
        "stationary": results[f"{NOISE}stationary"].values == 1,  # NaN where other points failed
        "modes": np.isfinite(results[f"{NOISE}mode_eigenvalue"].values).sum(axis=1),
        "series": np.array([numbers[label] for label in labels], dtype=int),
    }
    return xr.Dataset({name: ("run", values) for name, values in variables.items()})


def _of_every_point(results: xr.Dataset, setting: str) -> np.ndarray:
    """A setting, which stands in the attributes where all points share it."""
    if setting in results.attrs:
        return np.full(results.sizes["study_point"], results.attrs[setting])
    return results[setting].values


def _figure(runs: xr.Dataset, data: str, variables: tuple[str, ...]) -> ReportFigure | None:
    if not np.isfinite(runs["temperature_ratio"].values).any():
        return None
    ways = list(dict.fromkeys(map(str, runs["sampling"].values)))
    momenta = sorted(dict.fromkeys(runs["momentum"].values.tolist()))
    shown = momenta
    if len(momenta) > _MOST_COLUMNS:
        shown = [momenta[i] for i in np.rint(np.linspace(0, len(momenta) - 1, _MOST_COLUMNS)).astype(int)]
    with figure_style():
        figure, axes = panels(len(ways) * len(shown), (len(ways), len(shown)), 2.0)
        for position, axis in enumerate(axes):
            way, β = ways[position // len(shown)], shown[position % len(shown)]
            here = (runs["sampling"].values.astype(str) == way) & (runs["momentum"].values == β)
            _draw(axis, runs.isel(run=np.flatnonzero(here)), way == "shuffled-epochs", runs)
            name_panel(axis, position, len(axes), f"{_NAMES.get(way, way)}, β = {number(β)}")
            if position >= len(axes) - len(shown):
                axis.set_xlabel("batch size B")
        figure.supylabel("temperature over prediction for independent draws", fontsize=8)
        handles = [
            Line2D([], [], color=s.colour, ls=s.dashes, marker=s.marker, mfc="white", label=s.name)
            for s in (_POSITIONS, _VELOCITIES, *((_SHUFFLED,) if "shuffled-epochs" in ways else ()))
        ]
        legend_below(figure, handles)
    return ReportFigure(
        "minibatch-noise",
        "Temperature of minibatches",
        figure,
        _caption(runs, data, ways)
        + ("" if shown == momenta else f" Of {len(momenta)} momenta {len(shown)} are shown."),
        "Measured over predicted temperature against the batch size, a row of panels for each way of drawing and a "
        "panel for each momentum; positions and velocities with error bars.",
        variables,
    )


def _draw(axis: Axes, here: xr.Dataset, shuffled: bool, runs: xr.Dataset) -> None:
    """One panel; the axes of batch sizes are alike in all."""
    sizes, series = np.unique(runs["batch_size"].values), np.unique(runs["series"].values)
    axis.axhspan(1 - _BAND, 1 + _BAND, color="#cccccc", alpha=0.5, lw=0)
    axis.axhline(1, color="#888888", lw=0.6)
    for place, which in enumerate(series):
        run = here.isel(run=np.flatnonzero(here["series"].values == which)).sortby("batch_size")
        x = run["batch_size"].values * 2 ** (min(_APART, _WIDEST / len(series)) * (place - (len(series) - 1) / 2))
        for style, name, shift in ((_VELOCITIES, "velocity_ratio", 1.04), (_POSITIONS, "temperature_ratio", 1 / 1.04)):
            axis.errorbar(
                x * shift,
                run[name].values,
                run[f"{name}_error"].values,
                color=style.colour,
                ls=style.dashes if shuffled else "",
                marker=style.marker,
                mfc="white",
                lw=0.9,
                elinewidth=0.9,
                capsize=2,
            )
        if shuffled:
            axis.plot(x, run["shuffled_ratio"].values, color=_SHUFFLED.colour, ls=_SHUFFLED.dashes, zorder=4)
    reach = [abs(here[n].values - 1) + here[f"{n}_error"].values for n in ("temperature_ratio", "velocity_ratio")]
    known = np.concatenate(reach)
    furthest = float(known[np.isfinite(known)].max(initial=0.0))
    if shuffled:
        axis.set_ylim(-0.04, max(1.12, 1.05 * _highest(here)))
    else:
        axis.set_ylim(1 - max(0.08, 1.15 * furthest), 1 + max(0.08, 1.15 * furthest))
    axis.set_xscale("log", base=2)
    axis.set_xlim(sizes[0] / 2**0.5, sizes[-1] * 2**0.5)
    ticks = sizes[:: -(-len(sizes) // _MOST_TICKS)]
    axis.set_xticks(ticks, [f"{size:g}" for size in ticks])
    axis.minorticks_off()


def _highest(here: xr.Dataset) -> float:
    """Upper end of all bars."""
    ends = np.concatenate([(here[n] + here[f"{n}_error"]).values for n in ("temperature_ratio", "velocity_ratio")])
    return float(ends[np.isfinite(ends)].max(initial=0.0))


def _caption(runs: xr.Dataset, data: str, ways: Sequence[str]) -> str:
    members, updates, modes = (_whole(runs[name].values) for name in ("members", "updates", "modes"))
    text = (
        f"Temperature of the noise of minibatches on {data}, measured around the minimum of the loss from {members} "
        f"run{'' if members == '1' else 's'} of {updates} updates, over T = ησ²/(2B(1−β)) times the finite-step factor"
        f"{_WITHOUT if 'without-replacement' in ways else ''}, mean over the {modes} stiffest modes: from the "
        "positions of the modes and, independently, from their velocities. Bars are standard errors by batch means; "
        f"the grey band is ±{number(100 * _BAND)} %."
    )
    others = len(np.unique(runs["series"].values))
    if others > 1:
        text += f" Side by side stand the {others} combinations of what else is swept, in the order of the sweep."
    for way in ways:
        ratios = runs.isel(run=np.flatnonzero(runs["sampling"].values.astype(str) == way))
        positions, velocities = (
            ratios[name].values[np.isfinite(ratios[name].values)] for name in ("temperature_ratio", "velocity_ratio")
        )
        if positions.size:
            name = str(_NAMES.get(way, way))
            text += f" {name[0].upper()}{name[1:]}: {span(positions)} (velocities {span(velocities)})."
    if "shuffled-epochs" in ways:
        text += (
            " Over a shuffled epoch the noises add up to zero, so that slow modes stay cold and velocities cool less. "
            "The dotted line is exact where all examples share one Hessian."
        )
    moving = runs["verdict"].values[~runs["stationary"].values.astype(bool)]
    if moving.size:
        reasons = dict.fromkeys(str(verdict).rstrip(".") for verdict in moving)
        text += f" {count(moving.size, 'run')} not to be trusted: {listed(reasons)}."
    return text


def _whole(values: np.ndarray) -> str:
    """Whole numbers, smallest to largest; 0 and NaN stand where nothing was measured."""
    known = sorted({int(value) for value in values if value > 0})
    return f"{known[0]}" if len(known) == 1 else f"{known[0]} to {known[-1]}"
