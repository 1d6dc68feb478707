"""Ensembles in training: members by one compiled program, their outputs recorded at chosen updates.

The members' initial networks and their batches depend on the key and the member's number alone. Members and updates are
treated in chunks that keep to a memory budget, and no result depends on the chunks: a member is trained by the same
sequence of operations whoever its neighbours are.
"""

import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray, PyTree

from cosmograd.learning.batch_gradients import TrainingPoints, batch_gradient, batch_keys, full_gradient
from cosmograd.learning.batches import AbstractBatches
from cosmograd.learning.datasets import Dataset
from cosmograd.learning.initial_ensembles import (
    Progress,
    abstract_parameters,
    check_network_fits,
    initial_parameters,
    kernel_of_member,
    member_keys,
    padded_members,
)
from cosmograd.learning.losses import AbstractLoss
from cosmograd.learning.member_mapping import MemberMapping, run_members
from cosmograd.learning.memory_budget import (
    MemoryNeeds,
    MemoryPlan,
    bytes_of,
    bytes_of_intermediates,
    plan_memory,
)
from cosmograd.learning.networks import AbstractNetwork, Parameters
from cosmograd.learning.optimisers import AbstractOptimiser
from cosmograd.learning.tangent_kernel import kernel_working_numbers

# A member has diverged when its loss is not finite or exceeds the loss at its start (or of zero output, if that is
# larger) by this factor. Networks that only "catapult" stay far below.
DIVERGENCE_FACTOR = 1e6

# Floating-point operations between two reports of progress. Every call copies the members' whole state twice (80 ms for
# 64 members of 64-512-512-10, the time of half an update), so calls are made long: about 4 s on two
# cores, 2 s on an H200.
_OPERATIONS_PER_CALL = 6e11
_OPERATIONS_PER_CALL_OF_AN_ACCELERATOR = 1e14


class MemberState(eqx.Module):
    """One member in training (or many, stacked).

    diverged_at: the first update at which the loss left all bounds, −1 if none did; batch_key: None for full batches.
    """

    parameters: Parameters
    optimiser_state: PyTree
    loss_limit: Array
    diverged_at: Array
    batch_key: PRNGKeyArray | None = None


class EnsembleChunk(NamedTuple):
    """What is recorded of some members; all arrays on the host.

    members: their numbers; updates: after which the outputs were recorded (0 = initial); outputs: on training points,
    then probe points, in the precision of training; losses: at `updates`; diverged_at: update or −1;
    snapshot_updates, kernels: tangent kernels in float64, rows over all points, columns over training points, both in
    the order of flattened outputs; None where no snapshot was asked.
    """

    members: Int[np.ndarray, " members"]
    updates: Int[np.ndarray, " records"]
    outputs: Float[np.ndarray, "members records all_points outputs"]
    losses: Float[np.ndarray, "members records"]
    diverged_at: Int[np.ndarray, " members"]
    snapshot_updates: Int[np.ndarray, " snapshots"]
    kernels: Float[np.ndarray, "members snapshots rows columns"] | None


def _initial_state(start: tuple[Parameters, PRNGKeyArray | None], shared: PyTree) -> MemberState:
    (parameters, batch_key), (network, optimiser, loss, inputs, targets) = start, shared
    scale = jnp.maximum(loss(network.apply(parameters, inputs), targets), loss(jnp.zeros_like(targets), targets))
    return MemberState(
        parameters,
        optimiser.transformation().init(parameters),
        DIVERGENCE_FACTOR * scale,
        jnp.array(-1, dtype=jnp.int32),
        batch_key,
    )


class _Segment(NamedTuple):
    """From update `start`: on to each of the first `count` `stops`; the outputs are taken at all of them."""

    start: Array
    stops: Array
    count: Array


def _train_segment(state: MemberState, shared: PyTree) -> tuple[MemberState, Array]:
    network, optimiser, loss, batches, (inputs, targets, all_inputs), segment = shared
    transformation, points = optimiser.transformation(), TrainingPoints(inputs, targets)

    def update(n: Array, carry: tuple[MemberState, PyTree]) -> tuple[MemberState, PyTree]:
        state, drawn = carry
        if batches is None or state.batch_key is None:
            value, gradient = full_gradient(network, loss, state.parameters, points)
            largest = state.loss_limit
        else:
            value, gradient, drawn = batch_gradient(
                network, loss, state.parameters, points, batches, state.batch_key, n, drawn
            )
            # A single example may carry all of the loss.
            largest = state.loss_limit * max(1.0, inputs.shape[0] / batches.size)
        step, optimiser_state = transformation.update(gradient, state.optimiser_state, state.parameters)
        parameters = jax.tree.map(jnp.add, state.parameters, step)
        leaves_bounds = (state.diverged_at < 0) & ~(value <= largest)
        diverged_at = jnp.where(leaves_bounds, n.astype(jnp.int32), state.diverged_at)
        return MemberState(parameters, optimiser_state, state.loss_limit, diverged_at, state.batch_key), drawn

    def to_stop(i: Array, carry: tuple[tuple[MemberState, PyTree], Array]) -> tuple[tuple[MemberState, PyTree], Array]:
        run, record = carry
        before = jnp.where(i == 0, segment.start, segment.stops[i - 1])
        run = jax.lax.fori_loop(before, segment.stops[i], update, run)
        return run, record.at[i].set(network.apply(run[0].parameters, all_inputs))

    drawn = None if batches is None else batches.begin(state.batch_key, segment.start, inputs.shape[0])
    shape = (segment.stops.shape[0], all_inputs.shape[0], targets.shape[1])
    record = jnp.zeros(shape, dtype=all_inputs.dtype)
    run, record = jax.lax.fori_loop(0, segment.count, to_stop, ((state, drawn), record))
    return run[0], record


