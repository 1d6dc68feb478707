"""What `[sweep]` in a study file means: the values of each swept key, and how keys are combined.

There may be several, each written `[[sweep]]`: the study is the union of their points.

```toml
[sweep]                                              # the product of all keys, the last one fastest
"network.width" = [128, 512]                         # a list of values
"optimiser.eta_lambda_max" = {first = 0.05, last = 1.5, count = 12}   # a range, evenly spaced in the logarithm
"optimiser.momentum" = {first = 0.0, last = 0.9, count = 10, spacing = "linear"}
seed = [0, 1, 2]                                     # or a range, which for seeds is linear
"training.members" = [32, 8]
zip = [["network.width", "training.members"]]        # these keys advance together
```

Where a key takes whole numbers, a range is rounded to distinct ones.
"""

import itertools
import math
import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
from pydantic import BaseModel

from cosmograd.errors import UserError
from cosmograd.experiments.validation import known_keys, open_sections, sections_of, suggestion
from cosmograd.solvers import spread_apart

# So many points are computed unless the user has confirmed more.
MOST_POINTS = 256

_ZIP = "zip"
_RANGE = ("first", "last", "count", "spacing")
# Beyond it neither 64-bit integers nor the spacing of floats would hold; infinite and NaN are not allowed either.
_LARGEST = 2.0**63
_EXAMPLE = "{first = 0.05, last = 1.5, count = 12}"


class SweepBlock(NamedTuple):
    """One `[sweep]`, or one of several.

    name: what messages call it; values: of each swept key; together: the groups of keys that advance together, most of
    them of one key.
    """

    name: str
    values: dict[str, list[Any]]
    together: list[tuple[str, ...]]

    @property
    def size(self) -> int:
        """How many combinations there are."""
        return math.prod(len(self.values[group[0]]) for group in self.together)

    def combinations(self) -> Iterator[dict[str, Any]]:
        """The swept keys with their values at every point: the product of the groups, the last one fastest."""
        steps = [list(zip(*(self.values[key] for key in group), strict=True)) for group in self.together]
        for step in itertools.product(*steps):
            yield {
                key: value
                for group, values in zip(self.together, step, strict=True)
                for key, value in zip(group, values, strict=True)
            }

    def written_out(self) -> dict[str, list[Any]]:
        """The section with lists for its ranges, which reads as the same block."""
        zips = [list(group) for group in self.together if len(group) > 1]
        return self.values | ({_ZIP: zips} if zips else {})


class _Counted(NamedTuple):
    """A block before its values are made."""

    name: str
    entries: dict[str, Any]
    counts: dict[str, int]
    together: list[tuple[str, ...]]

    @property
    def size(self) -> int:
        return math.prod(self.counts[group[0]] for group in self.together)

    @property
    def product(self) -> str:
        """The size in words."""
        factors = [f"{' with '.join(group)} {self.counts[group[0]]}" for group in self.together]
        return f"{' × '.join(factors) or 'nothing swept'} = {self.size}"


def read_sweep(written: Any, model: type[BaseModel], most_points: int = MOST_POINTS) -> list[SweepBlock]:
    """The sweep of a file whose contents are a `model`, block by block; `UserError` says what is wrong with it.

    written: the section `[sweep]`, or a list of sections `[[sweep]]`, of which a single one is the same. A sweep of
    more than `most_points`, all blocks together, is refused before its values are made.
    """
    sections = written if isinstance(written, list) else [written]
    if not sections:
        raise UserError("sweep: the list is empty; write at least one [[sweep]], or leave the key out.")
    names = [f"sweep {number}" for number in range(1, len(sections) + 1)] if len(sections) > 1 else ["sweep"]
    counted = []
    for name, section in zip(names, sections, strict=True):
        with _errors_named(name):
            counted.append(_counted(name, section, model))
    _refuse_too_many(counted, most_points)
    blocks = []
    for block in counted:
        with _errors_named(block.name):
            blocks.append(_with_values(block, model))
    return blocks


@contextmanager
def _errors_named(name: str) -> Iterator[None]:
    """Errors of one block of several say of which."""
    try:
        yield
    except UserError as error:
        if name == "sweep":
            raise
        raise UserError(f"{name}: {str(error).removeprefix('sweep').lstrip('.: ')}") from None


