"""Where inflation starts: the field and its velocity, checked before anything larger is compiled."""

import math
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Float

from cosmograd.compilation import compiled
from cosmograd.cosmology.background.attractor import attractor_velocity
from cosmograd.cosmology.background.equations import Model, slow_roll_ε
from cosmograd.cosmology.traced_functions import traced_output
from cosmograd.errors import UserError, in_digits

Numbers = Float[ArrayLike, "..."] | Sequence[float]


class InflationError(UserError):
    """The model does not inflate and end as is needed; the message says where and why."""


def checked_start(model: Model, field: Numbers | None, velocity: Numbers | None) -> tuple[np.ndarray, np.ndarray]:
    """φ and dφ/dN, the potential's suggestion and the attractor where left out; `InflationError` says what is wrong."""
    fields = model.potential.fields
    start = _checked_vector("field", model.potential.suggested_field() if field is None else field, fields)
    given = None if velocity is None else _checked_vector("velocity", velocity, fields)
    try:
        metric, roll, energy, ε = jax.device_get(_beginning(model, start, given))
    except Exception:
        try:  # a metric of the user's that JAX cannot trace is told in their terms
            traced_output(model.field_space.metric, fields, "the metric of field space")
        except ValueError as error:
            raise InflationError(str(error)) from None
        raise
    _refuse_useless_metric(metric, start)
    _refuse_useless_start(start, roll, float(energy), float(ε))
    return start, roll


@compiled
def _beginning(model: Model, field: Any, velocity: Any) -> tuple[Array, Array, Array, Array]:
    """Metric, dφ/dN, V + Λ and ε at the start."""
    metric = model.field_space.metric(field)
    if metric.shape != 2 * field.shape:  # nothing else can be computed; `_refuse_useless_metric` says why
        return metric, jnp.zeros(field.shape), jnp.ones(()), jnp.zeros(())
    roll = attractor_velocity(model, field) if velocity is None else velocity
    return metric, roll, model.energy(field), slow_roll_ε(model, field, roll)


def _checked_vector(name: str, value: Numbers, fields: int) -> np.ndarray:
    array = np.atleast_1d(np.asarray(value, dtype=float))
    if array.shape != (fields,) or not np.isfinite(array).all():
        raise ValueError(f"`{name}` must be {fields} finite number{'s' * (fields > 1)}, in M_Pl, got {value}.")
    return array


def _refuse_useless_metric(metric: np.ndarray, field: np.ndarray) -> None:
    fields = len(field)
    if metric.shape != (fields, fields):
        wrong = f"has the shape {metric.shape} instead of {(fields, fields)}, for {fields} fields"
    elif not np.isfinite(metric).all():
        wrong = "holds what is no finite number"
    elif not np.allclose(metric, metric.T, rtol=1e-12, atol=1e-12 * np.abs(metric).max()):
        i, j = np.unravel_index(np.argmax(np.abs(metric - metric.T)), metric.shape)
        wrong = f"is not symmetric: G[{i}, {j}] = {metric[i, j]:.6g}, but G[{j}, {i}] = {metric[j, i]:.6g}"
    elif not (smallest := np.linalg.eigvalsh(metric)[0]) > 0:
        wrong = f"is not positive: its smallest eigenvalue is {smallest:.6g}"
    else:
        return
    raise InflationError(
        f"the metric of field space must be symmetric and positive; at the start, φ = {in_digits(field)} M_Pl, it "
        f"{wrong}. It is {metric.tolist()}."
    )


def _refuse_useless_start(field: np.ndarray, velocity: np.ndarray, energy: float, ε: float) -> None:
    where = f"at the start, φ = {in_digits(field)} M_Pl, dφ/dN = {in_digits(velocity)} M_Pl"
    if energy == 0:
        raise InflationError(
            f"V + Λ is zero {where}: below the smallest number of float64, or a start in the minimum. H² must be "
            "positive: take a larger scale of V, which a spectrum's amplitude is proportional to, or start elsewhere."
        )
    if energy <= 0:
        raise InflationError(
            f"V + Λ = {energy:.4g} M_Pl⁴ {where}: H² has no value unless it is positive. Start elsewhere."
        )
    if ε >= 1:
        raise InflationError(f"there is no inflation {where}: ε = {ε:.4g} ≥ 1. Start slower, or elsewhere.")
    if not math.isfinite(energy) or not math.isfinite(ε):
        raise InflationError(
            f"the potential or its gradient is not a finite number {where}: V + Λ = {energy}, ε = {ε}."
        )