def plan_training(
    network: AbstractNetwork,
    dataset: Dataset,
    loss: AbstractLoss,
    optimiser: AbstractOptimiser,
    members: int,
    records: int,
    mapping: MemberMapping,
    snapshots: int = 0,
    precision: Any = "float64",
    memory_budget: int = 2**30,
    reserved_memory: int = 0,
    batches: AbstractBatches | None = None,
) -> MemoryPlan:
    """How `train_ensemble` will keep to its memory budget; `ValueError` says what to lower where it cannot.

    records, snapshots: their numbers; everything else as there. Nothing is computed.
    """
    dtype = jnp.dtype(precision)
    points, all_points, size = len(dataset.inputs), len(dataset.all_inputs), dataset.targets.size
    at_once = all_points if batches is None else max(all_points, batches.size)
    inputs = jax.ShapeDtypeStruct((at_once, *dataset.inputs.shape[1:]), dtype)
    parameters = abstract_parameters(network, dtype)
    state = jax.eval_shape(
        lambda θ: MemberState(θ, optimiser.transformation().init(θ), jnp.zeros((), dtype), jnp.zeros((), int)),
        parameters,
    )
    # Forward and backward pass, and what is between them.
    passes = 3 * bytes_of_intermediates(network.apply, parameters, inputs) + bytes_of(parameters)
    kernel = 8 * kernel_working_numbers(network, parameters, all_points, points) if snapshots else 0
    needs = MemoryNeeds(
        state=bytes_of(state),
        record=dataset.all_targets.size * max(dtype.itemsize, 4),
        snapshot=dataset.all_targets.size * size * 8,
        working=max(passes, kernel),
        reserved=reserved_memory,
    )
    return plan_memory(memory_budget, members, mapping.multiple, needs, records, snapshots)


def _checked_updates(
    record_updates: Sequence[int] | Int[np.ndarray, " records"],
    snapshot_updates: Sequence[int] | Int[np.ndarray, " snapshots"],
) -> tuple[Int[np.ndarray, " records"], Int[np.ndarray, " snapshots"]]:
    records, snapshots = (np.asarray(updates, dtype=np.int64) for updates in (record_updates, snapshot_updates))
    for name, updates in (("record_updates", records), ("snapshot_updates", snapshots)):
        if (np.diff(updates) <= 0).any() or (updates < 0).any():
            raise ValueError(f"`{name}` must be strictly increasing and ≥ 0, got {updates.tolist()}.")
    if len(records) == 0:
        raise ValueError("`record_updates` is empty; record at least one update.")
    return records, snapshots


def _next_segment(
    now: int, furthest: int, ahead: Int[np.ndarray, " ahead"], most_records: int
) -> tuple[int, Int[np.ndarray, " due"], _Segment]:
    """Updates that are run in one call: to `furthest`, or until the device's record is full; and what it records.

    ahead: updates that are still to be recorded.
    """
    end, due = furthest, ahead[:most_records]
    due = due[due <= end]
    if len(due) < len(ahead) and ahead[len(due)] <= end:
        end = int(due[-1])
    stops = due if len(due) and due[-1] == end else np.append(due, end)
    padded = np.append(stops, np.zeros(most_records + 1 - len(stops), dtype=np.int64))
    return end, due, _Segment(*(jnp.asarray(x, dtype=jnp.int32) for x in (now, padded, len(stops))))


