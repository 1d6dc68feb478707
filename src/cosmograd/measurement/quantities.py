"""What a measured universe consists of, as functions of momentum, step and the ηλ of its modes."""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Shaped

from cosmograd.compilation import compiled
from cosmograd.duality import dual_universe, mass_squared
from cosmograd.measurement.rooms import filled_up, room_for_modes
from cosmograd.solvers import recursion_roots


class Quantity(NamedTuple):
    """description; unit, T being the named unit of time; by_mode: whether there is one for each mode."""

    description: str
    unit: str
    by_mode: bool = False


# In the order of `Quantities`.
QUANTITIES: dict[str, Quantity] = {
    "momentum": Quantity("momentum β", "1"),
    "step": Quantity("learning rate η on the modes of the known kernel", "1"),
    "hubble_rate": Quantity("Hubble rate H", "1/T"),
    "cosmological_constant": Quantity("cosmological constant Λ = 3H²", "1/T²"),
    "e_folds_per_update": Quantity("e-folds per update Hδ", "1"),
    "eta_lambdas": Quantity("ηλ of the mode", "1", by_mode=True),
    "masses_squared": Quantity("m² of the mode", "1/T²", by_mode=True),
    "decay_rates": Quantity("−ln of the larger root of the mode: m²/3H in slow roll", "1/update", by_mode=True),
}


class Quantities(NamedTuple):
    """The quantities of one set of parameters; modes from the largest ηλ down."""

    momentum: Float[Array, ""]
    step: Float[Array, ""]
    hubble_rate: Float[Array, ""]
    cosmological_constant: Float[Array, ""]
    e_folds_per_update: Float[Array, ""]
    eta_lambdas: Float[Array, " modes"]
    masses_squared: Float[Array, " modes"]
    decay_rates: Float[Array, " modes"]


class TimeConvention(NamedTuple):
    """Unit of time and scheme, as in `dual_universe`."""

    time_unit: str
    scheme: str


def quantity_row(
    momentum: Float[Array, ""], step: Float[Array, ""], eta_lambdas: Float[Array, " modes"], convention: TimeConvention
) -> Float[Array, " quantities"]:
    """All quantities in a row, by the dictionary."""
    time_unit, scheme = convention
    universe = dual_universe(step, momentum, time_unit, scheme)
    larger, _ = recursion_roots(1 + momentum - eta_lambdas, jnp.broadcast_to(momentum, eta_lambdas.shape))
    quantities = Quantities(
        momentum,
        step,
        universe.hubble_rate,
        universe.cosmological_constant,
        universe.e_folds_per_update,
        eta_lambdas,
        mass_squared(eta_lambdas / step, step, momentum, time_unit, scheme),
        -jnp.log(jnp.abs(larger)),
    )
    return jnp.concatenate([jnp.atleast_1d(jnp.asarray(value, dtype=float)) for value in quantities])


_compiled_row = compiled(quantity_row)


def quantities_of(
    momentum: float, step: float, eta_lambdas: Float[np.ndarray, " modes"], convention: TimeConvention
) -> Float[np.ndarray, " quantities"]:
    """`quantity_row` of numbers."""
    modes = len(eta_lambdas)
    room = room_for_modes(modes)
    β, η, κ = (jnp.asarray(x, dtype=float) for x in (momentum, step, filled_up(eta_lambdas, room)))
    row = _compiled_row(β, η, κ, convention)
    return np.asarray(row)[places_of_modes(modes, room)]


def places_of_modes(modes: int, room: int) -> Int[np.ndarray, " quantities"]:
    """Where the quantities of the first `modes` modes, and those without modes, stand in a row with room for more."""
    places = np.arange(len(QUANTITIES) * room)
    return np.concatenate([entries(places, name, room)[:modes] for name in QUANTITIES])


def entries(row: Shaped[np.ndarray, " quantities"], name: str, modes: int) -> Shaped[np.ndarray, " entries"]:
    """The entries of one quantity in a row."""
    sizes = {other: modes if quantity.by_mode else 1 for other, quantity in QUANTITIES.items()}
    names = list(sizes)
    first = sum(sizes[other] for other in names[: names.index(name)])
    return row[first : first + sizes[name]]
