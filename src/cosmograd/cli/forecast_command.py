"""`cosmograd forecast`: a training before it is made, from data, a model and an optimiser."""

from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from cosmograd.cli.console import whole_number
from cosmograd.learning.optimiser_names import OptimiserName

Count = Annotated[int, Parameter(converter=whole_number)]

# Rows beyond this are left out, with a word about it: the kernel grows with the square of the rows.
LARGEST_TABLE = 512


def forecast(
    *,
    data: str | None = None,
    target: str | None = None,
    model: Path | None = None,
    optimiser: OptimiserName = "sgd",
    learning_rate: float,
    momentum: float | None = None,
    convention: Literal["heavy-ball", "averaged"] = "heavy-ball",
    dampening: float = 0.0,
    weight_decay: float | None = None,
    b2: float | None = None,
    eps: float = 1e-8,
    schedule: Literal["constant", "cosine", "linear", "step", "wsd", "inverse"] = "constant",
    warm_up: Count = 0,
    decay: float = 0.0,
    final: float = 0.0,
    updates: Count = 1000,
    batch_size: Count | None = None,
    loss: Literal["mean", "sum", "mse", "cross-entropy", "logistic", "huber"] = "mean",
    network: Literal["perceptron", "convolutional", "residual", "attention"] = "perceptron",
    width: Count | None = None,
    hidden_layers: Count = 2,
    activation: str | None = None,
    parametrisation: Literal["ntk", "standard", "mup"] = "ntk",
    rows: Count | None = None,
    probe_rows: Count = 0,
    standardise: Annotated[bool, Parameter(negative="")] = False,
    trial: Count = 0,
    seed: Count = 0,
    out: Path | None = None,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Forecast a training, without making it: stable learning rates, regime, learning curve, what to change.

    The network is taken as linear in its parameters from their start on. Inputs and target are taken as they are in the
    file, unless --standardise is given.

    Parameters
    ----------
    data
        Table: .csv, .npz or .parquet; or `digits`. Left out, the file of --model defines `inputs` and `targets`.
    target
        Column to learn; with cross-entropy a column of classes, numbered from 0.
    model
        Python file that defines `model`: of Equinox, Flax or PyTorch, or a pair (apply, parameters). The network of the
        options below when left out.
    optimiser
        Whose numbers these are, as in PyTorch.
    learning_rate
        Learning rate η > 0; of schedules the largest.
    momentum
        Momentum 0 ≤ β < 1, for Adam β₁; 0 when left out, 0.9 for Nesterov, Adam and AdamW.
    convention
        heavy-ball: v = βv + g; averaged: v = βv + (1 − β)g, as in textbooks.
    dampening
        Dampening of PyTorch's SGD.
    weight_decay
        Weight decay; 0 when left out, 0.01 for AdamW.
    b2
        Decay rate of the averages of squared gradients: β₂ of Adam (0.999), α of RMSProp (0.99).
    eps
        ε of Adam and RMSProp.
    schedule
        constant, cosine, linear, step (a tenth at one half and again at three quarters of the run), wsd (constant, then
        linear over the last fifth) or inverse, η/(1 + decay·n).
    warm_up
        Updates that rise linearly before it.
    decay
        Decay of `inverse`.
    final
        Share of η at the end of cosine, linear and wsd.
    updates
        Length of the run.
    batch_size
        Points in a batch, drawn without replacement; full batches when left out.
    loss
        Squared loss as mean or sum over points (½, and summed over outputs); mse: PyTorch's MSELoss, the mean over
        points and outputs without a half; cross-entropy of classes, logistic or Huber's, means over points.
    network
        Kind of network; convolutional and attention for points that are images, or rows of tokens.
    width
        Width of hidden layers or blocks (512; 64 of those with attention), channels of convolutions (64).
    hidden_layers
        Number of hidden layers, convolutions or residual blocks.
    activation
        tanh, erf, relu, gelu, sin or linear; tanh for the perceptron, relu for others when left out.
    parametrisation
        How layers are scaled with their width: ntk, standard (PyTorch's kind) or mup.
    rows
        Rows to use, drawn at random; all of them up to 512 when left out.
    probe_rows
        Further rows that are not learned, on which loss and accuracy are forecast.
    standardise
        Inputs, and targets that are no classes, to zero mean and unit deviation.
    trial
        So many updates are made with the real model of JAX, to measure the forecast's own error.
    seed
        Seed of the draw of rows and of the perceptron.
    out
        Folder for results, figures and page.
    json
        Print one JSON object.
    """
    from cosmograd.cli.console import progress_bar, say, start_jax
    from cosmograd.cli.single_results import finish, folder_to_fill
    from cosmograd.errors import UserError
    from cosmograd.learning.schedules import schedule_named

    for name, value in (("updates", updates), ("width", width), ("rows", rows), ("batch-size", batch_size)):
        if value is not None and value < 1:
            raise UserError(f"--{name} must be ≥ 1, got {value}.")
    if data is None and model is None:
        raise UserError("name the training's data: --data FILE --target COLUMN, --data digits, or --model FILE.")
    try:
        rates = schedule_named(schedule, learning_rate, updates, warm_up, decay, final)
    except ValueError as error:
        raise UserError(str(error)) from None
    from cosmograd.runs import ResultFolder

    folder = folder_to_fill(ResultFolder, out, "forecast")
    start_jax()
    import cosmograd
    from cosmograd.experiments.forecast.findings import summary, warnings_of
    from cosmograd.learning.optimisers import named_optimiser

    notes: list[str] = []
    sizes = {"rows": rows, "probe_rows": probe_rows, "seed": seed}
    found = _data(data, target, loss, standardise, notes, **sizes) if data is not None else None
    namespace = _file_of_model(model, found is None) if model is not None else {}
    if found is None:
        x, y, probe_x, probe_y = namespace["inputs"], namespace["targets"], None, None
    else:
        x, y, probe_x, probe_y = found
    try:
        method = named_optimiser(optimiser, rates, momentum, dampening, weight_decay, convention == "averaged", b2, eps)
        asked = {"kind": network, "activation": activation, "parametrisation": parametrisation, "width": width}
        chosen = namespace["model"] if namespace else _network(asked, x, y, loss, hidden_layers, seed)
        with progress_bar("forecast") as advance:
            result = cosmograd.forecast(
                chosen, x, y, method, updates=updates, loss=loss, batch_size=batch_size, probe_inputs=probe_x,
                probe_targets=probe_y, trial=trial, progress=advance,
            )  # fmt: skip
    except ValueError as error:
        raise UserError(str(error)) from error
    for text in notes:
        say(text)
    entries = summary(result) | {"notes": notes}
    if not json:
        for text in warnings_of(result):
            say(f"Warning: {text}")
    finish(result, entries, folder, json, lambda: _print_tables(entries))


def _data(
    data: str,
    target: str | None,
    loss: str,
    standardise: bool,
    notes: list[str],
    *,
    rows: Any,
    probe_rows: int,
    seed: int,
) -> tuple[Any, Any, Any, Any]:
    """Inputs and targets, then those of unseen rows, None without any."""
    import dataclasses

    import numpy as np

    from cosmograd.errors import UserError
    from cosmograd.learning.datasets import digits, table_dataset
    from cosmograd.runs import read_columns

    classes = loss == "cross-entropy"
    try:
        if data == "digits":
            count = rows or 128
            found = digits(points=count, probe_points=probe_rows, encoding="one-hot", seed=seed)
            notes.append(f"{count} of the digits, standardised." if rows is None else "The digits are standardised.")
        else:
            if target is None:
                raise UserError("name the column to learn: --target COLUMN.")
            columns = read_columns(Path(data))
            available = len(next(iter(columns.values())))
            if rows is None and available - probe_rows > LARGEST_TABLE:
                rows = LARGEST_TABLE
                notes.append(
                    f"{data} has {available} rows; {rows} of them, drawn at random, are used. Choose with --rows."
                )
            found = table_dataset(columns, target, None, rows, probe_rows, False, seed, data)
            if standardise:
                plain = found
                found = table_dataset(columns, target, None, rows, probe_rows, True, seed, data)
                if classes or loss == "logistic":
                    found = dataclasses.replace(found, targets=plain.targets, probe_targets=plain.probe_targets)
    except ValueError as error:
        raise UserError(str(error)) from None
    x, y = np.asarray(found.inputs), np.asarray(found.targets)
    if not len(found.probe_inputs):
        return x, y, None, None
    return x, y, np.asarray(found.probe_inputs), np.asarray(found.probe_targets)


def _file_of_model(path: Path, with_data: bool) -> dict[str, Any]:
    from cosmograd.runs import load_model

    names = ("model", "inputs", "targets") if with_data else ("model",)
    return {name: load_model(path, name) for name in names}


def _network(asked: dict[str, Any], x: Any, y: Any, loss: str, layers: int, seed: int) -> Any:
    import jax
    import jax.numpy as jnp
    import numpy as np
    from pydantic import TypeAdapter

    from cosmograd.experiments.training.networks import built_network
    from cosmograd.experiments.training.specification import NetworkSection

    outputs = np.shape(y)[1]
    if loss == "cross-entropy" and outputs == 1:
        outputs = int(np.max(y)) + 1 if np.isfinite(y).all() else 1
    of_layers = {"perceptron": "hidden_layers", "convolutional": "layers", "residual": "depth"}
    contents = {key: value for key, value in asked.items() if value is not None}
    if asked["kind"] in of_layers:
        contents[of_layers[asked["kind"]]] = layers
    if asked["kind"] == "residual" and asked["width"] is None:
        contents["width"] = 512
    section: Any = TypeAdapter(NetworkSection).validate_python(contents)
    network = built_network(section, np.shape(x)[1:], outputs)
    return network.apply, network.initialise(jax.random.key(seed), jnp.float64)


def _print_tables(entries: dict[str, Any]) -> None:
    from rich.table import Table

    from cosmograd.cli.console import tables

    def shown(value: float | None) -> str:
        return "–" if value is None else f"{value:.4g}"

    limits = Table("optimiser", "full batches", "minibatches", title="Largest stable learning rate")
    batches = entries["largest_stable_learning_rate_minibatch"]
    for name, full in entries["largest_stable_learning_rate"].items():
        limits.add_row(name.replace("_", " "), shown(full["value"]), shown(batches[name]["value"]))
    tables.print(limits)
    own = Table(title=f"{entries['optimiser']}", show_header=False)
    own.add_row("largest stable learning rate", shown(entries["own_largest_stable_learning_rate"]))
    own.add_row("regime of the stiffest mode", entries["regime"] or "–")
    own.add_row("e-folds of modes 1, 2, 3", ", ".join(shown(value) for value in entries["e_folds"]["modes"][:3]))
    own.add_row("integrated learning rate Σ η/(1−β)", shown(entries["e_folds"]["integrated_learning_rate"]))
    if entries["best_learning_rate"] is not None:
        pair = f"η = {shown(entries['best_learning_rate'])}, β = {shown(entries['best_momentum'])}"
        own.add_row("best constant pair", f"{pair} (loss × {shown(entries['best_loss_share'])})")
    for name in ("temperature", "trial_error", "trial_kernel_drift"):
        if name in entries:
            own.add_row(name.replace("_", " "), shown(entries[name]))
    tables.print(own)
    paths = [name for name in ("loss", "minibatch_loss", "probe_loss", "accuracy", "probe_accuracy") if name in entries]
    curve = Table("update", *(name.replace("_", " ") for name in paths), title="Forecast")
    count = len(entries["updates"])
    for i in sorted({round(j * (count - 1) / 9) for j in range(10)}):
        curve.add_row(str(entries["updates"][i]), *(shown(entries[name][i]) for name in paths))
    tables.print(curve)
