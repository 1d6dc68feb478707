"""Ensembles before their training: members' keys and parameters, their outputs and tangent kernels."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key, PRNGKeyArray, PyTree

from cosmograd.learning.datasets import Dataset
from cosmograd.learning.member_mapping import MemberMapping, padded_count, run_members
from cosmograd.learning.memory_budget import bytes_of
from cosmograd.learning.networks import AbstractNetwork, Parameters
from cosmograd.learning.tangent_kernel import as_matrix, neural_tangent_kernel

Progress = Callable[[float], None]

# On the device, in the making, and on the host.
_COPIES_OF_A_KERNEL = 3


def member_keys(key: PRNGKeyArray, members: Int[np.ndarray, " members"]) -> Key[Array, " members"]:
    """The key of each member: folded in by its number."""
    return jax.vmap(lambda member: jax.random.fold_in(key, member))(jnp.asarray(members))


def initial_parameters(
    network: AbstractNetwork, keys: Key[Array, " members"], mapping: MemberMapping, precision: Any = "float64"
) -> Parameters:
    """The draws of these members' parameters, stacked; the number of keys is a multiple of `mapping.multiple`.

    A program of its own for each network: drawing takes longer to compile than all else of a short training.
    """
    return run_members(_drawn, mapping, keys, (network, jnp.zeros((), dtype=precision)), soon=True)


def _drawn(key: PRNGKeyArray, shared: PyTree) -> Parameters:
    network, like = shared
    return network.initialise(key, like.dtype)


def kernel_of_member(parameters: Parameters, shared: PyTree) -> Array:
    """Kernel of one member: rows over all points, columns over training points, in the dtype of the inputs."""
    network, inputs, probe_inputs = shared
    θ = jax.tree.map(lambda leaf: leaf.astype(inputs.dtype), parameters)
    train = as_matrix(neural_tangent_kernel(network, θ, inputs))
    if probe_inputs.shape[0] == 0:
        return train
    return jnp.concatenate([train, as_matrix(neural_tangent_kernel(network, θ, probe_inputs, inputs))])


def check_network_fits(network: AbstractNetwork, dataset: Dataset) -> None:
    """Raise `ValueError` unless the network takes this data's inputs and gives as many outputs as it has targets."""
    if network.input_shape != dataset.inputs.shape[1:]:
        raise ValueError(
            f"the network takes points of shape {network.input_shape}, but those of {dataset.name} have shape "
            f"{dataset.inputs.shape[1:]}."
        )
    if network.output_size != dataset.targets.shape[1]:
        raise ValueError(
            f"the network has {network.output_size} outputs, but {dataset.name} has {dataset.targets.shape[1]} targets "
            "per point; the last width must match."
        )


def padded_members(members: np.ndarray, size: int) -> np.ndarray:
    return np.concatenate([members, np.repeat(members[-1:], size - len(members))])


def mean_initial_kernel(
    network: AbstractNetwork,
    dataset: Dataset,
    key: PRNGKeyArray,
    members: int,
    mapping: MemberMapping,
    precision: Any = "float64",
    memory_budget: int = 2**30,
    progress: Progress | None = None,
    probe_rows: bool = False,
) -> Float[np.ndarray, "rows size"]:
    """Mean over the ensemble's initial networks of the tangent kernel on the training points, float64.

    The sum runs over members in their order, whatever the mapping. `precision` is that of the networks' parameters.
    probe_rows: below these rows those of the probe points, which predictions on unseen points need.
    memory_budget: bytes for the kernels of the members that are treated at a time; it changes no bit of the result.
    """
    check_network_fits(network, dataset)
    inputs, probe_inputs = (jnp.asarray(array, dtype=float) for array in (dataset.inputs, dataset.probe_inputs))
    shared = (network, inputs, probe_inputs if probe_rows else probe_inputs[:0])
    size = dataset.targets.size
    rows = dataset.all_targets.size if probe_rows else size
    of_parameters = bytes_of(abstract_parameters(network, precision))
    fitting = memory_budget // (_COPIES_OF_A_KERNEL * 8 * rows * size + of_parameters)
    chunk = padded_count(mapping, max(1, min(members, fitting)))
    total = np.zeros((rows, size))
    for first in range(0, members, chunk):
        numbers = np.arange(first, min(first + chunk, members))
        parameters = initial_parameters(network, member_keys(key, padded_members(numbers, chunk)), mapping, precision)
        kernels = np.asarray(run_members(kernel_of_member, mapping, parameters, shared))
        for kernel in kernels[: len(numbers)]:
            total += kernel
        if progress is not None:
            progress(len(numbers) / members)
    return total / members


def _outputs_of_member(parameters: Parameters, shared: PyTree) -> Array:
    network, inputs = shared
    return network.apply(parameters, inputs)


def initial_outputs(
    network: AbstractNetwork,
    dataset: Dataset,
    key: PRNGKeyArray,
    members: int,
    mapping: MemberMapping,
    precision: Any = "float64",
    memory_budget: int = 2**30,
) -> Float[np.ndarray, "members all_points outputs"]:
    """Outputs of the ensemble's initial networks on training, then probe points.

    memory_budget: bytes for the parameters of the members that are treated at a time; it changes no bit of the result.
    """
    check_network_fits(network, dataset)
    inputs = jnp.asarray(dataset.all_inputs, dtype=precision)
    of_parameters = bytes_of(abstract_parameters(network, precision))
    chunk = padded_count(mapping, max(1, min(members, memory_budget // max(1, of_parameters))))
    outputs = []
    for first in range(0, members, chunk):
        numbers = np.arange(first, min(first + chunk, members))
        parameters = initial_parameters(network, member_keys(key, padded_members(numbers, chunk)), mapping, precision)
        found = run_members(_outputs_of_member, mapping, parameters, (network, inputs), soon=True)
        outputs.append(np.asarray(found)[: len(numbers)])
    return np.concatenate(outputs)


def abstract_parameters(network: AbstractNetwork, dtype: Any) -> PyTree[jax.ShapeDtypeStruct]:
    return jax.eval_shape(lambda key: network.initialise(key, dtype), jax.random.key(0))
