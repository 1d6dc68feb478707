"""`cosmograd run`: any experiment from its file, with or without a sweep."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from cosmograd.cli.assignments import assigned
from cosmograd.cli.console import whole_number
from cosmograd.errors import UserError

if TYPE_CHECKING:
    from cosmograd.runs import StudyFile


def run(
    file: Path | None = None,
    *,
    out: Path | None = None,
    assignments: Annotated[list[str] | None, Parameter(name="--set")] = None,
    resume: Annotated[bool, Parameter(negative="")] = False,
    points: Annotated[int | None, Parameter(converter=whole_number)] = None,
    engine: Literal["in-process", "dask"] | None = None,
    workers: Annotated[int | None, Parameter(converter=whole_number)] = None,
    scheduler: str | None = None,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Run the experiment in FILE, and every point of its [sweep].

    The file says which experiment it is: experiment = "universe", or by its sections.

    Parameters
    ----------
    file
        File of an experiment (TOML); not needed to go on with the sweep already in --out.
    out
        Folder for results, figures and page; needed for a sweep, whose points are kept there.
    assignments
        KEY=VALUE: any dotted key of the file; repeat for more.
    resume
        Go on with the sweep in --out: only missing points are computed, and failed ones tried again.
    points
        Allow up to N points; without it, up to 256.
    engine
        Where the points of a sweep are computed: in this process (default), or on workers of dask.
    workers
        Number of worker processes on this machine; implies --engine dask.
    scheduler
        Address of a running dask scheduler whose workers share the folder; implies --engine dask.
    json
        Print the results in numbers as one JSON object.
    """
    from cosmograd.cli.console import start_jax
    from cosmograd.experiments import experiment_of
    from cosmograd.experiments.validation import with_values

    read = _read(file, out, resume)
    contents = with_values(read.contents, assigned(assignments, "seed=1"))
    start_jax()
    chosen, contents = experiment_of(contents)
    if "sweep" in contents or chosen.shows_sweeps:
        from cosmograd.cli.sweeps import run_sweep

        if out is None:
            raise UserError("a sweep keeps its points in a folder: name one with --out.")
        run_sweep(chosen, read._replace(contents=contents), out, resume, points, (engine, workers, scheduler), json)
        return
    given = {"--resume": resume or None, "--points": points, "--engine": engine, "--workers": workers}
    wrong = [name for name, value in {**given, "--scheduler": scheduler}.items() if value is not None]
    if wrong:
        raise UserError(f"{wrong[0]} belongs to a sweep, and {file} has no [sweep].")
    _run_once(chosen, contents, read.base, out, json)


def _read(file: Path | None, out: Path | None, resume: bool) -> "StudyFile":
    """The file, or without one that of the sweep in `out`, with the name of its experiment."""
    from cosmograd.runs import StudyFolder, read_study_file

    if file is not None:
        return read_study_file(file, "experiment")
    folder = StudyFolder(out) if resume and out is not None else None
    if folder is None or not folder.holds_study:
        here = f", and {out} holds no sweep to go on with" if folder is not None else ""
        raise UserError(
            f"name the file of an experiment{here}. Only `cosmograd run --out DIR --resume` needs none: it goes on "
            "with the sweep in DIR."
        )
    stored = folder.stored_study()
    return stored._replace(contents={"experiment": folder.experiment} | stored.contents)


def _run_once(chosen: Any, contents: dict[str, Any], base: Path, out: Path | None, json: bool) -> None:
    from cosmograd.cli.console import only_json_on_standard_output, progress_bar, say, tables
    from cosmograd.cli.single_results import finish, folder_to_fill
    from cosmograd.report import summary_of
    from cosmograd.runs import ResultFolder, sources_from

    folder = folder_to_fill(ResultFolder, out, chosen.name)
    specification, sources = chosen.parse(contents), sources_from(base)
    chosen.check(specification, sources)
    for note in chosen.notes(specification, sources):
        say(note)
    with only_json_on_standard_output(), progress_bar(chosen.name) as advance:  # a user's function may print
        result = chosen.run(specification, sources, advance, out is not None)
    finish(result, summary_of(result), folder, json, lambda: tables.print(repr(result), markup=False))
