r"""Every update of a recorded training as one equation, $d_{n+1} - d_n = \beta(d_n - d_{n-1}) - K_n d_n$.

The components are taken along the strongest directions over the points, which the outputs of a network share: in wide
networks the kernel is the same for all outputs and does not mix them. Each equation counts by one over the root mean
square of $d_{n+1} - d_n$ over members and directions, so that late small motion counts as much as the first; where
rounding or noise is larger than the motion, by one over that.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from cosmograd.measurement.recorded_trajectories import LEAST_RECORDS, Trajectories

# So many equations at the most: all of the first updates, and evenly spread ones of those that follow.
_FIRST_ROWS, _LATER_ROWS = 300, 300
# Directions over all outputs that may drive each other.
_MOST_ACROSS = 24
# Motion below this share of the largest is rounding.
_ROUNDING = 1e-13
_AT_REST = 1e-14
# Outputs that flicker by so many units in the last place of the numbers as recorded are at rest.
_UNITS_IN_LAST_PLACE = 2


class MotionRows(NamedTuple):
    """The equations of a record.

    change, velocity, deviation: $d_{n+1} - d_n$, $d_n - d_{n-1}$ and $d_n$ along the directions; force: $-Θ_n d_n/N$ of
    known kernels; basis: the directions; updates: n in recorded updates from the first on; weights: of the equations;
    across: strongest directions over outputs and directions together; from_rest: whether the first equation is that of
    a network at rest; ends_known: whether targets are known; left_out: |motion along no direction| / |motion|; noise:
    standard deviation of noise on the outputs, rounding included.
    """

    change: Float[np.ndarray, "members rows outputs directions"]
    velocity: Float[np.ndarray, "members rows outputs directions"]
    deviation: Float[np.ndarray, "members rows outputs directions"]
    force: Float[np.ndarray, "members rows outputs directions"] | None
    basis: Float[np.ndarray, "points directions"]
    updates: Int[np.ndarray, " rows"]
    length: int
    weights: Float[np.ndarray, " rows"]
    across: Float[np.ndarray, "components across"]
    from_rest: bool
    ends_known: bool
    left_out: float
    noise: float

    @property
    def members(self) -> int:
        return self.change.shape[0]

    @property
    def outputs(self) -> int:
        return self.change.shape[2]

    @property
    def directions(self) -> int:
        return self.change.shape[3]

    def of_members(self, kept: Int[np.ndarray, " some"]) -> "MotionRows":
        """The equations of some networks."""
        force = None if self.force is None else self.force[kept]
        change, velocity, deviation = (part[kept] for part in (self.change, self.velocity, self.deviation))
        return self._replace(change=change, velocity=velocity, deviation=deviation, force=force)

    def along(self, count: int) -> "MotionRows":
        """The same along fewer directions, the strongest ones."""
        if count == self.directions:
            return self
        kept = np.arange(self.outputs * self.directions).reshape(self.outputs, -1)[:, :count].ravel()
        cut = self._replace(
            change=self.change[..., :count],
            velocity=self.velocity[..., :count],
            deviation=self.deviation[..., :count],
            basis=self.basis[:, :count],
            force=None if self.force is None else self.force[..., :count],
        )
        return cut._replace(across=np.linalg.qr(self.across[kept])[0] if self.outputs > 1 else np.eye(count))


def motion_rows(record: Trajectories, directions: int, noise: float = 0.0) -> MotionRows:
    """The equations along so many directions at the most. noise: standard deviation of noise on the outputs."""
    members, count = record.outputs.shape[1], min(directions, record.points)
    basis, sizes = directions_over_points(record, count)
    rest = record.at_rest
    updates = _chosen_updates(_last_in_motion(record), 0 if rest else 1)
    shape = (members, len(updates), record.output_count, count)
    change, velocity, deviation = np.empty(shape), np.empty(shape), np.empty(shape)
    force = None if record.kernel is None else np.empty(shape)
    needed = np.unique(np.concatenate([np.maximum(updates - 1, 0), updates, updates + 1]))
    now, after, before = (np.searchsorted(needed, at) for at in (updates, updates + 1, np.maximum(updates - 1, 0)))
    covariance = 0.0
    for member in range(members):
        d = record.deviation_of(member, needed)
        x = np.einsum("npo,pk->nok", d.reshape(len(d), record.points, -1), basis, optimize=True)
        deviation[member] = x[now]
        change[member] = x[after] - x[now]
        velocity[member] = x[now] - x[before]
        if force is not None:
            pushed = -record.kernel_times(member, updates, d[now])
            force[member] = np.einsum("npo,pk->nok", pushed.reshape(len(updates), record.points, -1), basis)
        flat = deviation[member].reshape(len(updates), -1)
        flat = flat - flat.mean(axis=0)
        covariance = covariance + (flat.T @ flat if record.output_count > 1 else 0.0)
    squares = np.mean(change**2, axis=(0, 2, 3))
    floor = 6 * noise**2 + _ROUNDING**2 * max(float(squares.max()), float(np.mean(deviation[:, 0] ** 2)))
    across = np.eye(count)
    if record.output_count > 1:
        across = np.linalg.eigh(covariance)[1][:, ::-1][:, :_MOST_ACROSS]
    return MotionRows(
        change,
        velocity,
        deviation,
        force,
        basis,
        updates,
        len(record.outputs) - 1,
        1 / np.sqrt(squares + floor),
        across,
        rest,
        record.targets is not None,
        float(np.sqrt(max(1 - sizes[:count].sum() / max(sizes.sum(), 1e-300), 0.0))),
        noise,
    )


def directions_over_points(record: Trajectories, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Principal directions of all motion over the points, and the squared motion along each of all directions."""
    records = np.unique(np.linspace(0, len(record.outputs) - 1, _FIRST_ROWS + _LATER_ROWS).round().astype(int))
    covariance = np.zeros((record.points, record.points))
    for member in range(record.outputs.shape[1]):
        d = record.deviation_of(member, records)
        motion = (d - d.mean(axis=0)).reshape(len(d), record.points, -1)
        flat = np.swapaxes(motion, 1, 2).reshape(-1, record.points)
        covariance += flat.T @ flat
    sizes, vectors = np.linalg.eigh(covariance)
    return vectors[:, ::-1][:, :count], np.maximum(sizes[::-1], 0.0)


def _last_in_motion(record: Trajectories) -> int:
    """The last record that differs from the one before by more than rounding; a run may come to rest before its end."""
    steps = np.array(
        [
            np.abs(np.diff(record.outputs[:, member].astype(np.float64), axis=0)).max(axis=1)
            for member in range(record.outputs.shape[1])
        ]
    ).max(axis=0)
    moving = np.flatnonzero(steps > max(_AT_REST * steps.max(), _UNITS_IN_LAST_PLACE * 2 * record.rounding))
    if not len(moving):
        return len(steps)
    return int(max(moving[-1] + 1, min(LEAST_RECORDS, len(steps))))


def _chosen_updates(last: int, first: int) -> Int[np.ndarray, " rows"]:
    """n of the equations, each of which joins the records n − 1, n and n + 1."""
    everything = np.arange(first, last)
    if len(everything) <= _FIRST_ROWS + _LATER_ROWS:
        return everything
    later = np.linspace(_FIRST_ROWS, len(everything) - 1, _LATER_ROWS).round().astype(int)
    return np.concatenate([everything[:_FIRST_ROWS], everything[np.unique(later)]])
