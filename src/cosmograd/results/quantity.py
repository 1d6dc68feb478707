"""A quantity of a result: declared once, it names itself in files, tables, axes and pages."""

from collections.abc import Iterable
from dataclasses import dataclass

from cosmograd.results.estimate import ESTIMATE_PARTS


@dataclass(frozen=True)
class Quantity:
    """What a number or an array of a result is.

    name: its key everywhere; meaning: in one phrase; unit: "1" without dimension, "" for words; dimensions: what its
    axes run along (results of several fields, or of a sweep, may have more); symbol: in formulas and on axes;
    error: name of the quantity that is its error; estimated: whether it is a measured `Estimate`, which stands in a
    result as several arrays: its value, the ends of its interval, and what it rests on.
    """

    name: str
    meaning: str
    unit: str = "1"
    dimensions: tuple[str, ...] = ()
    symbol: str = ""
    error: str | None = None
    estimated: bool = False

    @property
    def attributes(self) -> dict[str, str]:
        """`long_name` and, where it has one, `units`, as files say them."""
        return {"long_name": self.meaning} | ({"units": self.unit} if self.unit else {})

    @property
    def parts(self) -> tuple["Quantity", ...]:
        """The quantities of its arrays: itself, or of an estimate one for each part."""
        if not self.estimated:
            return (self,)
        return tuple(
            Quantity(
                f"{self.name}{suffix}",
                meaning.format(self.meaning),
                "" if words else self.unit,
                self.dimensions,
                self.symbol,
            )
            for suffix, meaning, words in ESTIMATE_PARTS.values()
        )


def quantities_by_name(quantities: Iterable[Quantity]) -> dict[str, Quantity]:
    """Every array's quantity by its name, in their order; ValueError where a name is declared twice."""
    found: dict[str, Quantity] = {}
    for quantity in quantities:
        for part in quantity.parts:
            if part.name in found:
                raise ValueError(f"the quantity {part.name!r} is declared twice.")
            found[part.name] = part
    return found
