"""From a potential and a start to the end of inflation."""

import json
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from cosmograd.compilation import compiled
from cosmograd.cosmology.background import (
    InflationError,
    InflationHistory,
    InflationSettings,
    Model,
    Outcome,
    Phase,
    checked_start,
    failure_of_inflation,
    inflate,
)
from cosmograd.cosmology.spectra import HorizonFlow, horizon_flow
from cosmograd.errors import UserError
from cosmograd.experiments.background.quantities import QUANTITIES
from cosmograd.experiments.background.specification import Specification
from cosmograd.experiments.sources import Sources
from cosmograd.experiments.universe.model import build_model, refuse_other_numbers_of_fields
from cosmograd.results import Result

# The second where fields oscillate too fast for the first.
_SETTINGS = (
    InflationSettings(tolerance=1e-11, grid_points=1025, max_steps=4096),
    InflationSettings(tolerance=1e-11, grid_points=1025, max_steps=65536),
)


def run(
    specification: Specification, sources: Sources, progress: Callable[[float], None], pictured: bool = False
) -> Result:
    """The background from the start to ε = 1; `UserError` where there is none."""
    del pictured  # figures need nothing besides
    model = build_model(specification, sources.model)
    refuse_other_numbers_of_fields(specification, model)
    try:
        result = background_result(model, specification.start.field, specification.start.velocity)
    except ValueError as error:
        raise UserError(str(error)) from error
    progress(1.0)
    contents = json.dumps(specification.model_dump(), ensure_ascii=False)
    result.attrs.update(name=specification.name, specification=contents)
    return result


def background_result(model: Model, field: Any, velocity: Any) -> Result:
    """The background as a result; start and velocity as in `checked_start`."""
    start, roll = checked_start(model, field, velocity)
    for settings in _SETTINGS:
        history = _inflate(model, jnp.asarray(start), jnp.asarray(roll), settings)
        if Outcome(int(history.outcome)) != Outcome.OUT_OF_STEPS:
            break
    if failure := failure_of_inflation(history, settings):
        raise InflationError(failure)
    history, phase, energy, flow = jax.device_get((history, *_along(history)))
    one_field, n = model.potential.fields == 1, ("e_folds",)
    along = n if one_field else (*n, "component")
    arrays = {
        "e_folds": (n, np.asarray(history.e_folds)),
        "field": (along, phase.field[:, 0] if one_field else phase.field),
        "field_velocity": (along, phase.velocity[:, 0] if one_field else phase.velocity),
        "hubble_rate": (n, np.exp(phase.log_hubble)),
        "potential_energy": (n, energy),
        "epsilon_1": (n, flow.first),
        "epsilon_2": (n, flow.second),
        "e_folds_total": ((), history.e_folds_total),
        "friedmann_violation": ((), history.friedmann_violation),
    }
    return Result.of("background", QUANTITIES, arrays, {"name": "background"})


_inflate = compiled(inflate)


@compiled
def _along(history: InflationHistory) -> tuple[Phase, Float[Array, " grid"], HorizonFlow]:
    phase = history.continued_phase(history.e_folds)
    return phase, jax.vmap(history.model.energy)(jnp.asarray(phase.field)), horizon_flow(history, phase)
