r"""Momentum from one-step regressions in which every network has a kernel of its own, which drifts.

$$d_{n+1} - d_n = \beta(d_n - d_{n-1}) - \sum_j \varphi_j(n) K_j d_n - \Gamma(d_n - d_{n-1},\, d_n - d_{n-1})$$

with hat functions φ_j over ln(1 + n) is linear in everything that is sought: in β, which the networks share, and in
each network's matrices K_j and coefficients Γ of the velocity-squared interaction that a finite network adds (a sigma
model with the field-space metric Θ⁻¹). What a network has for itself is projected out; β follows from what is left of
velocities $v_\perp$ and changes $c_\perp$: $\hat\beta = v_\perp\cdot c_\perp/|v_\perp|^2$ (Frisch & Waugh 1933). K_j
need not be symmetric, which makes the rows of every matrix problems of their own with the same few columns.

Recorded outputs are exact, so what is left, e, is an error of the model. A shift of β by $|e|/|v_\perp|$, with |e|
taken per degree of freedom, would double |e|²: the measure of how well a regression knows β.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from cosmograd.measurement.motion_rows import MotionRows

# The largest share of the equations that unknowns may take.
_MOST_UNKNOWNS = 0.6
_BLOCKS = 5
# Variance of $\varepsilon_{n+1} - (1+\beta)\varepsilon_n + \beta\varepsilon_{n-1}$ at β = ½, in units of that of ε.
_NOISE_OF_EQUATIONS = 3.5
# Networks are worked on side by side where one has so many numbers, each on one thread of BLAS: the same bits for any
# number of cores.
_WORTH_A_THREAD = 10_000
_THREADS = min(os.cpu_count() or 1, 8)


class Structure(NamedTuple):
    """What each network has for itself.

    directions: along which it is followed; knots: of its drifting kernel; across: directions of all outputs together
    that drive each output beside its own, where there are several outputs; interaction: of how many velocities the
    products act.
    """

    directions: int
    knots: int
    across: int = 0
    interaction: int = 0


class DriftRegression(NamedTuple):
    """One regression.

    by_member, by_block: what is left of the products of (velocities[, known force], change), summed over all equations
    of each member, and of each of a few stretches of updates; residual_squares: |e|²; least_variance: that of rounding
    and noise in an equation; unknowns, equations: counted; updates: of the equations; velocity_squares,
    change_squares: before anything was projected out; autocorrelation: of e from one equation to the next.
    """

    structure: Structure
    by_member: Float[np.ndarray, "members columns columns"]
    by_block: Float[np.ndarray, "blocks columns columns"]
    residual_squares: float
    least_variance: float
    unknowns: int
    equations: int
    updates: int
    velocity_squares: float
    change_squares: float
    autocorrelation: float

    @property
    def gram(self) -> Float[np.ndarray, "columns columns"]:
        return self.by_member.sum(axis=0)

    @property
    def coefficients(self) -> Float[np.ndarray, " shared"]:
        """β[, η]."""
        return solved(self.gram)

    @property
    def variance(self) -> float:
        """|e|² per degree of freedom, and no less than rounding makes it."""
        return max(self.residual_squares / max(self.equations - self.unknowns, 1), self.least_variance)

    @property
    def residual_fraction(self) -> float:
        """|e| / |change|."""
        return float(np.sqrt(self.residual_squares / max(self.change_squares, 1e-300)))

    @property
    def share_of_velocity(self) -> float:
        """|v⊥| / |v|: how much of the velocities nothing else explains."""
        return float(np.sqrt(max(1 / _inverse(self.gram)[0, 0], 0.0) / max(self.velocity_squares, 1e-300)))

    @property
    def misfit(self) -> Float[np.ndarray, "shared shared"]:
        """Squares and products of the shifts that would double |e|²."""
        return self.variance * self.equations * _inverse(self.gram)

    @property
    def resolution(self) -> float:
        """The shift of β that would double |e|²; or, relative, that of η on a known kernel, if it is larger."""
        shifts = np.sqrt(np.maximum(np.diag(self.misfit), 0.0))
        return float(max(shifts / np.append(1.0, np.abs(self.coefficients[1:]))))

    @property
    def independent_share(self) -> float:
        """Of the equations, as their autocorrelation ρ leaves it: (1 − ρ)/(1 + ρ)."""
        ρ = float(np.clip(self.autocorrelation, 0.0, 0.999))
        return (1 - ρ) / (1 + ρ)

    @property
    def information_criterion(self) -> float:
        """Schwarz's (1978), with as many equations as are independent."""
        independent = max(self.equations * self.independent_share, 2.0)
        mean = max(self.residual_squares / self.equations, self.least_variance, 1e-300)
        return independent * float(np.log(mean)) + self.unknowns * float(np.log(independent))


