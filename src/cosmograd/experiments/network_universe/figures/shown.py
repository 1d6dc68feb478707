"""What the figures read from a result, alike for one field and several, one universe and many."""

from typing import NamedTuple

import numpy as np

from cosmograd.duality.analogue import PeriodicBox
from cosmograd.experiments.network_universe.setting import setting_of
from cosmograd.figures import LegendEntry, LineStyle
from cosmograd.results import Result
from cosmograd.results.number_format import count

# Modes whose largest size is below this share of the largest of all are not chosen to be shown.
_LEAST_SHARE = 1e-3
# With fewer e-folds than this, time says more.
_LEAST_E_FOLDS = 0.02

DIRECT = LineStyle("direct solution", "#0072B2", "-", "")
NETWORK = LineStyle("network", "#D55E00", "", "o")
NETWORK_AND_DIRECT = (
    LegendEntry(DIRECT.name, DIRECT.colour),
    LegendEntry(NETWORK.name, NETWORK.colour, "", "o", fill="none"),
)


class ShownMode(NamedTuple):
    """Places of a mode and a field, and what both are called."""

    mode: int
    component: int
    label: str


def box_of(result: Result) -> PeriodicBox:
    """The box, made again."""
    return setting_of(result).box


def is_ensemble(result: Result) -> bool:
    """Whether these are many universes, not one."""
    return "member" in result


def whose(result: Result) -> str:
    """Which network's universe is drawn, to stand in a sentence."""
    return f"the first of {result.sizes['member']} networks" if is_ensemble(result) else "the network"


def field_names(result: Result) -> list[str]:
    """φ of one field; φ_1, φ_2 of two."""
    fields = result.sizes["component"]
    return ["φ"] if fields == 1 else [f"φ_{number}" for number in range(1, fields + 1)]


def passing_time(result: Result) -> tuple[np.ndarray, str]:
    """E-folds since the start, or time where the universe hardly grows; and the label of their axis."""
    e_folds = result["e_folds"].values
    if e_folds[-1] < _LEAST_E_FOLDS:
        return result["time"].values, "time t"
    return e_folds, "e-folds N"


def spaced_updates(result: Result, amount: int) -> np.ndarray:
    """About so many updates, at equal distances along the axis of time."""
    x, _ = passing_time(result)
    return np.unique(np.searchsorted(x, np.linspace(x[0], x[-1], amount)).clip(0, len(x) - 1))


def shown_modes(result: Result, most: int) -> list[ShownMode]:
    """Up to so many modes that are worth looking at, from the longest wave to the shortest."""
    sizes = np.abs(result["direct_fields"].values).max(axis=0)
    large = np.argwhere(sizes >= _LEAST_SHARE * sizes.max())
    order = np.argsort(-sizes[tuple(large.T)], kind="stable")
    if sizes[tuple(large.T)].min() < 0.1 * sizes.max():  # some stand out: these
        chosen = np.sort(order[:most])
    else:
        chosen = np.unique(np.linspace(0, len(large) - 1, min(most, len(large))).round().astype(int))
    names, fields = result["mode"].values, field_names(result)
    several = len(fields) > 1
    return [
        ShownMode(int(i), int(c), f"{names[i]} of {fields[c]}" if several else str(names[i])) for i, c in large[chosen]
    ]


def large_modes(result: Result) -> np.ndarray:
    """Which modes have a relative error at any time: those that ever reach a thousandth of the largest."""
    return np.any(np.isfinite(result["error_of_modes"].values), axis=0)


def in_space(result: Result, name: str, updates: np.ndarray) -> np.ndarray:
    """Fields at the lattice points: axes are update, field, and those of space; of three dimensions, one slice."""
    box = box_of(result)
    values = np.einsum("pm,umf->ufp", np.asarray(box.basis), result[name].values[updates])
    values = values.reshape(*values.shape[:2], *[box.points_per_side] * box.dimension)
    return values[..., 0] if box.dimension == 3 else values


def between_points(result: Result, updates: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The direct solution of one dimension as the sum of its waves at many places; axes as those of `in_space`."""
    box = box_of(result)
    place = np.linspace(0, box.length, 301)
    return place, np.einsum("pm,umf->ufp", box.basis_at(place[:, None]), result["direct_fields"].values[updates])


def modes_in_words(result: Result) -> str:
    """How many modes of how many fields."""
    fields = result.sizes["component"]
    text = count(result.sizes["mode"], "mode")
    return text if fields == 1 else f"{text} of each of {fields} fields"
