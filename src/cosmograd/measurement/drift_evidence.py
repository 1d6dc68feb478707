r"""Which structure a record calls for, and how far β may be off.

Every number of directions, of outputs that drive each other and of products of velocities is tried with several numbers
of knots; Schwarz's criterion chooses the knots. Of the structures the one is taken that knows β best
(`DriftRegression.resolution`). The interval holds: the scatter of the networks (a studentised bootstrap; of one network
alone, of stretches of updates), a share of the shift that would double what is left, and the scatter of the answers of
those other structures and numbers of knots that know β nearly as well. The two shares were calibrated on 160 trainings
of perceptrons (widths 64 to 1024, three activations, β from 0 to 0.95, ηλ from 0.05 to 1.6, 60 to 300 updates, 1 to 10
networks), apart from those that the endurance tests hold them against.
"""

from collections.abc import Callable, Iterator
from itertools import product
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from cosmograd.measurement.drift_regression import DriftRegression, Structure, allowed, regress, solved
from cosmograd.measurement.motion_rows import MotionRows
from cosmograd.measurement.parameter_scatter import LEAST_MEMBERS, student_quantile

_DIRECTIONS, _DIRECTIONS_OF_EACH_OUTPUT = (4, 8, 16, 24, 32, 64), (16, 32, 64)
_KNOTS, _KNOTS_OF_EACH_OUTPUT = (1, 2, 3, 4, 5, 7), (1, 2, 3, 5)
# Of many directions of several outputs, which describe much by themselves.
_MANY, _KNOTS_OF_MANY = 32, (1, 2)
_ACROSS, _INTERACTIONS, _INTERACTIONS_OF_EACH_OUTPUT = (0, 6, 12), (0, 2, 4), (0, 3)
MOST_DIRECTIONS = max(_DIRECTIONS)
# Of the shift that would double what is left, and of the scatter between structures nearly as good.
_SHARE_OF_MISFIT, _SHARE_OF_SCATTER, _NEARLY_AS_GOOD = 0.15, 1.0, 3.0
# In records as short as this the squared shift counts twice: few updates leave little to see a misfit by.
_SHORT = 60.0
# One network alone does not show how networks scatter.
_ALONE = 3.0
# The step on a known kernel, which moves from where it was taken, is known less well than what is left says.
_OF_STEP = 2.5
# Equations in each direction on which structures are compared, and networks at the least.
_NUMBERS_TO_CHOOSE, _LEAST_TO_CHOOSE = 16_000, 4
_RESAMPLES, _SEED, _LEAST_DISTINCT = 2000, 20220211, 3


class ChosenRegression(NamedTuple):
    """The regression that is believed; reach: the half-width of the 95 % interval of each coefficient and their
    products with each other, as a covariance; alternatives: other regressions that know β nearly as well.
    """

    regression: DriftRegression
    reach: Float[np.ndarray, "shared shared"]
    alternatives: tuple[DriftRegression, ...]

    @property
    def coefficients(self) -> Float[np.ndarray, " shared"]:
        """β[, η]."""
        return self.regression.coefficients

    @property
    def knows_step(self) -> bool:
        """Whether η on a known kernel is known to better than half of itself."""
        return len(self.reach) > 1 and bool(4 * self.reach[1, 1] < self.coefficients[1] ** 2)

    @property
    def reach_of_momentum(self) -> float:
        """Half-width of the 95 % interval of β."""
        return float(np.sqrt(max(self.reach[0, 0], 0.0)))


def structures(rows: MotionRows) -> list[list[Structure]]:
    """What is tried: lists of structures that differ in their knots alone."""
    several = rows.outputs > 1
    most = rows.directions
    counts = {min(count, most) for count in (_DIRECTIONS_OF_EACH_OUTPUT if several else _DIRECTIONS)}
    if several:
        counts = set(sorted(counts)[-2:])
    across = _ACROSS if several else (0,)
    found = []
    interactions = _INTERACTIONS_OF_EACH_OUTPUT if several else _INTERACTIONS
    for count, beside, interaction in product(sorted(counts), across, interactions):
        if interaction > rows.across.shape[1] or beside > rows.across.shape[1] or interaction > count * rows.outputs:
            continue
        numbers = (_KNOTS_OF_EACH_OUTPUT if count <= _MANY else _KNOTS_OF_MANY) if several else _KNOTS
        family = [Structure(count, knots, beside, interaction) for knots in numbers]
        family = [structure for structure in family if allowed(rows, structure)]
        if family:
            found.append(family)
    return found or [[Structure(1, 1)]]


