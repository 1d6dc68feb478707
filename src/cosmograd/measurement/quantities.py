"""What a measured universe consists of, as functions of momentum, step and the ηλ of its modes."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Shaped

from cosmograd.duality import e_folds_per_update, stroboscopic_mass_per_update, time_step_per_update
from cosmograd.results import Quantity

# In the order of `quantity_rows`.
_DECLARED = (
    Quantity("momentum", "momentum β", symbol="β", estimated=True),
    Quantity("step", "learning rate η on the modes of the known kernel", symbol="η", estimated=True),
    Quantity("hubble_rate", "Hubble rate H", "1/T", symbol="H", estimated=True),
    Quantity("cosmological_constant", "cosmological constant Λ = 3H²", "1/T²", symbol="Λ", estimated=True),
    Quantity("e_folds_per_update", "e-folds per update Hδ", symbol="Hδ", estimated=True),
    Quantity("eta_lambdas", "ηλ of the mode at the first record", "1", ("mode",), "ηλ", estimated=True),
    Quantity("masses_squared", "m² of the mode at the first record", "1/T²", ("mode",), "m²", estimated=True),
    Quantity(
        "decay_rates", "−ln of the larger root of the mode: m²/3H in slow roll", "1/update", ("mode",), estimated=True
    ),
)
QUANTITIES: dict[str, Quantity] = {quantity.name: quantity for quantity in _DECLARED}

# What is estimated beside them.
_DRIFT = Quantity("kernel_drift", "drift of the mean kernel over the record |K_end − K_0|/|K_0|", estimated=True)
ESTIMATED: dict[str, Quantity] = QUANTITIES | {_DRIFT.name: _DRIFT}


class TimeConvention(NamedTuple):
    """Unit of time and scheme, as in `dual_universe`; spacing: updates from one record to the next."""

    time_unit: str
    scheme: str
    spacing: int = 1


def quantity_rows(
    momentum: Float[np.ndarray | float, "*sets"],
    step: Float[np.ndarray | float, "*sets"],
    eta_lambdas: Float[np.ndarray, "*sets modes"],
    convention: TimeConvention,
) -> Float[np.ndarray, "*sets quantities"]:
    """All quantities in a row, by the dictionary; also beyond 0 ≤ β < 1, where estimates may lie.

    momentum, eta_lambdas: of the recursion from record to record.
    """
    time_unit, scheme, spacing = convention
    β, κ = per_update(np.asarray(momentum, dtype=float), np.asarray(eta_lambdas, dtype=float), spacing)
    η = np.asarray(step, dtype=float)
    with np.errstate(all="ignore"):
        δ = time_step_per_update(η, β, time_unit, scheme)
        e_folds = e_folds_per_update(β, scheme) + 0 * δ
        H = e_folds / δ
        b = β[..., None]
        in_updates = 2 * κ / (1 + b) if scheme == "leapfrog" else stroboscopic_mass_per_update(κ, b)
        sizes = np.abs(larger_roots(κ, b))
        rates = -np.log(np.where(sizes > 0, sizes, np.nan))  # a mode that is learned in one update has none
    by_mode = np.concatenate([κ, in_updates / δ[..., None] ** 2, rates], axis=-1)
    return np.concatenate([np.stack([β, η, H, 3 * H**2, e_folds], axis=-1), by_mode], axis=-1)


def per_update(
    momentum: Float[np.ndarray, "*sets"], eta_lambdas: Float[np.ndarray, "*sets modes"], spacing: int
) -> tuple[Float[np.ndarray, "*sets"], Float[np.ndarray, "*sets modes"]]:
    r"""β and ηλ of each update, from those of the recursion between records that are so many updates apart.

    $b = \beta^k$, and the roots are $r_\pm^k$: $\eta\lambda = 1 + \beta - (r_+ + r_-)$. Exact at constant kernel, for
    modes that turn by less than half a period from record to record.
    """
    if spacing == 1:
        return momentum, eta_lambdas
    b = momentum[..., None]
    larger = larger_roots(eta_lambdas, b)
    with np.errstate(all="ignore"):
        β = np.where(momentum >= 0, np.abs(momentum), np.nan) ** (1 / spacing)
        smaller = np.where(np.abs(larger) > 0, b / larger, 0.0)
        roots = larger ** (1 / spacing) + smaller ** (1 / spacing)
    return np.asarray(β), np.asarray(1 + β[..., None] - roots.real)


def larger_roots(
    eta_lambdas: Float[np.ndarray, "*sets modes"], momentum: Float[np.ndarray, "*sets #modes"]
) -> Shaped[np.ndarray, "*sets modes"]:
    """Of r² − (1 + β − ηλ) r + β = 0, the one of larger modulus; complex where the mode oscillates."""
    half = (1 + momentum - eta_lambdas) / 2
    root = np.sqrt((half**2 - momentum).astype(complex))
    return np.where(half >= 0, half + root, half - root)


def quantities_of(
    momentum: float, step: float, eta_lambdas: Float[np.ndarray, " modes"], convention: TimeConvention
) -> Float[np.ndarray, " quantities"]:
    """`quantity_rows` of one set."""
    return quantity_rows(momentum, step, eta_lambdas, convention)


def entries(row: Shaped[np.ndarray, " quantities"], name: str, modes: int) -> Shaped[np.ndarray, " entries"]:
    """The entries of one quantity in a row."""
    sizes = {other: modes if quantity.dimensions else 1 for other, quantity in QUANTITIES.items()}
    names = list(sizes)
    first = sum(sizes[other] for other in names[: names.index(name)])
    return row[first : first + sizes[name]]
