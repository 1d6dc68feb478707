"""For every test: float64, two host devices, checked shapes and types, and seeds that are declared, not drawn."""

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import jax
import jaxtyping
import pytest
from compiler_flags import use_quicker_compilation
from hypothesis import settings

use_quicker_compilation()
gc.set_threshold(200_000, 50, 50)  # tracing makes very many objects that live long; saves a tenth of the time
# Both before JAX's first use and before any module of the library is imported.
jax.config.update("jax_num_cpu_devices", 2)
os.environ["COSMOGRAD_CACHE"] = "off"  # the user's own cache is none of the tests' business
# What one test or worker has compiled, the others and the next run read back. It changes no bit.
_COMPILED = str(Path(__file__).resolve().parent.parent / ".pytest_cache" / "jax")
for _name, _value in {
    "jax_compilation_cache_dir": _COMPILED,
    "jax_persistent_cache_min_compile_time_secs": 0.0,
    "jax_persistent_cache_min_entry_size_bytes": -1,
    "jax_traceback_in_locations_limit": 0,
}.items():
    jax.config.update(_name, _value)
jax.devices()  # XLA reads its flags here: what a test does to the environment later reaches only processes it starts
_hook = jaxtyping.install_import_hook("cosmograd", "beartype.beartype")

import cosmograd  # noqa: E402
from cosmograd.compilation import make_room_for_programs  # noqa: E402

cosmograd.enable_float64()

settings.register_profile("reproducible", deadline=None, derandomize=True, database=None)
settings.load_profile("reproducible")


@pytest.fixture(autouse=True, scope="module")
def room_for_programs() -> None:
    """What earlier modules compiled is let go in time."""
    make_room_for_programs()


@pytest.fixture
def without_type_checks() -> Iterator[None]:
    """The library as its users run it: the messages they see are its own, not the type checker's."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)
