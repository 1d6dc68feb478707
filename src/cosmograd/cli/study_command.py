"""`cosmograd study`: train, predict, read off the universe, and report."""

from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter


def study(
    file: Path | None = None,
    *,
    out: Path = Path("cosmograd-study"),
    resume: Annotated[bool, Parameter(negative="")] = False,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Run a study: ensembles in training against their effective theory, with a report.

    Parameters
    ----------
    file
        Study file; without it, the study already in --out when resuming, else the default one: real digits at three
        learning rates and two widths.
    out
        Folder for results, figures and report.
    resume
        Go on with the study already in --out: only what is missing is computed.
    json
        Print the results in numbers as one JSON object.
    """
    from cosmograd.cli.console import (
        only_json_on_standard_output,
        print_json,
        progress_bar,
        say,
        start_jax,
    )

    start_jax()
    from cosmograd.cli.interrupts import was_interrupted
    from cosmograd.report import study_summary, write_report
    from cosmograd.storage import StudyFolder, default_study_file, read_study_file, run_study

    folder = StudyFolder(out)
    if file is not None:
        study_file = read_study_file(file)
    elif resume and folder.holds_study:
        study_file = folder.stored_study()
    else:
        study_file = default_study_file()
    try:
        with only_json_on_standard_output():  # a user's model may print
            with progress_bar(str(study_file.contents.get("name", "study"))) as advance:
                results = run_study(study_file, folder, resume, advance, say)
            with progress_bar("report") as advance:
                write_report(folder, results, advance)
    except BaseException as error:
        if not was_interrupted(error):
            raise
        kept = "What was finished is kept; go on with --resume." if folder.holds_study else "Nothing was begun."
        say(f"Interrupted. {kept}")
        raise SystemExit(130) from None
    summary = study_summary(results)
    _say_what_diverged(summary)
    say(f"Report: {folder.report}   results: {folder.results}")
    if json:
        print_json(summary)
    else:
        _print_errors(summary)


def _say_what_diverged(summary: dict[str, Any]) -> None:
    from cosmograd.cli.console import say

    for index, point in enumerate(summary["points"]):
        all_of_them = len(point["diverged"]) == point["members"]
        for diverged in point["diverged"]:
            say(
                f"Point {index}: member {diverged['member']} diverged at update {diverged['update']}; its own initial "
                f"ηλ_max = {diverged['eta_lambda_max']:.4g} (mean kernel: {point['eta_lambda_max']:.4g}), the linear "
                f"theory is stable up to {point['largest_stable_eta_lambda']:.4g}."
            )
        if point["diverged"]:
            say(f"Point {index}: {'every member diverged' if all_of_them else 'the other members’ results stand'}.")


def _print_errors(summary: dict[str, Any]) -> None:
    """The median relative error of each prediction at each point, as a table."""
    from rich.table import Table

    from cosmograd.cli.console import plain_number, tables
    from cosmograd.report import key_name

    points = summary["points"]
    swept = [key for key in points[0] if "." in key or key == "seed"]
    predictions = list(points[0]["relative_error"])
    heads = [key_name(key) for key in swept]
    named = "optimiser.eta_lambda_max" in swept  # then ηλ_max is among the heads
    table = Table(title="Median relative error of each prediction", caption="Λ in canonical units of time, V = L")
    for column in (*heads, *([] if named else ["ηλ_max"]), "Λ", *(name.replace("_", "\n") for name in predictions)):
        table.add_column(column, justify="right")
    for point in points:
        values = [str(point[key]) for key in swept]
        values += [] if named else [plain_number(point["eta_lambda_max"])]
        values += [plain_number(point["universe"]["cosmological_constant"])]
        values += [plain_number(point["relative_error"][name], 2) for name in predictions]
        table.add_row(*values)
    tables.print(table)
