"""One point of a sweep as a task: a call with small arguments that leaves a file, in whatever process it is made."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from cosmograd.compilation import make_room_for_programs
from cosmograd.errors import UserError
from cosmograd.experiments import Experiment, experiment
from cosmograd.experiments.sources import Sources, files_of
from cosmograd.runs.point_files import Failure, failure_of, write_point
from cosmograd.runs.point_identity import first_difference, process_identity
from cosmograd.runs.study_files import sources_from

# Of the tasks that this process computes, by their folder and the files they depend on.
_sources: dict[str, Sources] = {}


def task_arguments(
    chosen: Experiment, specification: BaseModel, base: Path, digests: Mapping[str, str], path: Path
) -> tuple[Any, ...]:
    """The arguments of `compute_point` but for its progress."""
    contents = specification.model_dump(mode="python", exclude_unset=True)
    identity = process_identity(chosen, specification)
    return chosen.name, contents, str(base), dict(digests), str(path.resolve()), identity


def compute_point(
    name: str,
    contents: Mapping[str, Any],
    base: str,
    digests: Mapping[str, str],
    path: str,
    identity: Mapping[str, Any],
    progress: Callable[[float], None] | None,
) -> Failure | None:
    """Compute a point and write its file, unless it is there; what goes wrong with this point alone is returned.

    name: of the experiment; identity: of the process that asks (`process_identity`); another kind of process is no
    help. Raises what would go wrong with every point alike, such as a full disk.
    """
    if Path(path).is_file():  # it is written under another name, so it is whole
        return None
    make_room_for_programs()  # points of many shapes compile anew, each of them
    try:
        chosen = experiment(name)
        specification = chosen.parse(contents)
        _require_alike(identity, process_identity(chosen, specification))
        result = chosen.run(specification, _sources_for(base, digests, specification), progress)
    except Exception as error:
        if progress is not None:
            progress(0.0)  # raises where Ctrl-C is behind the error
        return failure_of(error)
    write_point(Path(path), result.to_xarray())
    return None


def _sources_for(base: str, digests: Mapping[str, str], specification: BaseModel) -> Sources:
    key = json.dumps([base, digests], sort_keys=True)
    if key not in _sources:
        found = sources_from(Path(base))
        for name, file in files_of(specification).items():
            if digests.get(name) != found.digest(file):
                raise UserError(
                    f"{name}: {Path(base) / file} is not what it was when the study began. Put it back, or begin "
                    "another study."
                )
        _sources.clear()
        _sources[key] = found
    return _sources[key]


def _require_alike(asked: Mapping[str, Any], here: Mapping[str, Any]) -> None:
    difference = first_difference(asked, here)
    if difference is not None:
        raise UserError(
            f"worker and client have different packages or settings: {difference} on the worker. Give both the same "
            "packages and restart the workers."
        )
