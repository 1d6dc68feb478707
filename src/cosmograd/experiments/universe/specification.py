"""What a universe file is made of: a model of inflation, and the spectra wanted of it."""

import inspect
from collections.abc import Mapping
from dataclasses import fields
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, Tag, model_validator

from cosmograd.cosmology import potentials
from cosmograd.cosmology.potentials import AbstractPotential
from cosmograd.cosmology.spectra import BEST_ACCURACY, WORST_ACCURACY
from cosmograd.errors import UserError
from cosmograd.experiments.validation import (
    Finite,
    Positive,
    Section,
    list_or,
    relative_accuracy,
    suggestion,
    validated,
)
from cosmograd.solvers import disorder

Accuracy = Annotated[float, *relative_accuracy(BEST_ACCURACY, WORST_ACCURACY)]


def potentials_by_name() -> dict[str, type[AbstractPotential]]:
    """Every potential of the library that can be named, from the public namespace."""
    exported = (getattr(potentials, name) for name in dir(potentials))
    classes = [item for item in exported if inspect.isclass(item) and issubclass(item, AbstractPotential)]
    return {item.name: item for item in classes if not inspect.isabstract(item) and parameters_of(item)}


def parameters_of(potential: type[AbstractPotential]) -> dict[str, str]:
    """Names of the parameters with their meaning."""
    return {field.name: field.metadata["meaning"] for field in fields(potential) if "meaning" in field.metadata}


def named_potential(name: str, parameters: Mapping[str, Any]) -> AbstractPotential:
    """The library's potential of this name; `ValueError` for another name, or a parameter that it has not."""
    kind = kind_of_potential(name)
    for key in parameters:
        refuse_other_parameter(name, key)
    return kind(**parameters)


def kind_of_potential(name: str) -> type[AbstractPotential]:
    """The class of a named potential; `ValueError` where there is none."""
    named = potentials_by_name()
    if not isinstance(name, str) or name not in named:
        raise ValueError(f"there is no potential {name!r}.{suggestion(str(name), list(named))}")
    return named[name]


def refuse_other_parameter(name: str, key: str) -> None:
    """`ValueError` for a parameter that this potential has not."""
    known = list(parameters_of(kind_of_potential(name)))
    if key not in known:
        raise ValueError(f"the {name} potential has no parameter {key!r}.{suggestion(key, known)}")


class ModelFile(Section):
    """A potential of the user's own: a function of the vector of fields, by operations of jax.numpy."""

    file: str = Field(description="Python file; the path is relative to the file with this section.")
    function: str = Field(default="potential", description="Name of the function in it.")
    fields: Annotated[int, Field(ge=1)] = Field(default=1, description="Number of fields, the length of the vector.")


Numbers = Annotated[Annotated[list[Finite], Tag("as-list")] | Annotated[Finite, Tag("as-number")], list_or("number")]


class StartSection(Section):
    """Where inflation starts."""

    field: Numbers | None = Field(
        default=None, description="φ in M_Pl, one number for each field; the suggestion of the potential when left out."
    )
    velocity: Numbers | None = Field(default=None, description="dφ/dN in M_Pl; that of the attractor when left out.")


class FieldSpaceSection(Section):
    """The metric of field space."""

    kind: Literal["flat", "hyperbolic", "function"] = Field(
        default="flat",
        description="Flat, the hyperbolic plane dφ² + e^(2bφ)dχ² of two fields, or the function in `file`, which needs "
        "no `kind`.",
    )
    rate: Finite | None = Field(default=None, description='b; needed by kind = "hyperbolic".')
    file: str | None = Field(
        default=None,
        description="Python file with the metric G(φ), a function of the vector of fields by operations of jax.numpy; "
        "the path is relative to the file with this section.",
    )
    function: str | None = Field(default=None, description="Name of the function in it; `metric` when left out.")

    @model_validator(mode="before")
    @classmethod
    def _of_file(cls, given: Any) -> Any:
        """A file tells the kind, and has a usual name for its function."""
        if isinstance(given, Mapping) and given.get("file") is not None:
            return {"kind": "function", **given, "function": given.get("function") or "metric"}
        return given

    @model_validator(mode="after")
    def _consistent(self) -> "FieldSpaceSection":
        if (self.file is not None) != (self.kind == "function"):
            raise ValueError(
                "`file` gives the metric; leave out `kind`" if self.file else 'kind = "function" needs `file`'
            )
        if self.function is not None and self.file is None:
            raise ValueError("`function` is that of a `file`; give both")
        if (self.rate is not None) != (self.kind == "hyperbolic"):
            raise ValueError('`rate` belongs to kind = "hyperbolic", which needs it')
        return self


