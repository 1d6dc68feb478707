r"""ηλ of the modes along the run, once β is known: the mean over networks of kernels that drift.

$$\beta v_n - (d_{n+1} - d_n) = \sum_j \varphi_j(n) K^{(m)}_j d_n$$

is linear in the symmetric matrices of every network m along the strongest directions. One training moves along few
directions, so that a network alone does not tell all of its kernel. What is expected beforehand holds the rest:
networks scatter around their mean kernel by about $\tau = 0.1$, and kernels change from knot to knot by about as much,
relative to $\sqrt{\kappa_i\kappa_k}$ for the entry (i, k). The best mean under these Gaussians is found by eliminating
every network (a linear mixed model: Laird & Ware 1982); where the record is exact, they count for nothing.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from cosmograd.measurement.drift_regression import hats_over_updates
from cosmograd.measurement.motion_rows import MotionRows

_SCATTER, _CHANGE = 0.1, 0.1
_MOST_KNOTS = 3
_ROUNDS = 3
# Of what an entry may be, relative to its scale: nothing is known of a mean kernel beforehand.
_UNKNOWN = 1e3
# What is left of changes that are described exactly, but for rounding.
_EXACT = 1e-11
_ROUNDING = 1e-14
# Share of the curvature by which a first guess is held.
_HELD = 1e-6


class KernelMoments(NamedTuple):
    """Mean kernels as linear functions of β: each network's say, after its own kernel is eliminated.

    weights: of the mean's triangles at all knots, for each network; by_velocity, by_change: what it is pulled to by
    them; prior: of the mean; hats: of all records; expected: the diagonal of K beside what is found here.
    """

    weights: Float[np.ndarray, "members unknowns unknowns"]
    by_velocity: Float[np.ndarray, "members unknowns"]
    by_change: Float[np.ndarray, "members unknowns"]
    prior: Float[np.ndarray, "unknowns unknowns"]
    hats: Float[np.ndarray, "records knots"]
    modes: int
    expected: Float[np.ndarray, " modes"]

    @property
    def members(self) -> int:
        return len(self.weights)

    def mean_kernel(self, momentum: float, without: int | None = None) -> Float[np.ndarray, "knots modes modes"]:
        """K at each knot for this β. without: a network to leave out."""
        kept = [member for member in range(self.members) if member != without]
        total = self.weights[kept].sum(axis=0) + self.prior
        pulled = momentum * self.by_velocity[kept].sum(axis=0) - self.by_change[kept].sum(axis=0)
        return np.diag(self.expected) + _matrices(_solve(total, pulled), self.modes)

    def variances(self, turned: Float[np.ndarray, "modes modes"]) -> Float[np.ndarray, "records modes"]:
        """Of the diagonal of K in other directions at every record, as far as the mean is told."""
        covariance = np.linalg.inv(self.weights.sum(axis=0) + self.prior)
        i, k = np.triu_indices(self.modes)
        slopes = (1.0 + (i != k)) * turned[i].T * turned[k].T
        both = (self.hats[:, None, :, None] * slopes[None, :, None, :]).reshape(len(self.hats), self.modes, -1)
        return np.maximum(np.einsum("nmp,pq,nmq->nm", both, covariance, both, optimize=True), 0.0)


def kernel_moments(
    rows: MotionRows,
    components: Float[np.ndarray, "each components modes"],
    knots: int,
    momentum: float,
    expected: Float[np.ndarray, "each modes"] | None = None,
) -> KernelMoments:
    """components: of each mode along all outputs and directions, of all networks or of each; momentum: near β, for the
    noise that is left; expected: ηλ at the first record where these are modes of known kernels, on which the networks'
    kernels are then centred.
    """
    knots, modes = min(knots, _MOST_KNOTS), components.shape[2]
    hats = hats_over_updates(rows.updates, rows.length, knots)
    normals, by_velocity, by_change, squares = [], [], [], []
    places = _Places(knots, modes)
    w = rows.weights[:, None]
    for member in range(rows.members):
        own = components[member if len(components) > 1 else 0]
        d, v, c = (
            w * (part[member].reshape(len(w), -1) @ own) for part in (rows.deviation, rows.velocity, rows.change)
        )
        if expected is not None:
            c = c + d * expected[member if len(expected) > 1 else 0]
        columns = (hats[:, :, None] * d[:, None, :]).reshape(len(w), -1)
        if not rows.ends_known:
            basis = np.linalg.qr(w * hats)[0]
            columns, v, c = (part - basis @ (basis.T @ part) for part in (columns, v, c))
        normals.append(places.normal(columns.T @ columns))
        by_velocity.append(places.against(columns.T @ v))
        by_change.append(places.against(columns.T @ c))
        squares.append(float(np.sum((momentum * v - c) ** 2)))
    return _mixed_model(
        np.stack(normals), np.stack(by_velocity), np.stack(by_change), np.array(squares), momentum, places,
        hats_over_updates(np.arange(rows.length + 1), rows.length, knots), len(w) * modes,
        None if expected is None else expected.mean(axis=0),
    )  # fmt: skip


def _mixed_model(
    normals: np.ndarray,
    by_velocity: np.ndarray,
    by_change: np.ndarray,
    squares: Float[np.ndarray, " members"],
    momentum: float,
    places: "_Places",
    hats: np.ndarray,
    equations: int,
    expected: Float[np.ndarray, " modes"] | None,
) -> KernelMoments:
    """Eliminate every network's own kernel; the noise follows from what is left, in a few rounds."""
    pulled = momentum * by_velocity - by_change
    alike = _constant_kernel(normals.sum(axis=0), pulled.sum(axis=0), places)
    left = squares - 2 * pulled @ alike + np.einsum("p,mpq,q->m", alike, normals, alike)
    scale = _scale(_diagonal(alike, places) if expected is None else expected, places)
    own, mean = _priors(scale, places, _UNKNOWN if expected is None else _SCATTER)
    least = max(_EXACT**2 * float(squares.sum()) / (len(squares) * equations), 1e-200)
    # Below this noise the rounding of the products would count for more than what is expected beforehand.
    diagonals = np.diagonal(normals, axis1=1, axis2=2)
    least = max(least, _ROUNDING * min(_CHANGE, _SCATTER) ** 2 * float(np.max(diagonals * scale**2)))
    noise = max(float(left.sum()) / (len(squares) * equations), least)
    found = None
    for _ in range(_ROUNDS):
        kept = np.linalg.inv(normals / noise + own)
        weights = own - own @ kept @ own
        weights = (weights + np.swapaxes(weights, -1, -2)) / 2
        found = KernelMoments(
            weights,
            (kept @ (by_velocity / noise)[..., None])[..., 0] @ own,
            (kept @ (by_change / noise)[..., None])[..., 0] @ own,
            mean,
            hats,
            places.modes,
            np.zeros(places.modes) if expected is None else expected,
        )
        total = weights.sum(axis=0) + mean
        at = _solve(total, momentum * found.by_velocity.sum(axis=0) - found.by_change.sum(axis=0))
        each = (kept @ (pulled / noise + own @ at)[..., None])[..., 0]
        left = squares - 2 * np.einsum("mp,mp->m", pulled, each) + np.einsum("mp,mpq,mq->m", each, normals, each)
        noise = max(float(left.sum()) / (len(squares) * equations), least)
    assert found is not None
    return found