def _counted(name: str, section: Any, model: type[BaseModel]) -> _Counted:
    if not isinstance(section, Mapping):
        raise UserError(
            f"sweep: {section!r} is not allowed; allowed: a section, written [sweep] with its keys below, or several "
            "of them, each written [[sweep]]."
        )
    section = dict(section)
    zips = section.pop(_ZIP, [])
    known, within = known_keys(model, without=("name",)), open_sections(model)
    entries = _flattened(section, [key for key in known if key not in within])
    for key in entries:
        if key not in known and key.partition(".")[0] not in within:
            raise UserError(f"sweep: there is no key {key!r} to sweep.{suggestion(key, known)}")
    counts = {key: _count(key, entry) for key, entry in entries.items()}
    return _Counted(name, entries, counts, _groups(zips, counts))


def _with_values(block: _Counted, model: type[BaseModel]) -> SweepBlock:
    values = {
        key: _spaced(key, entry, _numbers_taken(model, key)) if isinstance(entry, Mapping) else list(entry)
        for key, entry in block.entries.items()
    }
    for group in block.together:
        _refuse_repeated(group, [values[key] for key in group])
    return SweepBlock(block.name, values, block.together)


def _flattened(sweep: Mapping[str, Any], known: Sequence[str], prefix: str = "") -> dict[str, Any]:
    """TOML writes "network.width" = [...] and network.width = [...] differently; both mean the same key."""
    flat: dict[str, Any] = {}
    for name, value in sweep.items():
        key = f"{prefix}{name}"
        nested = isinstance(value, Mapping) and key not in known and not set(_RANGE) & set(value)
        for inner, entry in (_flattened(value, known, f"{key}.") if nested else {key: value}).items():
            if inner in flat:
                raise UserError(f"sweep.{inner}: this key is swept twice; write all its values in one list.")
            flat[inner] = entry
    return flat


def _count(key: str, entry: Any) -> int:
    """How many values a list or a range has."""
    if isinstance(entry, list):
        if not entry:
            raise UserError(f"sweep.{key}: the list is empty; write at least one value, or leave the key out.")
        return len(entry)
    if not isinstance(entry, Mapping):
        raise UserError(
            f"sweep.{key}: {entry!r} is not a list of values; write for example [0.1, 0.5], or a range: {_EXAMPLE}."
        )
    for name in entry:
        if name not in _RANGE:
            raise UserError(f"sweep.{key}: a range has no {name!r}.{suggestion(name, _RANGE)}")
    for name in ("first", "last", "count"):
        if name not in entry:
            raise UserError(f"sweep.{key}: this range lacks `{name}`; write for example {_EXAMPLE}.")
    count = entry["count"]
    if isinstance(count, bool) or not isinstance(count, int) or count < 2:
        raise UserError(f"sweep.{key}: `count` = {count!r} is not allowed; allowed: a whole number from 2 on.")
    return count


def _groups(zips: Any, counts: Mapping[str, int]) -> list[tuple[str, ...]]:
    """Which keys advance together, each group where its first key stands."""
    texts = isinstance(zips, list) and all(isinstance(g, list) and all(isinstance(k, str) for k in g) for g in zips)
    if not texts or not all(len(group) > 1 for group in zips):
        raise UserError(
            f"sweep.zip: {zips!r} is not allowed; write the groups of keys that advance together, for example "
            '[["network.width", "training.members"]].'
        )
    group_of: dict[str, tuple[str, ...]] = {}
    for group in zips:
        for key in group:
            if key not in counts:
                raise UserError(
                    f"sweep.zip: {key!r} is not swept; give it a list or a range as well."
                    + (suggestion(key, list(counts)) if counts else "")
                )
            if key in group_of or group.count(key) > 1:
                raise UserError(f"sweep.zip: {key!r} appears twice; a key advances with one group.")
        lengths = [counts[key] for key in group]
        if len(set(lengths)) > 1:
            sizes = ", ".join(f"{key} has {length}" for key, length in zip(group, lengths, strict=True))
            raise UserError(f"sweep.zip: keys that advance together need equally many values, but {sizes}.")
        group_of |= dict.fromkeys(group, tuple(sorted(group, key=list(counts).index)))
    return list(dict.fromkeys(group_of.get(key, (key,)) for key in counts))