class WavenumberRange(Section):
    """Wavenumbers in units of the pivot, evenly spaced in the logarithm."""

    first: Positive = Field(description="The smallest k.")
    last: Positive = Field(description="The largest k.")
    count: Annotated[int, Field(ge=1, le=10**6)] = Field(description="How many.")

    @model_validator(mode="after")
    def _ordered(self) -> "WavenumberRange":
        if self.first > self.last or (self.first == self.last) != (self.count == 1):
            raise ValueError(
                f"`first` must be below `last` (for one wavenumber: equal, and count = 1), "
                f"got {self.first:g}, {self.last:g} and {self.count}"
            )
        return self


class SpectrumSection(Section):
    """Which wavenumbers, and the pivot that they are counted in."""

    wavenumbers: Annotated[
        Annotated[WavenumberRange, Tag("as-section")] | Annotated[list[Positive], Tag("as-list")], list_or("section")
    ] = Field(
        default=WavenumberRange(first=1e-2, last=1e2, count=81),
        description="k in units of the pivot: a range {first, last, count}, or an increasing list.",
    )
    pivot_e_folds: Positive | None = Field(
        default=None,
        description="The pivot is k = aH that many e-folds before the end of inflation; 55 when both are left out.",
    )
    pivot_wavenumber: Positive | None = Field(
        default=None, description="Or: k of the pivot in M_Pl, with a = 1 at the start."
    )

    @model_validator(mode="after")
    def _consistent(self) -> "SpectrumSection":
        if self.pivot_e_folds is not None and self.pivot_wavenumber is not None:
            raise ValueError("give at most one of `pivot_e_folds` and `pivot_wavenumber`")
        if isinstance(self.wavenumbers, list) and (found := disorder(self.wavenumbers)):
            raise ValueError(f"`wavenumbers` must increase: {found}")
        return self

    def values(self) -> np.ndarray:
        """The wavenumbers, in units of the pivot."""
        k = self.wavenumbers
        if isinstance(k, list):
            return np.asarray(k, dtype=float)
        return np.geomspace(k.first, k.last, k.count) if k.count > 1 else np.array([k.first])


class BackgroundSections(Section):
    """A model of inflation and its start, in units M_Pl = 1."""

    name: str = Field(default="background", description="Title of the page.")
    potential: dict[str, Any] = Field(
        description="V of the fields: one of the library's by `name` with its parameters, or a function of your own."
    )
    start: StartSection = Field(default=StartSection(), description="Where inflation starts.")
    field_space: FieldSpaceSection = Field(default=FieldSpaceSection(), description="The metric of field space.")
    cosmological_constant: Finite = Field(default=0.0, description="Λ, which is added to V, in M_Pl⁴.")


class Specification(BackgroundSections):
    """Inflation, its background and power spectra, in units M_Pl = 1: `cosmograd universe FILE`."""

    name: str = Field(default="universe", description="Title of the page.")
    spectrum: SpectrumSection = Field(default=SpectrumSection(), description="Which powers are wanted.")
    accuracy: Accuracy = Field(default=1e-5, description="Relative accuracy of every power.")


def parse(contents: Mapping[str, Any]) -> Specification:
    """Validate the contents of a universe file; `UserError` lists everything that is wrong with it."""
    specification = validated(Specification, contents)
    check_potential(specification.potential)
    return specification


def check_potential(section: Mapping[str, Any], where: str = "potential") -> None:
    """`UserError` for a potential that is not in the library, or has other parameters; `where`: its key in the file."""
    if "file" in section:
        validated(ModelFile, section)
        return
    name = section.get("name")
    if name is None:
        raise UserError(f"{where}.name: this key is needed and missing. Allowed: {', '.join(potentials_by_name())}.")
    try:
        known = parameters_of(kind_of_potential(name))
    except ValueError as error:
        raise UserError(f"{where}: {error}") from None
    for key, value in section.items():
        if key == "name":
            continue
        if key not in known:
            raise UserError(f"{where}.{key}: the {name} potential has no such parameter.{suggestion(key, list(known))}")
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise UserError(f"{where}.{key}: {value!r} is not allowed; allowed: a number ({known[key]}).")
