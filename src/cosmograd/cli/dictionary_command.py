"""`cosmograd dictionary`: a training step read as a universe, and back."""

from typing import Annotated, Any, Literal

from cyclopts import Parameter

from cosmograd.cli.console import whole_number
from cosmograd.learning.optimiser_names import OptimiserName

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
    optimiser: OptimiserName = "sgd",
    convention: Literal["heavy-ball", "averaged"] = "heavy-ball",
    dampening: float = 0.0,
    weight_decay: float | None = None,
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
        Momentum 0 ≤ β < 1, for Adam β₁; 0 when left out, 0.9 for Nesterov, Adam and AdamW.
    hubble_rate
        Hubble rate H > 0 to be simulated.
    time_step
        Duration δ > 0 of an update.
    time_unit
        Unit of time: canonical (V = L), gradient-flow (δ = η), sqrt-learning-rate (δ = √η) or update (δ = 1).
    scheme
        leapfrog: the exact central-difference reading; stroboscopic: the continuous system through every update.
    optimiser
        Whose numbers these are: sgd (heavy ball), nesterov, adam, adamw or rmsprop, as in PyTorch. Those of Adam, AdamW
        and RMSProp are for eigenvalues of the preconditioned kernel, after the transient of the bias correction.
    convention
        heavy-ball: v = βv + g; averaged: v = βv + (1 − β)g, as in textbooks, which is heavy ball at η(1 − β).
    dampening
        Dampening 0 ≤ τ < 1 of PyTorch's SGD: v = βv + (1 − τ)g.
    weight_decay
        Weight decay w ≥ 0: in the gradient, for AdamW beside it; 0 when left out, 0.01 for AdamW.
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
    from cosmograd.experiments.dictionary.numbers import both_sides, contradiction, momentum_of, of_mode, of_optimiser

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
    averaged = convention == "averaged"
    own = {"optimiser": optimiser, "dampening": dampening, "weight_decay": weight_decay, "averaged": averaged}
    as_heavy_ball = optimiser == "sgd" and not (dampening or weight_decay or averaged)
    if hubble_rate is not None and not as_heavy_ball:
        raise UserError("a universe is simulated by heavy ball: leave --optimiser and its conventions out.")
    try:
        if hubble_rate is not None:
            there = both_sides(**asked, time_unit=time_unit, scheme=scheme)
            η, β = float(there["learning_rate"]), float(there["momentum"])
        else:
            assert learning_rate is not None
            η, β = learning_rate, momentum_of(momentum, **own)
        found, step = of_optimiser(η, β, time_unit, scheme, **own)
    except ValueError as error:
        raise UserError(str(error)) from None
    del found["potential_scale"]
    entries: dict[str, Any] = {"learning_rate": η, "momentum": β, "time_unit": time_unit, "scheme": scheme}
    if not as_heavy_ball:
        entries |= {"optimiser": optimiser, "convention": convention}
    entries |= {name: float(value) for name, value in found.items()}
    if eigenvalue is not None:
        mode = of_mode(eigenvalue, step, found, time_unit, scheme, points)
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

    own = f" of {entries['optimiser']}" if "optimiser" in entries else ""
    table = Table(title=f"{entries['scheme']} dictionary{own}, {entries['time_unit']} time", show_header=False)
    known = ("effective_learning_rate", "effective_momentum") if not own else ()
    for quantity in QUANTITIES:
        if quantity.name not in entries or quantity.name in known:
            continue
        value = entries[quantity.name]
        if isinstance(value, float):
            value = "does not exist" if math.isnan(value) else "infinite" if math.isinf(value) else f"{value:.6g}"
        table.add_row(quantity.meaning, str(value), unit_of(quantity, entries["time_unit"]))
    tables.print(table)
