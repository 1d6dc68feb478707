"""A measured universe in numbers, and the sentences that follow from them."""

import json
from typing import Any

import numpy as np

from cosmograd.experiments.toml_text import file_text
from cosmograd.figures import KeyNumber, Notice, Page, Section, Sentences, Table, Verbatim
from cosmograd.measurement import ESTIMATED
from cosmograd.results import ESTIMATE_PARTS, Result
from cosmograd.results.number_format import count, number

KIND = "measurement"

_FIT = ("goodness_of_fit", "autocorrelation", "left_out")
_MOST_UPDATES = 200


def estimate_numbers(result: Result, quantity: str, mode: int | None = None) -> dict[str, Any]:
    """value, low, high, standard_error, predicted, identifiable and reason of a quantity; `mode`: which, by place."""
    found = {part: result[f"{quantity}{suffix}"].values for part, (suffix, *_) in ESTIMATE_PARTS.items()}
    numbers = {part: (values if mode is None else values[mode]).item() for part, values in found.items()}
    return numbers | {
        "identifiable": bool(numbers["identifiable"] == 1),  # NaN in a point that failed
        "reason": str(numbers["reason"]),
    }


def summary(result: Result) -> dict[str, Any]:
    """Every estimate, with lists for what there is for each mode; then what the fit is like: `cosmograd fit --json`."""
    numbers: dict[str, Any] = {}
    for name, quantity in ESTIMATED.items():
        if quantity.dimensions:
            numbers[name] = [estimate_numbers(result, name, mode) for mode in range(result.sizes["mode"])]
        else:
            numbers[name] = estimate_numbers(result, name)
    numbers |= {name: float(result[name]) for name in _FIT}
    numbers["eta_lambda_over_time"] = _over_time(result)
    said = {key: value for key, value in result.attrs.items() if key not in ("experiment", "name", "specification")}
    return numbers | {"measurement": result.attrs.get("name", "")} | said | {"notes": notes_of(result)}


def why_not_identifiable(summary: dict[str, Any]) -> str | None:
    """Why H, or the masses where H is known, are not identifiable: a sentence, once for all that follows from it."""
    for name, found in (("H is", summary["hubble_rate"]), ("Masses are", summary["masses_squared"][0])):
        if not found["identifiable"] and (np.isnan(found["value"]) or name == "H is"):
            return f"{name} not identifiable: {found['reason']}."
    return None


def _over_time(result: Result) -> dict[str, Any]:
    """ηλ of every mode along the run: at all updates of short records, and at some, close together at first, of
    long.
    """
    updates = result["record"].values
    places = np.arange(len(updates))
    if len(places) > _MOST_UPDATES:
        places = np.unique(np.geomspace(1, len(updates), _MOST_UPDATES).round().astype(int) - 1)
    parts = {"value": "", "low": "_low", "high": "_high"}
    values = {part: result[f"eta_lambda_over_time{suffix}"].values[places] for part, suffix in parts.items()}
    return {"update": updates[places]} | values


def notes_of(result: Result) -> list[str]:
    """What the user should know beside the numbers."""
    return list(json.loads(result.attrs.get("notes", "[]")))


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


def page(result: Result) -> Page:
    """Its numbers with intervals, notes, and how it was measured."""
    reason, notes = why_not_identifiable(summary(result)), notes_of(result)
    notices = [Notice("reason", "", [reason])] if reason else []
    if notes:
        notices.append(Notice("warnings", "Notes", [Sentences(notes)]))
    return Page(
        title=f"The universe of {result.attrs.get('name') or 'a training'}",
        summary=_lead(result),
        first=Section("numbers", "Numbers", [_estimates_table(result)]),
        key_numbers=_key_numbers(result),
        notices=notices,
        after=[Section("method", "How it was measured", _method(result)), *_specification(result)],
        sources=_SOURCES,
    )


def _specification(result: Result) -> list[Section]:
    if not result.specification:
        return []
    again = "As a file, for `cosmograd run FILE --out FOLDER`; names of files as they were given:"
    return [Section("specification", "Specification", [again, Verbatim(file_text(result))])]


