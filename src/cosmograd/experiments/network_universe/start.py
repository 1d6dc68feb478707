"""Where the fields begin: from the specification's section to coefficients of modes."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from cosmograd.duality.analogue import FieldStart, FieldTheory, VacuumModes, mode_function_start, vacuum_draws
from cosmograd.errors import UserError
from cosmograd.experiments.network_universe.specification import FieldStartSection


def field_start(
    section: FieldStartSection, theory: FieldTheory, time: float, vacuum: VacuumModes | None, draws: Array
) -> FieldStart:
    """The start of one universe; vacuum: None where waves are given; draws: the key of random ones."""
    if vacuum is None:
        return FieldStart(_waves(section, theory, "waves"), _waves(section, theory, "velocities"), time)
    if section.kind == "mode-functions":
        return mode_function_start(theory, vacuum)
    q, v = vacuum_draws(vacuum, draws, 1)
    return FieldStart(q[0], v[0], time)


def _waves(section: FieldStartSection, theory: FieldTheory, name: str) -> Float[Array, "modes fields"]:
    coefficients = np.zeros((len(theory.box.waves), theory.fields))
    for mode, value in (getattr(section, name) or {}).items():
        values = value if isinstance(value, list) else [value]
        if len(values) != theory.fields:
            raise UserError(
                f"start.{name}.{mode}: {value!r} is {len(values)} number(s); the potential is one of {theory.fields} "
                "field(s)."
            )
        try:
            coefficients[theory.box.mode(mode)] = values
        except ValueError as error:
            raise UserError(f"start.{name}: {error}") from None
    return jnp.asarray(coefficients)
