"""Estimates of a measured universe as arrays: each is several, `hubble_rate`, `hubble_rate_low`, … `…_reason`."""

from dataclasses import replace
from typing import Any

import numpy as np

from cosmograd.measurement.estimates import MeasuredUniverse
from cosmograd.measurement.quantities import ESTIMATED
from cosmograd.results import ESTIMATE_PARTS, Estimate, Quantity


def estimated_quantities(prefix: str = "", mode: str = "mode") -> tuple[Quantity, ...]:
    """The quantities of `estimate_arrays`; prefix: of every name; mode: the axis of what there is for each mode."""
    return tuple(
        replace(quantity, name=f"{prefix}{name}", dimensions=(mode,) if quantity.dimensions else ())
        for name, quantity in ESTIMATED.items()
    )


def estimate_arrays(
    measured: MeasuredUniverse | str, prefix: str = "", mode: str = "mode"
) -> dict[str, tuple[tuple[str, ...], Any]]:
    """All estimates by the names of their parts; NaN where nothing can be said.

    measured: or, instead of a measurement, why there is none.
    """
    arrays: dict[str, tuple[tuple[str, ...], Any]] = {}
    for name, quantity in ESTIMATED.items():
        if isinstance(measured, str):
            estimates: tuple[Estimate, ...] = (_nothing(measured),)
        else:
            found = getattr(measured, name) or _nothing("a blind measurement takes it as given")
            estimates = (found,) if isinstance(found, Estimate) else found
        for part, (suffix, _, words) in ESTIMATE_PARTS.items():
            values = [getattr(estimate, part) for estimate in estimates]
            array = np.array(values, dtype=None if words else float)  # None becomes NaN
            arrays[f"{prefix}{name}{suffix}"] = ((mode,), array) if quantity.dimensions else ((), array[0])
    return arrays


def _nothing(reason: str) -> Estimate:
    return Estimate(None, None, None, None, False, reason)
