r"""What a record is, where it is none of heavy ball on a squared loss: every other motion has equations of its own.

The equations of `drift_regression` are fitted with what each method would put in their place, and the same number of
unknowns: the gradient of another loss instead of f − y; a gradient taken ahead at $d_n + \beta v_n$ (Nesterov); a
gradient divided by the root of a running mean of its square, with bias correction of the first steps (Adam, RMSProp); a
constant force beside the kernel's (weight decay); a learning rate $s_n$ common to all networks and modes (warm-up and
other schedules). Only few directions and knots are taken, so that a flexible kernel does not make up for a wrong force.
What describes the record clearly better names it; the evidence is the ratio of what they leave.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import scipy.special
from jaxtyping import Float

from cosmograd.measurement.drift_evidence import members_to_choose
from cosmograd.measurement.drift_regression import DriftRegression, Structure, allowed, regress
from cosmograd.measurement.motion_rows import MotionRows
from cosmograd.measurement.recorded_trajectories import Trajectories

# Directions that are followed: of several outputs; of one, where the gradient may be taken ahead or its loss is another
# one, and where it may be divided by its size.
_DIRECTIONS_OF_EACH_OUTPUT, _FEW, _SOME = 32, 8, 16
_KNOTS = (1, 2)
# With few knots a kernel that drifts by far looks like a force that bends; with more, only the true force stays better.
_MORE_KNOTS = (3, 4)
# Where heavy ball leaves less than this of the changes, there is nothing left to name; of some motions, more is asked.
_NOTHING_LEFT, _LITTLE_LEFT = 1e-6, 0.025
# Where less is left, a motion is named if it leaves no more than this share of it.
_MUCH_BETTER = 0.22
# Largest ratio of what is left, to name a motion.
_OTHER_LOSS, _PRECONDITIONED, _AHEAD, _CONSTANT, _SCHEDULED = 0.6, 0.73, 0.65, 0.7, 0.55
# A run that has come to rest off its targets: by how much of its start, and how little it still moves in its last
# quarter.
_OFF_TARGETS, _STILL_MOVING, _STRONGEST = 0.03, 0.04, 4
# Gradients are averaged with a memory of 0.9: equations that ask for less momentum than this are not Adam's.
_LEAST_OF_ADAM = 0.6
# Deviations from the targets that grow by more than this are no descent.
_GROWTH = 1.15
# What is left of the changes, and how it correlates from update to update, where batches are drawn at random.
_NOISY, _WHITE = 0.15, 0.2
# Share of the variance that rounding and noise on the outputs may make, for batches to be the cause.
_OF_NOISE = 0.1
_SCALES_OF_LOSS = (0.03, 0.1, 0.3, 1.0)
_TRIAL_MOMENTA, _MOST_SECTIONS = (0.5, 0.8, 0.95), 20
# (memory of the squared gradients, whether they are corrected for their start, memory of the gradient or None)
_AVERAGES = ((0.999, True, 0.9), (0.99, True, 0.9), (0.99, False, None), (0.9, False, None))
# Updates of warm-ups, and where they begin; lengths of decays to zero, in units of the record; a step changes η by
# more.
_WARM_UPS, _WARM_STARTS, _DECAYS, _STEP = (5, 10, 20, 40, 80, 160), (0.0, 0.1, 0.3), (0.67, 1.5), 1.4
# Momentum at the end over that at the beginning.
_MOMENTUM_RATIOS = (0.3, 0.6, 1.6, 3.0)


_CROSS_ENTROPY = "the force is that of a cross-entropy, and not linear in outputs − targets"


class OtherMotion(NamedTuple):
    """kind: what the record is; ratio: of what its equations leave to what heavy ball's leave; reason: in words."""

    kind: str
    ratio: float
    reason: str


