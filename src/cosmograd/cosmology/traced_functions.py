"""Functions that users give: what JAX cannot trace or differentiate is said in the user's terms."""

import traceback
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from cosmograd.errors import reason


def traced_output(function: Callable[..., Any], fields: int, what: str, hint: str = "") -> Any:
    """Shape and type of what `function` makes of the vector of fields; computes nothing.

    Raises `ValueError`, a sentence that begins with `what`, where JAX cannot trace it. hint: follows where the
    function itself fails.
    """
    try:
        return jax.eval_shape(function, jax.ShapeDtypeStruct((fields,), jnp.result_type(float)))
    except (Exception, SystemExit) as error:
        where = _line_of(function, error)
        raise ValueError(f"{what} {_explained(error, where, hint)}") from error


def _explained(error: BaseException, where: str, hint: str) -> str:
    if isinstance(error, jax.errors.TracerArrayConversionError):
        return (
            f"calls NumPy or SciPy on the fields{where}, which JAX cannot differentiate. Use jax.numpy: "
            "import jax.numpy as jnp, then jnp.sin instead of np.sin."
        )
    if isinstance(error, jax.errors.TracerBoolConversionError):
        return f"decides by the values of the fields{where}, with if, while, and, or. Use jnp.where of jax.numpy."
    if isinstance(error, jax.errors.ConcretizationTypeError):
        return (
            f"makes Python numbers of the fields{where}, with float, int or the module math. Write it by operations of "
            "jax.numpy: jnp.log instead of math.log."
        )
    return f"fails{where}: {type(error).__name__}: {reason(error).splitlines()[0].rstrip('.')}. {hint}".rstrip()


def _line_of(function: Any, error: BaseException) -> str:
    """The last line of the function's own file on the way to the error."""
    file = getattr(getattr(function, "__code__", None), "co_filename", None)
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    return f" (line {lines[-1]})" if lines else ""
