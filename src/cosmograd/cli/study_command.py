"""`cosmograd study`: train, predict, read off the universe, and report."""

from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from cosmograd.cli.console import whole_number

# The table in the terminal ends after so many lines; the report and the results hold all.
_MOST_ROWS = 40


def study(
    file: Path | None = None,
    *,
    out: Path = Path("cosmograd-study"),
    resume: Annotated[bool, Parameter(negative="")] = False,
    points: Annotated[int | None, Parameter(converter=whole_number)] = None,
    engine: Literal["in-process", "dask"] | None = None,
    workers: Annotated[int | None, Parameter(converter=whole_number)] = None,
    scheduler: str | None = None,
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
        Go on with the study already in --out: only what is missing is computed, and what failed tried again.
    points
        Allow up to N points; without it, up to 256.
    engine
        Where the points of a sweep are computed: one after the other in this process (the default), or on workers of
        dask. It changes no bit of the results. Needs `pip install 'cosmograd[dask]'`.
    workers
        Number of worker processes on this machine, with one core each; implies --engine dask, whose default is one
        for each core.
    scheduler
        Address of a running dask scheduler whose workers share this folder, for example tcp://10.0.0.5:8786; implies
        --engine dask.
    json
        Print the results in numbers as one JSON object.
    """
    from cosmograd.cli.console import start_jax

    start_jax()
    from cosmograd.cli.sweeps import run_sweep
    from cosmograd.errors import UserError
    from cosmograd.experiments import experiment
    from cosmograd.runs import StudyFolder, default_study_file, read_study_file

    folder = StudyFolder(out)
    if file is not None:
        study_file = read_study_file(file)
        contents = dict(study_file.contents)
        if (named := contents.pop("experiment", "training")) != "training":
            raise UserError(f"{file} is of the experiment {named!r}. Run it: cosmograd run {file} --out {out}")
        study_file = study_file._replace(contents=contents)
    elif resume and folder.holds_study:
        if folder.experiment != "training":
            raise UserError(
                f"the sweep in {out} is of the experiment {folder.experiment!r}. Go on with it: cosmograd run "
                f"--out {out} --resume"
            )
        study_file = folder.stored_study()
    else:
        study_file = default_study_file()
    where = (engine, workers, scheduler)
    run_sweep(experiment("training"), study_file, out, resume, points, where, json, _say_what_diverged, _print_tables)


def _print_tables(summary: dict[str, Any]) -> None:
    _print_errors(summary)
    _print_slopes(summary)


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


def _swept_value(value: Any) -> str:
    """A swept value in the table; – where the point has none."""
    from cosmograd.cli.console import plain_number

    if value is None:
        return "–"
    return plain_number(value, 4) if isinstance(value, float) else str(value)


def _print_errors(summary: dict[str, Any]) -> None:
    """The median relative error of each prediction at each point, as a table."""
    from rich.table import Table

    from cosmograd.cli.console import plain_number, tables
    from cosmograd.experiments.training.analysis.swept_keys import key_name

    points = summary["points"]
    swept = [key for key in points[0] if "." in key or key == "seed"]
    predictions = list(points[0]["relative_error"])
    heads = [key_name(key) for key in swept]
    named = "optimiser.eta_lambda_max" in swept  # then ηλ_max is among the heads
    table = Table(title="Median relative error of each prediction", caption="Λ in canonical units of time, V = L")
    for column in (*heads, *([] if named else ["ηλ_max"]), "Λ", *(name.replace("_", "\n") for name in predictions)):
        table.add_column(column, justify="right")
    for point in points[:_MOST_ROWS]:
        values = [_swept_value(point[key]) for key in swept]
        values += [] if named else [plain_number(point["eta_lambda_max"])]
        values += [plain_number(point["universe"]["cosmological_constant"])]
        values += [plain_number(point["relative_error"][name], 2) for name in predictions]
        table.add_row(*values)
    tables.print(table)
    if len(points) > _MOST_ROWS:
        tables.print(f"… and {len(points) - _MOST_ROWS} more points; the report and results.nc hold all.")


def _print_slopes(summary: dict[str, Any]) -> None:
    """How the measured universe depends on each swept number, as a table; nothing where nothing was measured."""
    from rich.table import Table

    from cosmograd.cli.console import plain_number, tables
    from cosmograd.experiments.training.analysis.swept_keys import key_name

    if not any(point["measured"] for point in summary["points"]) or not summary["slopes"]:
        return
    table = Table(title="Slopes of the logarithms", caption="measured, with 95 % intervals, and what theory says")
    table.add_column("hyperparameter")
    table.add_column("quantity")
    for head in ("slope", "low", "high", "predicted", "points"):
        table.add_column(head, justify="right")
    for slope in summary["slopes"]:
        numbers = [plain_number(slope[name], 3) for name in ("slope", "low", "high", "predicted")]
        table.add_row(
            key_name(slope["hyperparameter"]), slope["quantity"].replace("_", " "), *numbers, str(slope["points"])
        )
    tables.print(table)
