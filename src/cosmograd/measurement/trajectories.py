"""Recorded outputs of an ensemble in training: what a measurement starts from, checked."""

from typing import Any

import equinox as eqx
import numpy as np
from jaxtyping import Float

# Fewer records than this say nothing about two roots and their amplitudes.
LEAST_RECORDS = 8

# Mean squared step along an axis over its variance: about 2 for unrelated numbers, small along a smooth axis.
_UNRELATED, _SMOOTHER = 0.5, 5.0
_SMALLEST, _LARGEST = 1e-60, 1e60


class Trajectories(eqx.Module):
    """Outputs of an ensemble after each update, flattened over points and outputs; dimensionless.

    outputs: (updates, members, size); targets: (size,), or None where they are unknown; kernel: the tangent kernel in
    the same flattened order, of the ensemble (size, size) or of each member (members, size, size), or None;
    loss_divisor: N of the loss ½ Σ|f − y|²/N, by which the kernel is divided. Make it with `trajectories`, which checks
    everything.
    """

    outputs: Float[np.ndarray, "updates members size"]
    targets: Float[np.ndarray, " size"] | None = None
    kernel: Float[np.ndarray, "*members size size"] | None = None
    loss_divisor: float = 1.0

    @property
    def deviations(self) -> Float[np.ndarray, "updates members size"]:
        """Outputs − targets; the outputs themselves where targets are unknown."""
        return self.outputs - (0.0 if self.targets is None else self.targets)

    def without_kernel(self) -> "Trajectories":
        """The same trajectories, for blind measurements."""
        return Trajectories(self.outputs, self.targets, None, self.loss_divisor)


def trajectories(
    outputs: Any,
    targets: Any = None,
    kernel: Any = None,
    updates: Any = None,
    loss_divisor: float = 1.0,
) -> Trajectories:
    """Check recorded outputs and what is known beside them.

    outputs: (update, member, point[, output]), one record per update; updates: their numbers, increasing by one;
    targets: (point[, output]); kernel: (size, size) or (member, size, size) over flattened outputs.
    Raises ValueError that says what is wrong, where, and how to mend it.
    """
    array = _as_floats("outputs", outputs)
    if array.ndim not in (3, 4):
        raise ValueError(
            f"`outputs` must have the axes (update, member, point) or (update, member, point, output); got the shape "
            f"{array.shape}. A single network needs an axis of length 1 for the member: outputs[:, None]."
        )
    if 0 in array.shape:
        raise ValueError(f"`outputs` is empty: its shape is {array.shape}.")
    _refuse_not_finite("outputs", array, ("update", "member", "point", "output"))
    _check_updates(updates, len(array))
    known = _checked_targets(targets, array.shape[2:])
    size = int(np.prod(array.shape[2:]))
    flat = array.reshape(*array.shape[:2], size)
    matrix = _checked_kernel(kernel, array.shape[1], size)
    _refuse_scale("outputs", flat)
    _check_axes(flat)
    if len(flat) < LEAST_RECORDS:
        raise ValueError(
            f"{len(flat)} records are too few to measure anything: record at least {LEAST_RECORDS} updates, and better "
            "several times as many as the slowest mode of interest takes."
        )
    still = np.ptp(flat, axis=0).max() <= 1e-12 * np.abs(flat).max()
    if still:
        raise ValueError("the outputs do not change from update to update: there is no motion to measure.")
    number = isinstance(loss_divisor, (int, float, np.number)) and not isinstance(loss_divisor, bool)
    if not (number and _SMALLEST <= loss_divisor <= _LARGEST):
        raise ValueError(f"`loss_divisor` must be a positive number, got {loss_divisor!r}.")
    return Trajectories(flat, known, matrix, float(loss_divisor))


def _refuse_scale(name: str, values: np.ndarray) -> None:
    largest = float(np.abs(values).max())
    if not _SMALLEST <= largest <= _LARGEST and largest > 0:
        raise ValueError(
            f"`{name}` reaches {largest:.3g}; squares of it overflow or vanish. Bring it between {_SMALLEST:g} and "
            f"{_LARGEST:g} by another unit."
        )


def _as_floats(name: str, values: Any) -> np.ndarray:
    try:
        array = np.asarray(values)
        if array.dtype.kind not in "fiub":
            raise TypeError
        return array.astype(np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"`{name}` must be an array of real numbers.") from None


