"""A training step and its universe in numbers, and their page."""

from typing import Any

from cosmograd.figures import KeyNumber, Page, Section
from cosmograd.results import Result
from cosmograd.results.number_format import number


def summary(result: Result) -> dict[str, Any]:
    """All numbers, with the unit of time and the scheme."""
    values = {name: array.values.tolist() for name, array in result.arrays.items()}
    return {"name": result.title, "time_unit": result.attrs["time_unit"], "scheme": result.attrs["scheme"]} | values


def page(result: Result) -> Page:
    """Both sides of the dictionary."""
    unit, scheme = result.attrs["time_unit"], result.attrs["scheme"]
    shown = [array for array in result.arrays.values() if not array.ndim]
    numbers = [
        KeyNumber(a.quantity.symbol or a.quantity.name, number(float(a), 4), a.quantity.meaning) for a in shown[:7]
    ]
    return Page(
        title=result.title,
        summary=f"A heavy-ball update as a step of an expanding universe: {scheme} scheme, unit of time T: {unit}.",
        first=Section("numbers", "Numbers", []),
        key_numbers=numbers,
        sources="S. Krippendorf and M. Spannowsky, arXiv:2202.11104.",
    )
