"""Powers of curvature, tensors and isocurvature at the end of inflation, for one field or several."""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from cosmograd.cosmology.background import InflationHistory
from cosmograd.cosmology.perturbations import (
    FieldCovariance,
    ModeTable,
    crossing_power,
    curvature_power,
    field_covariance,
    trajectory_frame,
)
from cosmograd.cosmology.spectra.resolution import StepTables


class Isocurvature(NamedTuple):
    r"""What several fields leave besides the curvature.

    power: of $S = Q_\perp/\sqrt{2\epsilon}$, all directions across the trajectory together, normalised as the curvature
    is ($R = Q_\parallel/\sqrt{2\epsilon}$); correlation: size of the correlation coefficient of R and S, from 0 to 1.
    error: relative, of this power, which the curvature's error limits. All are NaN where the power has decayed below
    that: then it cannot be told.
    """

    power: Float[Array, " modes"]
    correlation: Float[Array, " modes"]
    error: Float[Array, " modes"]


class Powers(NamedTuple):
    """Of every mode. start, crossing: e-folds of its vacuum and of k = aH; the errors are relative, by cause."""

    scalar: Float[Array, " modes"]
    tensor: Float[Array, " modes"]
    isocurvature: Isocurvature | None
    start: Float[Array, " modes"]
    crossing: Float[Array, " modes"]
    step_error: Float[Array, " modes"]
    vacuum_error: Float[Array, " modes"]
    closing_error: Float[Array, " modes"]
    interpolation_error: Float[Array, " modes"]


def powers(history: InflationHistory, log_k: Float[Array, " modes"], steps: StepTables) -> Powers:
    """One field: curvature and tensors around horizon crossing; several: their covariance to the end, and tensors."""
    log_aH = history.e_folds + history.table[0][:, -1]
    # Modes that never cross the horizon are taken as some that hardly fail to, and told by their crossing: powers that
    # overflow would spoil the derivatives of the others.
    log_k = jnp.clip(log_k, log_aH[0] - 0.1, log_aH[-1] + 0.1)
    modes = crossing_power(ModeTable.of(history), log_k, steps.modes)
    errors = jnp.stack([modes.step_error, modes.vacuum_error, modes.closing_error, modes.interpolation_error])
    if steps.several_fields is None:
        scalar, tensor = modes.power
        return Powers(scalar, tensor, None, modes.start, modes.crossing, *jnp.max(errors, axis=1))
    covariance = field_covariance(history, log_k, history.e_folds_total, steps.several_fields)
    end = history.continued_phase(history.e_folds_total)
    scalar = curvature_power(history.model, end.field, end.velocity, covariance.field_field)
    step, vacuum, closing, interpolation = errors[:, 1]
    return Powers(
        scalar,
        modes.power[1],
        _isocurvature(history, covariance, scalar),
        jnp.minimum(modes.start, covariance.start),
        modes.crossing,
        jnp.maximum(step, covariance.step_error),
        jnp.maximum(vacuum, covariance.vacuum_error),
        closing,
        jnp.maximum(interpolation, covariance.interpolation_error),
    )


def _isocurvature(history: InflationHistory, covariance: FieldCovariance, scalar: Array) -> Isocurvature:
    end = history.continued_phase(history.e_folds_total)
    metric, speed, along, across = trajectory_frame(history.model.field_space, end.field, end.velocity)
    fields = covariance.field_field / speed**2
    power = jnp.einsum("ij,ia,kab,jb->k", metric, across, fields, across)
    mixed = fields @ (metric @ along) @ across.T  # ⟨SR⟩
    cross = jnp.sqrt(jnp.einsum("ki,ij,kj->k", mixed, metric, mixed))
    error = (covariance.step_error + covariance.interpolation_error) * scalar
    power = jnp.where(power > error, power, jnp.nan)
    return Isocurvature(power, jnp.minimum(cross / jnp.sqrt(scalar * power), 1.0), error / power)