def train_ensemble(
    network: AbstractNetwork,
    dataset: Dataset,
    loss: AbstractLoss,
    optimiser: AbstractOptimiser,
    key: PRNGKeyArray,
    members: int,
    record_updates: Sequence[int] | Int[np.ndarray, " records"],
    mapping: MemberMapping,
    snapshot_updates: Sequence[int] | Int[np.ndarray, " snapshots"] = (),
    precision: Any = "float64",
    memory_budget: int = 2**30,
    progress: Progress | None = None,
    reserved_memory: int = 0,
    batches: AbstractBatches | None = None,
) -> Iterator[EnsembleChunk]:
    """Train an ensemble, and yield its record, some members at a time.

    record_updates: strictly increasing updates (0 is the start) after which outputs are recorded; training ends with
    the last of these and of `snapshot_updates`, where tangent kernels are taken. precision: of parameters and
    training; kernels are always computed in the default float from them. memory_budget: bytes for the arrays of this
    function and `reserved_memory` of the caller's; it sets how many members are trained at a time and changes no bit of
    the results. progress: called with the fraction of the work done since the last call. batches: how the examples of
    each update are drawn, by each member on its own; None takes all points every time. What is recorded, losses
    included, is of all points in either case.
    """
    check_network_fits(network, dataset)
    if members < 1:
        raise ValueError(f"`members` must be ≥ 1, got {members}.")
    if batches is not None:
        batches.check_points(len(dataset.inputs))
    records, snapshots = _checked_updates(record_updates, snapshot_updates)
    dtype = jnp.dtype(precision)
    inputs, targets, all_inputs = (
        jnp.asarray(array, dtype=dtype) for array in (dataset.inputs, dataset.targets, dataset.all_inputs)
    )
    kernel_inputs = tuple(jnp.asarray(array, dtype=float) for array in (dataset.inputs, dataset.probe_inputs))

    plan = plan_training(
        network, dataset, loss, optimiser, members, len(records), mapping, len(snapshots), precision, memory_budget,
        reserved_memory, batches,
    )  # fmt: skip
    parameter_count = sum(math.prod(leaf.shape) for leaf in jax.tree.leaves(abstract_parameters(network, dtype)))
    last_update = int(max(records[-1], snapshots[-1] if len(snapshots) else 0))
    total_work = max(1, last_update) * members

    operations = 6 * len(dataset.inputs) * parameter_count * plan.members
    per_call = _OPERATIONS_PER_CALL if jax.default_backend() == "cpu" else _OPERATIONS_PER_CALL_OF_AN_ACCELERATOR
    longest = max(1, int(per_call // max(1, operations)))

    for first in range(0, members, plan.members):
        numbers = np.arange(first, min(first + plan.members, members))
        padded = padded_members(numbers, plan.members)
        start = (
            initial_parameters(network, member_keys(key, padded), mapping, dtype),
            None if batches is None else batch_keys(key, padded),
        )
        state = run_members(_initial_state, mapping, start, (network, optimiser, loss, inputs, targets), soon=True)
        del start
        outputs = np.empty((len(numbers), len(records), *dataset.all_targets.shape), dtype=dtype)
        kernels = (
            np.empty((len(numbers), len(snapshots), dataset.all_targets.size, dataset.targets.size))
            if len(snapshots)
            else None
        )
        now, recorded, taken = 0, 0, 0
        while True:
            if kernels is not None and taken < len(snapshots) and snapshots[taken] == now:
                chunk_kernels = run_members(kernel_of_member, mapping, state.parameters, (network, *kernel_inputs))
                kernels[:, taken] = np.asarray(chunk_kernels)[: len(numbers)]
                taken += 1
            if recorded == len(records) and now == last_update:
                break
            furthest = min([last_update, now + longest, *map(int, snapshots[taken : taken + 1])])
            end, due, segment = _next_segment(now, furthest, records[recorded:], plan.records)
            shared = (network, optimiser, loss, batches, (inputs, targets, all_inputs), segment)
            state, record = run_members(_train_segment, mapping, state, shared)
            outputs[:, recorded : recorded + len(due)] = np.asarray(record)[: len(numbers), : len(due)]
            recorded += len(due)
            if progress is not None and end > now:
                progress((end - now) * len(numbers) / total_work)
            now = end
        yield _chunk_of(numbers, records, outputs, state, dataset, loss, snapshots, kernels)


def _chunk_of(
    numbers: np.ndarray,
    records: np.ndarray,
    outputs: np.ndarray,
    state: MemberState,
    dataset: Dataset,
    loss: AbstractLoss,
    snapshots: np.ndarray,
    kernels: np.ndarray | None,
) -> EnsembleChunk:
    points = len(dataset.inputs)
    losses = np.empty(outputs.shape[:2])
    with np.errstate(over="ignore", invalid="ignore"):
        for index, member_outputs in enumerate(outputs):
            of_points = loss.of_points(member_outputs[:, :points].astype(np.float64), dataset.targets)
            losses[index] = np.asarray(of_points).sum(axis=1) / loss.divisor(points)
    diverged_at = np.asarray(state.diverged_at)[: len(numbers)].astype(np.int64)
    # The last update's own loss is not seen by the loop.
    unseen = (diverged_at < 0) & ~(losses[:, -1] <= np.asarray(state.loss_limit)[: len(numbers)])
    return EnsembleChunk(
        numbers, records, outputs, losses, np.where(unseen, records[-1], diverged_at), snapshots, kernels
    )
