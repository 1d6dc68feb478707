"""The figures and the page of a measured universe, written into a folder of its own."""

from collections.abc import Callable, Sequence

import numpy as np
import xarray as xr

from cosmograd.report.measurement.measured_modes_figure import measured_modes_figure
from cosmograd.report.measurement.measurement_summary import estimate_in, notes_of
from cosmograd.report.parts import KeyNumber, ReportFigure, Table, count, figure_style, number, rendered, write_figures
from cosmograd.storage import MeasurementFolder, write_text

_SINGLE = {
    "hubble_rate": "H",
    "cosmological_constant": "Λ",
    "e_folds_per_update": "e-folds per update",
    "momentum": "momentum β",
    "step": "learning rate η on the kernel's modes",
}
_BY_MODE = {"masses_squared": "m²", "eta_lambdas": "ηλ", "decay_rates": "decay per update"}

_INTERVALS = {
    "bootstrap": "Intervals: every network is fitted by itself; the mean over them has a studentised bootstrap "
    "interval.",
    "curvature": "Intervals: from the curvature at the best fit, for white noise on the outputs.",
    "posterior": "Intervals: quantiles of the posterior for white noise on the outputs, sampled by Hamiltonian Monte "
    "Carlo.",
}


def write_measurement_report(
    folder: MeasurementFolder, results: xr.Dataset, progress: Callable[[float], None] | None = None
) -> None:
    """Write figures/*.svg and report.html; the same results give the same bytes."""
    done = progress or (lambda fraction: None)
    with figure_style():
        figure = measured_modes_figure(results)
    figures = write_figures(folder, [figure], done)
    write_text(folder.report, _page(results, figures))


def _page(results: xr.Dataset, figures: Sequence[tuple[ReportFigure, str]]) -> str:
    return rendered(
        "measurement.html.j2",
        figures,
        kind="measurement",
        title=f"The universe of {results.attrs.get('measurement', 'a training')}",
        summary=_summary(results),
        key_numbers=_key_numbers(results),
        warnings=notes_of(results),
        estimates_table=_estimates_table(results),
        method=_method(results),
    )


def _summary(results: xr.Dataset) -> str:
    sizes = results.sizes
    return (
        f"{count(sizes['member'], 'network')} over {sizes['update'] - 1} updates; {count(sizes['mode'], 'mode')} "
        f"{'of the known kernel' if results.attrs['kernel'] == 'known' else 'found in the outputs alone'}. "
        f"Scheme: {results.attrs['scheme']}; unit of time T: {results.attrs['time_unit']}."
    )


def _key_numbers(results: xr.Dataset) -> list[KeyNumber]:
    numbers = [
        KeyNumber(label, _value(results, key), _interval(results, key))
        for key, label in list(_SINGLE.items())[:4]
        if key in results
    ]
    goodness = float(results["goodness_of_fit"])
    return [
        *numbers,
        KeyNumber(
            "goodness of fit", f"{goodness:.6f}", "share of the squared motion along the fitted modes that is described"
        ),
    ]


def _estimates_table(results: xr.Dataset) -> Table:
    rows = [(label, *_cells(results, key)) for key, label in _SINGLE.items() if key in results]
    for key, label in _BY_MODE.items():
        rows += [(f"{label} of mode {i + 1}", *_cells(results, key, i)) for i in range(results.sizes["mode"])]
    caption = (
        "Measured values with 95 % intervals, in brackets where these say next to nothing, and what the dictionary "
        "predicts from the learning rate, momentum and kernel that were given. H in 1/T, Λ and m² in 1/T²."
    )
    return Table(("", "value", "95 % interval", "predicted", "why not known"), tuple(rows), 1, caption)


def _cells(results: xr.Dataset, key: str, mode: int | None = None) -> tuple[str, ...]:
    estimate = estimate_in(results, key, mode)
    expected = "" if np.isnan(estimate["predicted"]) else number(estimate["predicted"], 5)
    why_not = "" if estimate["identifiable"] else estimate["reason"]
    return _value(results, key, mode), _interval(results, key, mode), expected, why_not


def _value(results: xr.Dataset, key: str, mode: int | None = None) -> str:
    estimate = estimate_in(results, key, mode)
    if np.isnan(estimate["value"]):
        return "not identifiable"
    return number(estimate["value"], 5) if estimate["identifiable"] else f"({number(estimate['value'], 2)})"


def _interval(results: xr.Dataset, key: str, mode: int | None = None) -> str:
    estimate = estimate_in(results, key, mode)
    return "" if np.isnan(estimate["low"]) else f"{number(estimate['low'], 5)} to {number(estimate['high'], 5)}"


def _method(results: xr.Dataset) -> list[str]:
    known = results.attrs["kernel"] == "known"
    kernel = (
        "Each network's outputs are projected on the modes of the known kernel; every mode has its own ηλ, and β is "
        "shared. The η that the modes show, as a weighted mean of ηλ/λ, sets the unit of time."
        if known
        else "The outputs are projected on the strongest directions of their motion, in which β and a symmetric matrix "
        "K are fitted; the eigenvalues of K are the ηλ of the modes. The learning rate that was given sets the unit of "
        "time."
    )
    intervals = _INTERVALS[results.attrs["interval"]]
    return [
        "Deviations from the targets obey d(n+1) = (1 + β − K) d(n) − β d(n−1) at constant kernel. The starting "
        "amplitudes of every network are eliminated by variable projection; β and K are searched for.",
        kernel,
        intervals + " Where the residuals are no white noise, intervals are widened by the share of the motion that "
        "they hold.",
        "Whether β can be known at all is asked first: two roots must describe the motion much better than the one "
        f"root that the slow-roll attractor shows. Here: {estimate_in(results, 'momentum')['reason']}.",
    ]
