"""`cosmograd report`: figures and page of a study, a universe, an analogue or a measurement that is already there."""

from functools import partial
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter


def report(folder: Path, *, json: Annotated[bool, Parameter(negative="")] = False) -> None:
    """Make the figures and the page of a finished study, universe, analogue or measurement anew, or print its numbers.

    Parameters
    ----------
    folder
        Folder of the study, universe, analogue or measurement.
    json
        Print the results in numbers as one JSON object instead.
    """
    from cosmograd.cli.console import print_json, progress_bar, say
    from cosmograd.errors import UserError
    from cosmograd.experiments import experiment
    from cosmograd.report import (
        study_summary,
        universe_summary,
        write_report,
        write_result_report,
        write_universe_report,
    )
    from cosmograd.storage import ResultFolder, StudyFolder, UniverseFolder

    if folder.is_file():
        raise UserError(f"{folder} is a file; name the folder of the study, universe, analogue or measurement.")
    if not folder.is_dir():
        raise UserError(f"there is no folder {folder}.")
    study = StudyFolder(folder)
    if not study.results.is_file():
        if study.holds_study:
            raise UserError(
                f"the study in {folder} is not finished. Go on with it: cosmograd study --out {folder} --resume"
            )
        raise UserError(f"{folder} holds neither a study nor a universe nor an analogue nor a measurement.")
    universe, single = UniverseFolder(folder), ResultFolder(folder)
    results: Any
    summary: Any
    write: Any
    if single.experiment:
        results = single.read_results()
        summary, write, page = (
            experiment(results.experiment).summary,
            partial(write_result_report, single),
            single.report,
        )
    elif universe.is_filled:
        results = universe.read_results()
        summary, write, page = universe_summary, partial(write_universe_report, universe), universe.report
    else:
        results = study.read_results()
        summary, write, page = study_summary, partial(write_report, study), study.report
    if json:
        print_json(summary(results))
        return
    with study.alone(), progress_bar("report") as advance:
        write(results, advance)
    say(f"Report: {page}")