class _Trial(NamedTuple):
    """kind, reason: as of `OtherMotion`; largest: ratio that names it; least: share of the changes that heavy ball must
    leave; left: by its equations, with so many knots; rows: the equations of heavy ball that it is compared with;
    looks_like_drift: whether a kernel that drifts by far may be taken for it.
    """

    kind: str
    reason: str
    largest: float
    least: float
    rows: MotionRows
    left: Callable[[int], float]
    looks_like_drift: bool = False


def other_motion(record: Trajectories, rows: MotionRows) -> OtherMotion | None:
    """The motion that describes the record clearly better than heavy ball on a squared loss; None where none does.

    To be called where BLAS is held to one thread (`fixed_blas_threads`).
    """
    kept = members_to_choose(rows)
    rows, record = rows._replace(force=None).of_members(kept), record.without_kernel().of_members(kept)
    usual: dict[tuple[int, int], float] = {}
    found = []
    for trial in _trials(record, rows):
        if record.spacing > 1 and trial.kind != "decay":
            continue  # the other equations join every update
        for knots in _KNOTS:
            place = trial.rows.directions, knots
            if not allowed(trial.rows, Structure(*place)):
                continue
            if place not in usual:
                usual[place] = _left(trial.rows, knots)
            if usual[place] > _NOTHING_LEFT and not (trial.kind == "schedule" and knots > 1):
                ratio = trial.left(knots) / usual[place]
                named = ratio < (trial.largest if usual[place] > trial.least else min(_MUCH_BETTER, trial.largest))
                if named and (not trial.looks_like_drift or _stays_better(trial)):
                    found.append(OtherMotion(trial.kind, ratio, f"{trial.reason} ({_evidence(ratio, usual[place])})"))
    likely = min(found, key=lambda motion: motion.ratio, default=None)
    if likely is not None and (_CROSS_ENTROPY in likely.reason or likely.kind == "preconditioner"):
        return likely
    return _growth(record, rows) or likely or _random_batches(rows)


def _evidence(ratio: float, usual: float) -> str:
    return (
        f"its equations leave {100 * ratio * usual:.2g} % of the changes, those of heavy ball on a squared loss "
        f"{100 * usual:.2g} %"
    )


def _left(rows: MotionRows, knots: int) -> float:
    return _share_left(regress(rows, Structure(rows.directions, knots)))


def _stays_better(trial: _Trial) -> bool:
    """Whether its equations leave clearly less than heavy ball also where the kernel may drift by far."""
    rows = trial.rows
    allowed_knots = [knots for knots in _MORE_KNOTS if allowed(rows, Structure(rows.directions, knots))]
    return all(trial.left(knots) < trial.largest * _left(rows, knots) for knots in allowed_knots)


def _left_with_momentum(rows: MotionRows, knots: int, least: float) -> float:
    """Infinite where these equations ask for less momentum than the method has."""
    regression = regress(rows, Structure(rows.directions, knots))
    return _share_left(regression) if regression.coefficients[0] >= least else np.inf


def _share_left(regression: DriftRegression) -> float:
    """|e| / |change| per degree of freedom."""
    return float(np.sqrt(regression.variance * regression.equations / max(regression.change_squares, 1e-300)))


def _growth(record: Trajectories, rows: MotionRows) -> OtherMotion | None:
    """Deviations that grow: alternating from update to update beyond the largest stable ηλ, or steadily."""
    if record.targets is None:
        return None
    sizes = np.sqrt(np.mean([np.mean(record.deviation_of(m) ** 2, axis=1) for m in range(rows.members)], axis=0))
    grown = float(sizes.max() / sizes[0])
    if grown < _GROWTH:
        return None
    until = max(int(np.searchsorted(rows.updates, int(sizes.argmax()))), 3)
    changes = rows.change[:, : until + 1] * rows.weights[: until + 1, None, None]
    alternates = float(np.sum(changes[:, 1:] * changes[:, :-1]) / np.sum(changes**2))
    few = min(_FEW, rows.directions)
    β = float(regress(rows.along(few), Structure(few, 1)).coefficients[0])
    stable = f"2(1 + β) ≈ {2 * (1 + β):.2g}" if 0 <= β < 1 else "2(1 + β)"
    size = (
        f"deviations from the targets grow {grown:.2g}-fold before they fall"
        if sizes[-1] < sizes.max()
        else f"deviations from the targets grow {grown:.2g}-fold"
    )
    if alternates < 0:
        return OtherMotion(
            "period two",
            grown,
            f"{size}, with a period of two updates (neighbouring changes correlate by {alternates:.2g}): ηλ of the "
            f"stiffest mode lies beyond the largest stable one, {stable}, and has no dual; a "
            "smaller learning rate has",
        )
    return OtherMotion(
        "growth",
        grown,
        f"{size}, without a period: it is no descent towards these targets (is their sign right, are the records in "
        "the order of the updates, is the loss another one?)",
    )


