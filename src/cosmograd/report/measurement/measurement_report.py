"""The figures and the page of a measured universe, written into a folder of its own."""

from collections.abc import Callable, Sequence

import numpy as np
import xarray as xr

from cosmograd.measurement import estimate_in, measurement_summary, notes_of, why_not_identifiable
from cosmograd.report.measurement.masses_along_run_figure import masses_along_run_figure
from cosmograd.report.measurement.measured_modes_figure import measured_modes_figure
from cosmograd.report.parts import KeyNumber, ReportFigure, Table, count, figure_style, number, rendered, write_figures
from cosmograd.storage import MeasurementFolder, write_text

_SINGLE = {
    "hubble_rate": "H",
    "cosmological_constant": "Λ",
    "e_folds_per_update": "e-folds per update",
    "momentum": "momentum β",
    "step": "learning rate η on the kernel's modes",
    "kernel_drift": "drift of the kernel",
}
_KEY_NUMBERS = ("hubble_rate", "cosmological_constant", "e_folds_per_update", "momentum", "kernel_drift")
_BY_MODE = {"masses_squared": "m²", "eta_lambdas": "ηλ", "decay_rates": "decay per update"}

_INTERVALS = {
    "bootstrap": "every network is fitted by itself, and the mean over them has a studentised bootstrap interval.",
    "curvature": "from the curvature at the best fit, for white noise on the outputs.",
    "posterior": "quantiles of the posterior for white noise on the outputs, sampled by Hamiltonian Monte Carlo.",
}


def write_measurement_report(
    folder: MeasurementFolder, results: xr.Dataset, progress: Callable[[float], None] | None = None
) -> None:
    """Write figures/*.svg and report.html; the same results give the same bytes."""
    done = progress or (lambda fraction: None)
    with figure_style():
        drawn = [measured_modes_figure(results)]
        if np.isfinite(results["eta_lambda_over_time"].values).any():
            drawn.insert(0, masses_along_run_figure(results))
    figures = write_figures(folder, drawn, done)
    write_text(folder.report, _page(results, figures))


def _page(results: xr.Dataset, figures: Sequence[tuple[ReportFigure, str]]) -> str:
    return rendered(
        "measurement.html.j2",
        figures,
        kind="measurement",
        title=f"The universe of {results.attrs.get('measurement', 'a training')}",
        summary=_summary(results),
        key_numbers=_key_numbers(results),
        reason=why_not_identifiable(measurement_summary(results)),
        warnings=notes_of(results),
        estimates_table=_estimates_table(results),
        method=_method(results),
    )


def _summary(results: xr.Dataset) -> str:
    sizes, updates = results.sizes, int(results.attrs["updates"])
    return (
        f"{count(sizes['member'], 'network')} over {updates} updates; {count(sizes['mode'], 'mode')} "
        f"{'of the known kernel' if results.attrs['kernel'] == 'known' else 'found in the outputs alone'}. Scheme: "
        f"{results.attrs['scheme']}; unit of time T: {results.attrs['time_unit']}."
    )


def _key_numbers(results: xr.Dataset) -> list[KeyNumber]:
    return [
        KeyNumber(_SINGLE[key], _value(results, key), _interval(results, key)) for key in _KEY_NUMBERS if key in results
    ]


def _estimates_table(results: xr.Dataset) -> Table:
    single = [key for key in _SINGLE if key in results and (key != "step" or results.attrs["kernel"] == "known")]
    rows = [(_SINGLE[key], *_cells(results, key)) for key in single]
    for key, label in _BY_MODE.items():
        known = np.flatnonzero(np.isfinite(results[key].values))
        rows += [(f"{label} of mode {i + 1}", *_cells(results, key, int(i))) for i in known]
    caption = (
        "Measured values with 95 % intervals, in brackets where these say next to nothing, and what the dictionary "
        "predicts from the learning rate, momentum and kernel that were given. H in 1/T, Λ and m² in 1/T²."
    )
    return Table(("", "value", "95 % interval", "predicted"), tuple(rows), 1, caption)


def _cells(results: xr.Dataset, key: str, mode: int | None = None) -> tuple[str, ...]:
    estimate = estimate_in(results, key, mode)
    expected = "" if np.isnan(estimate["predicted"]) else number(estimate["predicted"], 5)
    return _value(results, key, mode), _interval(results, key, mode), expected


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
    if results.attrs.get("estimator") == "regression":
        unit = (
            "The kernel is known at the start; the step η on it is found beside β, and sets the unit of time."
            if known
            else "The learning rate that was given sets the unit of time."
        )
        return [
            "Every update is one equation, d(n+1) − d(n) = β(d(n) − d(n−1)) − K(n) d(n) with deviations d from the "
            "targets. Networks share β; each has a kernel of its own, which drifts, and products of its velocities. "
            "What each has for itself is projected out. " + unit,
            "The number of knots of the drift is chosen by Schwarz's criterion, the directions by how well β is "
            "known. Intervals hold the scatter of the networks (of stretches of updates, for one network), a share "
            "of the shift of β that would double what is left, and the scatter between structures that describe the "
            "record nearly as well.",
            "Masses are eigenvalues of the networks' mean kernel at the first record, for this β; of several "
            "outputs, of the kernel over the points, which they share.",
        ]
    kernel = (
        "Each network's outputs are projected on the modes of the known kernel; every mode has its own ηλ, and β is "
        "shared. The η that the modes show, as a weighted mean of ηλ/λ, sets the unit of time."
        if known
        else "The outputs are projected on the strongest directions of their motion, in which β and a symmetric "
        "matrix K are fitted; the eigenvalues of K are the ηλ of the modes. The learning rate that was given "
        "sets the unit of time."
    )
    return [
        "Deviations from the targets obey d(n+1) = (1 + β − K) d(n) − β d(n−1) at constant kernel. The starting "
        "amplitudes of every network are eliminated by variable projection; β and K are searched for.",
        kernel,
        f"Intervals: {_INTERVALS[results.attrs['interval']]} Where the residuals are no white noise, intervals are "
        "widened by the share of the motion that they hold.",
        "Whether β can be known at all is asked first: two roots must describe the motion much better than the one "
        f"root that the slow-roll attractor shows. Here: {estimate_in(results, 'momentum')['reason']}.",
    ]
