"""What the page of an analogue says first: which universe it is, its numbers, and how they came about."""

from collections.abc import Mapping

import numpy as np
import xarray as xr

from cosmograd.report.analogue.figures import field_names, is_ensemble, modes_in_words, specification
from cosmograd.report.parts import KeyNumber, Table, count, error, listed, number, with_error
from cosmograd.studies import parse_analogue

_UNNAMED = "analogue"
# Measured errors this many times the prediction are worth a word.
_BEYOND_PREDICTION = 3.0
_CAUSES = ("step", "finite_width", "rounding", "lattice")


def title(results: xr.Dataset) -> str:
    """The name that was given, or what the results are of."""
    name = results.attrs.get("analogue", "")
    return name if name and name != _UNNAMED else "A universe on a network"


def lead(results: xr.Dataset) -> str:
    """Model, network and length in one sentence."""
    contents, updates = specification(results), int(results["updates"])
    dimensions = _DIMENSIONS[contents["box"]["dimension"]]
    on = count(results.sizes["member"], "network") if is_ensemble(results) else "One network"
    return (
        f"{on}, {_layers(results)}, in {updates} "
        f"updates of training with momentum: {modes_in_words(results)} of a box in {dimensions}, "
        f"in {_BACKGROUNDS[contents['background']['kind']]}, over {number(results['e_folds'][-1])} e-folds. "
        f"The potential: {_potential(results)}."
    )


def _layers(results: xr.Dataset) -> str:
    section = parse_analogue(specification(results)).network
    if section.file is not None:
        return f"{section.name or 'network'} of {section.file}"
    each, several = "each with " if is_ensemble(results) else "with ", len(section.hidden) > 1
    layers = "hidden layers" if several else "a hidden layer"
    return f"{each}{layers} of {listed(map(str, section.hidden))}"


_DIMENSIONS = {1: "one dimension", 2: "two dimensions", 3: "three dimensions"}
_BACKGROUNDS = {
    "de-sitter": "de Sitter space",
    "power-law": "a universe that expands as a power of time",
    "radiation": "a universe of radiation",
    "matter": "a universe of matter",
    "tabulated": "a tabulated expansion",
    "inflation": "an inflating universe",
}


def _potential(results: xr.Dataset) -> str:
    field = specification(results)["field"]
    if field["potential"] is not None:
        section = field["potential"]
        return section.get("name") or f"{section.get('function', 'potential')} of {section['file']}"
    texts = []
    if field["mass_matrix"] is not None:
        rows = "; ".join(", ".join(number(x) for x in row) for row in field["mass_matrix"])
        texts.append(f"mass matrix ({rows})")
    elif field["mass_squared"]:
        texts.append(f"m² = {number(field['mass_squared'])}")
    if field["quartic"]:
        texts.append(f"λ = {number(field['quartic'])} in λφ⁴/4")
    if field["coupling"]:
        texts.append(f"g = {number(field['coupling'])} in gφ_1²φ_2²/2")
    return listed(texts) if texts else "none, a free and massless field"


def key_numbers(results: xr.Dataset, seconds: Mapping[str, float]) -> list[KeyNumber]:
    """The universe in a few numbers."""
    first = _of_ensemble(results) if is_ensemble(results) else _of_single(results)
    timed = "training, without compiling" if not is_ensemble(results) else "training, with compiling"
    numbers = [
        *first,
        KeyNumber(
            "time step",
            number(results["time_step"]),
            f"of {number(results['largest_stable_step'])}, from which on steps are unstable",
        ),
        KeyNumber("amplitude", number(results["amplitude"]), "how far the network moves to show a field of order one"),
        KeyNumber(
            "kernel's condition number",
            number(results["kernel_condition_number"]),
            "on the modes" + (", the largest of all networks" if is_ensemble(results) else ""),
        ),
    ]
    if "network_seconds" in seconds:
        remark = f"{timed}; the direct solver: {number(seconds['direct_seconds'], 2)} s"
        numbers.append(KeyNumber("seconds", f"{number(seconds['network_seconds'], 2)} s", remark))
    return numbers


