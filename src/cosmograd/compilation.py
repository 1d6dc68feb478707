"""Compiling for a quick start.

On CPUs XLA has two ways of turning a fused loop into machine code. The newer one, its default, takes about twice as
long over the programs of this library and gains nothing: a background with a thousand wavenumbers compiles in 3 s
instead of 5 s and runs as fast (`benchmarks/power_spectra.py`). `compiled` asks for the older one where it exists.
"""

import functools
import gc
from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.core import Tracer

from cosmograd.compilation_requests import Request, is_data, split
from cosmograd.compilation_store import kept_program

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

# Of a process's memory: every kernel of a compiled program is one, and Linux allows 65530.
_MAPPINGS = Path("/proc/self/maps")
_MANY_MAPPINGS = 25_000

_OPTIONS = {"cpu": {"xla_cpu_use_fusion_emitters": False}}


def compiled(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """`equinox.filter_jit`, with the options that this library's programs compile fastest with.

    Floats are data as arrays are, also inside modules: another number compiles nothing. Whole numbers, booleans, text
    and functions are part of the program, and so are floats in a program that needs their values while it is traced.

    Inside another transformation (`jax.jit`, `jax.grad`, `jax.vmap`) it is `equinox.filter_jit` alone, since XLA takes
    options for whole programs only.
    """
    plain = eqx.filter_jit(function)
    needs_values: set[Request] = set()  # calls whose floats are looked at while they are traced, as in a condition

    def run(request: Request, data: list[Any]) -> tuple[list[Any], Request]:
        return request.evaluated(data)

    run.__name__ = run.__qualname__ = getattr(function, "__name__", type(function).__name__)

    @functools.cache
    def program(backend: str) -> Callable[[Request, list[Any]], tuple[list[Any], Request]]:
        return jax.jit(run, static_argnums=0, compiler_options=_accepted_options(backend))

    def result_of(data: list[Any], request: Request) -> Result:
        backend = jax.default_backend()
        if kept := kept_program(request, data, _accepted_options(backend)):
            return kept(data)
        results, rest = program(backend)(request, data)
        return rest.joined(results)

    @functools.wraps(function)
    def call(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        everything = (function, args, kwargs)
        data, request = split(everything, is_data)
        if _is_traced(data):
            return plain(*args, **kwargs)
        if request not in needs_values:
            try:
                return result_of(data, request)
            except (TypeError, ValueError):
                if not any(isinstance(leaf, float | complex) for leaf in data):
                    raise
        result = result_of(*split(everything, eqx.is_array))
        needs_values.add(request)
        return result

    return call


def make_room_for_programs() -> None:
    """Let go of what JAX has compiled so far where that is very much; to be called between pieces of long work.

    XLA aborts a process that holds so many programs that it comes to the limit of memory mappings. What is needed again
    is compiled again.
    """
    if _MAPPINGS.exists() and _MAPPINGS.read_bytes().count(b"\n") > _MANY_MAPPINGS:
        jax.clear_caches()
        gc.collect()


def _is_traced(data: list[Any]) -> bool:
    # What is made while `jax.jit` traces is a tracer, whatever the arguments.
    return any(isinstance(leaf, Tracer) for leaf in (jnp.zeros(()), *data))


@functools.cache
def _accepted_options(backend: str) -> dict[str, Any] | None:
    """The options for this kind of device; None where this version of XLA does not know them any more."""
    options = _OPTIONS.get(backend)
    try:
        jax.jit(lambda x: x + 1, compiler_options=options).lower(0.0).compile()
    except jax.errors.JaxRuntimeError:
        return None
    return options
