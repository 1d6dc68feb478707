"""A whole study from its file: what is missing in its folder is computed, and all points are put together."""

import json
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from cosmograd.errors import UserError
from cosmograd.experiments import Experiment, experiment
from cosmograd.experiments.sources import Sources
from cosmograd.results import Result
from cosmograd.runs.datasets_on_disk import write_results
from cosmograd.runs.engines import AbstractEngine, InProcess, Task
from cosmograd.runs.point_combination import combine_points, names_of_labels
from cosmograd.runs.point_files import Failure, read_point, write_failure
from cosmograd.runs.point_tasks import compute_point, task_arguments
from cosmograd.runs.points import Point, parse_sweep
from cosmograd.runs.study_files import StudyFile, sources_from
from cosmograd.runs.study_folder import StudyFolder
from cosmograd.runs.sweep import MOST_POINTS

if TYPE_CHECKING:
    import xarray as xr

# Seconds that a file written on another machine may take to show on this one.
_LONGEST_DELAY = 15.0

# Of many points that failed for different reasons, so many reasons are said.
_MOST_REASONS = 5


class PointsDone(NamedTuple):
    """How far a study is: points finished or failed, of all, and the failed among them."""

    done: int
    of: int
    failed: int


class _Planned(NamedTuple):
    point: Point
    digests: dict[str, str]
    path: Path


def run_study(
    file: StudyFile,
    folder: StudyFolder,
    resume: bool = False,
    progress: Callable[[float], None] | None = None,
    notify: Callable[[str], None] | None = None,
    engine: AbstractEngine | None = None,
    most_points: int = MOST_POINTS,
    points_done: Callable[[PointsDone], None] | None = None,
    chosen: Experiment | None = None,
) -> Result:
    """Run a study in its folder and return its results, all points along `study_point`.

    chosen: of which experiment its points are; the training of ensembles if left out.

    resume: go on with the same study if the folder holds it; only missing and failed points are computed. progress:
    called with the fraction of the work done since the last call; notify: with what the user should know; points_done:
    whenever a point is finished. engine: where the points are computed (`cosmograd.runs.engines`), in this process by
    default; it changes no bit. most_points: a sweep of more points is refused.
    Every mistake in the study shows as `UserError` before anything is computed or written. A point that fails does not
    stop the others: the variable `failure` says why, and its numbers are NaN; where every point fails, that is a
    `UserError`. Needs float64 (`cosmograd.enable_float64`); call `cosmograd.use_every_core` first for the speed and
    the bits of the command line.
    """
    notify = notify or (lambda text: None)
    chosen = chosen or experiment("training")
    confirmed = max(most_points, folder.confirmed_points()) if resume else most_points
    sweep, sources = parse_sweep(chosen, file.contents, confirmed), sources_from(file.base)
    planned = _planned(chosen, sweep.points(), sources, folder)
    for note in chosen.notes(sweep.first, sources):
        notify(note)
    machine = [chosen.machine(each.point.specification) for each in planned]
    all_digests = {key: digest for each in planned for key, digest in each.digests.items()}
    begun_here = folder.begin(file, sweep, all_digests, machine, resume)
    try:
        failures = _compute(chosen, folder, file.base, planned, engine or InProcess(), progress, notify, points_done)
        results = _put_together(chosen, folder, planned, failures)
        write_results(folder.results, results.assign_attrs(name=sweep.name))
        return folder.read_results()
    except UserError:
        if begun_here:
            folder.abandon_if_empty()
        raise
    finally:
        folder.release()


def _planned(chosen: Experiment, points: Sequence[Point], sources: Sources, folder: StudyFolder) -> list[_Planned]:
    """Every point with its files' digests and its place; what points have in common is built and checked once."""
    planned, passed = [], set()
    for point in points:
        digests = chosen.digests(point.specification, sources)
        kind = chosen.checked_alike(point.specification)
        if kind not in passed:
            chosen.check(point.specification, sources)
            passed.add(kind)
        planned.append(_Planned(point, digests, folder.point_path(chosen, point, digests)))
    return planned


def _compute(
    chosen: Experiment,
    folder: StudyFolder,
    base: Path,
    planned: Sequence[_Planned],
    engine: AbstractEngine,
    progress: Callable[[float], None] | None,
    notify: Callable[[str], None],
    points_done: Callable[[PointsDone], None] | None,
) -> dict[Path, Failure]:
    """Compute what is missing; return what failed, by the path of the point."""
    paths = {each.path: each for each in planned}
    missing = {path.stem: path for path in paths if not folder.is_finished(path)}
    there = len(paths) - len(missing)
    if there:
        notify(f"{there} of {len(paths)} points are already there.")
    tasks = [
        Task(key, task_arguments(chosen, paths[path].point.specification, base, paths[path].digests, path))
        for key, path in missing.items()
    ]
    failures: dict[Path, Failure] = {}
    tell = points_done or (lambda done: None)
    tell(PointsDone(there, len(paths), 0))
    with closing(engine.run(compute_point, tasks, _share(progress, len(tasks)), notify)) as outcomes:
        for done, outcome in enumerate(outcomes, there + 1):
            path = missing[outcome.key]
            failure = Failure(outcome.lost, expected=False) if outcome.lost is not None else outcome.value
            if failure is None:
                _wait_for(path)
            else:
                failures[path] = failure
                write_failure(path, failure)
            tell(PointsDone(done, len(paths), len(failures)))
    return failures


def _wait_for(path: Path) -> None:
    """A file that a worker wrote is here too, if its folder is."""
    start = time.monotonic()
    while not path.is_file():
        if time.monotonic() - start > _LONGEST_DELAY:
            raise UserError(
                f"a worker wrote {path.resolve()}, but it is not there. The workers need this folder under the same "
                "name, on a file system that they share with this machine; choose such a one with --out."
            )
        time.sleep(0.05)


def _put_together(
    chosen: Experiment, folder: StudyFolder, planned: Sequence[_Planned], failures: dict[Path, Failure]
) -> "xr.Dataset":
    """All points in one dataset, read back from their files: a resumed study gives what an undisturbed one does."""
    if all(each.path in failures for each in planned):
        raise _every_point_failed(folder, list(failures.values()))
    reasons = [failures[each.path].reason if each.path in failures else "" for each in planned]
    points = [None if each.path in failures else read_point(each.path) for each in planned]
    names = names_of_labels(points, [each.point.labels for each in planned])
    labels = [{names[key]: value for key, value in each.point.labels.items()} for each in planned]
    combined = combine_points(points, labels, reasons, chosen.described)
    return combined.assign_attrs(swept=json.dumps(list(names.values())))


def _every_point_failed(folder: StudyFolder, failures: Sequence[Failure]) -> UserError:
    reasons = Counter(failure.reason for failure in failures).most_common(_MOST_REASONS)
    if len(failures) == 1:
        text = reasons[0][0]
    else:
        text = f"all {len(failures)} points failed."
        text += "".join(f"\n{count} of them: {reason}" for reason, count in reasons)
    if all(failure.expected for failure in failures):
        folder.forget_failures()
        return UserError(text)
    return UserError(f"{text}\nNotes are in {folder.path / 'points'}; --resume tries again.")


def _share(progress: Callable[[float], None] | None, parts: int) -> Callable[[float], None] | None:
    return None if progress is None else lambda fraction: progress(fraction / parts)
