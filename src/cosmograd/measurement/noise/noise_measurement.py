"""Temperature, effective mass and friction of modes from their stationary fluctuations."""

from typing import NamedTuple

import numpy as np
from jaxtyping import ArrayLike, Bool, Float

from cosmograd.learning.optimisers import AbstractOptimiser
from cosmograd.measurement.noise.block_statistics import (
    Stationarity,
    ValueWithError,
    cells_of,
    check_stationarity,
    effective_samples,
    mean_of_cells,
)
from cosmograd.measurement.noise.fluctuation_regression import FluctuationOscillator, regress_fluctuations
from cosmograd.measurement.noise.noise_prediction import NoisePrediction, step_of

# A regression on two lags, and halves of the record, need some updates at least.
LEAST_UPDATES = 16


class NoiseMeasurement(NamedTuple):
    r"""What the fluctuations of modes are, each with its standard error.

    temperature: $T = \lambda\langle(q-\langle q\rangle)^2\rangle$; velocity_temperature:
    $T = \langle(q_n-q_{n-1})^2\rangle/\delta^2$ with $\delta^2 = 2\eta/(1+\beta)$, which needs no λ (equipartition: the
    two agree); oscillator: mass and friction from the same fluctuations. `stationarity` says whether the numbers mean
    what they are called: its `verdict` belongs beside them. effective_samples: how many independent ones the error of
    T is that of. mean_temperature: T averaged over modes, one number, whose error holds what modes have in common;
    cells: how many means, taken as independent, all errors come from.
    """

    temperature: ValueWithError
    velocity_temperature: ValueWithError
    oscillator: FluctuationOscillator
    stationarity: Stationarity
    effective_samples: Float[np.ndarray, " modes"]
    mean_temperature: ValueWithError
    cells: int


class TemperatureRatios(NamedTuple):
    """Measured over predicted temperature, averaged over modes: of positions and of velocities."""

    position: ValueWithError
    velocity: ValueWithError


def check_record(positions: Float[np.ndarray, "members updates modes"]) -> None:
    """Raise `ValueError` for records that nothing can be measured from: too short, diverged, or without motion."""
    if positions.ndim != 3 or 0 in positions.shape:
        raise ValueError(f"`positions` must have shape (members, updates, modes), got {positions.shape}.")
    bad = np.logical_not(np.isfinite(positions).all(axis=(1, 2)))
    if bad.any():
        raise ValueError(
            f"{int(bad.sum())} of {len(positions)} runs hold NaN or infinite amplitudes: they diverged. "
            "Lower the learning rate or raise the batch size, or leave these runs out."
        )
    if positions.shape[1] < LEAST_UPDATES:
        raise ValueError(f"too few updates: {positions.shape[1]} are recorded, at least {LEAST_UPDATES} are needed.")
    check_fluctuations(np.ptp(positions, axis=(0, 1)) == 0)


def check_fluctuations(still: Bool[np.ndarray, " modes"]) -> None:
    """Raise `ValueError` where some modes stand still, of which no temperature can be said."""
    if still.any():
        raise ValueError(
            f"mode {', '.join(map(str, 1 + np.flatnonzero(still)))} does not fluctuate: without noise there is no "
            "temperature. Residuals that vanish at the minimum, and full batches, make none."
        )


def measure_noise(
    positions: Float[np.ndarray, "members updates modes"],
    eigenvalues: Float[ArrayLike, " modes"],
    optimiser: AbstractOptimiser,
) -> NoiseMeasurement:
    """Measure a record of consecutive updates of modes with eigenvalues λ.

    Errors by batch means over members and blocks (`block_statistics`). `ValueError` for records that diverged or are
    too short.
    """
    positions, λ = np.asarray(positions, dtype=np.float64), np.asarray(eigenvalues, dtype=np.float64)
    check_record(positions)
    squares, velocities = _temperatures(positions, λ, optimiser)
    return NoiseMeasurement(
        mean_of_cells(squares),
        mean_of_cells(velocities),
        regress_fluctuations(positions),
        check_stationarity(positions),
        effective_samples(squares),
        mean_of_cells(squares.mean(axis=2, keepdims=True)),
        len(squares),
    )


def temperature_ratios(
    positions: Float[np.ndarray, "members updates modes"],
    eigenvalues: Float[ArrayLike, " modes"],
    optimiser: AbstractOptimiser,
    prediction: NoisePrediction,
) -> TemperatureRatios:
    """Mean over modes of measured over predicted temperature; the error holds what modes have in common."""
    positions, λ = np.asarray(positions, dtype=np.float64), np.asarray(eigenvalues, dtype=np.float64)
    check_record(positions)
    return TemperatureRatios(
        *(
            mean_of_cells((cells / prediction.temperature).mean(axis=2, keepdims=True))
            for cells in _temperatures(positions, λ, optimiser)
        )
    )


def _temperatures(positions: np.ndarray, λ: np.ndarray, optimiser: AbstractOptimiser) -> tuple[np.ndarray, np.ndarray]:
    """λ(q − ⟨q⟩)² and (Δq/δ)², cut into cells."""
    η, β = step_of(optimiser)
    mean = mean_of_cells(cells_of(positions))
    # The mean is itself known up to its error, by which squares around it fall short.
    squares = λ * (np.square(positions - positions.mean(axis=(0, 1))) + mean.standard_error**2)
    velocities = np.square(np.diff(positions, axis=1)) * (1 + β) / (2 * η)
    return cells_of(squares), cells_of(velocities)
