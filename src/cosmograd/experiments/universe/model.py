"""From the sections of a file to a model of inflation."""

from collections.abc import Callable, Mapping
from typing import Any

import jax

from cosmograd.cosmology.background import Model
from cosmograd.cosmology.field_space import FlatFieldSpace, HyperbolicFieldSpace
from cosmograd.cosmology.potentials import AbstractPotential, FunctionPotential
from cosmograd.errors import UserError, reason
from cosmograd.experiments.universe.specification import Specification, potentials_by_name

# (file, name) → the user's own object.
LoadFunction = Callable[[str, str], Any]


def build_model(specification: Specification, load_function: LoadFunction) -> Model:
    """The potential, its space and Λ; `load_function(file, name)` fetches a user's own function."""
    potential = build_potential(specification.potential, load_function)
    space = specification.field_space
    geometry = FlatFieldSpace() if space.kind == "flat" else HyperbolicFieldSpace(space.rate)
    return Model(potential, geometry, specification.cosmological_constant)


def build_potential(
    section: Mapping[str, Any], load_function: LoadFunction, where: str = "potential"
) -> AbstractPotential:
    """One of the library's with its parameters, or a function of the user's; `where`: its key in the file."""
    section = dict(section)
    try:
        if "file" in section:
            function = load_function(section["file"], section.get("function", "potential"))
            potential: AbstractPotential = FunctionPotential(function, section.get("fields", 1))
            _check_function(potential, section, where)
        else:
            potential = potentials_by_name()[section.pop("name")](**section)
    except ValueError as error:
        raise UserError(f"{where}: {error}") from None
    return potential


def _check_function(potential: AbstractPotential, section: Mapping[str, Any], where: str) -> None:
    """A user's function must be traceable and differentiable, and give one number."""
    point = jax.ShapeDtypeStruct((potential.fields,), float)
    try:
        jax.eval_shape(jax.grad(potential), point)
    except (Exception, SystemExit) as error:
        first_line = reason(error).split("\n")[0]
        raise UserError(
            f"{where}: {section.get('function', 'potential')!r} of {section['file']} fails: {type(error).__name__}: "
            f"{first_line}. It takes the vector of {potential.fields} field(s) in M_Pl and returns one number, V in "
            "M_Pl⁴, by operations of jax.numpy."
        ) from None