def solved(gram: Float[np.ndarray, "*sets columns columns"]) -> Float[np.ndarray, "*sets shared"]:
    """Coefficients of all columns but the last, which they are to explain; the smallest where some explain nothing."""
    try:
        return np.linalg.solve(gram[..., :-1, :-1], gram[..., :-1, -1:])[..., 0]
    except np.linalg.LinAlgError:
        each = gram.reshape(-1, *gram.shape[-2:])
        found = [_inverse(one) @ one[:-1, -1] for one in each]
        return np.reshape(found, (*gram.shape[:-2], gram.shape[-1] - 1))


def _inverse(gram: np.ndarray) -> np.ndarray:
    sizes = np.sqrt(np.maximum(np.diag(gram)[:-1], 1e-300))
    return np.linalg.pinv(gram[:-1, :-1] / np.outer(sizes, sizes), hermitian=True) / np.outer(sizes, sizes)


def hats_over_updates(updates: np.ndarray, length: int, knots: int) -> Float[np.ndarray, "rows knots"]:
    """Piecewise linear over ln(1 + n), one at their own knot; a single one is constant."""
    if knots == 1:
        return np.ones((len(updates), 1))
    at = np.linspace(0.0, np.log1p(length), knots)
    return np.stack([np.interp(np.log1p(updates), at, unit) for unit in np.eye(knots)], axis=1)


def allowed(rows: MotionRows, structure: Structure) -> bool:
    """Whether there are enough equations for so many unknowns."""
    own = _own_columns(rows, structure)
    return own + _shared_columns(rows, structure) / rows.outputs <= _MOST_UNKNOWNS * len(rows.updates)


def _own_columns(rows: MotionRows, structure: Structure) -> int:
    _, knots, across, interaction = structure
    return knots * (across + int(not rows.ends_known)) + interaction * (interaction + 1) // 2


def _shared_columns(rows: MotionRows, structure: Structure) -> int:
    return (structure.knots - int(rows.force is not None)) * structure.directions


def regress(rows: MotionRows, structure: Structure) -> DriftRegression:
    """One regression with this structure; `rows` may hold more directions, of which the strongest are taken.

    To be called where BLAS is held to one thread (`fixed_blas_threads`).
    """
    rows = rows.along(structure.directions)
    columns = 2 + int(rows.force is not None)
    left = _projected_out(rows, structure)
    by_member = _products_of(left)
    blocks = np.array_split(np.arange(len(rows.updates)), _BLOCKS)
    by_block = np.stack([_products_of(left[:, :, block]).sum(axis=0) for block in blocks])
    e = _combined(left, solved(by_member.sum(axis=0)))
    squares = float(np.sum(e**2))
    weighted = rows.weights[:, None, None]
    size = rows.outputs * rows.directions
    each = _shared_columns(rows, structure) * rows.directions + _own_columns(rows, structure) * size
    return DriftRegression(
        structure,
        by_member,
        by_block,
        squares,
        _NOISE_OF_EQUATIONS * rows.noise**2 * float(np.mean(rows.weights**2)),
        rows.members * each + columns - 1,
        rows.members * len(rows.updates) * size,
        len(rows.updates),
        float(np.sum((weighted * rows.velocity) ** 2)),
        float(np.sum((weighted * rows.change) ** 2)),
        float(np.sum(e[:, 1:] * e[:, :-1]) / max(squares, 1e-300)),
    )


