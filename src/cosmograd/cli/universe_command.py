"""`cosmograd universe`: background and spectra of a potential, or a test field in de Sitter space."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from cosmograd.cli.assignments import assigned
from cosmograd.cli.single_results import finish, folder_to_fill
from cosmograd.errors import UserError

if TYPE_CHECKING:
    from cosmograd.results import Result

Flag = Annotated[bool, Parameter(negative="")]
# Lists may begin with a negative number.
NumberList = Annotated[str | None, Parameter(allow_leading_hyphen=True)]


def universe(
    file: Path | None = None,
    *,
    potential: str | None = None,
    assignments: Annotated[list[str] | None, Parameter(name="--set")] = None,
    field: NumberList = None,
    field_velocity: NumberList = None,
    pivot_e_folds: float | None = None,
    pivot_wavenumber: float | None = None,
    wavenumbers: NumberList = None,
    accuracy: float | None = None,
    test_field: Flag = False,
    mass_over_hubble_squared: float | None = None,
    out: Path | None = None,
    json: Flag = False,
) -> None:
    """Inflate a universe: background, power spectra, and the numbers at the pivot, to an accuracy that is asked for.

    Units: M_Pl = 1/√(8πG), ħ = c = 1; velocities are dφ/dN. Options override FILE.

    Parameters
    ----------
    file
        Universe file (TOML).
    potential
        Name of a potential; `cosmograd universe --potential help` lists them with their parameters.
    assignments
        KEY=VALUE: a parameter of the potential, or any dotted key of the file; repeat for more.
    field
        Where inflation starts, in M_Pl; several fields with commas. The potential suggests one.
    field_velocity
        dφ/dN there, in M_Pl; the attractor when left out.
    pivot_e_folds
        The pivot is k = aH that many e-folds before the end of inflation (ε = 1); 55 when left out.
    pivot_wavenumber
        Or: the pivot's k in M_Pl, with a = 1 at the start.
    wavenumbers
        FIRST:LAST:COUNT in units of the pivot, evenly spaced in the logarithm; or a list with commas.
    accuracy
        Relative accuracy of every power; 1e-5 when left out.
    test_field
        A test field in de Sitter space instead: its Bunch–Davies mode against k/aH.
    mass_over_hubble_squared
        m²/H² of the test field; 0 when left out.
    out
        Folder for results, figures and page.
    json
        Print the results in numbers as one JSON object.
    """
    if potential == "help":
        _print_potentials(json)
        return
    given = {
        "--potential": potential,
        "--field": field,
        "--field-velocity": field_velocity,
        "--pivot-e-folds": pivot_e_folds,
        "--pivot-wavenumber": pivot_wavenumber,
    }
    if test_field:
        wrong = [name for name, value in {**given, "FILE": file, "--set": assignments}.items() if value is not None]
        if wrong:
            raise UserError(f"--test-field is a field in de Sitter space, without a potential: leave out {wrong[0]}.")
        _test_field(mass_over_hubble_squared, wavenumbers, accuracy, out, json)
        return
    if mass_over_hubble_squared is not None:
        raise UserError("--mass-over-hubble-squared belongs to --test-field.")
    if pivot_e_folds is not None and pivot_wavenumber is not None:
        raise UserError("give at most one of --pivot-e-folds and --pivot-wavenumber.")
    if file is None and potential is None:
        raise UserError("give a universe file, or --potential NAME; `--potential help` lists what there is.")

    from cosmograd.cli.console import start_jax

    start_jax()
    from cosmograd.experiments.validation import with_values
    from cosmograd.runs import read_study_file

    read = read_study_file(file, "universe") if file is not None else None
    options = {
        "start.field": _numbers("--field", field),
        "start.velocity": _numbers("--field-velocity", field_velocity),
        "spectrum.wavenumbers": _wavenumbers(wavenumbers),
        "accuracy": accuracy,
        "potential": {"name": potential} if potential is not None else None,
    }
    values = {key: value for key, value in options.items() if value is not None}
    if pivot_e_folds is not None or pivot_wavenumber is not None:  # one takes the place of the other
        values |= {"spectrum.pivot_e_folds": pivot_e_folds, "spectrum.pivot_wavenumber": pivot_wavenumber}
    for key, value in assigned(assignments, "mass=6e-6").items():
        values[key if "." in key or key in _TOP_LEVEL else f"potential.{key}"] = value
    contents = with_values(read.contents if read is not None else {}, values)
    _inflate(contents, read.base if read is not None else Path.cwd(), out, json)


_TOP_LEVEL = ("accuracy", "cosmological_constant", "name")


def _inflate(contents: dict[str, Any], base: Path, out: Path | None, json: bool) -> None:
    from cosmograd.cli.console import only_json_on_standard_output, say
    from cosmograd.experiments.universe.findings import summary
    from cosmograd.experiments.universe.run import run
    from cosmograd.experiments.universe.specification import parse
    from cosmograd.runs import ResultFolder, sources_from

    folder = folder_to_fill(ResultFolder, out, "universe")
    specification = parse(contents)
    with only_json_on_standard_output():  # a user's function may print
        result = run(specification, sources_from(base), pictured=out is not None)
    numbers = summary(result)
    failed = numbers["failed_wavenumbers"]
    for one in failed[:3]:
        say(one["reason"])
    if len(failed) > 3:
        say(f"{len(failed)} of {numbers['wavenumbers']} wavenumbers have no power; see `reason`.")
    if not numbers["achieved_accuracy"] <= specification.accuracy:  # nor where it is not a number
        say(
            f"The accuracy {specification.accuracy:g} could not be reached; the estimated error is "
            f"{numbers['achieved_accuracy']:.1e}. Is the potential smooth where the field passes?"
        )
    _finish(result, numbers, folder, json)


def _test_field(
    mass: float | None, wavenumbers: str | None, accuracy: float | None, out: Path | None, json: bool
) -> None:
    from cosmograd.cli.console import start_jax

    start_jax()
    from cosmograd.experiments.spectator.findings import summary
    from cosmograd.experiments.spectator.run import run
    from cosmograd.experiments.spectator.specification import parse
    from cosmograd.runs import ResultFolder

    folder = folder_to_fill(ResultFolder, out, "spectator")
    options = {"mass_over_hubble_squared": mass, "accuracy": accuracy}
    contents: dict[str, Any] = {key: value for key, value in options.items() if value is not None}
    if wavenumbers is not None:
        given = _wavenumbers(wavenumbers)
        if not isinstance(given, dict):
            raise UserError("--wavenumbers of a test field is FIRST:LAST:COUNT in k/aH, falling: 100:0.01:201.")
        contents |= given
    result = run(parse(contents))
    _finish(result, summary(result), folder, json)


def _finish(result: "Result", numbers: dict[str, Any], folder: Any, json: bool) -> None:
    finish(result, numbers, folder, json, lambda: _print_numbers(result))


def _print_numbers(result: "Result") -> None:
    from rich.table import Table

    from cosmograd.cli.console import plain_number, tables
    from cosmograd.experiments.universe.findings import PRINTED_AS

    table = Table("", "value", "unit", "what it is", title=result.attrs["name"])
    for name, value in result.numbers.items():
        quantity = result[name].quantity
        table.add_row(PRINTED_AS.get(name, name), plain_number(value, 9), quantity.unit, quantity.meaning)
    tables.print(table)
    if "mode_real" in result:
        _print_mode(result)


_PRINTED_ROWS = 13


def _print_mode(result: "Result") -> None:
    """The mode of a test field and its power, at some k/aH from the first to the last."""
    import numpy as np
    from rich.table import Table

    from cosmograd.cli.console import tables

    names = ("wavenumber_over_ah", "mode_real", "mode_imaginary", "power")
    columns = [result[name].values for name in names]
    table = Table("k/aH", "Re δφ [H/k^(3/2)]", "Im δφ [H/k^(3/2)]", "power k³|δφ|²/2π² [H²]", title="Mode")
    for i in np.unique(np.linspace(0, len(columns[0]) - 1, _PRINTED_ROWS).round().astype(int)):
        table.add_row(*(f"{column[i]:.7g}" for column in columns))
    tables.print(table)


def _print_potentials(json: bool) -> None:
    from rich.table import Table

    from cosmograd.cli.console import print_json, tables
    from cosmograd.experiments.universe.specification import parameters_of, potentials_by_name

    potentials = {name: parameters_of(kind) for name, kind in potentials_by_name().items()}
    if json:
        print_json(potentials)
        return
    table = Table("potential", "parameters", title="Potentials")
    for name, parameters in potentials.items():
        table.add_row(name, "\n".join(f"{key}: {meaning}" for key, meaning in parameters.items()))
    tables.print(table)


def _numbers(option: str, text: str | None) -> list[float] | None:
    if text is None:
        return None
    return [_number(option, part) for part in text.split(",")]


def _number(option: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise UserError(f"{option}: {text!r} is not a number.") from None


def _wavenumbers(text: str | None) -> dict[str, Any] | Sequence[float] | None:
    if text is None:
        return None
    if ":" not in text:
        return _numbers("--wavenumbers", text)
    parts = text.split(":")
    if len(parts) != 3:
        raise UserError(f"--wavenumbers is FIRST:LAST:COUNT, for example 1e-2:1e2:81; got {text!r}.")
    try:
        count = int(parts[2])
    except ValueError:
        raise UserError(f"--wavenumbers: COUNT must be a whole number, got {parts[2]!r}.") from None
    return {
        "first": _number("--wavenumbers", parts[0]),
        "last": _number("--wavenumbers", parts[1]),
        "count": count,
    }
