r"""ηλ of the modes along the run, once β is known: the mean over networks of kernels that drift.

$$\beta v_n - (d_{n+1} - d_n) = \sum_j \varphi_j(n) K^{(m)}_j d_n$$

is linear in the matrices of every network m along the strongest directions over the points, which all outputs of a
network share; the rows of a matrix are problems of their own with the same columns. One training moves along few
directions, so that a network alone does not tell all of its kernel. What is expected beforehand holds the rest:
networks scatter around their mean kernel by about $\tau = 0.1$, and kernels change from knot to knot by about as much,
relative to $\sqrt{\kappa_i\kappa_k}$ for the entry (i, k), or less where one constant kernel describes all; entries
of the mean off its diagonal are a few times that.
What is left of row i, due to kernels too, has a variance in proportion to $\kappa_i$, so that all rows share one
precision of every network,

$$W_m = LQ\,\frac{\Lambda}{s^2 + \Lambda}\,Q^{\mathsf T}L^{\mathsf T}, \qquad
LL^{\mathsf T} = P, \quad L^{-1}G_mL^{-\mathsf T} = Q\Lambda Q^{\mathsf T},$$

with the products G of its columns and the precision P of what is expected, after its own kernel is eliminated (a linear
mixed model: Laird & Ware 1982). Where the record is exact, expectations count for nothing. Of the entries (i, k) and
(k, i), which are one number, the mean is taken with the weights of their variances.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from cosmograd.measurement.drift_regression import hats_over_updates, velocity_products
from cosmograd.measurement.motion_rows import MotionRows

_SCATTER, _CHANGE = 0.1, 0.1
_MOST_KNOTS = 5
_ROUNDS = 3
# Of an entry of the mean kernel, relative to its scale: nothing is known beforehand of those on its diagonal.
_UNKNOWN, _OFF_DIAGONAL = 1e3, 0.3
# What is left of changes that are described exactly, but for rounding; of the eigenvalues of products; of deviations.
_EXACT, _ROUNDING, _FLOOR = 1e-11, 1e-13, 1e-10
# Networks that one kernel describes scatter by no more than so many times what it leaves.
_OF_MISFIT = 50.0
# Records at which the mean kernel is looked at, where there are more.
_PLACES = 300
# Share of the curvature by which a first guess is held.
_HELD = 1e-6


class KernelMoments(NamedTuple):
    """Mean kernels as linear functions of β: what each network says, after its own kernel is eliminated.

    weights: W of each network; by_velocity, by_change: what each row of the mean is pulled to by them, at all knots;
    prior: of each row; scale: √κ of the rows; shares: of each entry in the mean of it and its mirror image; hats: at
    `places_along` the records; expected: the diagonal of K beside what is found here.
    """

    weights: Float[np.ndarray, "members unknowns unknowns"]
    by_velocity: Float[np.ndarray, "members modes unknowns"]
    by_change: Float[np.ndarray, "members modes unknowns"]
    prior: Float[np.ndarray, "modes unknowns unknowns"]
    scale: Float[np.ndarray, " modes"]
    shares: Float[np.ndarray, "knots modes modes"]
    hats: Float[np.ndarray, "places knots"]
    expected: Float[np.ndarray, " modes"]

    @property
    def members(self) -> int:
        return len(self.weights)

    @property
    def modes(self) -> int:
        return len(self.expected)

    def mean_kernel(self, momentum: float, without: int | None = None) -> Float[np.ndarray, "knots modes modes"]:
        """K at each knot for this β. without: a network to leave out."""
        kept = np.arange(self.members) != (-1 if without is None else without)
        pulled = momentum * self.by_velocity[kept].sum(axis=0) - self.by_change[kept].sum(axis=0)
        K = self.shares * _by_knots(_solved(self._precision(kept), pulled), len(self.shares))
        return np.diag(self.expected) + K + np.swapaxes(K, 1, 2)

    def variances(self, turned: Float[np.ndarray, "modes some"]) -> Float[np.ndarray, "places some"]:
        """Of the diagonal of K in other directions along the run, as far as the mean is told."""
        both = 2 * self.shares[..., None] * turned[None, :, None, :] * turned[None, None, :, :]  # knot, row, column
        found = 0.0
        for row, covariance in enumerate(_inverse(self._precision(np.ones(self.members, dtype=bool)))):
            along = np.einsum("nj,jkd->njkd", self.hats, both[:, row]).reshape(-1, len(covariance), both.shape[-1])
            found = found + np.sum(along * (covariance @ along), axis=1)
        return np.maximum(found, 0.0)

    def _precision(self, kept: Bool[np.ndarray, " members"]) -> Float[np.ndarray, "modes unknowns unknowns"]:
        return self.weights[kept].sum(axis=0) / self.scale[:, None, None] ** 2 + self.prior


def places_along(length: int) -> Int[np.ndarray, " places"]:
    """All records of short runs; of long ones so many that ηλ is smooth between them, even in ln(1 + n)."""
    if length < _PLACES:
        return np.arange(length + 1)
    return np.unique((np.geomspace(1, length + 1, _PLACES) - 1).round().astype(int))


def kernel_moments(
    rows: MotionRows,
    components: Float[np.ndarray, "each components modes"],
    knots: int,
    momentum: float,
    independent: float = 1.0,
    expected: Float[np.ndarray, "each modes"] | None = None,
    interaction: int = 0,
) -> KernelMoments:
    """components: of each mode along the directions over the points, or along all outputs and directions, of all
    networks or of each; momentum: near β, for the noise that is left; independent: share of the equations that are,
    which what is left would be alone; expected: ηλ at the first record where these are modes of known kernels, on which
    the networks' kernels are then centred; interaction: of how many velocities the products act (`Structure`).
    """
    knots, (_, size, modes) = min(knots, _MOST_KNOTS), components.shape
    hats = hats_over_updates(rows.updates, rows.length, knots)
    normals, by_velocity, by_change, squares = [], [], [], []
    w = _weights(rows)[:, None, None]
    for member in range(rows.members):
        own = components[member if len(components) > 1 else 0]
        d, v, c = (
            w * (part[member].reshape(len(w), -1, size) @ own) for part in (rows.deviation, rows.velocity, rows.change)
        )
        if expected is not None:
            c = c + d * expected[member if len(expected) > 1 else 0]
        columns = hats[:, None, :, None] * d[:, :, None, :]
        beside = [] if rows.ends_known else [hats]
        if interaction:
            beside.append(velocity_products(rows, member, interaction))
        if beside:
            basis = np.linalg.qr(w[:, 0] * np.concatenate(beside, axis=1))[0]
            columns, v, c = (_less(part, basis) for part in (columns, v, c))
        columns, v, c = columns.reshape(-1, knots * modes), v.reshape(-1, modes), c.reshape(-1, modes)
        normals.append(columns.T @ columns)
        by_velocity.append(v.T @ columns)
        by_change.append(c.T @ columns)
        squares.append(np.sum((momentum * v - c) ** 2, axis=0))
    products = _Products(*(np.stack(parts) for parts in (normals, by_velocity, by_change, squares)))
    along = hats_over_updates(places_along(rows.length), rows.length, knots)
    centre = None if expected is None else expected.mean(axis=0)
    return _mixed_model(products, momentum, along, independent * len(columns), centre)


class _Products(NamedTuple):
    """Of the columns with each other, with velocities and with changes; squares: |βv − (change)|² of each row."""

    normals: Float[np.ndarray, "members unknowns unknowns"]
    by_velocity: Float[np.ndarray, "members modes unknowns"]
    by_change: Float[np.ndarray, "members modes unknowns"]
    squares: Float[np.ndarray, "members modes"]


def _weights(rows: MotionRows) -> Float[np.ndarray, " rows"]:
    """One over the root mean square of the deviations: what is left is due to kernels, and scales with them."""
    d = rows.deviation if rows.ends_known else rows.deviation - rows.deviation[:, -1:]
    squares = np.mean(d**2, axis=(0, 2, 3))
    return 1 / np.sqrt(squares + 6 * rows.noise**2 + _FLOOR * squares.max())


def _less(part: Float[np.ndarray, "rows *rest"], basis: Float[np.ndarray, "rows directions"]) -> np.ndarray:
    flat = part.reshape(len(part), -1)
    return (flat - basis @ (basis.T @ flat)).reshape(part.shape)


def _mixed_model(
    products: _Products,
    momentum: float,
    hats: Float[np.ndarray, "places knots"],
    equations: float,
    expected: Float[np.ndarray, " modes"] | None,
) -> KernelMoments:
    """Eliminate every network's own kernel; the noise follows from what is left, in a few rounds."""
    normals, by_velocity, by_change, squares = products
    members, modes, unknowns = by_velocity.shape
    knots = unknowns // modes
    pulled = momentum * by_velocity - by_change
    alike = _constant_kernel(normals.sum(axis=0), pulled.sum(axis=0), knots)
    scale = _scale(np.diagonal(alike[:, :modes]) if expected is None else expected)
    left = _left(squares, pulled, alike, normals)
    alike_to = float(np.sqrt(max(left.sum() / squares.sum(), 0.0)))
    spread = float(np.clip(_OF_MISFIT * alike_to, _EXACT, 1.0)) if expected is None else 1.0
    own, prior = _priors(scale, knots, spread, expected is None)
    lower = np.linalg.cholesky(own)
    turned = np.linalg.solve(lower, np.swapaxes(np.linalg.solve(lower, normals), 1, 2))
    sizes, vectors = np.linalg.eigh(turned)
    basis = lower @ vectors
    inverse = np.linalg.solve(lower.T, vectors)  # of the transposed basis
    least = max(_ROUNDING * float(sizes.max()), _EXACT**2 * float(np.mean(squares / scale**2)) / equations, 1e-200)
    found = None
    for _ in range(_ROUNDS):
        noise = max(float(np.sum(left / scale**2)) / (members * modes * equations), least)
        told = (sizes / (sizes + noise))[:, None, :]
        weights = basis * told @ np.swapaxes(basis, 1, 2)
        by_rows = [
            (by @ inverse / (sizes + noise)[:, None, :]) @ np.swapaxes(basis, 1, 2) / scale[:, None] ** 2
            for by in (by_velocity, by_change)
        ]
        centre = np.zeros(modes) if expected is None else expected
        found = KernelMoments(weights, by_rows[0], by_rows[1], prior, scale, np.empty(0), hats, centre)
        precision = found._precision(np.ones(members, dtype=bool))
        at = _solved(precision, momentum * by_rows[0].sum(axis=0) - by_rows[1].sum(axis=0))
        pull_of_mean = noise * at @ basis
        each = ((pulled @ inverse + pull_of_mean) / (sizes + noise)[:, None, :]) @ np.swapaxes(inverse, 1, 2)
        left = _left(squares, pulled, each, normals)
        variances = _by_knots(np.diagonal(_inverse(precision), axis1=1, axis2=2), knots)
        mirrored = np.swapaxes(variances, 1, 2)
        found = found._replace(shares=mirrored / (variances + mirrored))
    assert found is not None
    return found


