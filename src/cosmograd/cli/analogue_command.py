"""`cosmograd analogue`: a network in training as a universe, beside the direct solution."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from cosmograd.cli.assignments import assigned
from cosmograd.cli.single_results import finish, folder_to_fill

Flag = Annotated[bool, Parameter(negative="")]


def analogue(
    file: Path,
    *,
    assignments: Annotated[list[str] | None, Parameter(name="--set")] = None,
    out: Path | None = None,
    json: Flag = False,
) -> None:
    """Train a network so that its outputs are fields in an expanding universe, and compare with the direct solution.

    Units: those of the file, with time in units of 1/H where H = 1. Several members make an ensemble of universes, with
    the power spectrum that it shows.

    Parameters
    ----------
    file
        Analogue file (TOML); `examples/de-sitter.toml` is one.
    assignments
        KEY=VALUE: any dotted key of the file, such as training.time_step=0.02; repeat for more.
    out
        Folder for results, figures and page.
    json
        Print the results in numbers as one JSON object.
    """
    from cosmograd.cli.console import start_jax

    start_jax()
    import time

    from cosmograd.cli.console import only_json_on_standard_output, say
    from cosmograd.experiments.network_universe.findings import summary
    from cosmograd.experiments.network_universe.run import timed_run
    from cosmograd.experiments.network_universe.specification import parse
    from cosmograd.experiments.validation import with_values
    from cosmograd.runs import ResultFolder, read_study_file, sources_from

    read = read_study_file(file, "analogue")
    values = assigned(assignments, "training.time_step=0.02")
    specification = parse(with_values(_without_alternatives(read.contents, values), values))
    folder = folder_to_fill(ResultFolder, out, "network_universe")
    with only_json_on_standard_output():  # a user's function may print
        result, seconds = timed_run(
            specification, sources_from(read.base), pictured=folder is not None, clock=time.perf_counter
        )
    numbers = summary(result, seconds)
    for text in numbers["warnings"]:
        say(f"Warning: {text}")
    finish(
        result,
        numbers,
        folder,
        json,
        lambda: _print_numbers(result, numbers),
        seconds=seconds,
    )


_ALTERNATIVES = (("training", "e_folds", "updates"), ("network", "width", "widths"))


def _without_alternatives(contents: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Without keys of the file whose alternative is set on the command line."""
    result = dict(contents)
    for section, *keys in _ALTERNATIVES:
        set_here = [key for key in keys if f"{section}.{key}" in values]
        if len(set_here) == 1 and isinstance(result.get(section), Mapping):
            result[section] = {key: value for key, value in result[section].items() if key not in keys}
    return result


def _print_numbers(result: Any, numbers: dict[str, Any]) -> None:
    from rich.table import Table

    from cosmograd.cli.console import plain_number, tables

    table = Table("", "value", "unit", "what it is", title=numbers["name"])
    for name, value in numbers.items():
        if isinstance(value, (int, float)) and name in result:
            attributes = result[name].attrs
            table.add_row(name, plain_number(float(value), 6), attributes["units"], attributes["long_name"])
        elif isinstance(value, float):
            table.add_row(name, plain_number(value), "s", "on this machine")
    tables.print(table)
    if "spectrum" in numbers:
        columns = list(numbers["spectrum"][0])
        spectrum = Table(*columns, title="Power spectrum")
        for row in numbers["spectrum"]:
            spectrum.add_row(*(plain_number(float("nan") if row[c] is None else row[c], 5) for c in columns))
        tables.print(spectrum)
