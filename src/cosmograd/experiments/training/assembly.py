"""From the text of a specification to the objects that it names."""

from typing import Any

import jax
import numpy as np
import optax

from cosmograd.cosmology import PowerLawExpansion
from cosmograd.duality import schedule_of_expansion
from cosmograd.errors import UserError, reason
from cosmograd.experiments.sources import Sources
from cosmograd.experiments.training.networks import built_network
from cosmograd.experiments.training.specification import (
    CircleData,
    DataSection,
    DigitsData,
    LossSection,
    ModelNetwork,
    NetworkSection,
    OptimiserSection,
    Specification,
    TableData,
    TrainingSection,
)
from cosmograd.host_devices import several_threads
from cosmograd.learning import MemberMapping, check_network_fits
from cosmograd.learning.batches import AbstractBatches, batches_named
from cosmograd.learning.datasets import Dataset, circle, digits, left_out_columns, table_dataset
from cosmograd.learning.losses import AbstractDeviationLoss, PseudoHuberLoss, SquaredLoss
from cosmograd.learning.networks import AbstractNetwork, FreeNetwork
from cosmograd.learning.optimisers import AbstractOptimiser, GradientDescent, HeavyBall, Nesterov, tabulated
from cosmograd.solvers import log_spaced_integers


def build_dataset(specification: Specification, sources: Sources) -> Dataset:
    """The data of a study; `UserError` says what is wrong with it."""
    return dataset_of(specification.data, sources)


def dataset_of(data: DataSection, sources: Sources) -> Dataset:
    """The data of a section; `UserError` says what is wrong with it."""
    try:
        if isinstance(data, CircleData):
            return circle(data.points, data.probe_points, data.cosine, data.sine)
        if isinstance(data, DigitsData):
            return digits(data.classes, data.points, data.probe_points, data.encoding, data.scaling, data.seed)
        return table_dataset(
            sources.columns(data.file),
            data.target,
            data.inputs,
            data.points,
            data.probe_points,
            data.standardise,
            data.seed,
            data.file,
        )
    except UserError:
        raise
    except ValueError as error:
        raise UserError(f"data: {error}") from error


def kept_dataset(specification: Any, sources: Sources) -> Dataset:
    """The data of a specification with a section `data`; the same object for the same section."""
    return sources.once(specification, ("data",), lambda: dataset_of(specification.data, sources))


def kept_network(specification: Any, sources: Sources) -> AbstractNetwork:
    """Its network; the same object for the same sections, so that it is compiled once."""
    dataset = kept_dataset(specification, sources)
    return sources.once(specification, ("data", "network"), lambda: network_of(specification.network, dataset, sources))


def notes_on_columns(data: DataSection, sources: Sources) -> list[str]:
    """A sentence on columns of the user's table that are no inputs."""
    left_out = left_out_of(data, sources)
    return [f"Not numeric, so not among the inputs: {', '.join(map(repr, left_out))}."] if left_out else []


def settings_of_process(mapping: MemberMapping) -> dict[str, Any]:
    """How this process computes members: all that decides bits beside a specification and the versions.

    Strategies and numbers of devices that give the same bits are not told apart.
    """
    backend = jax.default_backend()
    settings = {"backend": backend, "arithmetic": mapping.arithmetic}
    return settings | ({"threads": "several" if several_threads() else "one"} if backend == "cpu" else {})


def left_out_of(data: DataSection, sources: Sources) -> list[str]:
    """Columns of the user's table that are no inputs because they are not numeric."""
    if not isinstance(data, TableData) or data.inputs is not None:
        return []
    return left_out_columns(sources.columns(data.file), data.target)


def build_network(specification: Specification, dataset: Dataset, sources: Sources) -> AbstractNetwork:
    """The network of a study, checked against the data."""
    return network_of(specification.network, dataset, sources)


