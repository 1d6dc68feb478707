"""What the page of a universe says first: which universe it is, its numbers, and what to beware of."""

from typing import Any

import xarray as xr

from cosmograd.report.parts import KeyNumber, count, error, error_span, listed, number, with_error
from cosmograd.report.universe.figures import (
    distance_from_spectrum,
    field_names,
    fields_of,
    is_test_field,
    specification,
)
from cosmograd.studies import parameters_of, potentials_by_name

# Modes drawn with few steps may be this far from the spectrum; further, one of the two is wrong.
_DRAWN_APART = 0.02
_UNNAMED = ("universe", "test field")


def title(results: xr.Dataset) -> str:
    """The name that was given, or what the results are of."""
    name = results.attrs.get("universe", "")
    if name and name not in _UNNAMED:
        return name
    return "A test field in de Sitter space" if is_test_field(results) else f"Inflation: {_potential_name(results)}"


def lead(results: xr.Dataset) -> str:
    """Model, parameters and start in one sentence."""
    return _test_field_in_words(results) if is_test_field(results) else _inflation_in_words(results)


def _test_field_in_words(results: xr.Dataset) -> str:
    x, mass = results["wavenumber_over_ah"].values, specification(results).get("mass_over_hubble_squared", float("nan"))
    return (
        f"The Bunch–Davies mode of a test field with m²/H² = {number(mass, 6)} in de Sitter space, from k/aH = "
        f"{number(x[0])} to {number(x[-1])}."
    )


def _inflation_in_words(results: xr.Dataset) -> str:
    names, fields, velocities = field_names(results), fields_of(results, "field"), fields_of(results, "field_velocity")
    start = listed(f"{name} = {number(value, 4)} M_Pl" for name, value in zip(names, fields[0], strict=True))
    rolling = listed(f"d{name}/dN = {number(value)}" for name, value in zip(names, velocities[0], strict=True))
    given = specification(results).get("start", {}).get("velocity") is not None
    how = f"with {rolling} M_Pl" if given else f"on the attractor ({rolling} M_Pl)"
    who = "A field" if len(names) == 1 else f"{_COUNTED.get(len(names), str(len(names)))} fields"
    rolls = "rolls" if len(names) == 1 else "roll"
    return (
        f"{who} in the {_potential_name(results)} potential{_in_brackets(results)} {rolls} from {start} {how}, and the "
        f"universe inflates by {number(results['e_folds_total'], 4)} e-folds."
    )


_COUNTED = {2: "Two", 3: "Three", 4: "Four"}


def _potential_name(results: xr.Dataset) -> str:
    section = specification(results).get("potential", {})
    if "file" in section:
        return f"{section.get('function', 'potential')} of {section['file']}"
    return section.get("name", "unknown")


def _in_brackets(results: xr.Dataset) -> str:
    """Parameters of the model, those left out of the file with their defaults."""
    contents = specification(results)
    texts = _parameters(contents.get("potential", {}))
    if (Λ := contents.get("cosmological_constant", 0.0)) != 0:
        texts.append(f"Λ = {number(Λ, 4)} M_Pl⁴")
    space = contents.get("field_space", {})
    if space.get("kind", "flat") != "flat":
        texts.append(f"{space['kind']} field space of rate {number(space['rate'], 4)}")
    return f" ({'; '.join(texts)})" if texts else ""


def _parameters(section: dict[str, Any]) -> list[str]:
    kind = potentials_by_name().get(section.get("name", ""))
    if kind is None:
        return []
    defaults = {name: getattr(kind, name, None) for name in parameters_of(kind)}
    texts = []
    for name, meaning in parameters_of(kind).items():
        value = section.get(name, defaults[name])
        what, _, unit = meaning.partition(", in ")
        if value is not None:
            texts.append(f"{what} = {number(value, 4)}{' ' + unit if unit else ''}")
    return texts


def key_numbers(results: xr.Dataset) -> list[KeyNumber]:
    """The universe in a few numbers."""
    return _of_test_field(results) if is_test_field(results) else _of_inflation(results)


def _of_inflation(results: xr.Dataset) -> list[KeyNumber]:
    values = {str(name): float(variable) for name, variable in results.data_vars.items() if variable.ndim == 0}
    tilt_error, tensor_error, running_error = (values[f"{name}_error"] for name in ("tilt", "tensor_tilt", "running"))
    asked = specification(results).get("accuracy")
    before_end = values["e_folds_total"] - values["pivot_crossing"]
    return [
        KeyNumber("A_s", number(values["scalar_amplitude"], 4), "scalar power at the pivot"),
        KeyNumber("n_s", with_error(values["scalar_tilt"], tilt_error), f"at the pivot, ± {error(tilt_error)}"),
        KeyNumber("running dn_s/dln k", with_error(values["running"], running_error, 3), f"± {error(running_error)}"),
        KeyNumber("r", number(values["tensor_to_scalar_ratio"], 4), "tensor over scalar power at the pivot"),
        KeyNumber("n_t", with_error(values["tensor_tilt"], tensor_error, 4), f"at the pivot, ± {error(tensor_error)}"),
        KeyNumber(
            "e-folds of inflation",
            number(values["e_folds_total"], 4),
            f"the pivot leaves the horizon {number(before_end, 4)} before the end",
        ),
        KeyNumber(
            "accuracy",
            error(values["achieved_accuracy"]),
            "estimated relative error of any power" + (f"; asked for {number(asked, 2)}" if asked else ""),
        ),
        KeyNumber("Friedmann violation", error(values["friedmann_violation"]), "largest of the background, relative"),
    ]


def _of_test_field(results: xr.Dataset) -> list[KeyNumber]:
    contents, power = specification(results), results["power"].values
    asked = contents.get("accuracy")
    return [
        KeyNumber("m²/H²", number(contents.get("mass_over_hubble_squared", float("nan")), 6), "of the test field"),
        KeyNumber(
            "power at the end",
            number(power[-1], 4),
            f"k³|δφ|²/2π² in units of H², at k/aH = {number(results['wavenumber_over_ah'].values[-1])}",
        ),
        KeyNumber(
            "accuracy",
            error(results["achieved_accuracy"]),
            "estimated relative error of the mode" + (f"; asked for {number(asked, 2)}" if asked else ""),
        ),
    ]


def warnings(results: xr.Dataset) -> list[str]:
    """What a reader must know before using the numbers."""
    asked, reached = specification(results).get("accuracy"), float(results["achieved_accuracy"])
    texts = []
    if asked is not None and not reached <= asked:
        texts.append(f"The accuracy {number(asked, 2)} was not reached: the estimated error is {error(reached)}.")
    if not is_test_field(results):
        apart = distance_from_spectrum(results)
        apart = apart[apart > _DRAWN_APART]
        if apart.size:
            texts.append(
                f"The curvature power of {count(int(apart.size), 'mode')}, followed to the end of inflation on its "
                f"own, differs from the spectrum by {error_span(apart)} (relative). They should agree: one of the two "
                "is not resolved, or leaves something out."
            )
    return texts


def failures(results: xr.Dataset) -> list[str]:
    """Why wavenumbers have no power, one sentence for each."""
    return [str(reason) for reason in results["reason"].values if reason] if "reason" in results else []