def residuals(rows: MotionRows, regression: DriftRegression) -> Float[np.ndarray, "members rows outputs directions"]:
    """What a regression leaves of every change, in units of the outputs."""
    rows = rows.along(regression.structure.directions)
    left = _projected_out(rows, regression.structure)
    return _combined(left, regression.coefficients).reshape(rows.change.shape) / rows.weights[:, None, None]


def _products_of(left: Float[np.ndarray, "members columns rows components"]) -> np.ndarray:
    flat = left.reshape(*left.shape[:2], -1)
    return flat @ np.swapaxes(flat, 1, 2)


def _combined(
    left: Float[np.ndarray, "members columns rows components"], coefficients: np.ndarray
) -> Float[np.ndarray, "members rows components"]:
    with_changes = np.append(-coefficients, 1.0)
    return (with_changes @ left.reshape(*left.shape[:2], -1)).reshape(len(left), *left.shape[2:])


def _projected_out(rows: MotionRows, structure: Structure) -> Float[np.ndarray, "members columns rows components"]:
    """Velocities, known force and changes of each member, less what its own unknowns can explain."""
    size = rows.outputs * rows.directions
    if rows.members == 1 or len(rows.updates) * size < _WORTH_A_THREAD:
        return _projected_out_of_some(rows, structure)
    some = np.array_split(np.arange(rows.members), min(rows.members, _THREADS))
    with ThreadPoolExecutor(len(some)) as pool:
        return np.concatenate(
            list(pool.map(lambda kept: _projected_out_of_some(rows.of_members(kept), structure), some))
        )


def _projected_out_of_some(
    rows: MotionRows, structure: Structure
) -> Float[np.ndarray, "members columns rows components"]:
    """The same on one thread; what is done with one member does not depend on which others are beside it."""
    _, knots, across, interaction = structure
    w, hats = rows.weights[:, None], hats_over_updates(rows.updates, rows.length, knots)
    members, count = rows.members, len(rows.updates)
    parts = (rows.velocity, *(() if rows.force is None else (rows.force,)), rows.change)
    kept = np.stack([w * part.reshape(members, count, -1) for part in parts], axis=1)
    own = []
    if not rows.ends_known:
        own.append(np.broadcast_to(hats, (members, *hats.shape)))
    if across:
        driving = rows.deviation.reshape(members, count, -1) @ rows.across[:, :across]
        own.append((hats[:, :, None] * driving[:, :, None, :]).reshape(members, count, -1))
    if interaction:
        own.append(np.stack([velocity_products(rows, member, interaction) for member in range(members)]))
    drift = hats if rows.force is None else hats[:, 1:]
    shared = ((w * drift)[:, None, :, None] * rows.deviation[:, :, :, None, :]).reshape(members, count, -1)
    if own:
        basis = _orthonormal(w * np.concatenate(own, axis=2))
        kept = _less(kept, basis)
        shared = _less(shared[:, None], basis)[:, 0]
    if not shared.size:
        return kept
    basis = _orthonormal(shared.reshape(members, count * rows.outputs, -1))
    flat = kept.reshape(members, len(parts), count * rows.outputs, -1)
    return _less(flat, basis).reshape(kept.shape)


def velocity_products(rows: MotionRows, member: int, interaction: int) -> Float[np.ndarray, "rows products"]:
    """Of the velocities of a network along so many strongest directions of all outputs."""
    velocity = rows.velocity[member].reshape(len(rows.updates), -1) @ rows.across[:, :interaction]
    first, second = np.triu_indices(interaction)
    return velocity[:, first] * velocity[:, second]


def _less(
    columns: Float[np.ndarray, "members each rows components"], basis: Float[np.ndarray, "members rows directions"]
) -> Float[np.ndarray, "members each rows components"]:
    """What the basis does not span."""
    basis = basis[:, None]
    return columns - basis @ (np.swapaxes(basis, -1, -2) @ columns)


def _orthonormal(columns: Float[np.ndarray, "members rows columns"]) -> Float[np.ndarray, "members rows directions"]:
    """A basis that spans the columns. What is nearly dependent stays: the last digits tell smooth motion apart."""
    sizes = np.linalg.norm(columns, axis=1, keepdims=True)
    return np.linalg.qr(columns / np.where(sizes > 0, sizes, 1.0))[0]