def network_of(section: NetworkSection, dataset: Dataset, sources: Sources) -> AbstractNetwork:
    """The network of a section, checked against the data."""
    outputs = dataset.targets.shape[1]
    try:
        if isinstance(section, ModelNetwork):
            network = user_network(section.file, section.name, dataset.inputs.shape[1:], outputs, sources)
        else:
            network = built_network(section, dataset.inputs.shape[1:], outputs)
        check_network_fits(network, dataset)
        if section.linearised:
            network = FreeNetwork(network)
    except UserError:
        raise
    except ValueError as error:
        raise UserError(f"network: {error}") from error
    return network


def user_network(file: str, name: str, input_shape: tuple[int, ...], outputs: int, sources: Sources) -> AbstractNetwork:
    """The user's network of this name in a Python file, or what their function of this name makes.

    ValueError where it is neither, or the function fails: whatever goes wrong in it is a mistake of theirs to be named.
    """
    network = sources.model(file, name)
    if not isinstance(network, AbstractNetwork) and callable(network):
        try:
            network = network(input_shape, outputs)
        except (Exception, SystemExit) as error:
            raise ValueError(
                f"{name}({input_shape}, {outputs}) in {file} fails: {type(error).__name__}: "
                f"{reason(error)}. It is called with the shape of one point and the number of outputs."
            ) from error
    if not isinstance(network, AbstractNetwork):
        raise ValueError(
            f"{name!r} in {file} is {type(network).__name__}; it must be a network "
            "(FunctionNetwork, EquinoxNetwork, …) or a function (input_shape, outputs) that returns one."
        )
    return network


def build_loss(section: LossSection) -> AbstractDeviationLoss:
    """The loss of a study."""
    if section.kind == "squared":
        return SquaredLoss(section.normalisation)
    return PseudoHuberLoss(section.normalisation, 1.0 if section.scale is None else section.scale)


def build_optimiser(section: OptimiserSection, learning_rate: float, updates: int) -> AbstractOptimiser:
    r"""The optimiser of a study with its learning rate known.

    `learning_rate` is the first one of a cosine schedule, and δ² of a power-law expansion, whose update n is centred
    on $t_n = s + n\delta$ with the smallest start s ≥ δ/2 that the leapfrog scheme allows.
    """
    rates: Any = learning_rate
    momenta: Any = section.momentum
    if section.schedule == "cosine":
        # It would be zero after the last update, which is not made: every step made has a positive learning rate.
        rates = tabulated(optax.cosine_decay_schedule(learning_rate, updates), updates)
    elif section.schedule == "power-law" and section.exponent is not None:
        δ = learning_rate**0.5
        start = δ * max(0.5, 1.5 * section.exponent - 1)
        step = schedule_of_expansion(PowerLawExpansion(section.exponent), δ, updates + 1, start)
        rates, momenta = (step.learning_rate if section.method == "heavy-ball" else learning_rate), step.momentum
    if section.method == "nesterov":
        return Nesterov(rates, momenta)
    if np.ndim(momenta) == 0 and momenta == 0:
        return GradientDescent(rates)
    return HeavyBall(rates, momenta)


def build_batches(section: TrainingSection, points: int) -> AbstractBatches | None:
    """How a study draws its minibatches from so many points; None where it takes full ones."""
    if section.batch_size is None:
        return None
    batches = batches_named(section.sampling, section.batch_size)
    try:
        batches.check_points(points)
    except UserError:
        raise
    except ValueError as error:
        raise UserError(f"training.batch_size: {error}") from error
    return batches


def recorded_updates(section: TrainingSection) -> np.ndarray:
    """The updates after which outputs are recorded: the start and the end always."""
    if section.record == "all":
        return np.arange(section.updates + 1)
    if section.record == "log":
        return log_spaced_integers(section.updates, section.records)
    return np.unique(np.append(np.arange(0, section.updates + 1, section.record), section.updates))


def snapshot_updates(section: TrainingSection) -> np.ndarray:
    """The updates at which tangent kernels are taken."""
    return log_spaced_integers(section.updates, section.kernel_snapshots)
