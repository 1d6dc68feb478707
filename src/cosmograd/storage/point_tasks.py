"""One point of a study as a task: a call with small arguments that leaves a file, in whatever process it is made."""

import json
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from cosmograd.compilation import make_room_for_programs
from cosmograd.errors import UserError
from cosmograd.learning.datasets import Dataset
from cosmograd.learning.networks import AbstractNetwork
from cosmograd.storage.point_files import Failure, failure_of, write_point
from cosmograd.storage.point_identity import first_difference, process_identity
from cosmograd.storage.study_files import sources_from
from cosmograd.studies import (
    StudySpecification,
    build_dataset,
    build_network,
    run_point,
    source_digests,
)

# So many data sets, and as many networks, stay in memory; neighbours in a sweep share theirs.
_KEPT = 8


class Ingredients:
    """Data and networks of points whose files lie relative to one folder; what points have in common is built once."""

    def __init__(self, base: Path) -> None:
        """Nothing is read yet."""
        self.sources = sources_from(base)
        self._digests: dict[str, dict[str, str]] = {}
        self._kept: OrderedDict[str, Any] = OrderedDict()

    def digests(self, specification: StudySpecification) -> dict[str, str]:
        """Hash of every file that a point depends on, as it was when first asked for."""
        files = json.dumps([getattr(section, "file", None) for section in (specification.data, specification.network)])
        if files not in self._digests:
            self._digests[files] = source_digests(specification, self.sources)
        return self._digests[files]

    def dataset(self, specification: StudySpecification) -> Dataset:
        """See `build_dataset`."""
        return self._once(_text(specification, "data"), lambda: build_dataset(specification, self.sources))

    def network(self, specification: StudySpecification) -> AbstractNetwork:
        """See `build_network`; the same object for the same network, so that it is compiled once."""
        dataset = self.dataset(specification)
        return self._once(
            _text(specification, "data", "network"), lambda: build_network(specification, dataset, self.sources)
        )

    def _once(self, key: str, build: Callable[[], Any]) -> Any:
        if key not in self._kept:
            self._kept[key] = build()
            if len(self._kept) > 2 * _KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]


def _text(specification: StudySpecification, *sections: str) -> str:
    return json.dumps(specification.model_dump(mode="json", include=set(sections)), sort_keys=True)


# Of the tasks that this process computes, by their folder and the files they depend on.
_ingredients: dict[str, Ingredients] = {}


def task_arguments(
    specification: StudySpecification, base: Path, digests: Mapping[str, str], path: Path
) -> tuple[Any, ...]:
    """The arguments of `compute_point` but for its progress."""
    contents = specification.model_dump(mode="python", exclude_unset=True, exclude={"sweep"})
    return contents, str(base), dict(digests), str(path.resolve()), process_identity(specification)


def compute_point(
    contents: Mapping[str, Any],
    base: str,
    digests: Mapping[str, str],
    path: str,
    identity: Mapping[str, Any],
    progress: Callable[[float], None] | None,
) -> Failure | None:
    """Compute a point and write its file, unless it is there; what goes wrong with this point alone is returned.

    identity: of the process that asks (`process_identity`); another kind of process is no help. Raises what would go
    wrong with every point alike, such as a full disk.
    """
    if Path(path).is_file():  # it is written under another name, so it is whole
        return None
    make_room_for_programs()  # points of many shapes compile anew, each of them
    try:
        specification = StudySpecification.model_validate(contents)
        _require_alike(identity, process_identity(specification))
        ingredients = _ingredients_for(base, digests, specification)
        dataset, network = ingredients.dataset(specification), ingredients.network(specification)
        results = run_point(specification, dataset, network, progress)
    except Exception as error:
        if progress is not None:
            progress(0.0)  # raises where Ctrl-C is behind the error
        return failure_of(error)
    write_point(Path(path), results)
    return None


def _ingredients_for(base: str, digests: Mapping[str, str], specification: StudySpecification) -> Ingredients:
    key = json.dumps([base, digests], sort_keys=True)
    if key not in _ingredients:
        found = Ingredients(Path(base))
        for name, digest in found.digests(specification).items():
            if digests.get(name) != digest:
                section, _, file = name.partition(".")
                given = getattr(getattr(specification, section), file)
                raise UserError(
                    f"{name}: {Path(base) / given} is not what it was when the study began. Put it back, or begin "
                    "another study."
                )
        _ingredients.clear()
        _ingredients[key] = found
    return _ingredients[key]


def _require_alike(asked: Mapping[str, Any], here: Mapping[str, Any]) -> None:
    difference = first_difference(asked, here)
    if difference is not None:
        raise UserError(
            f"the worker computes otherwise than the command that asks: {difference} on the worker. Give both the same "
            "packages and start workers afresh."
        )
