"""What a universe file is made of: a model of inflation and the spectra wanted of it, or a test field."""

import inspect
from collections.abc import Mapping
from dataclasses import fields
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import AfterValidator, Discriminator, Field, Tag, model_validator

from cosmograd.cosmology import potentials
from cosmograd.cosmology.potentials import AbstractPotential
from cosmograd.cosmology.spectra import BEST_ACCURACY, WORST_ACCURACY
from cosmograd.errors import UserError
from cosmograd.experiments.validation import Finite, Positive, Section, suggestion, validated
from cosmograd.solvers import disorder


def _from_to(best: float, worst: float) -> AfterValidator:
    """A relative accuracy that float64 can keep."""

    def checked(value: float) -> float:
        if not best <= value <= worst:
            raise ValueError(f"{value:g} is not allowed; allowed: from {best:g} to {worst:g}, what float64 can keep")
        return value

    return AfterValidator(checked)


Accuracy = Annotated[float, _from_to(BEST_ACCURACY, WORST_ACCURACY)]


def potentials_by_name() -> dict[str, type[AbstractPotential]]:
    """Every potential of the library that can be named, from the public namespace."""
    exported = (getattr(potentials, name) for name in potentials.__all__)
    classes = [item for item in exported if inspect.isclass(item) and issubclass(item, AbstractPotential)]
    return {item.name: item for item in classes if not inspect.isabstract(item) and parameters_of(item)}


def parameters_of(potential: type[AbstractPotential]) -> dict[str, str]:
    """Names of the parameters with their meaning."""
    return {field.name: field.metadata["meaning"] for field in fields(potential) if "meaning" in field.metadata}


class ModelFile(Section):
    """A Python file and the name of a function in it; the path is relative to the universe file."""

    file: str
    function: str = "potential"
    fields: Annotated[int, Field(ge=1)] = 1


def _list_or(other: str) -> Discriminator:
    """So that a mistake in a list is not explained as one in what could stand in its place, nor the reverse."""
    return Discriminator(lambda value: "as-list" if isinstance(value, (list, tuple)) else f"as-{other}")


Numbers = Annotated[Annotated[list[Finite], Tag("as-list")] | Annotated[Finite, Tag("as-number")], _list_or("number")]


class StartSection(Section):
    """Where inflation starts: fields in M_Pl and dφ/dN; the attractor where the velocity is left out."""

    field: Numbers | None = None
    velocity: Numbers | None = None


class FieldSpaceSection(Section):
    """The metric of field space: flat, or the hyperbolic plane dφ² + e^{2bφ}dχ² with its `rate` b."""

    kind: Literal["flat", "hyperbolic"] = "flat"
    rate: Finite | None = None

    @model_validator(mode="after")
    def _consistent(self) -> "FieldSpaceSection":
        if (self.rate is not None) != (self.kind == "hyperbolic"):
            raise ValueError('`rate` belongs to kind = "hyperbolic", which needs it')
        return self


class WavenumberRange(Section):
    """`count` wavenumbers in units of the pivot, evenly spaced in the logarithm."""

    first: Positive
    last: Positive
    count: Annotated[int, Field(ge=1, le=10**6)]

    @model_validator(mode="after")
    def _ordered(self) -> "WavenumberRange":
        if self.first > self.last or (self.first == self.last) != (self.count == 1):
            raise ValueError(
                f"`first` must be below `last` (for one wavenumber: equal, and count = 1), "
                f"got {self.first:g}, {self.last:g} and {self.count}"
            )
        return self


class SpectrumSection(Section):
    """Which wavenumbers, and where the pivot is: e-folds before the end, or k in M_Pl with a = 1 at the start."""

    wavenumbers: Annotated[
        Annotated[WavenumberRange, Tag("as-section")] | Annotated[list[Positive], Tag("as-list")], _list_or("section")
    ] = WavenumberRange(first=1e-2, last=1e2, count=81)
    pivot_e_folds: Positive | None = None
    pivot_wavenumber: Positive | None = None

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


class UniverseSpecification(Section):
    """Inflation: everything that decides its results.

    potential: the name of one of the library's with its parameters, or a Python file.
    """

    name: str = "universe"
    potential: dict[str, Any]
    start: StartSection = StartSection()
    field_space: FieldSpaceSection = FieldSpaceSection()
    spectrum: SpectrumSection = SpectrumSection()
    cosmological_constant: Finite = 0.0
    accuracy: Accuracy = 1e-5


class TestFieldSpecification(Section):
    """A test field in a given expansion."""

    __test__ = False  # no test of pytest's

    name: str = "test field"
    mass_over_hubble_squared: Finite = 0.0
    first: Positive = 100.0
    last: Positive = 0.01
    count: Annotated[int, Field(ge=2, le=10**6)] = 201
    accuracy: Annotated[float, _from_to(1e-10, 1e-2)] = 1e-9

    @model_validator(mode="after")
    def _ordered(self) -> "TestFieldSpecification":
        if self.first <= self.last:
            raise ValueError(
                f"wavenumbers: k/aH falls with time; the first must be above the last, got {self.first:g} and "
                f"{self.last:g}"
            )
        return self


def parse_universe(contents: Mapping[str, Any]) -> UniverseSpecification:
    """Validate the contents of a universe file; `UserError` lists everything that is wrong with it."""
    specification = validated(UniverseSpecification, contents)
    check_potential(specification.potential)
    return specification


def parse_test_field(contents: Mapping[str, Any]) -> TestFieldSpecification:
    """The same for a test field."""
    return validated(TestFieldSpecification, contents)


def check_potential(section: Mapping[str, Any], where: str = "potential") -> None:
    """`UserError` for a potential that is not in the library, or has other parameters; `where`: its key in the file."""
    if "file" in section:
        validated(ModelFile, section)
        return
    named = potentials_by_name()
    name = section.get("name")
    if name is None:
        raise UserError(f"{where}.name: this key is needed and missing. Allowed: {', '.join(named)}.")
    if name not in named:
        raise UserError(f"{where}: there is no potential {name!r}.{suggestion(str(name), list(named))}")
    known = parameters_of(named[name])
    for key, value in section.items():
        if key == "name":
            continue
        if key not in known:
            raise UserError(f"{where}.{key}: the {name} potential has no such parameter.{suggestion(key, list(known))}")
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise UserError(f"{where}.{key}: {value!r} is not allowed; allowed: a number ({known[key]}).")
