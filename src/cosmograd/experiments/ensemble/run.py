"""An ensemble in training as a result, and back to the objects that its comparison and measurement need."""

import json
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np

from cosmograd.experiments.ensemble.quantities import QUANTITIES
from cosmograd.learning import EnsembleChunk
from cosmograd.learning.batches import AbstractBatches, batches_named
from cosmograd.learning.datasets import Dataset
from cosmograd.learning.losses import (
    AbstractLoss,
    CrossEntropyLoss,
    HuberLoss,
    LogisticLoss,
    MeanSquaredError,
    PseudoHuberLoss,
    SquaredLoss,
)
from cosmograd.learning.optimisers import (
    AbstractOptimiser,
    CorrectedHeavyBall,
    CoupledWeightDecay,
    DecoupledWeightDecay,
    GradientDescent,
    HeavyBall,
    Nesterov,
)
from cosmograd.results import Result

_OPTIMISERS: dict[str, Callable[[Any, Any, Any], AbstractOptimiser]] = {
    "GradientDescent": lambda η, β, ν: GradientDescent(η),
    "HeavyBall": lambda η, β, ν: HeavyBall(η, β),
    "Nesterov": lambda η, β, ν: Nesterov(η, β),
    "CorrectedHeavyBall": CorrectedHeavyBall,
}
_DECAYS: dict[str, Callable[[AbstractOptimiser, Any], AbstractOptimiser]] = {
    "": lambda method, decay: method,
    "coupled": CoupledWeightDecay,
    "decoupled": DecoupledWeightDecay,
}
_LOSSES: dict[str, Callable[..., AbstractLoss]] = {
    "squared": SquaredLoss,
    "pseudo-huber": PseudoHuberLoss,
    "huber": HuberLoss,
    "cross-entropy": CrossEntropyLoss,
    "logistic": LogisticLoss,
    "mse": MeanSquaredError,
}


# As study files call them; any other linear method as Optax does.
METHODS = {
    "GradientDescent": "heavy-ball", "HeavyBall": "heavy-ball", "Nesterov": "nesterov", "CorrectedHeavyBall": "optax",
}  # fmt: skip


class Setting(NamedTuple):
    """What an ensemble was trained with. batches: None for full ones; sampling: their name."""

    dataset: Dataset
    loss: AbstractLoss
    optimiser: AbstractOptimiser
    batches: AbstractBatches | None = None
    sampling: str = ""


def recorded_ensemble(setting: Setting, chunks: Iterable[EnsembleChunk], said: dict[str, Any]) -> Result:
    """The chunks of a training, put together."""
    found = list(chunks)
    first, dataset, optimiser = found[0], setting.dataset, setting.optimiser
    kernels = [chunk.kernels for chunk in found if chunk.kernels is not None]
    points = len(dataset.all_inputs)
    method, decay, kind_of_decay = _apart(optimiser)
    numbers = {
        name: np.asarray(getattr(method, name, 0.0), dtype=np.float64)
        for name in ("learning_rate", "momentum", "correction")
    } | {"decay": np.asarray(decay, dtype=np.float64)}
    arrays = {
        "member": (("member",), np.concatenate([chunk.members for chunk in found])),
        "record": (("record",), first.updates),
        "snapshot": (("snapshot",), first.snapshot_updates),
        "is_probe": (("point",), np.arange(points) >= len(dataset.inputs)),
        "outputs": (("member", "record", "point", "output"), np.concatenate([chunk.outputs for chunk in found])),
        "targets": (("point", "output"), dataset.all_targets),
        "inputs": (("point", "feature"), dataset.all_inputs.reshape(points, -1)),
        "loss": (("member", "record"), np.concatenate([chunk.losses for chunk in found])),
        "diverged_at": (("member",), np.concatenate([chunk.diverged_at for chunk in found])),
        "kernels": (("member", "snapshot", "row", "column"), np.concatenate(kernels)),
        **{name: (("update",) * values.ndim, values) for name, values in numbers.items()},
        "loss_divisor": ((), float(setting.loss.divisor(len(dataset.inputs)))),
    }
    told = {
        "optimiser": type(method).__name__,
        "kind_of_decay": kind_of_decay,
        "loss": json.dumps(_described_loss(setting.loss)),
        "data": dataset.name,
        "input_shape": json.dumps(list(dataset.inputs.shape[1:])),
        "batch_size": 0 if setting.batches is None else setting.batches.size,
        "sampling": setting.sampling,
    }
    return Result.of("ensemble", QUANTITIES, arrays, told | said)


def _apart(optimiser: AbstractOptimiser) -> tuple[AbstractOptimiser, Any, str]:
    """The method without its weight decay, this, and of which kind it is."""
    if isinstance(optimiser, CoupledWeightDecay):
        return optimiser.method, optimiser.weight_decay, "coupled"
    if isinstance(optimiser, DecoupledWeightDecay):
        return optimiser.method, optimiser.shrinkage, "decoupled"
    return optimiser, 0.0, ""


def _described_loss(loss: AbstractLoss) -> dict[str, Any]:
    kind = next(kind for kind, made in _LOSSES.items() if type(loss) is made)
    scale = {"scale": float(loss.scale)} if isinstance(loss, (PseudoHuberLoss, HuberLoss)) else {}
    return {"kind": kind, "normalisation": loss.normalisation} | scale


def setting_of(ensemble: Result) -> Setting:
    """What an ensemble was trained with, as objects."""
    loss = json.loads(ensemble.attrs["loss"])
    probe = ensemble["is_probe"].values.astype(bool)
    inputs = ensemble["inputs"].values.reshape(-1, *json.loads(ensemble.attrs["input_shape"]))
    targets = ensemble["targets"].values
    kind, size = str(ensemble.attrs["optimiser"]), int(ensemble.attrs["batch_size"])
    sampling = str(ensemble.attrs["sampling"])
    return Setting(
        Dataset(inputs[~probe], targets[~probe], inputs[probe], targets[probe], str(ensemble.attrs["data"])),
        _LOSSES[loss.pop("kind")](**loss),
        _DECAYS[str(ensemble.attrs["kind_of_decay"])](
            _OPTIMISERS[kind](*(ensemble[name].values for name in ("learning_rate", "momentum", "correction"))),
            ensemble["decay"].values,
        ),
        batches_named(sampling, size) if size else None,
        sampling,
    )


def chunk_of(ensemble: Result) -> EnsembleChunk:
    """All members at once."""
    names = ("member", "record", "outputs", "loss", "diverged_at", "snapshot", "kernels")
    return EnsembleChunk(*(ensemble[name].values for name in names))
