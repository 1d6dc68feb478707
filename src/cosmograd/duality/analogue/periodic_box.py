r"""A periodic box of one, two or three dimensions: its lattice points and the real Fourier modes on them.

$$\varphi(x) = \sum_i q_i\,e_i(x), \qquad
  e_i \in \{1,\ \sqrt2\cos(k\cdot x),\ \sqrt2\sin(k\cdot x)\}/\sqrt{\mathcal V}$$

with $k = 2\pi n/L$ for whole numbers n and the volume $\mathcal V = L^d$. The sum over lattice points times
$\mathcal V/N$ makes them orthonormal, exactly.
"""

import itertools
from collections.abc import Sequence
from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from cosmograd.precision import parameter

MOST_POINTS = 4096
"""Of a lattice: the tangent kernel of points × points must fit."""


class Wave(NamedTuple):
    """One real mode: the whole numbers n, and which function of the phase it is."""

    numbers: tuple[int, ...]
    shape: str

    @property
    def name(self) -> str:
        """In words: cos 3, or sin (1, −2)."""
        numbers = self.numbers[0] if len(self.numbers) == 1 else self.numbers
        return "constant" if self.shape == "constant" else f"{self.shape} {numbers}"


class PeriodicBox(eqx.Module):
    """Made by `periodic_box`.

    is_whole_lattice: whether every mode of the lattice was asked for: then the lattice is what is meant, and no
    continuum; coordinates: comoving, in [0, L); basis: $e_i$ at the points; wavenumbers: |k| of each mode.
    """

    dimension: int = eqx.field(static=True)
    points_per_side: int = eqx.field(static=True)
    length: float = eqx.field(static=True)
    waves: tuple[Wave, ...] = eqx.field(static=True)
    is_whole_lattice: bool = eqx.field(static=True)
    coordinates: Float[Array | np.ndarray, "points dimension"] = eqx.field(converter=parameter)
    basis: Float[Array | np.ndarray, "points modes"] = eqx.field(converter=parameter)
    wavenumbers: Float[Array | np.ndarray, " modes"] = eqx.field(converter=parameter)

    @property
    def cell(self) -> float:
        """Volume of a lattice cell."""
        return (self.length / self.points_per_side) ** self.dimension

    @property
    def points(self) -> int:
        """How many there are."""
        return self.points_per_side**self.dimension

    @property
    def inputs(self) -> Float[Array, "points inputs"]:
        """What a network is given: cosine and sine of the angle of each coordinate, so that it is periodic too."""
        angle = 2 * jnp.pi * self.coordinates / self.length
        return jnp.concatenate([jnp.cos(angle), jnp.sin(angle)], axis=1)

    def on_lattice(self, coefficients: Float[Array, "modes fields"]) -> Float[Array, "points fields"]:
        """The fields at the lattice points."""
        return jnp.asarray(self.basis) @ coefficients

    def projected(self, values: Float[Array, "points fields"]) -> Float[Array, "modes fields"]:
        """The coefficients of the modes; what is in no mode of the box is left out."""
        return self.cell * (jnp.asarray(self.basis).T @ values)

    def basis_at(self, coordinates: Float[np.ndarray, "places dimension"]) -> Float[np.ndarray, "places modes"]:
        """$e_i$ at any places, between the lattice points too."""
        side, length = self.points_per_side, self.length
        return np.stack([_values(wave, coordinates, length, side) for wave in self.waves], axis=1)

    def on_finer_lattice(self) -> "PeriodicBox":
        """The same modes on twice as many points per side."""
        side = 2 * self.points_per_side
        coordinates = _lattice(self.dimension, side, self.length)
        basis = self.basis_at(coordinates)
        return PeriodicBox(self.dimension, side, self.length, self.waves, False, coordinates, basis, self.wavenumbers)

    def mode(self, name: str) -> int:
        """The place of a mode by its name; `ValueError` names those that exist."""
        names = [wave.name for wave in self.waves]
        if name not in names:
            raise ValueError(f"the box has no mode {name!r}; it has: {', '.join(names)}.")
        return names.index(name)