def choose_regression(rows: MotionRows, progress: Callable[[float], None] = lambda share: None) -> ChosenRegression:
    """Try all structures; progress: told of the share that is done."""
    tried: list[list[DriftRegression]] = []
    families = structures(rows)
    whole, rows = rows, rows.of_members(members_to_choose(rows))
    total = sum(map(len, families))
    for family in families:
        found = []
        for structure in family:
            found.append(regress(rows, structure))
            progress(1 / total)
        tried.append(found)
    chosen = [min(found, key=lambda one: one.information_criterion) for found in tried]
    best = min(range(len(chosen)), key=lambda index: chosen[index].resolution)
    regression = chosen[best]
    alternatives = tuple(_nearly_as_good(regression, chosen, tried[best]))
    if whole.members > rows.members:
        regression = regress(whole, regression.structure)
    return ChosenRegression(regression, _reach(regression, alternatives), alternatives)


def members_to_choose(rows: MotionRows) -> Int[np.ndarray, " some"]:
    """Fewer networks of a large ensemble, spread over it: a structure needs no more to be chosen."""
    most = int(np.clip(_NUMBERS_TO_CHOOSE // (len(rows.updates) * rows.outputs), _LEAST_TO_CHOOSE, rows.members))
    return np.unique(np.linspace(0, rows.members - 1, min(most, rows.members)).round().astype(int))


def _nearly_as_good(
    best: DriftRegression, chosen: list[DriftRegression], same: list[DriftRegression]
) -> Iterator[DriftRegression]:
    """The best of each other family, and neighbouring numbers of knots of this one."""
    place = same.index(best)
    for other in (*chosen, *same[max(place - 2, 0) : place + 3]):
        if other is not best and other.resolution < _NEARLY_AS_GOOD * best.resolution:
            yield other


def _reach(best: DriftRegression, alternatives: tuple[DriftRegression, ...]) -> Float[np.ndarray, "shared shared"]:
    coefficients = best.coefficients
    alone = len(best.by_member) == 1
    share = _SHARE_OF_MISFIT * (_ALONE if alone else 1.0) * np.where(np.arange(len(coefficients)) == 0, 1.0, _OF_STEP)
    short = 1 + _SHORT / best.updates
    reach = scatter_reach(best) + short * np.outer(share, share) * best.misfit
    if alternatives:
        off = np.stack([other.coefficients for other in alternatives]) - coefficients
        reach = reach + _SHARE_OF_SCATTER**2 * (off.T @ off) / len(off)
    return reach


def scatter_reach(regression: DriftRegression) -> Float[np.ndarray, "shared shared"]:
    """The squared half-width of a 95 % interval from the scatter of the networks, or of stretches of updates.

    From four networks on by a bootstrap that is studentised, and never below Student's own quantile; for fewer, and for
    stretches of updates where they scatter more, by the jackknife.
    """
    members = len(regression.by_member)
    found = np.zeros((len(regression.coefficients),) * 2)
    if members > 1:
        quantile = student_quantile(members - 1)
        if members >= LEAST_MEMBERS:
            quantile = max(quantile, _bootstrap_quantile(regression.by_member))
        found = quantile**2 * _sandwich(regression.by_member)
    if members < LEAST_MEMBERS:
        blocks = _jackknife(regression.by_block)
        found = np.maximum(found, student_quantile(len(regression.by_block) - 1) ** 2 * blocks)
    return found


def _sandwich(grams: np.ndarray) -> np.ndarray:
    """Covariance of the coefficients from the scatter of scores between members, with Bessel's correction."""
    members, total = len(grams), grams.sum(axis=0)
    θ = solved(total)
    scores = grams[:, :-1, -1] - grams[:, :-1, :-1] @ θ
    inverse = np.linalg.pinv(total[:-1, :-1], hermitian=True)
    return members / (members - 1) * inverse @ (scores.T @ scores) @ inverse


def _jackknife(grams: np.ndarray) -> np.ndarray:
    count = len(grams)
    left_out = grams.sum(axis=0) - grams
    values = solved(left_out)
    off = values - values.mean(axis=0)
    return (count - 1) / count * off.T @ off


def _bootstrap_quantile(grams: np.ndarray) -> float:
    """Of |β* − β| in units of its own standard error, over resampled members; the seed is fixed."""
    members = len(grams)
    counts = np.random.default_rng(_SEED).multinomial(members, np.full(members, 1 / members), size=_RESAMPLES)
    counts = np.unique(counts[np.count_nonzero(counts, axis=1) >= _LEAST_DISTINCT], axis=0, return_counts=True)
    resamples, often = counts
    totals = np.einsum("bm,mcd->bcd", resamples, grams)
    θ = solved(totals)
    scores = grams[None, :, :-1, -1] - np.einsum("mcd,bd->bmc", grams[:, :-1, :-1], θ)
    inverse = np.linalg.pinv(totals[:, :-1, :-1], hermitian=True)
    direction = np.einsum("bc,bmc->bm", inverse[:, 0], scores)
    error = np.sqrt(members / (members - 1) * np.sum(resamples * direction**2, axis=1))
    t = np.abs(θ[:, 0] - solved(grams.sum(axis=0))[0]) / np.maximum(error, 1e-300)
    order = np.argsort(t)
    reached = np.cumsum(often[order]) / often.sum()
    return float(t[order][np.searchsorted(reached, 0.95)])
