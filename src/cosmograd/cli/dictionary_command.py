"""`cosmograd dictionary`: a training step read as a universe, and back."""

from typing import Annotated, Any, Literal

from cyclopts import Parameter

from cosmograd.cli.console import whole_number

TimeUnitName = Literal["canonical", "gradient-flow", "sqrt-learning-rate", "update"]
SchemeName = Literal["leapfrog", "stroboscopic"]

_UNIT_OF_TIME = {
    "canonical": "T (V = L)",
    "gradient-flow": "T (δ = η)",
    "sqrt-learning-rate": "T (δ = √η)",
    "update": "update",
}


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

    backwards = hubble_rate is not None or time_step is not None
    by_update = time_unit == "update"
    if backwards and (momentum is not None or (learning_rate is not None and not by_update)):
        raise UserError("give either --learning-rate (and --momentum), or --hubble-rate and --time-step, not both.")
    if backwards and by_update and (hubble_rate is None or learning_rate is None):
        raise UserError("in units of one update a universe needs both --hubble-rate and --learning-rate.")
    if backwards and not by_update and (hubble_rate is None or time_step is None):
        raise UserError("a universe needs both --hubble-rate and --time-step.")
    if not backwards and learning_rate is None:
        raise UserError("give --learning-rate (and --momentum), or --hubble-rate and --time-step.")
    if eigenvalue is not None and not 0 <= eigenvalue < float("inf"):
        raise UserError(f"--eigenvalue must be a finite number ≥ 0, got {eigenvalue}.")

    if points < 1:
        raise UserError(f"--points must be ≥ 1, got {points}.")

    from cosmograd.duality.dictionary import dual_universe, mass_over_hubble_squared, mass_squared, training_step

    try:
        if hubble_rate is not None:
            δ = 1.0 if time_step is None else time_step
            η, β = (float(x) for x in training_step(hubble_rate, δ, time_unit, scheme, learning_rate))
        else:
            η, β = float(learning_rate or 0.0), momentum or 0.0
        universe = dual_universe(η, β, time_unit, scheme)
    except ValueError as error:
        raise UserError(str(error)) from None
    entries: dict[str, Any] = {
        "learning_rate": η,
        "momentum": β,
        "time_unit": time_unit,
        "scheme": scheme,
        "time_step": float(universe.time_step),
        "hubble_rate": float(universe.hubble_rate),
        "cosmological_constant": float(universe.cosmological_constant),
        "e_folds_per_update": float(universe.e_folds_per_update),
    }
    if eigenvalue is not None:
        from cosmograd.duality.regimes import recursion_regimes  # loads JAX

        entries["eigenvalue"] = eigenvalue
        entries["eta_lambda"] = η * eigenvalue / points
        entries["mass_squared"] = float(mass_squared(eigenvalue, η, β, time_unit, scheme, points))
        entries["mass_over_hubble_squared"] = float(mass_over_hubble_squared(eigenvalue, η, β, scheme, points))
        entries["regime"] = str(recursion_regimes(1 + β - entries["eta_lambda"], β))
    if scheme == "stroboscopic" and β == 0:
        say("Without momentum training is of first order: its friction is infinite, and this scheme has no universe.")
    if json:
        print_json(entries)
        return
    _print_table(entries, _UNIT_OF_TIME[time_unit])


def _print_table(entries: dict[str, Any], unit: str) -> None:
    import math

    from rich.table import Table

    from cosmograd.cli.console import tables

    rows = {
        "learning_rate": ("learning rate η", ""),
        "momentum": ("momentum β", ""),
        "time_step": ("time step δ", unit),
        "hubble_rate": ("Hubble rate H", f"1/{unit}"),
        "cosmological_constant": ("cosmological constant Λ = 3H²", f"1/{unit}²"),
        "e_folds_per_update": ("e-folds per update Hδ", ""),
        "eigenvalue": ("kernel eigenvalue", ""),
        "eta_lambda": ("ηλ", ""),
        "mass_squared": ("m²", f"1/{unit}²"),
        "mass_over_hubble_squared": ("m²/H²", ""),
        "regime": ("regime of the updates, by ηλ", ""),
    }
    table = Table(title=f"{entries['scheme']} dictionary, {entries['time_unit']} time", show_header=False)
    for key, (label, of) in rows.items():
        if key not in entries:
            continue
        value = entries[key]
        if isinstance(value, float):
            value = "does not exist" if math.isnan(value) else "infinite" if math.isinf(value) else f"{value:.6g}"
        table.add_row(label, str(value), of)
    tables.print(table)
