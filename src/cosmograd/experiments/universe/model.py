"""From the sections of a file to a model of inflation."""

from collections.abc import Callable, Mapping
from typing import Any, cast

from cosmograd.cosmology.background import Model
from cosmograd.cosmology.field_space import (
    AbstractFieldSpace,
    FlatFieldSpace,
    FunctionFieldSpace,
    HyperbolicFieldSpace,
)
from cosmograd.cosmology.potentials import AbstractPotential, FunctionPotential, check_function
from cosmograd.errors import UserError
from cosmograd.experiments.universe.specification import BackgroundSections, FieldSpaceSection, named_potential

# (file, name) → the user's own object.
LoadFunction = Callable[[str, str], Any]


def build_model(specification: BackgroundSections, load_function: LoadFunction) -> Model:
    """The potential, its space and Λ; `load_function(file, name)` fetches a user's own function."""
    potential = build_potential(specification.potential, load_function)
    geometry = _build_field_space(specification.field_space, load_function)
    if geometry.fields not in (None, potential.fields):
        raise UserError(
            f"field_space: this metric is of {geometry.fields} fields, but the potential is of {potential.fields}."
        )
    return Model(potential, geometry, specification.cosmological_constant)


def _build_field_space(section: FieldSpaceSection, load_function: LoadFunction) -> AbstractFieldSpace:
    if section.file is not None:
        metric: Any = load_function(section.file, section.function or "metric")
        if callable(metric):
            return FunctionFieldSpace(cast(Any, metric))
        raise UserError(f"field_space: {section.function!r} of {section.file} must be a function of the fields.")
    return FlatFieldSpace() if section.kind == "flat" else HyperbolicFieldSpace(section.rate)


def build_potential(
    section: Mapping[str, Any], load_function: LoadFunction, where: str = "potential"
) -> AbstractPotential:
    """One of the library's with its parameters, or a function of the user's; `where`: its key in the file."""
    section = dict(section)
    try:
        if "file" in section:
            name, fields = section.get("function", "potential"), section.get("fields", 1)
            function = load_function(section["file"], name)
            check_function(function, fields, f"{name!r} of {section['file']}", f"{where}.fields")
            potential: AbstractPotential = FunctionPotential(function, fields)
        else:
            potential = named_potential(section.pop("name"), section)
    except UserError:
        raise
    except ValueError as error:
        raise UserError(f"{where}: {error}") from None
    return potential


def refuse_other_numbers_of_fields(specification: BackgroundSections, model: Model) -> None:
    """`UserError` that names the keys where the start has more or fewer numbers than a user's function has fields."""
    fields = model.potential.fields
    for key in ("field", "velocity"):
        given = getattr(specification.start, key)
        numbers = len(given) if isinstance(given, list) else 1
        if given is not None and numbers != fields and "file" in specification.potential:
            raise UserError(
                f"start.{key} has {numbers} number{'s' * (numbers > 1)}, but the potential is of {fields} "
                f"field{'s' * (fields > 1)}: `potential.fields` = {fields} sets how many. Make the two agree."
            )
