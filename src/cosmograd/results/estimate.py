"""A measured number with its interval, or why there is none."""

from typing import NamedTuple


class Estimate(NamedTuple):
    """One measured quantity. value, low, high: None where nothing can be said; 95 % intervals.

    standard_error: from the curvature at the best fit and the scatter of the members, whichever the interval is from;
    identifiable: whether the trajectories tell this quantity at all; reason: what that rests on, in words; predicted:
    by the dictionary from the learning rate, momentum and kernel given, None where these were not.
    """

    value: float | None
    low: float | None
    high: float | None
    standard_error: float | None
    identifiable: bool
    reason: str
    predicted: float | None = None


class _Part(NamedTuple):
    """suffix: of its array's name; meaning: around that of the quantity; words: whether it has no unit."""

    suffix: str
    meaning: str
    words: bool = False


# Parts of an estimate as arrays of a result, in their order.
ESTIMATE_PARTS: dict[str, _Part] = {
    "value": _Part("", "{}"),
    "low": _Part("_low", "lower end of the 95 % interval of the {}"),
    "high": _Part("_high", "upper end of the 95 % interval of the {}"),
    "standard_error": _Part("_standard_error", "standard error of the {}"),
    "predicted": _Part("_predicted", "prediction of the dictionary for the {}"),
    "identifiable": _Part("_identifiable", "whether the trajectories tell the {}", words=True),
    "reason": _Part("_reason", "what that rests on", words=True),
}
