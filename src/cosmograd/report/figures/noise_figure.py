"""The temperature of minibatches over its prediction, against the batch size."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from cosmograd.report.figures.figure_style import LineStyle, figure_style, legend_below, name_panel, panels
from cosmograd.report.figures.report_figure import ReportFigure
from cosmograd.report.number_format import count, listed, number, span

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


def noise_figure(results: xr.Dataset) -> ReportFigure | None:
    """Measured over predicted temperature of a noise study; None where no run could be measured.

    results: what `cosmograd.studies.noise_study` returns (`temperature_ratio`, `velocity_ratio`, their `_error`s,
    `shuffled_ratio` and `stationary` over sampling, momentum and batch_size). A row of panels for each way of drawing,
    a panel for each momentum.
    """
    if not np.isfinite(results["temperature_ratio"].values).any():
        return None
    ways, momenta = (results[name].values.tolist() for name in ("sampling", "momentum"))
    with figure_style():
        figure, axes = panels(len(ways) * len(momenta), (len(ways), len(momenta)), 2.0)
        for position, axis in enumerate(axes):
            way, β = ways[position // len(momenta)], momenta[position % len(momenta)]
            _draw(axis, results.sel(sampling=way, momentum=β), way == "shuffled-epochs")
            name_panel(axis, position, len(axes), f"{_NAMES.get(way, way)}, β = {number(β)}")
            if position >= len(axes) - len(momenta):
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
        _caption(results),
        "Measured over predicted temperature against the batch size, a row of panels for each way of drawing and a "
        "panel for each momentum; positions and velocities with error bars.",
        ("temperature_ratio", "temperature_ratio_error", "velocity_ratio", "velocity_ratio_error", "shuffled_ratio"),
    )


def _draw(axis: Axes, run: xr.Dataset, shuffled: bool) -> None:
    sizes = run["batch_size"].values
    axis.axhspan(1 - _BAND, 1 + _BAND, color="#cccccc", alpha=0.5, lw=0)
    axis.axhline(1, color="#888888", lw=0.6)
    for style, name, shift in ((_VELOCITIES, "velocity_ratio", 1.04), (_POSITIONS, "temperature_ratio", 1 / 1.04)):
        axis.errorbar(
            sizes * shift,
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
        axis.plot(sizes, run["shuffled_ratio"].values, color=_SHUFFLED.colour, ls=_SHUFFLED.dashes, zorder=4)
        axis.set_ylim(-0.04, max(1.12, 1.05 * float(np.nanmax(_upper_ends(run), initial=0.0))))
    else:
        furthest = float(np.nanmax(np.abs(_upper_ends(run) - 1), initial=0.0))
        axis.set_ylim(1 - max(0.08, 1.15 * furthest), 1 + max(0.08, 1.15 * furthest))
    axis.set_xscale("log", base=2)
    axis.set_xticks(sizes, [str(size) for size in sizes])
    axis.minorticks_off()


def _upper_ends(run: xr.Dataset) -> np.ndarray:
    return np.concatenate([(run[n] + run[f"{n}_error"]).values for n in ("temperature_ratio", "velocity_ratio")])


def _caption(results: xr.Dataset) -> str:
    modes = results.sizes["mode"]
    ways, stationary = results["sampling"].values.tolist(), np.asarray(results["stationary"].values, dtype=bool)
    text = (
        f"Temperature of the noise of minibatches on {results.attrs['data']}, measured around the minimum of the loss "
        f"from {count(int(results.attrs['members']), 'run')} of {int(results.attrs['updates'])} updates, over "
        f"T = ησ²/(2B(1−β)) times the finite-step factor, mean over the {modes} stiffest modes: from the positions of "
        "the modes and, independently, from their velocities. Bars are standard errors by batch means; the grey band "
        f"is ±{number(100 * _BAND)} %."
    )
    for way in ways:
        ratios = results.sel(sampling=way)
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
    moving = results["verdict"].values[~stationary]
    if moving.size:
        text += f" {count(moving.size, 'run')} not to be trusted: {listed(dict.fromkeys(map(str, moving)))}."
    return text
