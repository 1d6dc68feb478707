"""Any function of the fields as a potential."""

from collections.abc import Callable
from typing import ClassVar

import equinox as eqx
import jax.numpy as jnp
import numpy as np
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

    def __check_init__(self) -> None:
        count = self.number_of_fields
        if not callable(self.function):
            raise ValueError(f"`function` must be a function of the vector of fields, got {self.function!r}.")
        if isinstance(count, bool) or not isinstance(count, int) or count < 1:
            raise ValueError(f"`number_of_fields` must be a whole number ≥ 1, got {count!r}.")
        # JAX reads the last field in place of one that is not there; NumPy says so.
        try:
            with np.errstate(all="ignore"):
                self.function(np.ones(count))  # pyright: ignore[reportArgumentType]
        except IndexError as error:
            raise ValueError(
                f"the function reads a field that is not there ({error}); it is one of {count} "
                f"field{'s' * (count > 1)}. Give `number_of_fields`, or `fields` in a universe file."
            ) from None
        except Exception:  # what NumPy cannot do, JAX may
            return

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
