"""Sweeps at the command line: an engine from its options, progress, what failed, and the report."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from cosmograd.cli.console import only_json_on_standard_output, print_json, progress_bar, say, tables

if TYPE_CHECKING:
    from cosmograd.experiments import Experiment
    from cosmograd.runs import StudyFile
    from cosmograd.runs.engines import AbstractEngine

# The list of failures ends after so many lines; the report and the results hold all.
_MOST_FAILURES = 10

# --engine, --workers and --scheduler.
Where = tuple[Literal["in-process", "dask"] | None, int | None, str | None]


def run_sweep(
    chosen: "Experiment",
    file: "StudyFile",
    out: Path,
    resume: bool,
    points: int | None,
    where: Where,
    json: bool,
    tell: Callable[[dict[str, Any]], None] = lambda summary: None,
    print_numbers: Callable[[dict[str, Any]], None] | None = None,
) -> None:
    """Compute what is missing, write the report, say what failed, and print the numbers.

    tell: what else there is to say of the summary; print_numbers: for readers, instead of the result itself.
    """
    from cosmograd import report
    from cosmograd.cli.interrupts import was_interrupted
    from cosmograd.runs import StudyFolder, run_study
    from cosmograd.runs.sweep import MOST_POINTS

    engine, most_points = _engine(*where), MOST_POINTS if points is None else points
    folder = StudyFolder(out)
    try:
        with folder.alone(), only_json_on_standard_output():  # a user's model may print
            with progress_bar(str(file.contents.get("name", "study"))) as advance:
                result = run_study(
                    *(file, folder, resume, advance, say, engine, most_points),
                    lambda done: advance.points(done),
                    chosen,
                )
            with progress_bar("report") as advance:
                report.write_report(folder, result, advance)
    except BaseException as error:
        if not was_interrupted(error):
            raise
        kept = "Finished points are kept; continue with --resume." if folder.holds_study else "Nothing was begun."
        say(f"Interrupted. {kept}")
        raise SystemExit(130) from None
    summary = report.summary_of(result)
    tell(summary)
    _say_what_failed(summary, folder.path)
    say(f"Report: {folder.report}   results: {folder.results}")
    if json:
        print_json(summary)
    elif print_numbers is not None:
        print_numbers(summary)
    else:
        tables.print(repr(result), markup=False)


def _engine(name: Literal["in-process", "dask"] | None, workers: int | None, scheduler: str | None) -> "AbstractEngine":
    """The engine that the options ask for; `UserError` where they contradict each other."""
    from cosmograd.errors import UserError
    from cosmograd.runs.engines import DaskEngine, InProcess

    if workers is None and scheduler is None and name != "dask":
        return InProcess()
    if name == "in-process":
        option = "--workers" if workers is not None else "--scheduler"
        raise UserError(f"{option} belongs to --engine dask; leave out one of the two.")
    if workers is not None and scheduler is not None:
        raise UserError("give either --workers, for workers of this command's own, or --scheduler, which has its own.")
    if workers is not None and workers < 1:
        raise UserError(f"--workers {workers} is not allowed; allowed: a whole number from 1 on.")
    return DaskEngine(workers, scheduler)


def _say_what_failed(summary: dict[str, Any], folder: Path) -> None:
    failed = [(number, point["failure"]) for number, point in enumerate(summary["points"]) if point["failure"]]
    for number, reason in failed[:_MOST_FAILURES]:
        say(f"Point {number} failed: {reason}")
    if len(failed) > _MOST_FAILURES:
        say(f"… and {len(failed) - _MOST_FAILURES} more; all reasons are in {folder / 'points'}/*.failed.json.")
    if failed:
        say(f"{len(failed)} of {len(summary['points'])} points failed; try them again with --resume.")
