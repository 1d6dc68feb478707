"""A training step and its universe in numbers, and their page."""

from typing import Any

import numpy as np

from cosmograd.experiments.toml_text import file_text
from cosmograd.figures import KeyNumber, Page, Section, Verbatim
from cosmograd.results import Result
from cosmograd.results.number_format import number

_SHOWN = (
    *("learning_rate", "momentum", "time_step", "hubble_rate", "cosmological_constant", "e_folds_per_update"),
    *("potential_scale", "eta_lambda", "mass_squared", "mass_over_hubble_squared", "regime"),
)


def summary(result: Result) -> dict[str, Any]:
    """All numbers, with the unit of time and the scheme."""
    values = {name: array.values.tolist() for name, array in result.arrays.items()}
    return {"name": result.title, "time_unit": result.attrs["time_unit"], "scheme": result.attrs["scheme"]} | values


def _text(value: np.ndarray) -> str:
    return str(value) if value.dtype.kind in "UO" else number(value, 4)


def page(result: Result) -> Page:
    """Both sides of the dictionary."""
    unit, scheme = result.attrs["time_unit"], result.attrs["scheme"]
    shown = [result[name] for name in _SHOWN if name in result and not result[name].ndim]
    numbers = [KeyNumber(a.quantity.symbol or a.quantity.name, _text(a.values), a.quantity.meaning) for a in shown]
    again = ["As a file, for `cosmograd run FILE --out FOLDER`:", Verbatim(file_text(result))]
    return Page(
        title=result.title,
        summary=f"A heavy-ball update as a step of an expanding universe: {scheme} scheme, unit of time T: {unit}.",
        first=Section("numbers", "Numbers", []),
        key_numbers=numbers,
        after=[Section("specification", "Specification", again)] if result.specification else [],
        sources="S. Krippendorf and M. Spannowsky, arXiv:2202.11104.",
    )
