r"""What is fitted to recorded modes: heavy ball's recursion, with the starting amplitudes as linear parameters.

In function space at fixed kernel, deviations from the targets obey
$d_{n+1} = ((1+\beta)I - K)\,d_n - \beta\,d_{n-1}$ with K = ηΘ/N, whose eigenvalues are κ = ηλ. Of two starting vectors
for each network, $d_0$ and the kick $d_1 - (I - K)d_0$, everything that follows is linear; they are eliminated by
projection (variable projection: Golub & Pereyra 1973), so that β and K alone are searched for.

A network that was at rest before its first record ($d_{-1} = d_0$) has no kick; one that is at rest and has no momentum
has a single root for each mode, as plain gradient descent does. `Hypothesis` switches between these.

The learning rate, or the kernel, may change along the way: $K_n = s_nK$ with a pace s common to all modes, which is one
in the recursion that is measured (`paced_recursion`). Nesterov's method takes its gradient ahead, at
$d_n + \beta(d_n - d_{n-1})$, so that $d_{n+1} = (I - K)\,((1+\beta)\,d_n - \beta\,d_{n-1})$: the friction of each mode
depends on its mass.
"""

import abc
from typing import Any, ClassVar, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from cosmograd.measurement.rooms import filled_up, room_for_modes

# A response beyond this has grown out of all bounds; it is cut, so that a trial step is rejected and not fatal.
_LARGEST_RESPONSE = 1e6
# Weight against kicks, in units of the data: no kick for all purposes, and no loss of digits either.
_NO_KICK = 1e5

# Momenta at which searches may begin, beside that of the regression, which noise pulls towards zero.
_TRIAL_MOMENTA = (0.0, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95)

Modes = Float[Array, "members updates modes"]
Parameters = Float[Array, " parameters"]


class Hypothesis(NamedTuple):
    """What is left free: 1.0 or 0.0 each, so that one compiled search serves all."""

    kick: Any = 1.0
    momentum: Any = 1.0
    pace: Any = 0.0
    ahead: Any = 0.0


FREE, FROM_REST, ATTRACTOR = Hypothesis(), Hypothesis(kick=0.0), Hypothesis(kick=0.0, momentum=0.0)


