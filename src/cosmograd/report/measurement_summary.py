"""A measured universe in numbers: what `cosmograd fit --json` prints."""

from typing import Any

from cosmograd.measurement import Estimate, MeasuredUniverse


def measurement_summary(measured: MeasuredUniverse) -> dict[str, Any]:
    """Every estimate with value, interval, identifiability and reason; then what the fit is like."""
    numbers: dict[str, Any] = {}
    for name, value in measured._asdict().items():
        if isinstance(value, Estimate):
            numbers[name] = value._asdict()
        elif isinstance(value, tuple) and all(isinstance(each, Estimate) for each in value) and name != "notes":
            numbers[name] = [each._asdict() for each in value]
        else:
            numbers[name] = list(value) if isinstance(value, tuple) else value
    return numbers