def _constant_kernel(normal: np.ndarray, pulled: np.ndarray, places: "_Places") -> Float[np.ndarray, " unknowns"]:
    """The same triangle at all knots, held to zero where the record says next to nothing."""
    triangles = len(places.i)
    shaped = normal.reshape(places.knots, triangles, places.knots, triangles).sum(axis=(0, 2))
    held = shaped + _HELD * np.diag(np.diag(shaped))
    return np.tile(_solve(held, pulled.reshape(places.knots, triangles).sum(axis=0)), places.knots)


def _diagonal(triangles: np.ndarray, places: "_Places") -> Float[np.ndarray, " modes"]:
    return np.diagonal(_matrices(triangles, places.modes).mean(axis=0))


def _scale(diagonal: Float[np.ndarray, " modes"], places: "_Places") -> Float[np.ndarray, " unknowns"]:
    """√(κ_i κ_k) of every entry, no mode below a thousandth of the largest."""
    diagonal = np.abs(diagonal)
    diagonal = np.maximum(diagonal, 1e-3 * max(float(diagonal.max()), 1e-300))
    return np.tile(np.sqrt(diagonal[places.i] * diagonal[places.k]), places.knots)


def _priors(scale: np.ndarray, places: "_Places", of_mean: float) -> tuple[np.ndarray, np.ndarray]:
    """Inverse covariances of a network's kernel around the mean, and of the mean itself."""
    differences = np.diff(np.eye(places.knots), axis=0)
    changes = differences.T @ differences / _CHANGE**2
    first = np.zeros((places.knots, places.knots))
    first[0, 0] = 1.0
    entries = np.eye(len(places.i))
    both = [np.kron(changes + first / spread**2, entries) for spread in (_SCATTER, of_mean)]
    own, mean = (matrix / np.outer(scale, scale) for matrix in both)
    return own, mean


class _Places:
    """Where the entries of symmetric matrices at several knots stand in their normal equations.

    An entry (i, k) of K_j drives mode i by φ_j d_k, and mode k by φ_j d_i.
    """

    def __init__(self, knots: int, modes: int) -> None:
        self.knots, self.modes = knots, modes
        self.i, self.k = np.triu_indices(modes)
        knot = np.repeat(np.arange(knots), len(self.i))
        self._into = np.tile(self.i, knots), np.tile(self.k, knots)
        self._by = knot * modes + self._into[1], knot * modes + self._into[0]
        self._counts = np.ones(len(knot)), (self._into[0] != self._into[1]).astype(float)
        self._masks = [
            [np.outer(a, b) * (into[:, None] == other) for b, other in zip(self._counts, self._into, strict=True)]
            for a, into in zip(self._counts, self._into, strict=True)
        ]

    def normal(self, driving: np.ndarray) -> np.ndarray:
        """From the products of the driving columns."""
        return _summed(
            mask * driving[by[:, None], other]
            for by, masks in zip(self._by, self._masks, strict=True)
            for other, mask in zip(self._by, masks, strict=True)
        )

    def against(self, pulled: np.ndarray) -> np.ndarray:
        """From the products of the driving columns with what they drive."""
        return _summed(
            count * pulled[by, into] for count, by, into in zip(self._counts, self._by, self._into, strict=True)
        )


def _summed(parts: Iterable[np.ndarray]) -> np.ndarray:
    return np.sum(list(parts), axis=0)


def _solve(matrix: np.ndarray, vector: np.ndarray) -> np.ndarray:
    sizes = np.sqrt(np.maximum(np.diag(matrix), 1e-300))
    return np.linalg.lstsq(matrix / np.outer(sizes, sizes), vector / sizes, rcond=1e-14)[0] / sizes


def _matrices(triangles: np.ndarray, modes: int) -> Float[np.ndarray, "knots modes modes"]:
    i, k = np.triu_indices(modes)
    found = np.zeros((len(triangles) // len(i), modes, modes))
    found[:, i, k] = found[:, k, i] = triangles.reshape(len(found), -1)
    return found
