"""What can be asked of a test field in de Sitter space."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, model_validator

from cosmograd.experiments.validation import Finite, Positive, Section, relative_accuracy, validated

COMMAND = "cosmograd universe --test-field"


class Specification(Section):
    """Its mass, the range of k/aH along which it is followed, and the accuracy."""

    name: str = "test field"
    mass_over_hubble_squared: Finite = 0.0
    first: Positive = 100.0
    last: Positive = 0.01
    count: Annotated[int, Field(ge=2, le=10**6)] = 201
    accuracy: Annotated[float, relative_accuracy(1e-10, 1e-2)] = 1e-9

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
