"""`cosmograd dictionary`: a training step read as a universe, and back."""

from typing import Annotated, Any, Literal

from cyclopts import Parameter

from cosmograd.cli.console import whole_number

TimeUnitName = Literal["canonical", "gradient-flow", "sqrt-learning-rate", "update"]
SchemeName = Literal["leapfrog", "stroboscopic"]


def dictionary(
    *,
    learning_rate: float | None = None,
    momentum: float | None = None,
    hubble_rate: float | None = None,
    time_step: float | None = None,
    time_unit: TimeUnitName = "canonical",
    scheme: SchemeName = "leapfrog",
    eigenvalue: float | None = None,
    points: Annotated[int, Parameter(converter=whole_number)] = 1,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """The dual universe of a learning rate and a momentum, or the training step of a universe.

    Either --learning-rate with --momentum, or --hubble-rate with --time-step, in units of --time-unit. An update lasts
    one unit in the unit `update`; there --hubble-rate goes with --learning-rate.

    Parameters
    ----------
    learning_rate
        Learning rate η > 0.
    momentum
        Momentum 0 ≤ β < 1 of heavy-ball gradient descent; 0 when left out.
    hubble_rate
        Hubble rate H > 0 to be simulated.
    time_step
        Duration δ > 0 of an update.
    time_unit
        Unit of time: canonical (V = L), gradient-flow (δ = η), sqrt-learning-rate (δ = √η) or update (δ = 1).
    scheme
        leapfrog: the exact central-difference reading; stroboscopic: the continuous system through every update.
    eigenvalue
        Eigenvalue ≥ 0 of the tangent kernel, for the mass of its mode and the regime of its updates (that of the
        recursion itself; the field it is a scheme for turns oscillating at m²/H² = 9/4).
    points
        Number of points N that the loss is the mean over; 1 when it is their sum.
    json
        Print one JSON object.
    """
    from cosmograd.cli.console import print_json, say
    from cosmograd.errors import UserError
    from cosmograd.experiments.dictionary.numbers import both_sides, contradiction, of_mode

    asked = {
        "learning_rate": learning_rate,
        "momentum": momentum,
        "hubble_rate": hubble_rate,
        "time_step": time_step,
    }
    given = [name for name, value in asked.items() if value is not None]
    if fault := contradiction(given, time_unit, lambda name: f"--{name.replace('_', '-')}"):
        raise UserError(f"{fault}.")
    if eigenvalue is not None and not 0 <= eigenvalue < float("inf"):
        raise UserError(f"--eigenvalue must be a finite number ≥ 0, got {eigenvalue}.")
    if points < 1:
        raise UserError(f"--points must be ≥ 1, got {points}.")
    try:
        found = both_sides(**asked, time_unit=time_unit, scheme=scheme)
    except ValueError as error:
        raise UserError(str(error)) from None
    del found["potential_scale"]
    η, β = (float(found.pop(name)) for name in ("learning_rate", "momentum"))
    entries: dict[str, Any] = {"learning_rate": η, "momentum": β, "time_unit": time_unit, "scheme": scheme}
    entries |= {name: float(value) for name, value in found.items()}
    if eigenvalue is not None:
        mode = of_mode(eigenvalue, η, β, time_unit, scheme, points)
        entries |= {name: str(value) if name == "regime" else float(value) for name, value in mode.items()}
    if scheme == "stroboscopic" and β == 0:
        say("Without momentum training is of first order: its friction is infinite, and this scheme has no universe.")
    if json:
        print_json(entries)
        return
    _print_table(entries)


def _print_table(entries: dict[str, Any]) -> None:
    import math

    from rich.table import Table

    from cosmograd.cli.console import tables
    from cosmograd.experiments.dictionary.quantities import QUANTITIES, unit_of

    table = Table(title=f"{entries['scheme']} dictionary, {entries['time_unit']} time", show_header=False)
    for quantity in QUANTITIES:
        if quantity.name not in entries:
            continue
        value = entries[quantity.name]
        if isinstance(value, float):
            value = "does not exist" if math.isnan(value) else "infinite" if math.isinf(value) else f"{value:.6g}"
        table.add_row(quantity.meaning, str(value), unit_of(quantity, entries["time_unit"]))
    tables.print(table)
