"""Options for the compiler: the same numbers, inside other transformations too, and none where they are unknown."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cosmograd import compilation
from cosmograd.compilation import compiled, make_room_for_programs
from cosmograd.compilation_cache import cache_folder, keep_compiled_programs


@compiled
def decay(x, rate=2.0):
    """Falls with x."""
    return jnp.exp(-rate * jnp.cumsum(x))


X = jnp.linspace(0.0, 1.0, 5)


def test_same_numbers_and_name():
    assert decay.__name__ == "decay"
    assert decay.__doc__ == "Falls with x."
    np.testing.assert_allclose(decay(X, rate=1.0), np.exp(-np.cumsum(X)), rtol=1e-15)


@pytest.mark.parametrize(
    "transformed",
    [
        jax.jit(decay),
        jax.jit(lambda x: decay(X) + 0 * x),  # nothing that is given to it is traced
        lambda x: jax.vmap(decay)(x[None])[0],
        lambda x: jax.jvp(decay, (x,), (x,))[0],
    ],
)
def test_inside_other_transformations(transformed):
    np.testing.assert_allclose(transformed(X), np.exp(-2 * np.cumsum(X)), rtol=1e-15)


def test_derivatives():
    both = jax.jacfwd(decay)(X), jax.jacrev(decay)(X)
    np.testing.assert_allclose(both[0], both[1], rtol=1e-14, atol=1e-16)


def test_options_that_xla_does_not_know_are_left_out(monkeypatch):
    backend = jax.default_backend()
    monkeypatch.setattr(compilation, "_OPTIONS", {backend: {"xla_option_of_another_century": True}})
    compilation._accepted_options.cache_clear()
    try:
        assert compilation._accepted_options(backend) is None
        np.testing.assert_allclose(compiled(lambda x: 2 * x)(X), 2 * X)
    finally:
        compilation._accepted_options.cache_clear()


def test_room_is_made_only_where_programs_are_many(monkeypatch):
    traced = []

    @jax.jit
    def function(x):
        traced.append(x)
        return x + 1

    function(1.0)
    make_room_for_programs()
    assert function(1.0) == 2
    assert len(traced) == 1
    monkeypatch.setattr(compilation, "_MANY_MAPPINGS", 0)
    make_room_for_programs()
    assert function(1.0) == 2
    assert len(traced) == 2


@pytest.fixture
def no_folder_of_jax():
    """JAX keeps nothing yet, as in a command of the user's."""
    before = jax.config.jax_compilation_cache_dir
    jax.config.update("jax_compilation_cache_dir", None)
    yield
    jax.config.update("jax_compilation_cache_dir", before)


@pytest.mark.usefixtures("no_folder_of_jax")
def test_the_cache_is_where_the_user_wants_it(monkeypatch, tmp_path):
    """In one folder for each kind of processor; nowhere when switched off, or where JAX has a folder already."""
    monkeypatch.setenv("COSMOGRAD_CACHE", str(tmp_path))
    folder = cache_folder()
    assert folder is not None
    assert folder.parent == tmp_path / "compiled"
    for off in ("off", "OFF", "0"):
        monkeypatch.setenv("COSMOGRAD_CACHE", off)
        assert cache_folder() is None
    monkeypatch.setenv("COSMOGRAD_CACHE", str(tmp_path))
    jax.config.update("jax_compilation_cache_dir", str(tmp_path / "own"))
    assert cache_folder() is None


@pytest.mark.usefixtures("no_folder_of_jax")
def test_a_cache_that_cannot_be_made_is_none(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("COSMOGRAD_CACHE", str(tmp_path / "file" / "inside"))
    keep_compiled_programs()
    assert jax.config.jax_compilation_cache_dir is None
