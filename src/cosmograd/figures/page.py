"""What a page says, as data: a sentence, numbers, findings, tables, figures, and how they came about."""

from collections.abc import Sequence
from dataclasses import dataclass
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


class Sentences(NamedTuple):
    """A list of sentences; of many, all but the heading are folded."""

    texts: Sequence[str]


class Pairs(NamedTuple):
    """Settings with their values."""

    items: Sequence[tuple[str, str]]


class Verbatim(NamedTuple):
    """The text of a file or a command."""

    text: str


class Details(NamedTuple):
    """What is shown on a click."""

    summary: str
    contents: Sequence["Content"]


# A string is a paragraph.
Content = str | Table | Sentences | Pairs | Verbatim | Details


class Notice(NamedTuple):
    """What a reader must know before using the numbers."""

    anchor: str
    heading: str
    contents: Sequence[Content]


class Section(NamedTuple):
    """A heading of the page, with its anchor for links."""

    anchor: str
    heading: str
    contents: Sequence[Content]


@dataclass(frozen=True)
class Page:
    """A page but for its figures.

    title, summary: the head; first: the section that holds the key numbers, and what stands below notices in it;
    before, after: sections before and after the figures; sources: of the methods.
    """

    title: str
    summary: str
    first: Section
    key_numbers: Sequence[KeyNumber] = ()
    notices: Sequence[Notice] = ()
    before: Sequence[Section] = ()
    after: Sequence[Section] = ()
    sources: str = ""