class AbstractRecursion(eqx.Module):
    """A family of recursions; the first parameter is β.

    `offset`: whether each mode ends at a value that is fitted too, the targets being unknown.
    """

    offset: eqx.AbstractVar[bool]
    # Whether the parameters but β should all be alike, so that searches may begin there.
    alike: ClassVar[bool] = False

    @property
    @abc.abstractmethod
    def mode_count(self) -> int:
        """How many modes or directions are fitted."""

    @property
    @abc.abstractmethod
    def parameter_count(self) -> int:
        """β and all others."""

    def with_room(self) -> "AbstractRecursion":
        """The same with more modes than there are, where those whose data vanish change nothing."""
        return self

    @abc.abstractmethod
    def residuals(
        self,
        parameters: Parameters,
        modes: Modes,
        weights: Float[Array, " updates"],
        hypothesis: Hypothesis,
        pace: Float[Array, " updates"] | None = None,
    ) -> Modes:
        """Weighted distance of each member's modes from the closest motion that the parameters allow.

        pace: s at each update, one if left out.
        """

    @abc.abstractmethod
    def eta_lambdas(self, parameters: Parameters) -> Float[Array, " modes"]:
        """ηλ of each mode, from the largest down."""

    @abc.abstractmethod
    def own_directions(self, parameters: np.ndarray) -> np.ndarray:
        """The modes that decouple, (directions, modes), in the order of `eta_lambdas`."""

    @abc.abstractmethod
    def driving(self, modes: np.ndarray) -> np.ndarray:
        """−∂d_{n+1}/∂(parameters but β) at given d_n, (…, modes, parameters − 1)."""

    @abc.abstractmethod
    def of_each_member(self, members: int) -> "AbstractRecursion":
        """The same model for one member at a time, along a new leading axis of its arrays."""

    def starts(self, modes: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Where a search may begin: linear regressions of d_{n+1} − d_n on friction and driving force, and summed."""
        d = modes
        if self.offset:  # less the mean of the last tenth: about where each mode ends
            used = np.flatnonzero(weights > 0)
            d = d - d[:, used[-max(1, len(used) // 10) :]].mean(axis=1, keepdims=True)
        kept = weights[2:] > 0
        force = -self.driving(d)[:, 1:-1]
        friction, change = d[:, 1:-1] - d[:, :-2], d[:, 2:] - d[:, 1:-1]
        # The same summed over updates, which noise biases far less: d_{n+1} − d_1 on d_n − d_0 and Σ d.
        summed = tuple(np.cumsum(x, axis=1) for x in (force, friction, change))
        found = []
        for F, f, c in ((force, friction, change), summed):
            columns, f, c = F[:, kept].reshape(-1, F.shape[-1]), f[:, kept].ravel(), c[:, kept].ravel()
            found.append(np.linalg.lstsq(np.column_stack([f, columns]), c, rcond=None)[0])
            for β in _TRIAL_MOMENTA:
                found.append(np.concatenate([[β], np.linalg.lstsq(columns, c - β * f, rcond=None)[0]]))
                if self.alike:
                    one = columns.sum(axis=1)
                    found.append(np.concatenate([[β], np.full(columns.shape[1], one @ (c - β * f) / (one @ one))]))
        return np.stack(found)

    def amplitudes(self, hypothesis: Hypothesis) -> int:
        """How many amplitudes are eliminated for each mode of each member."""
        return 1 + int(hypothesis.kick) + self.offset


class CoupledModes(AbstractRecursion):
    """A few directions of output space that mix, K being a symmetric matrix that members share: for blind fits.

    Parameters: β, then the upper triangle of K by rows.
    """

    size: int = eqx.field(static=True)
    offset: bool = eqx.field(static=True, default=False)

    @property
    def mode_count(self) -> int:
        return self.size

    @property
    def parameter_count(self) -> int:
        return 1 + self.size * (self.size + 1) // 2

    def mass_matrix(self, parameters: Parameters) -> Float[Array, "size size"]:
        """K."""
        rows, columns = np.triu_indices(self.size)
        upper = jnp.zeros((self.size, self.size)).at[rows, columns].set(parameters[1:])
        return upper + jnp.triu(upper, 1).T

    def eta_lambdas(self, parameters: Parameters) -> Float[Array, " modes"]:
        return jnp.linalg.eigvalsh(self.mass_matrix(parameters))[::-1]

    def residuals(
        self,
        parameters: Parameters,
        modes: Modes,
        weights: Float[Array, " updates"],
        hypothesis: Hypothesis,
        pace: Float[Array, " updates"] | None = None,
    ) -> Modes:
        β, K, unit = hypothesis.momentum * parameters[0], self.mass_matrix(parameters), jnp.eye(self.size)
        members, updates, size = modes.shape
        s = jnp.ones(updates) if pace is None else pace
        first = jnp.concatenate([unit, jnp.zeros_like(unit)], axis=1)
        second = jnp.concatenate([unit - s[0] * K, unit], axis=1)

        def step(before: Array, now: Array, s: Array) -> Array:
            at = now + hypothesis.ahead * β * (now - before)
            return now + β * (now - before) - s * K @ at

        responses = _path(step, first, second, s)
        if self.offset:
            responses = jnp.concatenate([responses, jnp.broadcast_to(unit, (updates, size, size))], axis=2)
        design = (weights[:, None, None] * responses).reshape(updates * size, -1)
        data = (weights[None, :, None] * modes).reshape(members, -1).T
        against = jnp.zeros((size, design.shape[1])).at[:, size : 2 * size].set((1 - hypothesis.kick) * _NO_KICK * unit)
        left = _projected_out(design, data, against)
        return left.T.reshape(modes.shape)

    def own_directions(self, parameters: np.ndarray) -> np.ndarray:
        return np.linalg.eigh(np.asarray(self.mass_matrix(jnp.asarray(parameters))))[1][:, ::-1]

    def of_each_member(self, members: int) -> AbstractRecursion:
        return self

    def driving(self, modes: np.ndarray) -> np.ndarray:
        rows, columns = np.triu_indices(self.size)
        result = np.zeros((*modes.shape, len(rows)))
        for parameter, (i, j) in enumerate(zip(rows, columns, strict=True)):
            result[..., i, parameter] += modes[..., j]
            if i != j:
                result[..., j, parameter] += modes[..., i]
        return result


class KnownModes(AbstractRecursion):
    r"""Modes along known eigenvectors of the kernel, with κ_i = ρ_i λ_i for each member's own λ_i: ρ_i is η/N.

    eigenvalues: (members, modes), or (1, modes) where members share them. Parameters: β, then ρ of each mode.
    """

    alike: ClassVar[bool] = True

    eigenvalues: Float[Array, "*each members modes"]
    offset: bool = eqx.field(static=True, default=False)

    @property
    def mode_count(self) -> int:
        return self.eigenvalues.shape[-1]

    @property
    def parameter_count(self) -> int:
        return 1 + self.mode_count

    def with_room(self) -> AbstractRecursion:
        filled = filled_up(np.asarray(self.eigenvalues), room_for_modes(self.mode_count), 1.0)
        return KnownModes(eigenvalues=jnp.asarray(filled), offset=self.offset)

    def eta_lambdas(self, parameters: Parameters) -> Float[Array, " modes"]:
        return parameters[1:] * self.eigenvalues.mean(axis=0)

    def residuals(
        self,
        parameters: Parameters,
        modes: Modes,
        weights: Float[Array, " updates"],
        hypothesis: Hypothesis,
        pace: Float[Array, " updates"] | None = None,
    ) -> Modes:
        β, κ = hypothesis.momentum * parameters[0], parameters[1:] * self.eigenvalues
        s = jnp.ones(modes.shape[1]) if pace is None else pace
        one, zero = jnp.ones_like(κ), jnp.zeros_like(κ)
        first, second = (jnp.stack(pair, axis=-1) for pair in ((one, zero), (1 - s[0] * κ, one)))
        # (updates, members or 1, modes, 2)

        def step(before: Array, now: Array, s: Array) -> Array:
            at = now + hypothesis.ahead * β * (now - before)
            return now + β * (now - before) - s * κ[..., None] * at

        responses = _path(step, first, second, s)
        if self.offset:
            responses = jnp.concatenate([responses, jnp.ones_like(responses[..., :1])], axis=-1)
        design = jnp.moveaxis(weights[:, None, None, None] * responses, 0, 2)
        design = jnp.broadcast_to(design, (modes.shape[0], *design.shape[1:]))
        data = jnp.swapaxes(weights[None, :, None] * modes, 1, 2)[..., None]
        against = jnp.zeros((*design.shape[:2], 1, design.shape[3])).at[..., 1].set((1 - hypothesis.kick) * _NO_KICK)
        return jnp.swapaxes(_projected_out(design, data, against)[..., 0], 1, 2)

    def own_directions(self, parameters: np.ndarray) -> np.ndarray:
        return np.eye(len(parameters) - 1)

    def of_each_member(self, members: int) -> AbstractRecursion:
        eigenvalues = jnp.broadcast_to(self.eigenvalues, (members, self.eigenvalues.shape[1]))
        return KnownModes(eigenvalues=eigenvalues[:, None, :], offset=self.offset)

    def driving(self, modes: np.ndarray) -> np.ndarray:
        force = np.asarray(self.eigenvalues)[:, None, :] * modes
        return force[..., None] * np.eye(modes.shape[-1])


def _path(step: Any, first: Array, second: Array, pace: Float[Array, " updates"]) -> Array:
    """(updates, …) of a two-term recursion, as far as it stays in bounds."""

    def advance(carry: tuple[Array, Array], s: Array) -> tuple[tuple[Array, Array], Array]:
        before, now = carry
        return (now, step(before, now, s)), before

    path = jax.lax.scan(advance, (first, second), jnp.append(pace[1:], pace[-1]))[1]
    return jnp.where(jnp.abs(path) < _LARGEST_RESPONSE, path, _LARGEST_RESPONSE)


def _projected_out(
    design: Float[Array, "*batch rows columns"],
    data: Float[Array, "*batch rows sets"],
    against: Float[Array, "*batch more columns"],
) -> Float[Array, "*batch rows sets"]:
    r"""What of the data y no combination Dc of the columns gives; `against`: rows whose data are zero.

    Its derivative is Kaufman's (1975), $-P_\perp\,\partial D\,c$ with $P_\perp$ and c held: what it leaves out is
    orthogonal to the residuals, so that their sum of squares has its exact gradient.
    """
    q, triangle = jax.lax.stop_gradient(jnp.linalg.qr(jnp.concatenate([design, against], axis=-2)))
    q = q[..., : design.shape[-2], :]
    amplitudes = jax.lax.stop_gradient(
        jax.scipy.linalg.solve_triangular(triangle, jnp.swapaxes(q, -1, -2) @ data, lower=False)
    )
    left = data - design @ amplitudes
    return left - q @ (jnp.swapaxes(q, -1, -2) @ left)
