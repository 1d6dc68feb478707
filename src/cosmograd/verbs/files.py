"""Experiments from files, and results from folders, at the front door."""

import warnings
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from cosmograd.experiments import Experiment, experiment_of
from cosmograd.experiments.validation import with_values
from cosmograd.precision import in_float64
from cosmograd.results import Result
from cosmograd.runs import ResultFolder, StudyFile, StudyFolder, read_study_file, result_in, run_study, sources_from
from cosmograd.runs.sweep import MOST_POINTS
from cosmograd.verbs.progress import Report, progress_of


@in_float64
def run(
    specification: str | Path | Mapping[str, Any],
    *,
    out: str | Path | None = None,
    settings: Mapping[str, Any] | None = None,
    resume: bool = False,
    points: int | None = None,
    progress: Report | None = None,
) -> Result:
    r"""Run the experiment in a file, and every point of its [sweep].

    Args:
        specification: a TOML file, or its contents as a dictionary, whose relative paths start in the working folder.
            `experiment = "universe"` says which experiment it is, where its sections do not.
        out: folder for results, figures and page; the points of a sweep are kept there.
        settings: values of dotted keys that replace those of the file, `{"training.updates": 500}`.
        resume: continue the sweep in `out`.
        points: allow a sweep of up to that many points; 256 when left out.
        progress: called with the fraction done since its last call, instead of a bar.

    Returns:
        The result; of a sweep with all points along `study_point`.

    Raises:
        ValueError: with everything that is wrong in the file.

    Example:
        >>> run({"potential": {"name": "quadratic"}}, settings={"accuracy": 1e-4}).experiment
        'universe'

    Source: `cosmograd run` of the command line does the same.
    """
    if isinstance(specification, Mapping):
        read = StudyFile("", dict(specification), Path.cwd())
    else:
        read = read_study_file(specification, "experiment")
    contents = with_values(read.contents, dict(settings or {}))
    chosen, contents = experiment_of(contents)
    swept = "sweep" in contents or chosen.shows_sweeps
    if resume and (not swept or out is None):
        raise ValueError(
            "`resume` continues a sweep in its folder `out`; " + ("give `out`." if swept else "none is asked.")
        )
    if points is not None and not swept:
        raise ValueError("`points` belongs to a sweep, and there is no [sweep].")
    with progress_of(str(contents.get("name", chosen.name)), progress) as done:
        if swept:
            return _sweep(chosen, read._replace(contents=contents), out, resume, points, done)
        parsed, sources = chosen.parse(contents), sources_from(read.base)
        chosen.check(parsed, sources)
        for note in chosen.notes(parsed, sources):
            warnings.warn(note, stacklevel=4)
        folder = None if out is None else ResultFolder(Path(out))
        if folder is not None:
            folder.refuse_useless(chosen.name)
        result = chosen.run(parsed, sources, done, folder is not None)
        if folder is not None:
            result.save(folder.path)
        return result


def _sweep(
    chosen: Experiment, file: StudyFile, out: str | Path | None, resume: bool, points: int | None, done: Report
) -> Result:
    def told(text: str) -> None:
        warnings.warn(text, stacklevel=5)

    most = MOST_POINTS if points is None else points
    with ExitStack() as stack:
        kept = Path(stack.enter_context(TemporaryDirectory())) / "study" if out is None else Path(out)
        folder = StudyFolder(kept)
        stack.enter_context(folder.alone())
        result = run_study(file, folder, resume, done, told, most_points=most, chosen=chosen)
        failed = [str(reason) for reason in result["failure"].values if reason] if "failure" in result else []
        if failed:
            told(f"{len(failed)} points failed; `failure` says why. The first: {failed[0]}")
        if out is not None:
            from cosmograd.report import write_report

            write_report(folder, result)
        return result


def load(folder: str | Path) -> Result:
    """A result that was saved.

    Args:
        folder: the folder that `Result.save`, `run` or a command with `--out` wrote, or its `results.nc`.

    Returns:
        The result, as it was.

    Raises:
        ValueError: there is none, or the file is of another program.

    Example:
        >>> folder = dual_universe(0.05, 0.8).save("universe")
        >>> round(load(folder).hubble_rate, 4)
        0.3143

    Source: `results.nc` is a NetCDF-4 file that xarray opens too.
    """
    path = Path(folder)
    return result_in(path if path.suffix == ".nc" else path / "results.nc")
