"""What is recorded of an ensemble in training."""

from cosmograd.results import Quantity

_FIELD = ("member", "record", "point", "output")

QUANTITIES = (
    Quantity("member", "number of the network in the ensemble", dimensions=("member",)),
    Quantity("record", "update after which outputs were recorded", "update", ("record",)),
    Quantity("snapshot", "update at which the tangent kernel was taken", "update", ("snapshot",)),
    Quantity("is_probe", "whether the point was kept from training", "", ("point",)),
    Quantity("outputs", "outputs of the networks: training points first, then probe points", dimensions=_FIELD),
    Quantity("targets", "targets of the outputs", dimensions=("point", "output")),
    Quantity("inputs", "inputs of the networks, flattened", dimensions=("point", "feature")),
    Quantity("loss", "training loss", dimensions=("member", "record"), symbol="L"),
    Quantity("diverged_at", "update at which the member diverged, −1: it did not", "update", ("member",)),
    Quantity(
        "kernels",
        "tangent kernels: rows over flattened outputs on all points, columns on training points",
        dimensions=("member", "snapshot", "row", "column"),
    ),
    Quantity("learning_rate", "learning rate η, of each update where it changes", symbol="η"),
    Quantity("momentum", "momentum β, of each update where it changes", symbol="β"),
    Quantity("correction", "gradient correction ν of the optimiser, of each update where it changes"),
    Quantity("decay", "weight decay in the gradient, or the share that an update takes off all parameters"),
    Quantity("loss_divisor", "N of the loss Σ ℓ(f − y)/N"),
)

NEEDED = tuple(quantity.name for quantity in QUANTITIES)

COMMAND = "cosmograd.train in Python"
