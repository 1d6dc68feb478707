"""One measured number with its target."""

import math
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Target:
    """A bound that a value must keep: `at_least` a number or `at_most` one."""

    relation: str
    bound: float
    unit: str = ""

    def __str__(self) -> str:
        return f"{self.relation} {self.bound:g} {self.unit}".rstrip()

    def is_met_by(self, value: float) -> bool:
        """NaN meets no target."""
        return value >= self.bound if self.relation == "≥" else value <= self.bound


def at_least(bound: float, unit: str = "") -> Target:
    """value ≥ bound."""
    return Target("≥", bound, unit)


def at_most(bound: float, unit: str = "") -> Target:
    """value ≤ bound."""
    return Target("≤", bound, unit)


@dataclass(frozen=True)
class Measurement:
    """A named value; `note` says how it was taken and what limits it, `details` holds further numbers."""

    name: str
    value: float | None
    unit: str = ""
    target: Target | None = None
    note: str = ""
    details: dict[str, Any] | None = None

    def as_entry(self) -> dict[str, Any]:
        """The entry of results.json, without the hardware; a value that is not finite becomes null."""
        value = self.value if self.value is not None and math.isfinite(self.value) else None
        entry: dict[str, Any] = {
            "name": self.name,
            "value": value,
            "unit": self.unit,
            "target": None if self.target is None else str(self.target),
            "met": None if self.target is None else value is not None and self.target.is_met_by(value),
        }
        if self.note:
            entry["note"] = self.note
        if self.details:
            entry["details"] = self.details
        return entry
