"""The points of a sweep: one specification of an experiment each, checked before anything is computed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from pydantic import BaseModel

from cosmograd.errors import UserError
from cosmograd.experiments import Experiment
from cosmograd.experiments.validation import with_values
from cosmograd.runs.sweep import MOST_POINTS, SweepBlock, hashable, read_sweep


class Point(NamedTuple):
    """One point of a sweep: its number, all keys that the sweep holds with their values here, its own specification.

    A label is None where the point has no such value.
    """

    number: int
    labels: dict[str, Any]
    specification: BaseModel


@dataclass(frozen=True)
class Sweep:
    """Points of one experiment: the contents of its file, but for `[sweep]`, and the blocks of that."""

    experiment: Experiment
    contents: Mapping[str, Any]
    blocks: Sequence[SweepBlock]

    @property
    def first(self) -> BaseModel:
        """The specification of the first point."""
        return self.experiment.parse(with_values(self.contents, next(self.blocks[0].combinations())))

    @property
    def name(self) -> str:
        """As its file says, or the experiment's."""
        return str(getattr(self.first, "name", "") or self.experiment.title)

    @property
    def asked_for(self) -> int:
        """How many points it has by its blocks, as they are confirmed; a point of two blocks counts twice."""
        return sum(block.size for block in self.blocks)

    @property
    def identity(self) -> dict[str, Any]:
        """What decides its results: the first specification, and the values of every swept key."""
        return {**self.experiment.decisive(self.first), "sweep": [block.written_out() for block in self.blocks]}

    @property
    def keys(self) -> list[str]:
        """Every swept key, in the order of the file."""
        return list(dict.fromkeys(key for block in self.blocks for group in block.together for key in group))

    def points(self) -> list[Point]:
        """All points, block by block, in each the last key fastest. One that an earlier block holds is not repeated."""
        keys, points = self.keys, {}
        for block in self.blocks:
            for swept in block.combinations():
                own = with_values(self.contents, swept)
                point = self.experiment.parse(own)
                labels = {key: swept[key] if key in swept else self._value_at(key, point, own) for key in keys}
                points.setdefault(hashable(tuple(labels.values())), (labels, point))
        return [Point(number, labels, point) for number, (labels, point) in enumerate(points.values())]

    def _value_at(self, key: str, point: BaseModel, contents: Mapping[str, Any]) -> Any:
        """What a key is at a point that does not sweep it, by its file or by default; None where it is nothing."""
        section: Any = point
        *outer, name = key.split(".")
        for part in outer:
            section = section.get(part) if isinstance(section, Mapping) else getattr(section, part, None)
        if isinstance(section, Mapping):
            return section.get(name)
        value = getattr(section, name, None)
        if value is None or name in section.model_fields_set:
            return value
        # A default counts where it could be written: not the width beside `widths`, or momentum that a schedule sets.
        return None if _mistakes(self.experiment, contents, {key: value}) else value


def parse_sweep(experiment: Experiment, contents: Mapping[str, Any], most_points: int = MOST_POINTS) -> Sweep:
    """Validate the contents of a file with its sweep; `UserError` lists everything that is wrong with it.

    Swept keys may be left out of their section. most_points: a sweep of more points is refused.
    """
    contents = dict(contents)
    blocks = read_sweep(contents.pop("sweep", {}), experiment.specification, most_points)
    _refuse_mistakes(experiment, contents, blocks)
    return Sweep(experiment, contents, blocks)


def _refuse_mistakes(experiment: Experiment, contents: Mapping[str, Any], blocks: Sequence[SweepBlock]) -> None:
    """Validate every point; mistakes in a swept value say that they stand in the sweep.

    Of several blocks, all mistakes name theirs, but for those that every block begins with: they stand in the file.
    """
    firsts = [_mistakes(experiment, contents, next(block.combinations())) for block in blocks]
    in_the_file = set(firsts[0]).intersection(*firsts[1:])
    for block in blocks:
        for labels in block.combinations():
            lines = _mistakes(experiment, contents, labels)
            if lines:
                in_the_block = [
                    line.partition(":")[0] in labels or (len(blocks) > 1 and line not in in_the_file) for line in lines
                ]
                raise UserError(
                    "\n".join(
                        f"{block.name}: {line}" if here else line
                        for line, here in zip(lines, in_the_block, strict=True)
                    )
                )


def _mistakes(experiment: Experiment, contents: Mapping[str, Any], labels: Mapping[str, Any]) -> list[str]:
    """What is wrong with one point, line by line."""
    try:
        experiment.parse(with_values(contents, labels))
    except UserError as error:
        return str(error).split("\n")
    return []
