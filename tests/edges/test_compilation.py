"""Options for the compiler: the same numbers, inside other transformations too, and none where they are unknown."""

from typing import Any

import equinox as eqx
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


class Line(eqx.Module):
    slope: Any
    points: int

    def __call__(self, x, offset):
        traced.append(x)
        return self.slope * x * jnp.ones(self.points) + offset


traced = []
line = compiled(lambda f, x, offset: f(x, offset))


def test_another_float_compiles_nothing():
    """Wherever it stands; another whole number, which may be a shape, does."""
    traced.clear()
    for slope, x, offset in ((1.5, 2.0, 0.5), (2.5, 3.0, -0.5), (1e-9, -4.0, 1e9)):
        np.testing.assert_allclose(line(Line(slope, 3), x, offset=offset), np.full(3, slope * x + offset), rtol=1e-15)
    assert len(traced) == 1
    for number in (np.float64(2.0), np.float64(3.0), np.array(4.0), jnp.array(5.0)):
        line(Line(number, 3), 1.0, offset=1.0)
    assert len(traced) == 2  # NumPy's numbers are of one kind with arrays
    assert line(Line(1.0, 4), 2.0, offset=0.5).shape == (4,)
    assert len(traced) == 3


def test_floats_adapt_to_the_precision_of_arrays():
    """As constants do: Python's numbers have no precision of their own."""
    x = jnp.ones(3, dtype=jnp.float32)
    scaled = compiled(lambda x, factor: factor * x)
    assert scaled(x, 0.1).dtype == jnp.float32
    np.testing.assert_array_equal(scaled(x, 0.1), jax.jit(lambda x: 0.1 * x)(x))
    assert scaled(1.0 * X, 0.1).dtype == jnp.float64


def test_floats_whose_values_decide_are_constants():
    signed = compiled(lambda x, sign: x if sign > 0 else -x)
    for sign in (0.5, -0.5, 0.5):
        np.testing.assert_array_equal(signed(X, sign), np.sign(sign) * X)
    with pytest.raises(ZeroDivisionError):
        compiled(lambda x: x / 0 if x is not None else 1 / 0)(None)
    with pytest.raises(ValueError, match="no such number"):
        compiled(_refuses)(1.0)


def _refuses(x):
    raise ValueError(f"no such number: {x}")


def test_true_is_not_one():
    which = compiled(lambda x, flag: x + 1 if flag is True else x)
    np.testing.assert_array_equal(which(X, 1), X)
    np.testing.assert_array_equal(which(X, True), X + 1)


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
