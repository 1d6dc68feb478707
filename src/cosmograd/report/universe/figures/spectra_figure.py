"""Primordial spectra beside slow roll, and how far slow roll is off; of several fields, isocurvature as well."""

import numpy as np
import xarray as xr
from matplotlib.lines import Line2D

from cosmograd.report.parts import ReportFigure, count, error, legend_below, name_panel, number, panels, with_error
from cosmograd.report.universe.figures.power_panels import (
    COMPUTED,
    SLOW_ROLL,
    draw_departure,
    draw_isocurvature,
    draw_power,
    isocurvature_in_words,
    largest_departure_in_words,
    look,
    use_wavenumber_axis,
)

_SCALAR_SLOW_ROLL, _ISOCURVATURE = "slow_roll_scalar_power", "isocurvature_power"


def spectra_figure(results: xr.Dataset) -> ReportFigure | None:
    """Scalar and tensor power, and their relative distance from slow roll; None where no wavenumber has power."""
    if not np.isfinite(results["scalar_power"].values).any():
        return None
    several = _ISOCURVATURE in results
    figure, axes = panels(4, (2, 2), height=1.9)
    draw_power(axes[0], results, "scalar")
    draw_power(axes[1], results, "tensor")
    if several:
        draw_isocurvature(axes[2], results)
    else:
        draw_departure(axes[2], results, "scalar")
    draw_departure(axes[3], results, "tensor")
    third = "isocurvature" if several else "scalar, departure from slow roll"
    titles = ("scalar power", "tensor power", third, "tensor, departure from slow roll")
    for position, (axis, title) in enumerate(zip(axes, titles, strict=True)):
        name_panel(axis, position, 4, title)
        use_wavenumber_axis(axis, results, label=position >= 2)
    legend_below(figure, _handles(results), 2)
    return ReportFigure(
        "spectra",
        "Primordial spectra",
        figure,
        _caption(results),
        "Power of scalar and of tensor perturbations against wavenumber, as computed and in slow roll, and below "
        + ("isocurvature over curvature, and " if several else "each ")
        + "the relative difference from slow roll.",
        _variables(several),
    )


def _handles(results: xr.Dataset) -> list[Line2D]:
    return [Line2D([], [], label=style.name, **look(results, style)) for style in (COMPUTED, SLOW_ROLL)]


def _variables(several: bool) -> tuple[str, ...]:
    own = (_ISOCURVATURE, "isocurvature_correlation") if several else (_SCALAR_SLOW_ROLL,)
    return ("wavenumber", "scalar_power", "tensor_power", *own, "slow_roll_tensor_power", "relative_error", "outcome")


def _caption(results: xr.Dataset) -> str:
    known = np.isfinite(results["scalar_power"].values)
    k = results["wavenumber"].values[known]
    marked = " (grey line)" if k.min() <= 1 <= k.max() else ""
    text = (
        f"Power of the curvature perturbation and of gravitational waves (both polarisations) at the end of inflation, "
        f"at {count(int(known.sum()), 'wavenumber')} from {number(k.min())} to {number(k.max())} times the pivot"
        f"{marked}, where n_s = {with_error(results['scalar_tilt'], results['tilt_error'])} and r = "
        f"{number(results['tensor_to_scalar_ratio'], 4)}. {_slow_roll_in_words(results)}; the estimated error of the "
        f"powers themselves is at most {error(results['achieved_accuracy'])} (all relative)."
    )
    if _ISOCURVATURE in results:
        text += f" {isocurvature_in_words(results)}"
    missing = int((~known).sum())
    return f"{text} Missing: {count(missing, 'wavenumber')} without power." if missing else text


def _slow_roll_in_words(results: xr.Dataset) -> str:
    tensors = f"{largest_departure_in_words(results, 'tensor')} for tensors"
    if _SCALAR_SLOW_ROLL not in results:
        return f"Slow roll at k = aH is off by at most {tensors}"
    text = f"Slow roll at k = aH is off by at most {largest_departure_in_words(results, 'scalar')} for scalars"
    failing = int((results[_SCALAR_SLOW_ROLL].values <= 0).sum())
    if failing:
        text += f" (negative at {count(failing, 'wavenumber')}, not drawn)"
    return f"{text} and {tensors}"
