"""Any function of the fields as a potential."""

from collections.abc import Callable
from typing import ClassVar

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from cosmograd.cosmology.potentials.abstract import AbstractPotential


class FunctionPotential(AbstractPotential):
    """A potential given as a JAX-traceable function of the vector of fields; one field is a vector of length one.

    An Equinox module keeps its parameters differentiable; a plain function may close over concrete numbers only.
    """

    name: ClassVar[str] = "function"

    function: Callable[[Array], Array]
    number_of_fields: int = eqx.field(static=True, default=1)
    start: Float[Array, " fields"] | None = None

    @property
    def fields(self) -> int:  # pyright: ignore[reportIncompatibleVariableOverride]
        return self.number_of_fields

    def __call__(self, field: Float[Array, " fields"]) -> Float[Array, ""]:
        return jnp.asarray(self.function(field), dtype=float).reshape(())

    def suggested_field(self) -> Float[Array, " fields"]:
        if self.start is None:
            raise ValueError("a potential given as a function needs a start: give the initial `field`.")
        return jnp.asarray(self.start, dtype=float)

    @classmethod
    def examples(cls) -> tuple[AbstractPotential, ...]:
        return (cls(lambda φ: 1e-11 * jnp.log1p(φ[0] ** 2) ** 2, start=jnp.array([11.0])),)
