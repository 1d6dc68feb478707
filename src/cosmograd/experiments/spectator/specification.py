"""What can be asked of a test field in de Sitter space."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, model_validator

from cosmograd.experiments.validation import Finite, Positive, Section, relative_accuracy, validated

COMMAND = "cosmograd universe --test-field"


class Specification(Section):
    """The Bunch–Davies mode of a test field in de Sitter space: `cosmograd universe --test-field`."""

    name: str = Field(default="test field", description="Title of the page.")
    mass_over_hubble_squared: Finite = Field(default=0.0, description="m²/H² of the field.")
    first: Positive = Field(default=100.0, description="k/aH at which the mode starts, deep inside the horizon.")
    last: Positive = Field(default=0.01, description="k/aH at which it ends.")
    count: Annotated[int, Field(ge=2, le=10**6)] = Field(
        default=201, description="Number of values of k/aH, evenly spaced in the logarithm."
    )
    accuracy: Annotated[float, *relative_accuracy(1e-10, 1e-2)] = Field(
        default=1e-9, description="Relative accuracy of the mode."
    )

    @model_validator(mode="after")
    def _ordered(self) -> "Specification":
        if self.first <= self.last:
            raise ValueError(
                f"wavenumbers: k/aH falls with time; the first must be above the last, got {self.first:g} and "
                f"{self.last:g}"
            )
        return self


def parse(contents: Mapping[str, Any]) -> Specification:
    """Validate what was asked for; `UserError` lists everything that is wrong with it."""
    return validated(Specification, contents)
