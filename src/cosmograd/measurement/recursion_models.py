r"""What is fitted to recorded modes: heavy ball's recursion at constant kernel, with amplitudes as linear parameters.

In function space at fixed kernel, deviations from the targets obey
$d_{n+1} = ((1+\beta)I - K)\,d_n - \beta\,d_{n-1}$ with K = ηΘ/N, whose eigenvalues are κ = ηλ. Of two starting vectors
for each network, $d_0$ and the kick $d_1 - (I - K)d_0$, everything that follows is linear; they are eliminated by
projection (variable projection: Golub & Pereyra 1973), so that β and K alone are searched for.

A network that was at rest before its first record ($d_{-1} = d_0$) has no kick; one that is at rest and has no momentum
has a single root for each mode, as plain gradient descent does. `Hypothesis` switches between these. The learning rate
may change along the way, $K_n = s_nK$ with a learning-rate profile s that is one in the recursion that is measured
(`learning_rate_profile`); and the gradient may be taken ahead, as Nesterov's method does (`mode_responses`).
"""

import abc
import dataclasses
from typing import ClassVar, NamedTuple

import numpy as np
from jaxtyping import Float, Int

# Momenta at which searches may begin, beside that of the regression, which noise pulls towards zero.
_TRIAL_MOMENTA = (0.0, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95)


class Hypothesis(NamedTuple):
    """What is left free, and whether the gradient is taken ahead."""

    kick: bool = True
    momentum: bool = True
    profile: bool = False
    ahead: bool = False


FREE, FROM_REST, ATTRACTOR = Hypothesis(), Hypothesis(kick=False), Hypothesis(kick=False, momentum=False)


class DecoupledModes(NamedTuple):
    r"""A recursion in the modes that decouple.

    directions: of the modes, (directions, modes); eta_lambdas: κ of each set of members and mode; driven: (i, j, p)
    with mode i driven by $\delta\theta_p\,\ell_j$ times $g_j$, one row each, sorted by i; scale: ℓ of each set and row.
    """

    directions: Float[np.ndarray, "directions modes"]
    eta_lambdas: Float[np.ndarray, "sets modes"]
    driven: Int[np.ndarray, "rows 3"]
    scale: Float[np.ndarray, "sets rows"]


class AbstractRecursion(abc.ABC):
    """A family of recursions; the first parameter is β.

    `offset`: whether each mode ends at a value that is fitted too, the targets being unknown.
    """

    offset: bool
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

    @abc.abstractmethod
    def decoupled(self, parameters: Float[np.ndarray, " parameters"]) -> DecoupledModes:
        """The modes of K at given parameters."""

    @abc.abstractmethod
    def from_decoupled(self, directions: Float[np.ndarray, "directions modes"]) -> Float[np.ndarray, "p p"]:
        """∂(parameters, as `decoupled` counts them) / ∂(parameters): one for those that do not turn with the modes."""

    @abc.abstractmethod
    def driving(self, modes: Float[np.ndarray, "*sets modes"]) -> Float[np.ndarray, "*sets modes others"]:
        """−∂d_{n+1}/∂(parameters but β) at given d_n."""

    @abc.abstractmethod
    def of_member(self, member: int) -> "AbstractRecursion":
        """The same model for one member."""

    def eta_lambdas(self, parameters: Float[np.ndarray, " parameters"]) -> Float[np.ndarray, " modes"]:
        """ηλ of each mode, from the largest down where modes mix; the mean over members."""
        return self.decoupled(parameters).eta_lambdas.mean(axis=0)

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
            both = np.column_stack([f, columns])
            gram, against = both.T @ both, both.T @ c
            found.append(_solved(gram, against))
            for β in _TRIAL_MOMENTA:
                found.append(np.concatenate([[β], _solved(gram[1:, 1:], against[1:] - β * gram[1:, 0])]))
                if self.alike:
                    one = gram[1:, 1:].sum(axis=0)
                    found.append(
                        np.append(β, np.full(len(one), (against[1:].sum() - β * gram[1:, 0].sum()) / one.sum()))
                    )
        return np.stack(found)

    def amplitudes(self, hypothesis: Hypothesis) -> int:
        """How many amplitudes are eliminated for each mode of each member."""
        return 1 + int(hypothesis.kick) + self.offset


