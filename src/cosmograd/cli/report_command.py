"""`cosmograd report`: figures and page of results that are already there."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter


def report(folder: Path, *, json: Annotated[bool, Parameter(negative="")] = False) -> None:
    """Make the figures and the page of finished results anew, or print their numbers.

    Parameters
    ----------
    folder
        Folder of the results, as a command with --out wrote it.
    json
        Print the results in numbers as one JSON object instead.
    """
    from cosmograd import report as reports
    from cosmograd.cli.console import print_json, progress_bar, say
    from cosmograd.errors import UserError
    from cosmograd.runs import ResultFolder, StudyFolder

    if folder.is_file():
        raise UserError(f"{folder} is a file; name the folder of the results.")
    if not folder.is_dir():
        raise UserError(f"there is no folder {folder}.")
    study = StudyFolder(folder)
    if not study.results.is_file():
        if study.holds_study:
            raise UserError(
                f"the sweep in {folder} is not finished. Go on with it: cosmograd run --out {folder} --resume"
            )
        raise UserError(f"{folder} holds no results of cosmograd.")
    result = study.read_results() if study.holds_study else ResultFolder(folder).read_results()
    if json:
        print_json(reports.summary_of(result))
        return
    with study.alone(), progress_bar("report") as advance:
        reports.write_report(study, result, advance)
    say(f"Report: {study.report}")
