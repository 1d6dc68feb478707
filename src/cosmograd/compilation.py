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

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

# Of a process's memory: every kernel of a compiled program is one, and Linux allows 65530.
_MAPPINGS = Path("/proc/self/maps")
_MANY_MAPPINGS = 25_000

_OPTIONS = {"cpu": {"xla_cpu_use_fusion_emitters": False}}


def compiled(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """`equinox.filter_jit`, with the options that this library's programs compile fastest with.

    Inside another transformation (`jax.jit`, `jax.grad`, `jax.vmap`) it is `equinox.filter_jit` alone, since XLA takes
    options for whole programs only.
    """
    plain = eqx.filter_jit(function)

    @functools.wraps(function)
    def call(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        if _inside_a_transformation((args, kwargs)):
            return plain(*args, **kwargs)
        return quick(jax.default_backend())(*args, **kwargs)

    @functools.cache
    def quick(backend: str) -> Callable[Arguments, Result]:
        settings: dict[str, Any] = {"compiler_options": _accepted_options(backend)}
        return eqx.filter_jit(function, **settings)

    return call


def make_room_for_programs() -> None:
    """Let go of what JAX has compiled so far where that is very much; to be called between pieces of long work.

    XLA aborts a process that holds so many programs that it comes to the limit of memory mappings. What is needed again
    is compiled again.
    """
    if _MAPPINGS.exists() and _MAPPINGS.read_bytes().count(b"\n") > _MANY_MAPPINGS:
        jax.clear_caches()
        gc.collect()


def _inside_a_transformation(arguments: Any) -> bool:
    # What is made while `jax.jit` traces is a tracer, whatever the arguments.
    return any(isinstance(leaf, Tracer) for leaf in (jnp.zeros(()), *jax.tree.leaves(arguments)))


@functools.cache
def _accepted_options(backend: str) -> dict[str, Any] | None:
    """The options for this kind of device; None where this version of XLA does not know them any more."""
    options = _OPTIONS.get(backend)
    try:
        jax.jit(lambda x: x + 1, compiler_options=options).lower(0.0).compile()
    except jax.errors.JaxRuntimeError:
        return None
    return options
