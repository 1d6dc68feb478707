"""From a training step to its universe, or back, as a result."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np

from cosmograd.errors import UserError
from cosmograd.experiments.dictionary.numbers import both_sides, momentum_of, of_mode, of_optimiser
from cosmograd.experiments.dictionary.quantities import QUANTITIES, UNITS_OF_TIME
from cosmograd.experiments.dictionary.specification import Specification
from cosmograd.experiments.sources import Sources
from cosmograd.results import Result


def run(
    specification: Specification, sources: Sources, progress: Callable[[float], None], pictured: bool = False
) -> Result:
    """The universe of a training step, or the step of a universe."""
    del sources, pictured  # there are no files, and figures need nothing besides
    asked = specification
    said = asked.model_dump(include={"learning_rate", "momentum", "hubble_rate", "time_step", "time_unit", "scheme"})
    convention = asked.model_dump(include={"optimiser", "dampening", "weight_decay", "averaged"})
    try:
        if asked.hubble_rate is not None:
            found = both_sides(**said)
            said["learning_rate"], said["momentum"] = found["learning_rate"], found["momentum"]
        η, β = said["learning_rate"], said["momentum"]
        result = step_and_universe(
            η, β, asked.time_unit, asked.scheme, asked.name, asked.eigenvalue, asked.points, **convention
        )
    except ValueError as error:
        raise UserError(str(error)) from None
    progress(1.0)
    result.attrs["specification"] = json.dumps(asked.model_dump(), ensure_ascii=False)
    return result


def step_and_universe(
    learning_rate: Any,
    momentum: Any,
    time_unit: str,
    scheme: str,
    name: str = "dual universe",
    eigenvalue: float | None = None,
    points: int = 1,
    **convention: Any,
) -> Result:
    """Both sides of the dictionary for these η and β, numbers or arrays that fit each other, and a mode if asked.

    convention: as in `of_optimiser`.
    """
    β = momentum_of(momentum, **convention)
    universe, step = of_optimiser(learning_rate, β, time_unit, scheme, **convention)
    η, β = np.broadcast_arrays(np.asarray(learning_rate, float), np.asarray(β, float))
    values = {"learning_rate": η, "momentum": β} | universe
    along = ("setting",) if η.ndim == 1 else tuple(f"setting_{axis}" for axis in range(η.ndim))
    arrays = {key: (along, np.broadcast_to(np.asarray(value, float), η.shape)) for key, value in values.items()}
    if eigenvalue is not None:
        mode = of_mode(eigenvalue, step, universe, time_unit, scheme, points)
        arrays |= {key: (along, np.broadcast_to(np.asarray(value), η.shape)) for key, value in mode.items()}
    said = {"name": name, "time_unit": f"{time_unit} ({UNITS_OF_TIME[time_unit]})", "scheme": scheme}
    said |= {"optimiser": convention.get("optimiser", "sgd")}
    return Result.of("dictionary", QUANTITIES, arrays, said)