def _random_batches(rows: MotionRows) -> OtherMotion | None:
    """Residuals that are large, and unrelated from one update to the next."""
    rows = rows.along(min(_SOME, rows.directions))
    knots = next((knots for knots in (2, 1) if allowed(rows, Structure(rows.directions, knots))), None)
    if knots is None:
        return None
    regression = regress(rows, Structure(rows.directions, knots))
    left = _share_left(regression)
    noisy = rows.noise**2 * float(np.mean(rows.weights**2)) > _OF_NOISE * regression.variance
    white = _WHITE / 2 if noisy else _WHITE  # noise on the outputs correlates by less than zero
    if left < _NOISY or abs(regression.autocorrelation) > white or rows.directions == 1:
        return None
    return OtherMotion(
        "batches",
        left,
        f"what is left of the changes, {100 * left:.2g} % of them, is white (it correlates by "
        f"{regression.autocorrelation:.2g} from update to update) and scales with the motion: batches drawn at "
        "random, or members in another order at every update",
    )


def _trials(record: Trajectories, rows: MotionRows) -> Iterator[_Trial]:
    of_each = min(_DIRECTIONS_OF_EACH_OUTPUT, rows.directions)
    few, some = (rows.along(of_each if rows.outputs > 1 else min(count, rows.directions)) for count in (_FEW, _SOME))
    for words, force in _other_losses(record):
        pushed = _along_rows(record, few, force)
        bends = words is not _CROSS_ENTROPY
        least = _LITTLE_LEFT if bends else 0.0
        yield _Trial("loss", words, _OTHER_LOSS, least, few, lambda knots, pushed=pushed: _left(pushed, knots), bends)
    for memory, corrected, of_gradient in _AVERAGES:
        divided = _preconditioned(record, some, memory, corrected, of_gradient)
        words = (
            "the updates are those of Adam or another method that divides gradients by their running size, so that "
            "the masses change with the gradients"
        )
        least = 0.0 if of_gradient is None else _LEAST_OF_ADAM
        yield _Trial(
            "preconditioner",
            words,
            _PRECONDITIONED,
            _LITTLE_LEFT,
            some,
            lambda knots, rows=divided, least=least: _left_with_momentum(rows, knots, least),
            looks_like_drift=True,
        )
    β = _momentum_ahead(few)
    words = (
        f"the updates are those of Nesterov's method, with the momentum {β:.3g}: its friction depends on the mass of "
        "each mode, so that there is no common H (smaller learning rates have one)"
    )
    yield _Trial("nesterov", words, _AHEAD, 1e-3, few, lambda knots: _left_ahead(few, knots, β))
    off = _off_targets(rows)
    if off is not None:
        words = (
            f"the run comes to rest off its targets, at {100 * off:.2g} % of the distance that it began with: weight "
            "decay, a loss with another minimum, or targets of another run"
        )
        without_ends = few._replace(ends_known=False)
        yield _Trial("decay", words, _CONSTANT, 1e-3, few, lambda knots: _left(without_ends, knots))
    few = few.along(min(_FEW, few.directions))
    for words, profile in _schedules(few):
        profiled = _with_profile(few, np.broadcast_to(profile, (few.members, len(profile))))
        for velocity in (profiled.velocity, few.velocity):  # η outside the average of gradients, or inside
            slowed = profiled._replace(velocity=velocity)
            yield _Trial(
                "schedule", words, _SCHEDULED, _LITTLE_LEFT, few, lambda knots, rows=slowed: _left(rows, knots)
            )
    for ratio in _MOMENTUM_RATIOS:
        words = f"the motion changes along the record: the momentum changes about {ratio:g}-fold, in all networks alike"
        changing = few._replace(velocity=few.velocity * (1 + (ratio - 1) * few.updates / few.length)[:, None, None])
        yield _Trial("schedule", words, _SCHEDULED, _LITTLE_LEFT, few, lambda knots, rows=changing: _left(rows, knots))


