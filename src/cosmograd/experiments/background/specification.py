"""What a file of a background is made of: those sections of a universe file that it needs."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from cosmograd.experiments.universe.specification import FieldSpaceSection, StartSection, check_potential
from cosmograd.experiments.validation import Finite, Section, validated

COMMAND = "cosmograd run FILE"
BY_NAME_ONLY = True


class Specification(Section):
    """The background of inflation, in units M_Pl = 1."""

    name: str = Field(default="background", description="Title of the page.")
    potential: dict[str, Any] = Field(
        description="V of the fields: one of the library's by `name` with its parameters, or a function of your own."
    )
    start: StartSection = Field(default=StartSection(), description="Where inflation starts.")
    field_space: FieldSpaceSection = Field(default=FieldSpaceSection(), description="The metric of field space.")
    cosmological_constant: Finite = Field(default=0.0, description="Λ, which is added to V, in M_Pl⁴.")


def parse(contents: Mapping[str, Any]) -> Specification:
    """Validate the contents of a file; `UserError` lists everything that is wrong with it."""
    specification = validated(Specification, contents)
    check_potential(specification.potential)
    return specification
