"""How the error depends on the time step, the amplitude and the width: what its figure shows."""

import dataclasses
from typing import Any

import numpy as np
from jaxtyping import PRNGKeyArray

from cosmograd.duality.analogue import AnalogueProblem, error_at_step, error_of_amplitude, errors_of_networks
from cosmograd.learning.networks import Perceptron

# Factors of the step, the amplitude and the width, and networks at each width.
_STEP_FACTORS = (0.5, 1.0, 2.0, 4.0)
_AMPLITUDE_FACTORS = (0.1, 0.3, 1.0, 3.0)
_WIDTH_FACTORS = (0.25, 0.5, 1.0)
_NETWORKS = 8
# Beyond this amplitude a network is nowhere near its linear window.
_LARGEST_AMPLITUDE = 1.0


def error_scalings(problem: AnalogueProblem, key: PRNGKeyArray) -> dict[str, tuple[tuple[str, ...], Any]]:
    """Arrays of the result; without steps, amplitudes and widths that make no sense."""
    steps = [δ for f in _STEP_FACTORS if _is_possible(problem, δ := f * problem.time_step)]
    ε = float(problem.readout.amplitude)
    amplitudes = [f * ε for f in _AMPLITUDE_FACTORS if f * ε <= _LARGEST_AMPLITUDE] or [ε]
    arrays: dict[str, tuple[tuple[str, ...], Any]] = {
        "scaled_step": (("scaled_step",), steps),
        "step_error": (("scaled_step",), [error_at_step(problem, δ) for δ in steps]),
        "scaled_amplitude": (("scaled_amplitude",), amplitudes),
        "amplitude_error": (("scaled_amplitude",), [error_of_amplitude(problem, a) for a in amplitudes]),
    }
    network = problem.readout.network
    if isinstance(network, Perceptron) and len(network.widths) == 3:
        inputs, width, outputs = network.widths
        modes = len(problem.theory.box.waves) * problem.theory.fields
        widths = sorted({max(1, round(f * width)) for f in _WIDTH_FACTORS})
        widths = [w for w in widths if w * (inputs + outputs + 1) >= 2 * modes]
        errors = np.array([errors_of_networks(problem, _of_width(network, w), key, _NETWORKS) for w in widths])
        errors = errors.reshape(len(widths), _NETWORKS)
        arrays |= {
            "scaled_width": (("scaled_width",), np.array(widths, dtype=int)),
            "width_error": (("scaled_width",), np.sqrt(np.mean(errors**2, axis=1))),
            "width_error_low": (("scaled_width",), errors.min(axis=1)),
            "width_error_high": (("scaled_width",), errors.max(axis=1)),
        }
    return arrays


def _is_possible(problem: AnalogueProblem, time_step: float) -> bool:
    """Stable, possible, and not fewer than four updates."""
    enough = problem.time_step * problem.updates >= 4 * time_step
    return enough and time_step < 0.9 * problem.largest_stable_step and problem.allows_step(time_step)


def _of_width(network: Perceptron, width: int) -> Perceptron:
    return dataclasses.replace(network, widths=(network.widths[0], width, network.widths[2]))