def _solved(gram: np.ndarray, against: np.ndarray) -> np.ndarray:
    sizes = np.sqrt(np.maximum(np.diag(gram), 1e-300))
    return np.linalg.lstsq(gram / np.outer(sizes, sizes), against / sizes, rcond=1e-12)[0] / sizes


@dataclasses.dataclass(frozen=True)
class CoupledModes(AbstractRecursion):
    """A few directions of output space that mix, K being a symmetric matrix that members share: for blind fits.

    Parameters: β, then the upper triangle of K by rows.
    """

    size: int
    offset: bool = False

    @property
    def mode_count(self) -> int:
        return self.size

    @property
    def parameter_count(self) -> int:
        return 1 + self.size * (self.size + 1) // 2

    def mass_matrix(self, parameters: Float[np.ndarray, " parameters"]) -> Float[np.ndarray, "size size"]:
        """K."""
        upper = np.zeros((self.size, self.size))
        upper[np.triu_indices(self.size)] = parameters[1:]
        return upper + np.triu(upper, 1).T

    def decoupled(self, parameters: Float[np.ndarray, " parameters"]) -> DecoupledModes:
        κ, directions = np.linalg.eigh(self.mass_matrix(parameters))
        rows, columns = np.triu_indices(self.size)
        number = np.empty((self.size, self.size), dtype=int)
        number[rows, columns] = number[columns, rows] = 1 + np.arange(len(rows))
        i, j = (index.ravel() for index in np.indices(number.shape))
        driven = np.stack([i, j, number.ravel()], axis=1)
        return DecoupledModes(directions[:, ::-1], κ[::-1][None], driven, np.ones((1, len(driven))))

    def from_decoupled(self, directions: Float[np.ndarray, "directions modes"]) -> Float[np.ndarray, "p p"]:
        (k, l), (i, j) = 2 * (np.triu_indices(self.size),)
        first = directions[i][:, k] * directions[j][:, l]
        second = directions[j][:, k] * directions[i][:, l]
        turned = np.eye(self.parameter_count)
        turned[1:, 1:] = np.where((i == j)[:, None], first, first + second).T
        return turned

    def of_member(self, member: int) -> AbstractRecursion:
        del member
        return self

    def driving(self, modes: np.ndarray) -> np.ndarray:
        rows, columns = np.triu_indices(self.size)
        result = np.zeros((*modes.shape, len(rows)))
        for parameter, (i, j) in enumerate(zip(rows, columns, strict=True)):
            result[..., i, parameter] += modes[..., j]
            if i != j:
                result[..., j, parameter] += modes[..., i]
        return result


@dataclasses.dataclass(frozen=True, eq=False)
class KnownModes(AbstractRecursion):
    r"""Modes along known eigenvectors of the kernel, with κ_i = ρ_i λ_i for each member's own λ_i: ρ_i is η/N.

    eigenvalues: (members, modes), or (1, modes) where members share them. Parameters: β, then ρ of each mode.
    """

    alike: ClassVar[bool] = True

    eigenvalues: Float[np.ndarray, "*each modes"]
    offset: bool = False

    @property
    def mode_count(self) -> int:
        return self.eigenvalues.shape[-1]

    @property
    def parameter_count(self) -> int:
        return 1 + self.mode_count

    def decoupled(self, parameters: Float[np.ndarray, " parameters"]) -> DecoupledModes:
        i = np.arange(self.mode_count)
        return DecoupledModes(
            np.eye(len(i)), parameters[1:] * self.eigenvalues, np.stack([i, i, 1 + i], axis=1), self.eigenvalues
        )

    def from_decoupled(self, directions: Float[np.ndarray, "directions modes"]) -> Float[np.ndarray, "p p"]:
        return np.eye(1 + len(directions))

    def of_member(self, member: int) -> AbstractRecursion:
        if len(self.eigenvalues) == 1:
            return self
        return KnownModes(eigenvalues=self.eigenvalues[member : member + 1], offset=self.offset)

    def driving(self, modes: np.ndarray) -> np.ndarray:
        force = self.eigenvalues[:, None, :] * modes
        return force[..., None] * np.eye(modes.shape[-1])