_SOURCES = (
    "Projection of what is not shared: R. Frisch and F. V. Waugh, Econometrica 1 (1933) 387; criterion: G. Schwarz, "
    "Ann. Stat. 6 (1978) 461; mixed models: N. M. Laird and J. H. Ware, Biometrics 38 (1982) 963. Variable projection: "
    "G. H. Golub and V. Pereyra, SIAM J. Numer. Anal. 10 (1973) 413; L. Kaufman, BIT 15 (1975) 49. Intervals over "
    "members: J. Hartung and G. Knapp, Stat. Med. 20 (2001) 3875; B. Efron and R. J. Tibshirani, An Introduction to "
    "the Bootstrap (1993), §12.5."
)


def _lead(result: Result) -> str:
    sizes, updates = result.sizes, int(result.attrs["updates"])
    return (
        f"{count(sizes['member'], 'network')} over {updates} updates; {count(sizes['mode'], 'mode')} "
        f"{'of the known kernel' if result.attrs['kernel'] == 'known' else 'found in the outputs alone'}. Scheme: "
        f"{result.attrs['scheme']}; unit of time T: {result.attrs['time_unit']}."
    )


def _key_numbers(result: Result) -> list[KeyNumber]:
    return [
        KeyNumber(_SINGLE[key], _value(result, key), _interval(result, key)) for key in _KEY_NUMBERS if key in result
    ]


def _estimates_table(result: Result) -> Table:
    single = [key for key in _SINGLE if key in result and (key != "step" or result.attrs["kernel"] == "known")]
    rows = [(_SINGLE[key], *_cells(result, key)) for key in single]
    for key, label in _BY_MODE.items():
        known = np.flatnonzero(np.isfinite(result[key].values))
        rows += [(f"{label} of mode {i + 1}", *_cells(result, key, int(i))) for i in known]
    caption = (
        "Measured values with 95 % intervals, in brackets where these say next to nothing, and what the dictionary "
        "predicts from the learning rate, momentum and kernel that were given. H in 1/T, Λ and m² in 1/T²."
    )
    return Table(("", "value", "95 % interval", "predicted"), tuple(rows), 1, caption)


def _cells(result: Result, key: str, mode: int | None = None) -> tuple[str, ...]:
    estimate = estimate_numbers(result, key, mode)
    expected = "" if np.isnan(estimate["predicted"]) else number(estimate["predicted"], 5)
    return _value(result, key, mode), _interval(result, key, mode), expected


def _value(result: Result, key: str, mode: int | None = None) -> str:
    estimate = estimate_numbers(result, key, mode)
    if np.isnan(estimate["value"]):
        return "not identifiable"
    return number(estimate["value"], 5) if estimate["identifiable"] else f"({number(estimate['value'], 2)})"


def _interval(result: Result, key: str, mode: int | None = None) -> str:
    estimate = estimate_numbers(result, key, mode)
    return "" if np.isnan(estimate["low"]) else f"{number(estimate['low'], 5)} to {number(estimate['high'], 5)}"


def _method(result: Result) -> list[str]:
    known = result.attrs["kernel"] == "known"
    if result.attrs.get("estimator") == "regression":
        unit = (
            "The kernel is known at the start; the step η on it is found beside β, and sets the unit of time."
            if known
            else "The learning rate that was given sets the unit of time."
        )
        return [
            "Every update is one equation, d(n+1) − d(n) = β(d(n) − d(n−1)) − K(n) d(n) with deviations d from the "
            "targets. Networks share β; each has a kernel of its own, which drifts, and products of its velocities. "
            "Contributions of single networks are projected out. " + unit,
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
        f"Intervals: {_INTERVALS[result.attrs['interval']]} Where the residuals are no white noise, intervals are "
        "widened by the share of the motion that they hold.",
        "Whether β can be known at all is asked first: two roots must describe the motion much better than the one "
        f"root that the slow-roll attractor shows. Here: {estimate_numbers(result, 'momentum')['reason']}.",
    ]
