"""A universe measured by regressions with drifting kernels: all quantities with intervals, and ηλ along the run."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from cosmograd.measurement.drift_evidence import MOST_DIRECTIONS, ChosenRegression, choose_regression
from cosmograd.measurement.drift_regression import residuals
from cosmograd.measurement.drifting_masses import KernelMoments, kernel_moments, places_along
from cosmograd.measurement.estimates import FittedModes
from cosmograd.measurement.motion_rows import MotionRows, motion_rows
from cosmograd.measurement.output_modes import kernel_modes_of
from cosmograd.measurement.output_noise import shift_by_noise
from cosmograd.measurement.parameter_scatter import Interval, student_quantile
from cosmograd.measurement.quantities import TimeConvention, per_update, quantity_rows
from cosmograd.measurement.recorded_trajectories import Trajectories

# Directions and modes that hold less than this share of the largest are left out.
_SHARE, _MOST_MODES, _MOST_KNOWN_MODES = 0.02, 12, 8
# Directions over the points that are followed.
_MOST_FOLLOWED = 40
# Modes reach outside of these as far as the motion does, and they do into the weakest quarter of them: of the leading
# modes, how far at the most.
_WEAKEST, _LEADING, _MUCH_OUTSIDE = 0.25, 4, 0.3
# Knots of the mean kernel, at the least; of the kernels whose difference from these widens the intervals, fewer.
_LEAST_KNOTS, _FEWER_KNOTS = 4, 2
# Velocities whose products are taken out of the masses, at the least.
_LEAST_INTERACTION = 2
# Share of the changes that is left where a regression describes them exactly.
_EXACT = 1e-9
# Degrees of freedom at which Student's distribution is the normal one.
_MANY = 10_000


class MeasuredModes(NamedTuple):
    """Modes of the mean kernel. components: of directions that are followed, along those over the points, which all
    outputs share, or along outputs and directions, of all networks or each; count: of modes, from the largest down;
    outside: |motion along none of these| / |motion|;
    eigenvalues: λ over the loss's divisor where these are modes of known kernels, None for directions that mix.
    """

    components: Float[np.ndarray, "each components followed"]
    count: int
    outside: float
    eigenvalues: Float[np.ndarray, "each modes"] | None
    moments: KernelMoments
    with_fewer_knots: KernelMoments | None

    def at(self, momentum: float, without: int | None = None) -> "ModesAlongTheRun":
        """The modes for this β; without: a network to leave out."""
        kernels = self.moments.mean_kernel(momentum, without)
        along = np.einsum("nj,jik->nik", self.moments.hats, kernels)
        if self.eigenvalues is not None:
            eta_lambdas = np.diagonal(along, axis1=1, axis2=2)
        else:
            eta_lambdas = np.linalg.eigvalsh(along)[:, ::-1]
        eta_lambdas = eta_lambdas[:, : self.count]
        mean = kernels.mean(axis=0)
        directions = np.eye(len(mean)) if self.eigenvalues is not None else np.linalg.eigh(mean)[1][:, ::-1]
        return ModesAlongTheRun(
            eta_lambdas,
            float(np.linalg.norm(kernels[-1] - kernels[0]) / max(float(np.linalg.norm(kernels[0])), 1e-300)),
            directions[:, : self.count],
        )


class ModesAlongTheRun(NamedTuple):
    """eta_lambdas: from the largest down, along the run; drift: |K_end − K_0| / |K_0|; directions: of the modes, in
    those that are followed.
    """

    eta_lambdas: Float[np.ndarray, "places modes"]
    drift: float
    directions: Float[np.ndarray, "followed modes"]


class RegressionMeasurement(NamedTuple):
    """rows: the equations; chosen: the regression; numbers: of all quantities; modes: along the run, with the
    half-width of the intervals of their ηλ and of the drift; hidden: why these are not known where β may be;
    eigenvalues: λ where they are known; fitted: for figures.
    """

    rows: MotionRows
    chosen: ChosenRegression
    numbers: Interval
    modes: ModesAlongTheRun
    eta_lambda_reach: Float[np.ndarray, "records modes"]
    drift_reach: float
    hidden: str | None
    eigenvalues: Float[np.ndarray, " modes"] | None
    fitted: FittedModes


def measure_by_regression(
    record: Trajectories,
    learning_rate: float,
    convention: TimeConvention,
    noise: float = 0.0,
    progress: Callable[[float], None] = lambda share: None,
) -> RegressionMeasurement:
    """learning_rate: sets the unit of time where no kernel is known; noise: on the outputs, beside their rounding.

    To be called where BLAS is held to one thread (`fixed_blas_threads`).
    """
    noise = float(np.hypot(noise, record.rounding))
    rows = motion_rows(record, MOST_DIRECTIONS, noise)
    chosen = choose_regression(rows, progress)
    further = np.zeros_like(chosen.reach)
    further[0, 0] = shift_by_noise(rows, chosen.regression, noise) ** 2
    chosen = chosen._replace(reach=chosen.reach + further)
    modes = _measured_modes(record, rows, chosen)
    θ = np.append(chosen.coefficients, learning_rate)[:2]
    return _measured(rows, chosen, modes, θ, _reaches(chosen.reach), convention)


def with_single_roots(
    found: RegressionMeasurement, record: Trajectories, learning_rate: float, convention: TimeConvention
) -> RegressionMeasurement:
    """The same with β = 0: rates of decay where nothing tells the momentum."""
    modes = _measured_modes(record, found.rows, found.chosen)
    return _measured(found.rows, found.chosen, modes, np.array([0.0, learning_rate]), [], convention)


def _measured(
    rows: MotionRows,
    chosen: ChosenRegression,
    modes: MeasuredModes,
    θ: Float[np.ndarray, "2"],
    reaches: list[np.ndarray],
    convention: TimeConvention,
) -> RegressionMeasurement:
    """θ: β and η; reaches: independent half-widths of them. Intervals are those of the images of all half-widths."""
    here = modes.at(θ[0])
    value = _row(θ, here.eta_lambdas[0], convention)
    scatter, drift_scatter = _scatter(modes, here, θ[0])
    changes = [[_row(θ, here.eta_lambdas[0] + sign * scatter[0], convention) - value for sign in (1, -1)]]
    along = _along_run(θ[0], here, convention)
    by_scatter = [
        np.abs(_along_run(θ[0], here._replace(eta_lambdas=here.eta_lambdas + sign * scatter), convention) - along)
        for sign in (1, -1)
    ]
    eta_lambda_squares, drift_squares = np.max(by_scatter, axis=0) ** 2, drift_scatter**2
    for reach in reaches:
        there = [modes.at(θ[0] + sign * reach[0]) for sign in (1, -1)]
        changes.append(
            [
                _row(θ + sign * reach, moved.eta_lambdas[0], convention) - value
                for sign, moved in zip((1, -1), there, strict=True)
            ]
        )
        moves = [
            np.abs(_along_run(θ[0] + sign * reach[0], moved, convention) - along)
            for sign, moved in zip((1, -1), there, strict=True)
        ]
        eta_lambda_squares = eta_lambda_squares + np.max(moves, axis=0) ** 2
        drift_squares += max(abs(moved.drift - here.drift) for moved in there) ** 2
    changed = np.array(changes)
    up, down = (np.sqrt(np.sum(np.max(sign * changed, axis=1, initial=0.0) ** 2, axis=0)) for sign in (1, -1))
    error = np.maximum(up, down) / student_quantile(_MANY)
    return RegressionMeasurement(
        rows,
        chosen,
        Interval(value, value - down, value + up, error),
        here._replace(eta_lambdas=_at_every_record(along, rows.length)),
        _at_every_record(np.sqrt(eta_lambda_squares), rows.length),
        float(np.sqrt(drift_squares)),
        _hidden(modes, here),
        None if modes.eigenvalues is None else modes.eigenvalues.mean(axis=0),
        _fitted_modes(rows, chosen, modes, here),
    )


def _reach_outside(modes: MeasuredModes, here: ModesAlongTheRun) -> Float[np.ndarray, " modes"]:
    """How far each mode reaches outside of the directions that are followed, weakest last."""
    weakest = here.directions[-max(1, round(_WEAKEST * len(here.directions))) :]
    return modes.outside * np.sqrt(np.sum(weakest**2, axis=0))


def _hidden(modes: MeasuredModes, here: ModesAlongTheRun) -> str | None:
    if np.max(_reach_outside(modes, here)[:_LEADING]) < _MUCH_OUTSIDE:
        return None
    return (
        f"the modes reach outside of the {modes.components.shape[2]} strongest directions over the points, where "
        f"{100 * modes.outside:.0f} % of the motion lies and drives them unseen"
    )


def _row(θ: np.ndarray, eta_lambdas: np.ndarray, convention: TimeConvention) -> Float[np.ndarray, " quantities"]:
    return quantity_rows(float(θ[0]), float(θ[1]), eta_lambdas, convention)


def _along_run(momentum: float, modes: ModesAlongTheRun, convention: TimeConvention) -> np.ndarray:
    """ηλ of an update, along the run."""
    return per_update(np.full(len(modes.eta_lambdas), momentum), modes.eta_lambdas, convention.spacing)[1]


def _at_every_record(along: Float[np.ndarray, "places modes"], length: int) -> Float[np.ndarray, "records modes"]:
    at, records = np.log1p(places_along(length)), np.log1p(np.arange(length + 1))
    return np.stack([np.interp(records, at, mode) for mode in along.T], axis=1)


def _reaches(reach: Float[np.ndarray, "shared shared"]) -> list[np.ndarray]:
    """Independent half-widths of (β, η), from their products; η has none where it is given."""
    squares, directions = np.linalg.eigh(np.pad(reach, (0, 2 - len(reach))))
    return [np.sqrt(square) * direction for square, direction in zip(squares, directions.T, strict=True) if square > 0]


def _scatter(modes: MeasuredModes, here: ModesAlongTheRun, momentum: float) -> tuple[np.ndarray, float]:
    """Half-widths of ηλ, (places, modes), and of the drift: how well the mean is told, what fewer knots change, the
    share of the motion that is not followed, and by the jackknife over networks how much these scatter.
    """
    members = modes.moments.members
    told = student_quantile(_MANY) * np.sqrt(modes.moments.variances(here.directions))
    κ_reach = np.hypot(told, 2 * _reach_outside(modes, here) ** 2 * here.eta_lambdas)
    drift_reach = float(np.linalg.norm(κ_reach[-1])) / max(float(np.linalg.norm(here.eta_lambdas[0])), 1e-300)
    if modes.with_fewer_knots is not None:
        other = modes._replace(moments=modes.with_fewer_knots).at(momentum)
        κ_reach = np.hypot(κ_reach, other.eta_lambdas - here.eta_lambdas)
        drift_reach = float(np.hypot(drift_reach, other.drift - here.drift))
    if members < 2:
        return κ_reach, drift_reach
    without = [modes.at(momentum, member) for member in range(members)]
    factor = student_quantile(members - 1) * np.sqrt((members - 1) / members)
    κ, drifts = (np.array(values) for values in zip(*((one.eta_lambdas, one.drift) for one in without), strict=True))
    scatters = (factor * np.sqrt(np.sum((values - values.mean(axis=0)) ** 2, axis=0)) for values in (κ, drifts))
    κ_scatter, drift_scatter = scatters
    return np.hypot(κ_reach, κ_scatter), float(np.hypot(drift_reach, drift_scatter))


def _measured_modes(record: Trajectories, rows: MotionRows, chosen: ChosenRegression) -> MeasuredModes:
    """Along the modes of the known kernel, or along the strongest directions over the points."""
    structure = chosen.regression.structure
    knots, fewer, interaction = structure.knots, None, structure.interaction
    if chosen.regression.residual_fraction > _EXACT:  # else a constant kernel that is chosen is constant
        knots, fewer = max(knots, _LEAST_KNOTS), _FEWER_KNOTS
        interaction = min(max(interaction, _LEAST_INTERACTION), rows.across.shape[1])
    λ, outside = None, 0.0
    if record.kernel is not None:
        known = kernel_modes_of(record, _SHARE, _MOST_KNOWN_MODES)
        λ, shaped = known.eigenvalues, known.directions.reshape(-1, record.points, record.output_count, known.modes)
        components = np.einsum("mpok,pd->modk", shaped, rows.basis).reshape(len(shaped), -1, known.modes)
    else:
        followed, outside = _followed(rows, knots)
        components = np.eye(rows.directions)[None, :, :followed]

    def moments(knots: int) -> KernelMoments:
        expected = None if λ is None else chosen.coefficients[1] * λ
        β = float(np.clip(chosen.coefficients[0], 0.0, 1.0))
        independent = chosen.regression.independent_share
        return kernel_moments(rows, components, knots, β, independent, expected, interaction)

    count = min(components.shape[2], _MOST_MODES)
    return MeasuredModes(components, count, outside, λ, moments(knots), None if fewer is None else moments(fewer))


def _followed(rows: MotionRows, knots: int) -> tuple[int, float]:
    """How many directions over the points are followed, and |motion along none of these| / |motion|."""
    motion = rows.deviation - rows.deviation.mean(axis=1, keepdims=True)
    squares = np.mean(motion**2, axis=(0, 1, 2))
    equations = rows.members * len(rows.updates) * rows.outputs
    most = int(np.clip(equations // (3 * knots) - 1, 1, _MOST_FOLLOWED))
    count = int(np.clip(np.sum(squares > _SHARE**2 * squares.max()), 1, most))
    inside = (1 - rows.left_out**2) * squares[:count].sum() / max(float(squares.sum()), 1e-300)
    return count, float(np.sqrt(max(1 - inside, 0.0)))


def _fitted_modes(
    rows: MotionRows, chosen: ChosenRegression, modes: MeasuredModes, here: ModesAlongTheRun
) -> FittedModes:
    """Modes as recorded after each equation's update, and as the regression expects them from the update before; of
    several outputs, the combination that moves most.
    """
    left = np.zeros_like(rows.change)
    left[..., : chosen.regression.structure.directions] = residuals(rows, chosen.regression)
    size = modes.components.shape[1]
    turned = modes.components @ here.directions
    shape = (rows.members, len(rows.updates), -1, size)
    recorded, off = (part.reshape(shape) @ turned[:, None] for part in (rows.deviation + rows.change, left))
    motion = recorded - recorded.mean(axis=1, keepdims=True)
    strongest = np.linalg.eigh(np.einsum("mnok,mnpk->kop", motion, motion, optimize=True))[1][:, :, -1]
    recorded, off = (np.einsum("mnok,ko->mnk", part, strongest) for part in (recorded, off))
    return FittedModes(rows.updates + 1, recorded, recorded - off)
