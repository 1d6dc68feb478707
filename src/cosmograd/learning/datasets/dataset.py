"""Training and probe points with their targets."""

from typing import Any

import equinox as eqx
import numpy as np
from jaxtyping import Float


class Dataset(eqx.Module):
    """Points to train on and unseen probe points, with their targets, in float64.

    inputs: (points, …); targets: (points, outputs); the probe set may be empty. Dimensionless.
    """

    inputs: Float[np.ndarray, "points ..."]
    targets: Float[np.ndarray, "points outputs"]
    probe_inputs: Float[np.ndarray, "probe_points ..."]
    probe_targets: Float[np.ndarray, "probe_points outputs"]
    name: str = eqx.field(static=True, default="data")

    def __check_init__(self) -> None:
        for inputs, targets, which in (
            (self.inputs, self.targets, "training"),
            (self.probe_inputs, self.probe_targets, "probe"),
        ):
            if inputs.shape[0] != targets.shape[0]:
                raise ValueError(
                    f"{self.name}: {inputs.shape[0]} {which} inputs but {targets.shape[0]} targets; "
                    "give one row of targets per point."
                )
            for array, what in ((inputs, "inputs"), (targets, "targets")):
                bad = np.argwhere(~np.isfinite(array))
                if bad.size:
                    raise ValueError(
                        f"{self.name}: the {which} {what} hold {len(bad)} NaN or infinite values, the first in row "
                        f"{bad[0][0]} (counted from 0). Remove these rows or fill them in."
                    )
        if self.inputs.shape[0] == 0 or self.inputs.size == 0 or self.targets.size == 0:
            raise ValueError(
                f"{self.name}: nothing to train on: inputs of shape {self.inputs.shape}, targets of shape "
                f"{self.targets.shape}."
            )
        if self.targets.shape[1] != self.probe_targets.shape[1]:
            raise ValueError(
                f"{self.name}: {self.targets.shape[1]} targets per training point, but "
                f"{self.probe_targets.shape[1]} per probe point; they must agree."
            )
        if self.inputs.shape[1:] != self.probe_inputs.shape[1:]:
            raise ValueError(
                f"{self.name}: training points have shape {self.inputs.shape[1:]}, probe points "
                f"{self.probe_inputs.shape[1:]}; they must agree."
            )

    @property
    def all_inputs(self) -> Float[np.ndarray, "all_points ..."]:
        """Training points first, then probe points."""
        return np.concatenate([self.inputs, self.probe_inputs])

    @property
    def all_targets(self) -> Float[np.ndarray, "all_points outputs"]:
        """Targets in the order of `all_inputs`."""
        return np.concatenate([self.targets, self.probe_targets])


def make_dataset(
    inputs: Any, targets: Any, probe_inputs: Any = None, probe_targets: Any = None, name: str = "data"
) -> Dataset:
    """A dataset from arrays; targets of shape (points,) become (points, 1), no probe points an empty set.

    Raises `ValueError` for shapes that do not match, NaN or infinite values, and nothing to train on.
    """
    inputs, targets = _numbers(inputs, "inputs", name), _numbers(targets, "targets", name)
    if inputs.ndim < 2:
        raise ValueError(f"{name}: inputs must have shape (points, features), got {inputs.shape}.")
    if targets.ndim == 1:
        targets = targets[:, None]
    if targets.ndim != 2:
        raise ValueError(f"{name}: targets must have shape (points, outputs), got {targets.shape}.")
    if (probe_inputs is None) != (probe_targets is None):
        raise ValueError(f"{name}: give both probe inputs and probe targets, or neither.")
    if probe_inputs is None:
        probe_inputs, probe_targets = inputs[:0], targets[:0]
    probe_inputs = _numbers(probe_inputs, "probe inputs", name)
    probe_targets = _numbers(probe_targets, "probe targets", name)
    if probe_targets.ndim == 1:
        probe_targets = probe_targets[:, None]
    return Dataset(inputs, targets, probe_inputs, probe_targets, name)


def _numbers(values: Any, what: str, name: str) -> np.ndarray:
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name}: {what} must be numbers in a rectangular array ({error}).") from error


def choose_points(
    available: int, points: int | None, probe_points: int, seed: int, name: str
) -> tuple[np.ndarray, np.ndarray]:
    """Row numbers of training and probe points, drawn without replacement with a generator seeded by `seed`.

    `points` None takes all rows that are not probe points.
    """
    if points is None:
        points = available - probe_points
    if points < 1 or points + probe_points > available:
        raise ValueError(
            f"{name}: {points} training and {probe_points} probe points asked, but {available} are available; "
            "lower `points` or `probe_points`."
        )
    order = np.random.default_rng(seed).permutation(available)
    return order[:points], order[points : points + probe_points]