def _off_targets(rows: MotionRows) -> float | None:
    """|d| at the end over that at the start along the strongest directions, where they have come to rest off the
    targets.
    """
    if not rows.ends_known:
        return None
    d = (rows.deviation + rows.change).reshape(rows.members, len(rows.updates), -1) @ rows.across
    motion = np.mean((d - d[:, -1:]) ** 2, axis=(0, 1))
    strongest = np.argsort(-motion)[:_STRONGEST]
    start, later, end = (d[:, place][:, strongest] for place in (0, 3 * d.shape[1] // 4, -1))
    off = float(np.linalg.norm(end) / max(float(np.linalg.norm(start)), 1e-300))
    moving = float(np.linalg.norm(end - later) / max(float(np.linalg.norm(end)), 1e-300))
    return off if off > _OFF_TARGETS and moving < _STILL_MOVING else None


def _other_losses(record: Trajectories) -> Iterator[tuple[str, Callable[[np.ndarray], np.ndarray]]]:
    """In words, and the gradient of the loss by the outputs, (records, points, outputs)."""
    if record.targets is None:
        return
    y = record.targets.reshape(record.points, -1)
    scale = float(np.sqrt(np.mean((record.outputs[0].reshape(-1, *y.shape) - y) ** 2)))
    if record.output_count > 1 and (y >= 0).all() and np.allclose(y.sum(axis=1), 1.0):
        yield _CROSS_ENTROPY, lambda f: scipy.special.softmax(f, axis=-1) - y
    elif ((y == 0) | (y == 1)).all():
        yield _CROSS_ENTROPY, lambda f: scipy.special.expit(f) - y
    elif (np.abs(y) == 1).all():
        yield _CROSS_ENTROPY, lambda f: -y * scipy.special.expit(-y * f)
    for share in _SCALES_OF_LOSS:
        bend = share * scale
        yield (
            "the force is not linear in outputs − targets, but bends where they differ by much: a Huber or another "
            "robust loss",
            lambda f, bend=bend: (f - y) / np.sqrt(1 + ((f - y) / bend) ** 2),
        )


def _along_rows(record: Trajectories, rows: MotionRows, force: Callable[[np.ndarray], np.ndarray]) -> MotionRows:
    """The equations with another force than f − y."""
    pushed = np.empty_like(rows.deviation)
    for member in range(rows.members):
        outputs = record.outputs[rows.updates, member].astype(np.float64)
        shaped = outputs.reshape(len(outputs), record.points, -1)
        pushed[member] = np.einsum("npo,pk->nok", force(shaped), rows.basis)
    return rows._replace(deviation=pushed)


def _preconditioned(
    record: Trajectories, rows: MotionRows, memory: float, corrected: bool, of_gradient: float | None
) -> MotionRows:
    """The equations of a method that divides by the running root mean square of the gradient, taken as that of f −
    y.
    """
    n = 1 + np.arange(len(record.outputs))
    profile = np.empty((rows.members, len(n)))
    for member in range(rows.members):
        squares = np.mean(record.deviation_of(member) ** 2, axis=1)
        mean, seen = 0.0, np.empty(len(n))
        for update, square in enumerate(squares):
            mean = memory * mean + (1 - memory) * square
            seen[update] = mean
        profile[member] = 1 / np.sqrt(np.maximum(seen / (1 - memory**n if corrected else 1.0), 1e-300))
    if of_gradient is None:  # gradients are divided before they are averaged
        return rows._replace(deviation=rows.deviation * profile[:, rows.updates, None, None])
    return _with_profile(rows, profile / (1 - of_gradient**n))


def _with_profile(rows: MotionRows, profile: Float[np.ndarray, "members records"]) -> MotionRows:
    """The equations of a learning rate of each network at each record, that multiplies velocities and gradients."""
    here, before = profile[:, rows.updates, None, None], profile[:, np.maximum(rows.updates - 1, 0), None, None]
    return rows._replace(deviation=rows.deviation * here, velocity=rows.velocity * here / before)


def _momentum_ahead(rows: MotionRows) -> float:
    """The β with which a gradient at d + βv leaves least, by golden sections around the best of a few."""
    knots = max((knots for knots in _KNOTS if allowed(rows, Structure(rows.directions, knots))), default=1)
    trials = [0.0, *_TRIAL_MOMENTA, 1.0]
    left = [_left_ahead(rows, knots, β) for β in trials]
    best = int(np.clip(np.argmin(left), 1, len(trials) - 2))
    from scipy.optimize import minimize_scalar  # a fifth of a second, for records that few bring

    found = minimize_scalar(
        lambda β: _left_ahead(rows, knots, β),
        bounds=(trials[best - 1], trials[best + 1]),
        method="bounded",
        options={"xatol": 1e-4, "maxiter": _MOST_SECTIONS},
    )
    return float(found.x)


def _left_ahead(rows: MotionRows, knots: int, β: float) -> float:
    """With the gradient at d + βv, and this β."""
    ahead = regress(rows._replace(deviation=rows.deviation + β * rows.velocity), Structure(rows.directions, knots))
    both = np.array([-β, 1.0])
    variance = max(float(both @ ahead.gram @ both) / max(ahead.equations - ahead.unknowns, 1), ahead.least_variance)
    return float(np.sqrt(max(variance, 0.0) * ahead.equations / ahead.change_squares))


def _schedules(rows: MotionRows) -> Iterator[tuple[str, Float[np.ndarray, " records"]]]:
    """Common learning rates, in words and at every record, the largest one."""
    n, last = np.arange(rows.length + 1), int(rows.updates[-1])
    changes = "the motion changes along the record: all ηλ"
    for length in _WARM_UPS:
        if length < 0.8 * last:
            for start in _WARM_STARTS:
                begin = max(start, 1 / length)
                words = (
                    f"{changes} grow {1 / begin:.2g}-fold over the first {length} updates or so, alike in all "
                    "networks and modes: a warm-up of the learning rate"
                )
                yield words, np.minimum(1.0, begin + (1 - begin) * n / length)
    for length in (*(round(share * last) for share in _DECAYS), last + 1, last + 2):
        reached = np.minimum(n / length, 1.0)
        words = (
            f"{changes} fall towards zero over about {length} updates, alike in all networks and modes: a schedule "
            "of the learning rate"
        )
        yield words, np.maximum((1 + np.cos(np.pi * reached)) / 2, 1e-6)
        yield words, np.maximum(1 - reached, 1e-6)
    sizes = np.sqrt(np.mean(rows.change**2, axis=(0, 2, 3)))
    jumps = np.log(np.maximum(sizes[1:], 1e-300) / np.maximum(sizes[:-1], 1e-300))
    place = 3 + int(np.argmax(np.abs(jumps[3:]))) if len(jumps) > 6 else 0
    if place and abs(jumps[place]) > np.log(_STEP):
        update, factor = int(rows.updates[place + 1]), float(np.exp(jumps[place]))
        words = (
            f"{changes} change to {factor:.2g} times their value at update {update}, alike in all networks and "
            "modes: a step of the learning rate"
        )
        yield words, np.where(n < update, min(1.0, 1 / factor), min(1.0, factor))
