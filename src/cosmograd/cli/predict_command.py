"""`cosmograd predict`: the learning curve and the regime of every mode, without training."""

from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from cosmograd.cli.console import whole_number

Count = Annotated[int, Parameter(converter=whole_number)]

# Rows beyond this are left out, with a word about it: the kernel grows with the square of the rows.
LARGEST_TABLE = 1024


def predict(
    *,
    data: Path,
    target: str,
    learning_rate: float,
    momentum: float = 0.0,
    method: Literal["heavy-ball", "nesterov"] = "heavy-ball",
    updates: Count = 1000,
    width: Count = 512,
    hidden_layers: Count = 2,
    activation: str = "tanh",
    loss: Literal["mean", "sum"] = "mean",
    members: Count = 4,
    rows: Count | None = None,
    seed: Count = 0,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Predict a training from the initial tangent kernel: the loss over time, and when each mode is learned.

    It is the stroboscopic prediction, exact for a kernel that stands still. The kernel of a network of finite width
    moves: `cosmograd study` measures what that changes.

    Every numeric column but the target is an input. Inputs and target are standardised to zero mean and unit
    deviation, so that the loss is that of the standardised target.

    Parameters
    ----------
    data
        Table: .csv, .npz or .parquet.
    target
        Column to learn.
    learning_rate
        Learning rate η > 0.
    momentum
        Momentum 0 ≤ β < 1.
    method
        heavy-ball (with momentum 0: plain gradient descent) or nesterov.
    updates
        Length of the run to predict.
    width
        Width of the perceptron's hidden layers.
    hidden_layers
        Number of hidden layers.
    activation
        tanh, erf, relu, gelu, sin or linear.
    loss
        Squared loss as mean or sum over points.
    members
        Initialisations that the kernel and the start are averaged over.
    rows
        Rows to use, drawn at random; all of them up to 1024 when left out.
    seed
        Seed of the draw and of the initialisations.
    json
        Print one JSON object.
    """
    from cosmograd.errors import UserError

    for name, value in (("updates", updates), ("width", width), ("members", members), ("rows", rows)):
        if value is not None and value < 1:
            raise UserError(f"--{name} must be ≥ 1, got {value}.")
    if hidden_layers < 0:
        raise UserError(f"--hidden-layers must be ≥ 0, got {hidden_layers}.")
    if not 0 <= seed < 2**63:
        raise UserError(f"--seed must be ≥ 0 and below 2⁶³, got {seed}.")

    from cosmograd.cli.console import print_json, progress_bar, say, start_jax
    from cosmograd.duality.dictionary import dual_universe
    from cosmograd.experiments.training.specification import LONGEST_RUN
    from cosmograd.runs import read_columns

    if updates > LONGEST_RUN:
        raise UserError(f"--updates must be ≤ {LONGEST_RUN}, got {updates}.")
    try:
        dual_universe(learning_rate, momentum)  # says it better than a method that takes schedules too
    except ValueError as error:
        raise UserError(str(error)) from None
    columns = read_columns(data)
    start_jax()
    from cosmograd.experiments.prediction.findings import notes_of, summary
    from cosmograd.experiments.prediction.run import notes as notes_on, run
    from cosmograd.experiments.prediction.specification import Specification
    from cosmograd.experiments.validation import validated
    from cosmograd.runs import sources_from

    said: list[str] = []

    def note(texts: list[str]) -> None:
        for text in texts[len(said) :]:
            said.append(text)
            say(text)

    available, own = len(next(iter(columns.values()))), []
    if rows is None and available > LARGEST_TABLE:
        rows = LARGEST_TABLE
        own = [f"{data} has {available} rows; {rows} of them, drawn at random, are used. Choose with --rows."]
        note(own)
    if rows is not None and rows > available:
        raise UserError(f"--rows must be at most the {available} rows that {data} has, got {rows}.")
    contents = {
        "seed": seed,
        "data": {"kind": "table", "file": str(data), "target": target, "points": rows, "seed": seed},
        "network": {"width": width, "hidden_layers": hidden_layers, "activation": activation},
        "loss": {"normalisation": loss},
        "optimiser": {"method": method, "learning_rate": learning_rate, "momentum": momentum},
        "members": members,
        "updates": updates,
    }
    asked, sources = validated(Specification, contents), sources_from(Path())
    sources.columns = lambda path: columns  # which are read already
    note([*own, *notes_on(asked, sources)])
    with progress_bar("prediction") as advance:
        result = run(asked, sources, advance)
    note([*own, *notes_of(result)])
    entries = {**summary(result), "notes": said}
    if json:
        print_json(entries)
    else:
        _print_tables(entries)


def _print_tables(entries: dict[str, Any]) -> None:
    from rich.table import Table

    from cosmograd.cli.console import tables

    stable = entries["largest_stable_eta_lambda"]
    tables.print(f"ηλ_max = {entries['eta_lambda_max']:.4g} (stable up to {stable:.4g})")
    curve = Table("update", "predicted loss", title="Learning curve")
    count = len(entries["updates"])
    for i in sorted({round(j * (count - 1) / 11) for j in range(12)}):
        curve.add_row(str(entries["updates"][i]), f"{entries['loss'][i]:.5g}")
    tables.print(curve)
    modes = Table("mode", "ηλ", "regime", "updates to learn", "share of the start", title="Leading modes")
    for number, mode in enumerate(entries["modes"][:12], 1):
        learned = "never" if mode["updates_to_learn"] is None else str(mode["updates_to_learn"])
        modes.add_row(str(number), f"{mode['eta_lambda']:.4g}", mode["regime"], learned, f"{mode['initial_share']:.2%}")
    tables.print(modes)
    tables.print(
        "Inputs and target are standardised (zero mean, unit deviation): the loss is of the standardised target."
    )
    tables.print("Stroboscopic prediction: exact while the tangent kernel stands still. `cosmograd study` tests it.")