def _of_single(results: xr.Dataset) -> list[KeyNumber]:
    order = float(results["convergence_order"])
    numbers = [
        KeyNumber(
            "relative error",
            error(results["relative_error"]),
            "of the network against the direct solution, norm over modes and updates",
        ),
        KeyNumber(
            "error at the end", error(results["error_at_end"]), "the largest of a mode, over the size of its |k|"
        ),
    ]
    if np.isfinite(order):
        numbers.append(
            KeyNumber("order", number(order), "of the whole error in the time step, from twice to half the step")
        )
    return numbers


def _of_ensemble(results: xr.Dataset) -> list[KeyNumber]:
    numbers = []
    for c, name in enumerate(field_names(results)):
        tilt, uncertainty = (float(results[key][c]) for key in ("tilt", "tilt_error"))
        if np.isfinite(tilt):
            exact = f"; exact: {number(results['exact_tilt'][c])}" if "exact_tilt" in results else ""
            of = f" of {name}" if len(field_names(results)) > 1 else ""
            remark = f"d ln P/d ln k, ± {number(uncertainty, 2)}{exact}"
            numbers.append(KeyNumber(f"tilt{of}", with_error(tilt, uncertainty), remark))
    numbers.append(
        KeyNumber(
            "relative error",
            error(results["relative_error"]),
            "of the networks against the equations from the same draws, at the end; of single ones up to "
            f"{error(results['member_error'].max())}",
        )
    )
    if "hubble_over_two_pi_squared" in results:
        level = results["hubble_over_two_pi_squared"]
        numbers.append(KeyNumber("(H/2π)²", number(level), "power of a massless field far outside the horizon"))
    return numbers


def errors_table(results: xr.Dataset) -> Table:
    """Where the error comes from: expected before training, and measured."""
    measured = [
        _cells("time step", results, "predicted_error_from_step", "error_from_step"),
        _cells("finite width", results, "predicted_error_from_finite_width", "error_from_amplitude"),
    ]
    if not is_ensemble(results):
        measured.append(_cells("finite width, other networks", results, None, "error_from_width"))
    measured.append(_cells("rounding", results, "predicted_error_from_rounding", None))
    if float(results["predicted_error_from_lattice"]) > 0:
        measured.append(_cells("lattice", results, "predicted_error_from_lattice", None))
    measured.append(("together", error(_predicted(results)), error(results["relative_error"])))
    if is_ensemble(results):
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
        if float(results["predicted_error_from_lattice"]) > 0:
            caption += (
                " The lattice's: waves that interactions make and the box has no mode for, seen on twice as many "
                "points; the direct solution has it too."
            )
    return Table(("cause", "expected", "measured"), tuple(measured), 1, caption)


def _cells(name: str, results: xr.Dataset, expected: str | None, found: str | None) -> tuple[str, str, str]:
    first, second = (error(results[key]) if key is not None and key in results else "–" for key in (expected, found))
    return name, first, second


def _predicted(results: xr.Dataset) -> float:
    return sum(float(results[f"predicted_error_from_{name}"]) for name in _CAUSES)


def warnings(results: xr.Dataset) -> list[str]:
    """What a reader must know before using the numbers."""
    size = {name: float(results[f"predicted_error_from_{name}"]) for name in _CAUSES}
    predicted = _predicted(results)
    found, asked, texts = float(results["relative_error"]), specification(results)["training"]["accuracy"], []
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
            f"Rounding, {error(size['rounding'])}, is more than what the finite width does, which cannot be told "
            "from it here. A larger amplitude costs nothing."
        )
    if is_ensemble(results) and (worst := float(results["member_error"].max())) > 10 * found:
        texts.append(f"One member is off by {error(worst)}, far more than all together, {error(found)}.")
    contents = parse_analogue(specification(results))
    if not contents.field.is_linear and contents.start.kind != "waves" and contents.box.dimension < 3:
        texts.append(
            "The box has fewer dimensions than the universe: how strongly fluctuations of the vacuum interact depends "
            "on its extent in the others, which is one unit of length."
        )
    return texts


def method(results: xr.Dataset) -> list[str]:
    """How the results came about."""
    training = specification(results)["training"]
    refreshes = training["refreshes"]
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
    if is_ensemble(results):
        texts.append(
            "Each member is a draw from the vacuum of all modes, on a network drawn on its own: Bunch–Davies where the "
            "universe inflates; where it decelerates, the adiabatic vacuum at the start. Standard errors are those of "
            "means over members, that of the tilt is by the jackknife."
        )
    return texts
