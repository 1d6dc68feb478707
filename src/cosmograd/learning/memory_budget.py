"""How many members fit into a memory budget."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
from jaxtyping import PyTree


class MemoryPlan(NamedTuple):
    """members: how many are trained at a time; records: recorded updates kept on the device at a time."""

    members: int
    records: int


class MemoryNeeds(NamedTuple):
    """Bytes that a training needs.

    state: parameters, optimiser and flags of a member; record: its outputs at one update; snapshot: one of its kernels;
    working: what one member takes while its gradient or its kernel is computed; reserved: what the caller needs.
    """

    state: int
    record: int
    snapshot: int
    working: int
    reserved: int = 0


def bytes_of(tree: PyTree) -> int:
    """Bytes of all arrays of a tree, which may be abstract."""
    return sum(math.prod(leaf.shape) * leaf.dtype.itemsize for leaf in jax.tree.leaves(tree))


def bytes_of_intermediates(function: Callable[..., Any], *arguments: PyTree) -> int:
    """Bytes of all that a function computes on the way, as if none of it were freed; nothing is computed."""
    return _bytes_of_equations(jax.make_jaxpr(function)(*arguments).jaxpr)


def _bytes_of_equations(jaxpr: Any) -> int:
    total = 0
    for equation in jaxpr.eqns:
        inner = [getattr(value, "jaxpr", value) for value in equation.params.values()]
        inner = [value for value in inner if hasattr(value, "eqns")]
        own = sum(math.prod(v.aval.shape) * v.aval.dtype.itemsize for v in equation.outvars if hasattr(v.aval, "shape"))
        total += own + sum(_bytes_of_equations(value) for value in inner)
    return total


def plan_memory(
    budget_bytes: int, members: int, multiple: int, needs: MemoryNeeds, records: int, snapshots: int
) -> MemoryPlan:
    """Largest chunk of members, a multiple of `multiple`, whose arrays stay within the budget.

    `multiple` members are worked on at the same time. Beside that, each takes four times its state (parameters and
    optimiser, before and after an update, gradient and host copy), three times its records (device, host, float64
    copy) and twice its snapshots.
    Raises `ValueError` that says what to lower when even the smallest chunk does not fit. The results do not depend on
    the chunk.
    """
    per_member = 4 * needs.state + 3 * records * needs.record + 2 * snapshots * needs.snapshot
    fixed = multiple * needs.working + needs.reserved
    fitting = max(0, budget_bytes - fixed) // max(per_member, 1) // multiple * multiple
    if fitting < multiple:
        mib = 2**20
        raise ValueError(
            f"the memory budget of {budget_bytes / mib:.0f} MiB is too small: {multiple} member(s) at a time need "
            f"{math.ceil((multiple * per_member + fixed) / mib)} MiB (each {4 * needs.state / mib:.1f} of parameters, "
            f"{3 * records * needs.record / mib:.1f} of recorded outputs, "
            f"{2 * snapshots * needs.snapshot / mib:.1f} of kernel snapshots and {needs.working / mib:.1f} of work; "
            f"{needs.reserved / mib:.1f} for the analysis). "
            "Raise the budget, or take a smaller network, or fewer points, recorded updates or kernel snapshots"
            f"{', or strategy vmap with a smaller vmap_width' if multiple > 1 else ''}, where these can be chosen."
        )
    needed = -(-members // multiple) * multiple
    chunk = min(fitting, needed)
    device_records = max(1, min(records, (budget_bytes // 8) // max(1, chunk * needs.record)))
    return MemoryPlan(int(chunk), int(device_records))
