"""Any function of the fields as a potential."""

from collections.abc import Callable
from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from cosmograd.cosmology.potentials.abstract import AbstractPotential
from cosmograd.cosmology.traced_functions import traced_output


def check_function(function: Any, fields: Any, what: str = "the function", key: str = "number_of_fields") -> None:
    """Raise `ValueError` unless `function` takes so many fields and gives one number that JAX can differentiate.

    what, key: how messages call the function and the number of fields.
    """
    if not callable(function):
        raise ValueError(f"{what} must be a function of the vector of fields, got {function!r}.")
    if isinstance(fields, bool) or not isinstance(fields, int) or fields < 1:
        raise ValueError(f"`{key}` must be a whole number ≥ 1, got {fields!r}.")
    hint = f"It is called with one vector of {fields} field{'s' * (fields > 1)}, as `{key}` says."
    # JAX reads the last field in place of one that is not there; NumPy says so.
    try:
        with np.errstate(all="ignore"):
            function(np.ones(fields))
    except IndexError as error:
        raise ValueError(
            f"{what} reads a field that is not there ({error}). {hint} Raise `{key}` to as many as it needs."
        ) from None
    except (Exception, SystemExit):
        pass  # what NumPy cannot do, JAX may
    output = traced_output(function, fields, what, hint)
    if not hasattr(output, "shape") or output.size != 1:
        got = f"an array of shape {output.shape}" if hasattr(output, "shape") else type(output).__name__
        raise ValueError(f"{what} returns {got}; it must return one number, V in M_Pl⁴. {hint}")
    traced_output(jax.grad(lambda φ: jnp.asarray(function(φ), dtype=float).reshape(())), fields, what, hint)


class FunctionPotential(AbstractPotential):
    """A potential given as a JAX-traceable function of the vector of fields; one field is a vector of length one.

    An Equinox module keeps its parameters differentiable; a plain function may close over concrete numbers only.
    """

    name: ClassVar[str] = "function"

    function: Callable[[Array], Array]
    number_of_fields: int = eqx.field(static=True, default=1)
    start: Float[Array, " fields"] | None = None

    def __check_init__(self) -> None:
        check_function(self.function, self.number_of_fields)

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