def _refuse_too_many(blocks: Sequence[_Counted], most: int) -> None:
    points = sum(block.size for block in blocks)
    if points <= most:
        return
    products = f"sweep: {blocks[0].product}"
    if len(blocks) > 1:
        products = f"{', '.join(f'{block.name}: {block.product}' for block in blocks)}, together {points}"
    allowed = f"{most} are allowed" if most != MOST_POINTS else f"up to {most} are allowed"
    raise UserError(f"{products} points, and {allowed}. To compute them all, add --points {points} to the command.")


def _spaced(key: str, entry: Mapping[str, Any], numbers: set[type]) -> list[Any]:
    """The values of a range; both ends are among them."""
    if not numbers & {int, float}:
        raise UserError(f"sweep.{key}: this key takes no numbers, so it has no range; write a list of its values.")
    whole = float not in numbers
    for name in ("first", "last"):
        end = entry[name]
        if isinstance(end, bool) or not isinstance(end, (int, float)) or not abs(end) < _LARGEST:
            raise UserError(f"sweep.{key}: `{name}` = {end!r} is not allowed; allowed: a number.")
        if whole and end != int(end):
            raise UserError(f"sweep.{key}: `{name}` = {end!r} is not allowed; allowed: a whole number.")
    first, last, count = entry["first"], entry["last"], entry["count"]
    spacing = entry.get("spacing", "linear" if key.rpartition(".")[2] == "seed" else "log")
    if spacing not in ("log", "linear"):
        raise UserError(f"sweep.{key}: `spacing` = {spacing!r} is not allowed; allowed: log, linear.")
    if first == last:
        raise UserError(f"sweep.{key}: `first` and `last` are both {first!r}; write a list with this one value.")
    if spacing == "log" and min(first, last) <= 0:
        raise UserError(
            f"sweep.{key}: a range from {first!r} to {last!r} has no logarithm; take positive ends, or add "
            'spacing = "linear".'
        )
    if whole:
        return _spaced_integers(key, int(first), int(last), count, spacing)
    ends = float(first), float(last)
    return (np.geomspace if spacing == "log" else np.linspace)(*ends, count).tolist()


def _spaced_integers(key: str, first: int, last: int, count: int, spacing: str) -> list[int]:
    low, high = min(first, last), max(first, last)
    if count > high - low + 1:
        raise UserError(
            f"sweep.{key}: there are {high - low + 1} whole numbers from {first} to {last}, not {count}; "
            "lower `count`, or move the ends apart."
        )
    if high - low + 1 == count:
        return list(range(first, last + 1)) if first < last else list(range(first, last - 1, -1))
    if high >= 2**53:
        raise UserError(f"sweep.{key}: {high} is too large to be spaced by; write a list of the values.")
    spaced = np.rint((np.geomspace if spacing == "log" else np.linspace)(low, high, count)).astype(np.int64)
    values = spread_apart(spaced).tolist()
    return values if first < last else values[::-1]


def _numbers_taken(model: type[BaseModel], key: str) -> set[type]:
    """The scalar types that a key takes, over all kinds of its section."""
    section, _, name = key.rpartition(".")
    if section.partition(".")[0] in open_sections(model):
        return {float}
    models = sections_of(model)[section] if section else [model]
    return {kind for m in models if name in m.model_fields for kind in _scalars(m.model_fields[name].annotation)}


def _scalars(annotation: Any) -> set[type]:
    origin = typing.get_origin(annotation)
    if origin is typing.Annotated:
        return _scalars(typing.get_args(annotation)[0])
    if origin in (typing.Union, types.UnionType):
        return set().union(*map(_scalars, typing.get_args(annotation)))
    return {annotation} if isinstance(annotation, type) and origin is None else set()


def _refuse_repeated(group: tuple[str, ...], columns: Sequence[Sequence[Any]]) -> None:
    """Each point is computed once, so no value, or row of zipped values, may come again."""
    seen = set()
    for row in zip(*columns, strict=True):
        if hashable(row) in seen:
            where = f"sweep.{group[0]}: the value {row[0]!r}" if len(group) == 1 else f"sweep.zip: the row {row!r}"
            raise UserError(f"{where} appears twice; each point is computed once.")
        seen.add(hashable(row))


def hashable(value: Any) -> Any:
    """Equal values give equal results, whatever they are made of."""
    if isinstance(value, Mapping):
        return ("mapping", *((str(key), hashable(inner)) for key, inner in sorted(value.items(), key=str)))
    if isinstance(value, (list, tuple)):
        return tuple(map(hashable, value))
    return value
