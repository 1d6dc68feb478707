"""For every test: float64, two host devices, checked shapes and types, and seeds that are declared, not drawn."""

import gc
from collections.abc import Iterator
from pathlib import Path

import jax
import jaxtyping
import pytest
from compiler_flags import use_quicker_compilation
from hypothesis import settings

use_quicker_compilation()
# Both before JAX's first use and before any module of the library is imported.
jax.config.update("jax_num_cpu_devices", 2)
# What one test or worker has compiled, the others and the next run read back. It changes no bit.
_COMPILED = str(Path(__file__).resolve().parent.parent / ".pytest_cache" / "jax")
for _name, _value in {
    "jax_compilation_cache_dir": _COMPILED,
    "jax_persistent_cache_min_compile_time_secs": 0.0,
    "jax_persistent_cache_min_entry_size_bytes": -1,
}.items():
    jax.config.update(_name, _value)
_hook = jaxtyping.install_import_hook("cosmograd", "beartype.beartype")

import cosmograd  # noqa: E402

cosmograd.enable_float64()

settings.register_profile("reproducible", deadline=None, derandomize=True, database=None)
settings.load_profile("reproducible")


_MAPS = Path("/proc/self/maps")
_MANY_MAPS = 25_000  # Linux allows 65530 to a process, and XLA's compiler aborts it beyond


@pytest.fixture(autouse=True, scope="module")
def compiled_programs_make_room() -> None:
    """Every kernel of a compiled program is a mapping of memory: what earlier modules compiled is let go in time."""
    if _MAPS.exists() and _MAPS.read_bytes().count(b"\n") > _MANY_MAPS:
        jax.clear_caches()
        gc.collect()


@pytest.fixture
def without_type_checks() -> Iterator[None]:
    """The library as its users run it: the messages they see are its own, not the type checker's."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)
