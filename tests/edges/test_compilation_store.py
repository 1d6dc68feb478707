"""Programs that are kept as they are traced: read back with the same bits, made anew where anything else is asked."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cosmograd import compilation_store
from cosmograd.compilation import compiled
from cosmograd.compilation_store import keep_programs_in
from cosmograd.cosmology.background import InflationSettings, Model, attractor_velocity, inflate
from cosmograd.cosmology.perturbations.crossing_modes import inside_steps
from cosmograd.cosmology.potentials import FunctionPotential, QuadraticPotential, QuarticPotential
from cosmograd.learning.member_mapping import MemberMapping, map_members
from cosmograd.solvers import recursion_roots

FIELD = np.array([17.0])
_traced: list[str] = []


@jax.monitoring.register_event_duration_secs_listener
def _note(event, seconds, fun_name="", **_):
    del seconds
    if "trace" in event:
        _traced.append(fun_name)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(compilation_store, "_folders", [])
    monkeypatch.setattr(compilation_store, "_kept", {})
    keep_programs_in(tmp_path / "traced")
    return tmp_path / "traced"


def as_another_command():
    compilation_store._kept.clear()
    return compiled(attractor_velocity), compiled(inflate)


def test_read_back_with_the_same_bits_and_without_tracing(folder):
    settings = InflationSettings(1e-6, 65, 256)
    roll, run = as_another_command()
    model = Model(QuadraticPotential(6e-6))
    _traced.clear()
    velocity = roll(model, FIELD)
    history = run(model, FIELD, velocity, settings)
    assert {"attractor_velocity", "inflate"} <= set(_traced)
    kept = {file: file.read_bytes() for file in folder.iterdir()}
    assert len(kept) == 2
    roll, run = as_another_command()
    jax.clear_caches()
    _traced.clear()
    other = Model(QuadraticPotential(6e-6))
    again = run(other, FIELD, roll(other, FIELD), settings)
    assert not {"attractor_velocity", "inflate"} & set(_traced)
    assert isinstance(again.model.potential, QuadraticPotential)
    assert again.model.potential.mass == 6e-6
    for one, two in zip(jax.tree.leaves(history), jax.tree.leaves(again), strict=True):
        np.testing.assert_array_equal(one, two)
    assert {file: file.read_bytes() for file in folder.iterdir()} == kept
    # As without a folder.
    compilation_store._folders.clear()
    np.testing.assert_array_equal(compiled(attractor_velocity)(model, FIELD), velocity)


def test_other_programs_for_other_kinds_of_arguments(folder):
    roll, _ = as_another_command()
    for model in (Model(QuadraticPotential(5e-6)), Model(QuadraticPotential(6e-6)), Model(QuarticPotential())):
        roll(model, FIELD)
    assert len(list(folder.iterdir())) == 2
    assert not np.array_equal(roll(Model(QuadraticPotential()), FIELD), roll(Model(QuarticPotential()), FIELD))


def test_nothing_is_kept_of_functions_from_elsewhere(folder):
    roll, _ = as_another_command()
    roll(Model(FunctionPotential(lambda φ: 1e-11 * φ[0] ** 2)), FIELD)
    compiled(lambda x: 2 * x)(1.0)
    assert not folder.exists()


@pytest.mark.parametrize("contents", [b"", b"no program"], ids=["that JAX could not export", "damaged"])
def test_files_that_hold_no_program(folder, contents):
    roll, _ = as_another_command()
    velocity = roll(Model(QuadraticPotential()), FIELD)
    (file,) = folder.iterdir()
    file.write_bytes(contents)
    roll, _ = as_another_command()
    np.testing.assert_array_equal(roll(Model(QuadraticPotential()), FIELD), velocity)
    assert (file.read_bytes() == contents) == (contents == b"")


def test_the_least_recently_used_go(folder, monkeypatch):
    roll, _ = as_another_command()
    roll(Model(QuadraticPotential()), FIELD)
    (first,) = folder.iterdir()
    monkeypatch.setattr(compilation_store, "_LARGEST", int(1.5 * first.stat().st_size))
    roll(Model(QuarticPotential()), FIELD)
    (left,) = folder.iterdir()
    assert left != first


def test_floats_whose_values_decide_are_told_apart(folder):
    """Steps that are laid out in Python, from the numbers themselves."""
    for _ in range(2):
        as_another_command()
        steps = compiled(inside_steps)
        for start in (7.0, 14.0):
            np.testing.assert_array_equal(steps(start, 0.25, 1.4), inside_steps(start, 0.25, 1.4))
    assert len(list(folder.iterdir())) == 2


def test_programs_for_several_devices_are_not_kept(folder):
    """Members spread over the devices of this process."""
    a, b = jnp.linspace(0.5, 2.0, 4), jnp.linspace(0.1, 0.4, 4)
    for _ in range(2):
        as_another_command()
        spread = compiled(map_members)(recursion_roots, MemberMapping("sharded-map", 1, 2), a, b)
        np.testing.assert_allclose(spread[0], jax.vmap(lambda each: recursion_roots(each, b))(a)[0])
    (file,) = folder.iterdir()
    assert not file.read_bytes()


def test_errors_of_the_function_itself(folder):
    roll, _ = as_another_command()
    with pytest.raises(TypeError):
        roll(Model(QuadraticPotential()), jnp.ones((2, 3)), jnp.ones(2))
    assert not folder.exists()
