"""Keys of a plane: the family of potentials, values of its parameter, and when the pivot leaves the horizon."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, Tag, model_validator

from cosmograd.errors import UserError
from cosmograd.experiments.universe.specification import (
    Accuracy,
    FieldSpaceSection,
    StartSection,
    check_potential,
    refuse_other_parameter,
)
from cosmograd.experiments.validation import Finite, Positive, Section, list_or, validated
from cosmograd.solvers import disorder

COMMAND = "cosmograd run FILE"

# More points of the plane would take minutes.
_MOST_POINTS = 10**4


class ValueRange(Section):
    """Values from first to last."""

    first: Finite = Field(description="The smallest value.")
    last: Finite = Field(description="The largest value.")
    count: Annotated[int, Field(ge=2, le=1000)] = Field(description="How many.")
    spacing: Literal["linear", "log"] = Field(default="linear", description="Evenly in the value or its logarithm.")

    @model_validator(mode="after")
    def _ordered(self) -> "ValueRange":
        if not self.first < self.last:
            raise ValueError(f"`first` must be below `last`, got {self.first:g} and {self.last:g}")
        if self.spacing == "log" and self.first <= 0:
            raise ValueError(f'spacing = "log" needs `first` above 0, got {self.first:g}')
        return self


_Values = Annotated[
    Annotated[ValueRange, Tag("as-section")] | Annotated[list[Finite], Field(min_length=1), Tag("as-list")],
    list_or("section"),
]
_EFolds = Annotated[
    Annotated[ValueRange, Tag("as-section")] | Annotated[list[Positive], Field(min_length=1), Tag("as-list")],
    list_or("section"),
]


def numbers(values: ValueRange | list[float]) -> np.ndarray:
    """A list or a range, written out."""
    if isinstance(values, list):
        return np.asarray(values, dtype=float)
    spaced = np.linspace if values.spacing == "linear" else np.geomspace
    return spaced(values.first, values.last, values.count)


class ParameterSection(Section):
    """The parameter that tells the members of the family apart."""

    name: str = Field(
        description="A parameter of the named potential; for a function of your own, any name of its second argument."
    )
    values: _Values = Field(description="An increasing list, or a range {first, last, count, spacing}.")


class Specification(Section):
    """n_s and r of a family of potentials, over a parameter and the e-folds after the pivot: `cosmograd run FILE`."""

    name: str = Field(default="tilt plane", description="Title of the page.")
    potential: dict[str, Any] = Field(
        description="One of the library's by `name`, without the parameter that is varied, or a function of your own "
        "of the fields and the parameter."
    )
    parameter: ParameterSection = Field(description="The parameter that is varied.")
    e_folds: _EFolds = Field(
        default=ValueRange(first=50.0, last=60.0, count=11),
        description="The pivot has k = aH that many e-folds before the end: an increasing list or a range.",
    )
    start: StartSection = Field(default=StartSection(), description="Where inflation starts, the same for all members.")
    field_space: FieldSpaceSection = Field(default=FieldSpaceSection(), description="The metric of field space.")
    cosmological_constant: Finite = Field(default=0.0, description="Λ, which is added to V, in M_Pl⁴.")
    accuracy: Accuracy = Field(default=1e-5, description="Relative accuracy of every power.")

    @model_validator(mode="after")
    def _consistent(self) -> "Specification":
        values, e_folds = numbers(self.parameter.values), numbers(self.e_folds)
        for name, given in (("parameter.values", values), ("e_folds", e_folds)):
            if len(given) > 1 and (found := disorder(given)):
                raise ValueError(f"{name}: the values must increase: {found}")
        if e_folds[0] <= 0:
            raise ValueError(f"e_folds: {e_folds[0]:g} is not allowed; allowed: numbers above 0")
        if len(values) * len(e_folds) > _MOST_POINTS:
            raise ValueError(
                f"{len(values)} values and {len(e_folds)} e-folds are {len(values) * len(e_folds)} points; allowed: up "
                f"to {_MOST_POINTS}. Take fewer of one"
            )
        return self


def parse(contents: Mapping[str, Any]) -> Specification:
    """Validate the contents of a file; `UserError` lists everything that is wrong with it."""
    specification = validated(Specification, contents)
    section, varied = specification.potential, specification.parameter.name
    check_potential(section)
    if "file" in section:
        return specification
    try:
        refuse_other_parameter(section["name"], varied)
    except ValueError as error:
        raise UserError(f"parameter.name: {error}") from None
    if varied in section:
        raise UserError(
            f"potential.{varied}: this parameter is varied, by `parameter.values`; leave it out of [potential]."
        )
    return specification
