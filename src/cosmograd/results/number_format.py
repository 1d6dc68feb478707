"""Numbers as readers like them: few digits, powers of ten raised, no exponents of a programming language."""

import math
from collections.abc import Callable, Iterable
from typing import SupportsFloat

_RAISED = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


def number(value: SupportsFloat, digits: int = 3) -> str:
    """A number with `digits` significant ones; ∞ for an infinite one and – for one that does not exist."""
    value = float(value)
    if math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if value == 0:
        return "0"
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    power = int(exponent)
    if -3 <= power < 5:
        text = f"{float(f'{mantissa}e{power}'):.{max(digits - 1 - power, 0)}f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
    else:
        # Unbreakable spaces, so that no line ends within a number.
        text = f"{mantissa.rstrip('0').rstrip('.')}\u00a0×\u00a0{power_of_ten(power)}"
    return text.replace("-", "−")


def power_of_ten(exponent: int) -> str:
    """10 with its exponent raised."""
    return f"10{str(exponent).translate(_RAISED)}"


def with_error(value: SupportsFloat, uncertainty: SupportsFloat, most: int = 6) -> str:
    """A number with as many digits as its error leaves certain, two at least and `most` at most."""
    value, uncertainty = float(value), float(uncertainty)
    if not (math.isfinite(value) and math.isfinite(uncertainty) and value and uncertainty > 0):
        return number(value, most)
    certain = math.floor(math.log10(abs(value))) - math.floor(math.log10(uncertainty)) + 1
    return number(value, min(max(certain, 2), most))


def between(low: SupportsFloat, value: SupportsFloat, high: SupportsFloat) -> str:
    """A number with its interval."""
    return f"{number(value)} [{number(low)}, {number(high)}]"


def span(values: Iterable[SupportsFloat], digits: int = 3) -> str:
    """Smallest and largest of the numbers that exist, or the one number they all are."""
    return _span(values, lambda value: number(value, digits))


def error(value: SupportsFloat) -> str:
    """A relative error; beyond a thousand its size says nothing more than that the prediction has run away."""
    return ">\u00a01000" if float(value) > 1000 else number(value, 2)


def error_span(errors: Iterable[SupportsFloat]) -> str:
    """`span` of relative errors."""
    return _span(errors, error)


def _span(values: Iterable[SupportsFloat], written: Callable[[float], str]) -> str:
    known = [value for value in map(float, values) if not math.isnan(value)]
    if not known:
        return "–"
    low, high = written(min(known)), written(max(known))
    return low if low == high else f"{low} to {high}"


def count(amount: int, thing: str, things: str | None = None) -> str:
    """An amount with its noun in the right number."""
    return f"{amount} {thing if amount == 1 else things or thing + 's'}"


def listed(items: Iterable[str]) -> str:
    """Items joined as in a sentence."""
    texts = list(items)
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} and {texts[-1]}" if texts else "none"
