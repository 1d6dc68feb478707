"""A universe on a network in numbers, and what its page says of them."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from cosmograd.experiments.network_universe.figures.shown import field_names, is_ensemble, modes_in_words
from cosmograd.experiments.network_universe.setting import setting_of
from cosmograd.experiments.network_universe.specification import Specification
from cosmograd.experiments.toml_text import toml_text
from cosmograd.figures import KeyNumber, Notice, Page, Section, Sentences, Table, Verbatim
from cosmograd.results import Result
from cosmograd.results.number_format import count, error, number, with_error

KIND = "analogue"
_UNNAMED = Specification.model_fields["name"].default
# Measured errors this many times the prediction are worth a word.
_BEYOND_PREDICTION = 3.0
_CAUSES = ("step", "finite_width", "rounding", "lattice")
_WHOLE = ("updates",)
_OF_SPECTRUM = ("power", "standard_error", "exact_power", "direct_power")
_TILTS = ("tilt", "tilt_error", "direct_tilt", "exact_tilt")


def summary(result: Result, seconds: Mapping[str, float] | None = None) -> dict[str, Any]:
    """All single numbers, then the spectrum of an ensemble; paths stand in the result itself.

    seconds: how long training and the direct solution took, where that is known.
    """
    numbers: dict[str, Any] = {"name": result.attrs.get("name", "")} | result.numbers
    numbers |= {name: int(result[name]) for name in _WHOLE} | {"e_folds": float(result["e_folds"][-1])}
    if is_ensemble(result):
        numbers |= {"members": result.sizes["member"], **_tilts(result), "spectrum": _spectrum(result)}
    numbers |= {name: float(value) for name, value in (seconds or {}).items()}
    return numbers | {"warnings": warnings(result)}


def _tilts(result: Result) -> dict[str, Any]:
    """One number, or one for each of several fields; None where there is none."""
    tilts = {name: result[name].values.tolist() if name in result else None for name in _TILTS}
    return {name: values[0] if values is not None and len(values) == 1 else values for name, values in tilts.items()}


def _spectrum(result: Result) -> list[dict[str, Any]]:
    rows = []
    for c in range(result.sizes["component"]):
        for i, k in enumerate(result["wavenumber"].values):
            row: dict[str, Any] = {"field": c + 1} if result.sizes["component"] > 1 else {}
            row["wavenumber"] = float(k)
            for name in _OF_SPECTRUM:
                row[name] = float(result[name].values[c, i]) if name in result else None
            rows.append(row)
    return rows


# Without these no file holds a universe on a network; then those of a single one, and of an ensemble.
_NEEDED = (
    "time", "e_folds", "mode", "mode_wavenumber", "network_fields", "direct_fields", "fixed_kernel_fields",
    "time_step", "updates", "amplitude", "largest_stable_step", "predicted_error_from_step",
    "predicted_error_from_finite_width", "predicted_error_from_rounding", "kernel_condition_number", "relative_error",
)  # fmt: skip
_OF_SINGLE = ("error_from_step", "error_from_amplitude", "error_from_width", "convergence_order")
_OF_ENSEMBLE = (
    "wavenumber", "power", "standard_error", "direct_power", "tilt", "tilt_error", "direct_tilt", "power_history",
    "history_update",
)  # fmt: skip


def fault(result: Result) -> str | None:
    """Which quantity is missing, or that what they were computed from is."""
    needed = (*_NEEDED, *(_OF_ENSEMBLE if is_ensemble(result) else _OF_SINGLE))
    lacks = next((name for name in needed if name not in result), None)
    if lacks is None and (result.specification or "setting" in result.attrs):
        return None
    return (
        f"holds no universe on a network ({lacks or 'its specification'} is missing). Compute it: cosmograd analogue."
    )


def page(result: Result, seconds: Mapping[str, float] | None = None) -> Page:
    """Its numbers, where the error comes from, warnings, and how it was computed.

    seconds: as for `summary`.
    """
    texts = warnings(result)
    return Page(
        title=title(result),
        summary=lead(result),
        first=Section("numbers", "Numbers", [errors_table(result)]),
        key_numbers=key_numbers(result, seconds or {}),
        notices=[Notice("warnings", "Warnings", [Sentences(texts)])] if texts else [],
        after=[Section("method", "How it was computed", method(result)), *_file(result)],
        sources=_SOURCES,
    )


def _file(result: Result) -> list[Section]:
    if not result.specification:
        return []
    return [Section("specification", "Specification", [_HOW_TO_REPEAT, Verbatim(toml_text(result.specification))])]


_HOW_TO_REPEAT = (
    "All that decides the results, as an analogue file. To compute them again: `cosmograd analogue FILE --out FOLDER`"
)
_SOURCES = (
    "T. S. Bunch and P. C. W. Davies, “Quantum field theory in de Sitter space: renormalization by point-splitting”, "
    "Proc. R. Soc. Lond. A 360 (1978) 117; A. Jacot, F. Gabriel and C. Hongler, “Neural tangent kernel: convergence "
    "and generalization in neural networks”, NeurIPS 31 (2018)."
)


def title(result: Result) -> str:
    """The name that was given, or what the results are of."""
    name = result.attrs.get("name", "")
    return name if name and name != _UNNAMED else "A universe on a network"


def lead(result: Result) -> str:
    """Model, network and length in one sentence."""
    setting, updates = setting_of(result), int(result["updates"])
    dimensions = _DIMENSIONS[setting.box.dimension]
    on = count(result.sizes["member"], "network") if is_ensemble(result) else "One network"
    return (
        f"{on}, {setting.network}, in {updates} "
        f"updates of training with momentum: {modes_in_words(result)} of a box in {dimensions}, "
        f"in {setting.background}, over {number(result['e_folds'][-1])} e-folds. "
        f"The potential: {setting.potential}."
    )


_DIMENSIONS = {1: "one dimension", 2: "two dimensions", 3: "three dimensions"}


def key_numbers(result: Result, seconds: Mapping[str, float]) -> list[KeyNumber]:
    """The universe in a few numbers."""
    first = _of_ensemble(result) if is_ensemble(result) else _of_single(result)
    timed = "training, without compiling" if not is_ensemble(result) else "training, with compiling"
    numbers = [
        *first,
        KeyNumber(
            "time step",
            number(result["time_step"]),
            f"of {number(result['largest_stable_step'])}, from which on steps are unstable",
        ),
        KeyNumber("amplitude", number(result["amplitude"]), "how far the network moves to show a field of order one"),
        KeyNumber(
            "kernel's condition number",
            number(result["kernel_condition_number"]),
            "on the modes" + (", the largest of all networks" if is_ensemble(result) else ""),
        ),
    ]
    if "network_seconds" in seconds:
        remark = f"{timed}; the direct solver: {number(seconds['direct_seconds'], 2)} s"
        numbers.append(KeyNumber("seconds", f"{number(seconds['network_seconds'], 2)} s", remark))
    return numbers


def _of_single(result: Result) -> list[KeyNumber]:
    order = float(result["convergence_order"])
    numbers = [
        KeyNumber(
            "relative error",
            error(result["relative_error"]),
            "of the network against the direct solution, norm over modes and updates",
        ),
        KeyNumber("error at the end", error(result["error_at_end"]), "the largest of a mode, over the size of its |k|"),
    ]
    if np.isfinite(order):
        numbers.append(
            KeyNumber("order", number(order), "of the whole error in the time step, from twice to half the step")
        )
    return numbers


def _of_ensemble(result: Result) -> list[KeyNumber]:
    numbers = []
    for c, name in enumerate(field_names(result)):
        tilt, uncertainty = (float(result[key][c]) for key in ("tilt", "tilt_error"))
        if np.isfinite(tilt):
            exact = f"; exact: {number(result['exact_tilt'][c])}" if "exact_tilt" in result else ""
            of = f" of {name}" if len(field_names(result)) > 1 else ""
            remark = f"d ln P/d ln k, ± {number(uncertainty, 2)}{exact}"
            numbers.append(KeyNumber(f"tilt{of}", with_error(tilt, uncertainty), remark))
    numbers.append(
        KeyNumber(
            "relative error",
            error(result["relative_error"]),
            "of the networks against the equations from the same draws, at the end; of single ones up to "
            f"{error(result['member_error'].values.max())}",
        )
    )
    if "hubble_over_two_pi_squared" in result:
        level = result["hubble_over_two_pi_squared"]
        numbers.append(KeyNumber("(H/2π)²", number(level), "power of a massless field far outside the horizon"))
    return numbers


def errors_table(result: Result) -> Table:
    """Where the error comes from: expected before training, and measured."""
    measured = [
        _cells("time step", result, "predicted_error_from_step", "error_from_step"),
        _cells("finite width", result, "predicted_error_from_finite_width", "error_from_amplitude"),
    ]
    if not is_ensemble(result):
        measured.append(_cells("finite width, other networks", result, None, "error_from_width"))
    measured.append(_cells("rounding", result, "predicted_error_from_rounding", None))
    if float(result["predicted_error_from_lattice"]) > 0:
        measured.append(_cells("lattice", result, "predicted_error_from_lattice", None))
    measured.append(("together", error(_predicted(result)), error(result["relative_error"])))
    if is_ensemble(result):
        caption = (
            "Relative errors as norms over modes and members at the end. Expected before training: the time step of "
            "every member, the rest of the first eight. The errors of single causes are measured for one universe only."
        )
    else:
        caption = (
            "Relative errors as norms over modes and updates. Expected before training: the time step by half of it, "
            "the finite width by the network to second order in its parameters, rounding by the network to first "
            "order. Measured: the time step by the recursion without a network, against the direct solution; the "
            "finite width of this network by its universe at another amplitude, that of eight others drawn alike "
            "(r.m.s.) by their distance to the recursion."
        )
        if float(result["predicted_error_from_lattice"]) > 0:
            caption += (
                " The lattice's: waves that interactions make and the box has no mode for, seen on twice as many "
                "points; the direct solution has it too."
            )
    return Table(("cause", "expected", "measured"), tuple(measured), 1, caption)


def _cells(name: str, result: Result, expected: str | None, found: str | None) -> tuple[str, str, str]:
    first, second = (error(result[key]) if key is not None and key in result else "–" for key in (expected, found))
    return name, first, second


def _predicted(result: Result) -> float:
    return sum(float(result[f"predicted_error_from_{name}"]) for name in _CAUSES)


def warnings(result: Result) -> list[str]:
    """What a reader must know before using the numbers."""
    size = {name: float(result[f"predicted_error_from_{name}"]) for name in _CAUSES}
    predicted = _predicted(result)
    found, asked, texts = float(result["relative_error"]), setting_of(result).accuracy, []
    if asked is not None and found > asked:
        texts.append(f"The accuracy {number(asked, 2)} was not reached: the error is {error(found)}.")
    if not found < 1:
        texts.append(
            "The network's universe has nothing to do with the equations': the error is as large as the fields."
        )
    if found > _BEYOND_PREDICTION * predicted:
        texts.append(
            f"The error, {error(found)}, is larger than expected before training, {error(predicted)}: the network has "
            "left its linear window on the way, or networks of other draws are worse. A smaller amplitude or a wider "
            "network helps, and refreshes where fields oscillate for long."
        )
    if size["rounding"] > size["finite_width"]:
        texts.append(
            f"Rounding, {error(size['rounding'])}, is more than the error of the finite width, so that the two cannot "
            "be separated here. A larger amplitude costs nothing."
        )
    if is_ensemble(result) and (worst := float(result["member_error"].values.max())) > 10 * found:
        texts.append(f"One member is off by {error(worst)}, far more than all together, {error(found)}.")
    setting = setting_of(result)
    if setting.interacting_vacuum and setting.box.dimension < 3:
        texts.append(
            "The box has fewer dimensions than the universe: how strongly fluctuations of the vacuum interact depends "
            "on its extent in the others, which is one unit of length."
        )
    return texts


def method(result: Result) -> list[str]:
    """How the result came about."""
    refreshes = setting_of(result).refreshes
    texts = [
        "Units are those of the file: ħ = c = 1, and time in the unit in which the Hubble rate is given. The expansion "
        "is given; the fields do not act back on it.",
        "Fields are read off the outputs' change from a base network, at the points of the lattice: projected onto the "
        "modes of the box and divided by the square root of the tangent kernel there, and by the amplitude. In these "
        "coordinates gradient descent with momentum is the leapfrog scheme for q̈ + 3Hq̇ + ∂U/∂q = 0, with momentum "
        "(1 − h)/(1 + h), learning rate δ²/(1 + h) and h = 3Hδ/2 at every update, up to the network's finite width.",
        "The loss at each update is the potential energy U of waves and fields then, times the amplitude squared.",
        "The direct solution integrates the same equations for the modes by an adaptive Runge–Kutta method of order 8.",
    ]
    if refreshes:
        texts.append(f"On the way the network was linearised anew where it then was, {count(refreshes, 'time')}.")
    if is_ensemble(result):
        texts.append(
            "Each member is a draw from the vacuum of all modes, on a network drawn on its own: Bunch–Davies where the "
            "universe inflates; where it decelerates, the adiabatic vacuum at the start. Standard errors are those of "
            "means over members, that of the tilt is by the jackknife."
        )
    return texts
