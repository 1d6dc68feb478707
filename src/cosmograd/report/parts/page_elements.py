"""What pages show beside figures: tables, and numbers that stand large."""

from typing import NamedTuple


class Table(NamedTuple):
    """heads: of the columns; rows: texts, of which the first `names` name the row; caption: what the table says."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    names: int
    caption: str


class KeyNumber(NamedTuple):
    """A number that stands large on the page, with what it is and a remark."""

    name: str
    text: str
    remark: str