def periodic_box(
    dimension: int = 1,
    largest_number: int | None = 6,
    points_per_side: int | None = None,
    length: float = 2 * np.pi,
    constant_mode: bool = False,
) -> PeriodicBox:
    """A box with all modes 0 < |n| ≤ `largest_number`, or with every mode of its lattice where that is None.

    Interactions make waves that the box has no mode for. On more than 4 `largest_number` points per side those of φ⁴
    are left out, as they should be; on fewer they are taken for waves that it has. With every mode of a lattice the
    box is that lattice, not the continuum.

    points_per_side: the next power of two that holds the modes if None; length: comoving, of a side;
    constant_mode: whether n = 0 is kept (always, with every mode). Raises ValueError where the lattice is too coarse.
    """
    for name, value in (("largest_number", largest_number), ("points_per_side", points_per_side)):
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
            raise ValueError(f"`{name}` must be a whole number ≥ 1, or None; got {value!r}.")
    if dimension not in (1, 2, 3):
        raise ValueError(f"`dimension` must be 1, 2 or 3, got {dimension!r}.")
    if not (np.isfinite(length) and length > 0):
        raise ValueError(f"`length` must be positive and finite, got {length!r}.")
    if largest_number is None and points_per_side is None:
        raise ValueError("every mode of which lattice? Give `points_per_side`, or `largest_number`.")
    if largest_number is not None and largest_number < 1:
        raise ValueError(f"`largest_number` must be ≥ 1, or None for every mode of the lattice; got {largest_number}.")
    side = points_per_side or 1 << (2 * (largest_number or 1)).bit_length()
    if side < 2 or side**dimension > MOST_POINTS:
        raise ValueError(
            f"{side} points per side in {dimension} dimension(s) make {side**dimension} points; allowed: 2 per side up "
            f"to {MOST_POINTS} in all, for the tangent kernel relates each to each."
        )
    if largest_number is not None and side <= 2 * largest_number:
        raise ValueError(
            f"modes up to n = {largest_number} need at least {2 * largest_number + 1} points per side, got {side}."
        )
    waves = _waves(dimension, largest_number, side, constant_mode or largest_number is None)
    return box_of_waves(dimension, side, length, waves, largest_number is None)


def box_of_waves(
    dimension: int, points_per_side: int, length: float, waves: Sequence[Wave], is_whole_lattice: bool = False
) -> PeriodicBox:
    """A box with these modes, as `PeriodicBox` names its parts."""
    coordinates = _lattice(dimension, points_per_side, length)
    basis = np.stack([_values(wave, coordinates, length, points_per_side) for wave in waves], axis=1)
    k = 2 * np.pi / length * np.linalg.norm([wave.numbers for wave in waves], axis=1)
    return PeriodicBox(
        dimension,
        points_per_side,
        float(length),
        tuple(waves),
        is_whole_lattice,
        coordinates,
        basis,
        k,
    )


def _lattice(dimension: int, side: int, length: float) -> Float[np.ndarray, "points dimension"]:
    axis = np.arange(side) * length / side
    return np.stack([x.ravel() for x in np.meshgrid(*[axis] * dimension, indexing="ij")], axis=1)


def _waves(dimension: int, largest: int | None, side: int, constant: bool) -> list[Wave]:
    reach = range(-((side - 1) // 2), side // 2 + 1) if largest is None else range(-largest, largest + 1)
    found, seen = [], set()
    for numbers in sorted(itertools.product(reach, repeat=dimension), key=_by_length):
        if (largest is not None and sum(n * n for n in numbers) > largest**2) or numbers in seen:
            continue
        opposite = tuple(-n if -n in reach else n for n in numbers)
        seen |= {numbers, opposite}
        if not any(numbers):
            found += [Wave(numbers, "constant")] if constant else []
        elif opposite == numbers:  # at the edge of the lattice's modes, where the sine vanishes on it
            found.append(Wave(numbers, "cos"))
        else:
            found += [Wave(numbers, "cos"), Wave(numbers, "sin")]
    return found


def _by_length(numbers: tuple[int, ...]) -> tuple[int, tuple[int, ...]]:
    return sum(n * n for n in numbers), tuple(-n for n in numbers)


def _values(wave: Wave, coordinates: np.ndarray, length: float, side: int) -> np.ndarray:
    volume = length ** coordinates.shape[1]
    if wave.shape == "constant":
        return np.full(len(coordinates), volume**-0.5)
    phase = 2 * np.pi / length * (coordinates @ np.asarray(wave.numbers))
    edge = all(n == 0 or 2 * n == side for n in wave.numbers)
    return (1.0 if edge else 2**0.5) * volume**-0.5 * (np.cos(phase) if wave.shape == "cos" else np.sin(phase))
