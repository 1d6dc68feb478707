"""A swept hyperparameter as an axis, and the points that differ in it alone."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import xarray as xr

from cosmograd.experiments.training.analysis.swept_keys import AFTER_TRAINING, labels_in_words

STEP_KEYS = ("optimiser.eta_lambda_max", "optimiser.learning_rate")
MOMENTUM_KEY = "optimiser.momentum"


class SweptAxis(NamedTuple):
    """name: as axes and JSON name it; values: at every point, NaN where it has none."""

    name: str
    values: np.ndarray


class Group(NamedTuple):
    """Points that differ in one key alone: their numbers, and what they have in common, as far as it was swept."""

    label: str
    members: np.ndarray
    labels: dict[str, object]


def swept_axis(results: xr.Dataset, key: str) -> SweptAxis | None:
    """A key as an axis of positive numbers; None for texts, seeds and what has no number.

    Momentum is counted as (1 − β)/(1 + β), which is what the dictionary's rates go with.
    """
    values = results[key].values
    if values.dtype.kind not in "fiu" or is_seed(key):
        return None
    x = values.astype(float)
    if key == MOMENTUM_KEY:
        return SweptAxis("(1 − β)/(1 + β)", (1 - x) / (1 + x))
    return SweptAxis(key, np.where(x > 0, x, np.nan))


def is_seed(key: str) -> bool:
    """Seeds only repeat, and separate no groups."""
    return key == "seed" or key.endswith(".seed")


# Keys that do not change the training itself, or replace the network by its linear theory.
_NO_HYPERPARAMETERS = (*AFTER_TRAINING, "network.linearised")


def is_hyperparameter(key: str) -> bool:
    """Whether a swept key is one whose effect on the training is asked for."""
    return not is_seed(key) and not key.startswith(_NO_HYPERPARAMETERS)


def groups_of(results: xr.Dataset, keys: Sequence[str], along: Sequence[str]) -> list[Group]:
    """The points by all swept keys but those in `along`, in the order of the study."""
    others = [key for key in keys if key not in along and not is_seed(key)]
    columns = {key: results[key].values.tolist() for key in others}
    rows: dict[str, list[int]] = {}
    for index in range(results.sizes["study_point"]):
        rows.setdefault(repr([columns[key][index] for key in others]), []).append(index)
    labels = labels_in_words({key: values for key, values in columns.items() if len(set(map(repr, values))) > 1})
    found = []
    for members in rows.values():
        common = {key: columns[key][members[0]] for key in others}
        found.append(Group(labels[members[0]] if labels else "", np.array(members), common))
    return found


def comparable(results: xr.Dataset, keys: Sequence[str], along: str) -> list[Group]:
    """The points by those swept keys that are no numbers: a law of powers holds within a parametrisation or a loss."""
    numbers = [key for key in keys if results[key].values.dtype.kind in "fiu"]
    return groups_of(results, keys, [along, *numbers])


def told_apart(groups: Sequence[Group]) -> list[str]:
    """These groups by the keys in which they differ from each other."""
    columns = {key: [group.labels[key] for group in groups] for key in (groups[0].labels if groups else {})}
    labels = labels_in_words({key: values for key, values in columns.items() if len(set(map(repr, values))) > 1})
    return labels or [""] * len(groups)


def group_numbers(results: xr.Dataset, keys: Sequence[str], along: Sequence[str]) -> np.ndarray:
    """The number of each point's group."""
    numbers = np.zeros(results.sizes["study_point"], dtype=int)
    for number, group in enumerate(groups_of(results, keys, along)):
        numbers[group.members] = number
    return numbers