def _refuse_not_finite(name: str, array: np.ndarray, axes: tuple[str, ...]) -> None:
    bad = np.argwhere(~np.isfinite(array))
    if not len(bad):
        return
    place = ", ".join(f"{axis} {index}" for axis, index in zip(axes, bad[0], strict=False))
    members = sorted(set(bad[:, 1].tolist())) if array.ndim >= 3 else []
    cure = " Leave out members that diverged, or cut the record before they do." if name == "outputs" else ""
    which = f" They belong to member {', '.join(map(str, members[:8]))}{' …' * (len(members) > 8)}." if members else ""
    raise ValueError(
        f"`{name}` holds {len(bad)} NaN or infinite values, the first at {place} (counted from 0).{which}{cure}"
    )


def _check_updates(updates: Any, records: int) -> None:
    if updates is None:
        return
    numbers = _as_floats("update", updates)
    if numbers.shape != (records,):
        raise ValueError(f"`update` has {numbers.size} numbers, but `outputs` has {records} records.")
    steps = np.diff(numbers)
    wrong = np.flatnonzero(steps != 1)
    if not len(wrong):
        return
    first = int(wrong[0])
    found = f"{numbers[first + 1]:g} follows {numbers[first]:g} at place {first + 2}"
    if np.ptp(steps) == 0 and steps[0] > 1:
        raise ValueError(
            f"outputs were recorded every {steps[0]:g} updates; the recursion that is fitted joins three updates in "
            "a row, so record every update."
        )
    raise ValueError(f"`update` must count up by one without gaps, but {found}. Cut the record at the gap.")


def _checked_targets(targets: Any, shape: tuple[int, ...]) -> np.ndarray | None:
    if targets is None:
        return None
    array = _as_floats("targets", targets)
    if array.shape != shape and array.size != int(np.prod(shape)):
        raise ValueError(
            f"`targets` has the shape {array.shape}, but `outputs` ends in {shape}, (point[, output]). "
            "Are the axes of `outputs` in the order (update, member, point[, output])?"
        )
    _refuse_not_finite("targets", array, ("point", "output"))
    return array.reshape(-1)


def _checked_kernel(kernel: Any, members: int, size: int) -> np.ndarray | None:
    if kernel is None:
        return None
    array = _as_floats("kernel", kernel)
    if array.shape not in ((size, size), (members, size, size)):
        raise ValueError(
            f"`kernel` has the shape {array.shape}; allowed: ({size}, {size}), over all points and outputs, or "
            f"({members}, {size}, {size}), one for each member."
        )
    _refuse_not_finite("kernel", array, ("row", "column") if array.ndim == 2 else ("member", "row", "column"))
    _refuse_scale("kernel", array)
    scale = np.abs(array).max()
    if not scale > 0:
        raise ValueError("`kernel` is zero everywhere; nothing is learned with it.")
    if np.abs(array - np.swapaxes(array, -1, -2)).max() > 1e-5 * scale:
        raise ValueError("`kernel` is not symmetric; a tangent kernel J Jᵀ is.")
    array = (array + np.swapaxes(array, -1, -2)) / 2
    lowest = np.linalg.eigvalsh(array).min()
    if lowest < -1e-5 * scale:
        raise ValueError(f"`kernel` has the eigenvalue {lowest:.3g}; a tangent kernel J Jᵀ has none below zero.")
    return array


def _check_axes(flat: Float[np.ndarray, "updates members size"]) -> None:
    """Training is smooth along its updates, or alternates; members are unrelated. Where another axis is, say so."""
    roughness = [_roughness(flat, axis) for axis in range(3)]
    others = [axis for axis in (1, 2) if flat.shape[axis] >= LEAST_RECORDS]
    if roughness[0] <= _UNRELATED or not others:
        return
    smoothest = min(others, key=lambda axis: roughness[axis])
    if roughness[smoothest] * _SMOOTHER < roughness[0]:
        raise ValueError(
            f"the first axis of `outputs` (length {flat.shape[0]}) does not look like updates, since neighbours along "
            f"it are hardly related; axis {smoothest} (length {flat.shape[smoothest]}) does. The order is (update, "
            f"member, point[, output]): np.moveaxis(outputs, {smoothest}, 0) puts the updates first."
        )


def _roughness(values: np.ndarray, axis: int) -> float:
    """Mean squared step over the variance along an axis; of every other place too, for what alternates."""
    if values.shape[axis] < 4:
        return np.inf
    variance = float(values.var(axis=axis).mean())
    if variance == 0:
        return np.inf
    moved = np.moveaxis(values, axis, 0)
    return min(float(np.square(moved[lag:] - moved[:-lag]).mean()) for lag in (1, 2)) / variance