def _left(squares: np.ndarray, pulled: np.ndarray, kernels: np.ndarray, normals: np.ndarray) -> np.ndarray:
    """What kernels leave of the squares of each row."""
    kernels = np.broadcast_to(kernels, pulled.shape)
    return squares - 2 * np.sum(pulled * kernels, axis=-1) + np.sum(kernels * (kernels @ normals), axis=-1)


def _constant_kernel(normal: np.ndarray, pulled: np.ndarray, knots: int) -> Float[np.ndarray, "modes unknowns"]:
    """The same kernel at all knots, held to zero where the record says next to nothing."""
    modes = len(pulled)
    shaped = normal.reshape(knots, modes, knots, modes).sum(axis=(0, 2))
    held = shaped + _HELD * np.diag(np.diag(shaped))
    return np.tile(_solved(held, pulled.reshape(modes, knots, modes).sum(axis=1)), (1, knots))


def _scale(diagonal: Float[np.ndarray, " modes"]) -> Float[np.ndarray, " modes"]:
    """√κ of every mode, none below a thousandth of the largest κ."""
    diagonal = np.abs(diagonal)
    return np.sqrt(np.maximum(diagonal, 1e-3 * max(float(diagonal.max()), 1e-300)))


def _priors(
    scale: Float[np.ndarray, " modes"], knots: int, spread: float, blind: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Inverse covariances of a network's kernel around the mean, times κ of the row, and of each row of the mean."""
    modes = len(scale)
    differences = np.diff(np.eye(knots), axis=0)
    changes = differences.T @ differences / (spread * _CHANGE) ** 2
    first = np.zeros((knots, knots))
    first[0, 0] = 1.0
    own = np.kron(changes + first / (spread * _SCATTER) ** 2, np.diag(1 / scale**2))
    of_mean = np.full((modes, modes), _OFF_DIAGONAL if blind else _SCATTER)
    np.fill_diagonal(of_mean, _UNKNOWN if blind else _SCATTER)
    rows = [
        np.kron(changes, np.diag(1 / scale**2)) + np.kron(first, np.diag(1 / (scale * row) ** 2)) for row in of_mean
    ]
    return own, np.stack(rows) / scale[:, None, None] ** 2


def _inverse(matrices: Float[np.ndarray, "*sets unknowns unknowns"]) -> np.ndarray:
    sizes = np.sqrt(np.maximum(np.diagonal(matrices, axis1=-2, axis2=-1), 1e-300))
    outer = sizes[..., :, None] * sizes[..., None, :]
    return np.linalg.inv(matrices / outer) / outer


def _solved(matrices: Float[np.ndarray, "*sets unknowns unknowns"], vectors: np.ndarray) -> np.ndarray:
    sizes = np.sqrt(np.maximum(np.diagonal(matrices, axis1=-2, axis2=-1), 1e-300))
    scaled = matrices / (sizes[..., :, None] * sizes[..., None, :])
    return np.linalg.solve(scaled, (vectors / sizes)[..., None])[..., 0] / sizes


def _by_knots(rows: Float[np.ndarray, "modes unknowns"], knots: int) -> Float[np.ndarray, "knots modes modes"]:
    return np.moveaxis(rows.reshape(len(rows), knots, -1), 1, 0)
