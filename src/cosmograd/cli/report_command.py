"""`cosmograd report`: figures and page of a study that is already there."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter


def report(folder: Path, *, json: Annotated[bool, Parameter(negative="")] = False) -> None:
    """Make the figures and the page of a finished study anew, or print its numbers.

    Parameters
    ----------
    folder
        Folder of the study.
    json
        Print the results in numbers as one JSON object instead.
    """
    from cosmograd.cli.console import print_json, progress_bar, say
    from cosmograd.errors import UserError
    from cosmograd.report import study_summary, write_report
    from cosmograd.storage import StudyFolder

    study_folder = StudyFolder(folder)
    if folder.is_file():
        raise UserError(f"{folder} is a file; name the folder of the study.")
    if not folder.is_dir():
        raise UserError(f"there is no folder {folder}.")
    if not study_folder.results.is_file():
        if study_folder.holds_study:
            raise UserError(
                f"the study in {folder} is not finished. Go on with it: cosmograd study --out {folder} --resume"
            )
        raise UserError(f"{folder} holds no study.")
    results = study_folder.read_results()
    if json:
        print_json(study_summary(results))
        return
    with progress_bar("report") as advance:
        write_report(study_folder, results, advance)
    say(f"Report: {study_folder.report}")
