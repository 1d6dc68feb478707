"""How one compiled program treats the members of an ensemble: the strategies, and which to choose.

`map` and `sharded-map` run member by member and give the same bits as a single member, however many there are; the
second spreads them over all devices (on CPUs: the host devices set by `jax_num_cpu_devices`). `vmap` batches a fixed
number of members into wider operations; its width changes the last bits on CPUs, so it is a recorded setting, and
members are padded to a multiple of it. `loop` calls a compiled single member from Python.
"""

import math
from collections.abc import Callable
from typing import Literal, NamedTuple, get_args

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.sharding import PartitionSpec
from jaxtyping import PyTree

from cosmograd.compilation import compiled

StrategyName = Literal["auto", "sharded-map", "map", "vmap", "loop"]
STRATEGY_NAMES: tuple[str, ...] = get_args(StrategyName)

_DEFAULT_VMAP_WIDTH = 16
# Fewer do not fill an accelerator: an H200 trains 64 networks of width 512 together 1.4 times faster than by sixteens.
_ACCELERATOR_VMAP_WIDTH = 64


class MemberMapping(NamedTuple):
    """A strategy with its settings.

    width: members per `vmap`, 1 for every other strategy; devices: over which the members are spread.
    """

    strategy: str
    width: int
    devices: int

    @property
    def arithmetic(self) -> str:
        """What of it decides the bits of a run: whether members are batched into one operation, and how many.

        Member by member is the same arithmetic by every other strategy, on one device or on several.
        """
        return f"vmap of {self.width}" if self.strategy == "vmap" else "member by member"

    @property
    def multiple(self) -> int:
        """The number of members in a call must be a multiple of this; calls are padded to it."""
        return max(self.width, self.devices)


def choose_mapping(strategy: str = "auto", members: int = 1, vmap_width: int | None = None) -> MemberMapping:
    """The mapping for a strategy's name on the devices at hand.

    `auto`: on CPUs member by member, over all host devices when there are several; on accelerators `vmap`, as wide as
    there are members, to a power of two, up to 64. The benchmarks compare the choice with every other strategy.
    """
    if strategy not in STRATEGY_NAMES:
        raise ValueError(f"`strategy` is {strategy!r}; allowed: {', '.join(STRATEGY_NAMES)}.")
    if vmap_width is not None and vmap_width < 1:
        raise ValueError(f"`vmap_width` must be ≥ 1, got {vmap_width}.")
    devices = jax.local_device_count()
    if strategy == "auto" and jax.default_backend() != "cpu":
        strategy = "vmap"
        vmap_width = vmap_width or min(_ACCELERATOR_VMAP_WIDTH, 2 ** math.ceil(math.log2(max(members, 1))))
    elif strategy == "auto":
        strategy = "sharded-map" if devices > 1 and members > 1 else "map"
    if strategy == "vmap":
        return MemberMapping("vmap", vmap_width or _DEFAULT_VMAP_WIDTH, 1)
    return MemberMapping(strategy, 1, devices if strategy == "sharded-map" else 1)


def padded_count(mapping: MemberMapping, members: int) -> int:
    """The smallest multiple of the mapping's unit that holds `members`."""
    return -(-members // mapping.multiple) * mapping.multiple


def map_members(
    function: Callable[[PyTree, PyTree], PyTree], mapping: MemberMapping, stacked: PyTree, shared: PyTree
) -> PyTree:
    """function(member, shared) for every member of `stacked` (leading axis), stacked again.

    Traceable for every strategy but `loop`, which is a Python loop over the compiled function. The number of members
    must be a multiple of `mapping.multiple`.
    """
    arrays, static = eqx.partition(shared, eqx.is_array)

    def one(member: PyTree, arrays: PyTree) -> PyTree:
        return function(member, eqx.combine(arrays, static))

    if mapping.strategy == "map":
        return jax.lax.map(lambda member: one(member, arrays), stacked)
    if mapping.strategy == "vmap":
        grouped = jax.tree.map(
            lambda leaf: leaf.reshape(leaf.shape[0] // mapping.width, mapping.width, *leaf.shape[1:]), stacked
        )
        results = jax.lax.map(lambda group: jax.vmap(lambda member: one(member, arrays))(group), grouped)
        return jax.tree.map(lambda leaf: leaf.reshape(-1, *leaf.shape[2:]), results)
    if mapping.strategy == "sharded-map":
        mesh = jax.make_mesh((mapping.devices,), ("members",), axis_types=(jax.sharding.AxisType.Auto,))
        spread, whole = PartitionSpec("members"), PartitionSpec()
        return jax.shard_map(
            lambda members, arrays: jax.lax.map(lambda member: one(member, arrays), members),
            mesh=mesh,
            in_specs=(spread, whole),
            out_specs=spread,
            check_vma=False,
        )(stacked, arrays)
    members = jax.tree.leaves(stacked)[0].shape[0]
    results = [
        _compiled_single(function, jax.tree.map(lambda leaf, i=i: leaf[i], stacked), shared) for i in range(members)
    ]
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *results)


@eqx.filter_jit
def _compiled_single(function: Callable[[PyTree, PyTree], PyTree], member: PyTree, shared: PyTree) -> PyTree:
    return function(member, shared)


_compiled_map, _soon_compiled_map = eqx.filter_jit(map_members), compiled(map_members)


def run_members(
    function: Callable[[PyTree, PyTree], PyTree],
    mapping: MemberMapping,
    stacked: PyTree,
    shared: PyTree,
    soon: bool = False,
) -> PyTree:
    """`map_members`, compiled once per function, mapping and shapes.

    `function` must be a module-level function (it is part of the cache's key); what varies goes into `shared`.
    soon: what runs only once is better compiled quickly than well (`cosmograd.compilation`).
    """
    if mapping.strategy == "loop":
        return map_members(function, mapping, stacked, shared)
    return (_soon_compiled_map if soon else _compiled_map)(function, mapping, stacked, shared)
