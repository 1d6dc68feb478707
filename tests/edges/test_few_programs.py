"""A spectrum of another model of the same kind compiles nothing, a universe on a network of another length little."""

from dataclasses import replace
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cosmograd.cosmology import DeSitter
from cosmograd.cosmology.background import Model
from cosmograd.cosmology.potentials import DoubleQuadraticPotential, FunctionPotential, QuadraticPotential
from cosmograd.cosmology.spectra import EFoldsBeforeEnd, Resolution, primordial_spectra, refinement
from cosmograd.duality.analogue import (
    FieldStart,
    FieldTheory,
    compare_with_direct,
    compile_analogue,
    field_potential,
    periodic_box,
)
from cosmograd.learning.networks import Perceptron

K = np.array([0.3, 1.0, 3.0])
_steps: list[str] = []  # of compiling: tracing, lowering, compiling
_programs: set[str] = set()  # that were compiled


@jax.monitoring.register_event_duration_secs_listener
def _count(event: str, seconds: float, *, fun_name: str = "", **_: Any) -> None:
    del seconds
    if "/compile/" in event:
        _steps.append(event)
    if "/backend_compile" in event:
        _programs.add(fun_name.removeprefix("jit(").removesuffix(")"))


class ManyMasses(eqx.Module):
    masses: Any

    def __call__(self, field):
        return jnp.sum(self.masses**2 * field**2) / 2


def quadratic(fields, lightest, ratio, start):
    """V of fields whose masses differ by a factor, and where it starts."""
    masses = lightest * ratio ** np.linspace(0.0, 1.0, fields)
    potentials = {1: QuadraticPotential, 2: DoubleQuadraticPotential}
    if fields in potentials:
        return potentials[fields](*masses), np.full(fields, start / np.sqrt(fields))
    return FunctionPotential(ManyMasses(masses), fields), np.full(fields, start / np.sqrt(fields))


def computed(potential, start, **more):
    return primordial_spectra(Model(potential), start, wavenumbers=K, **more)


slow = pytest.mark.slow


@pytest.mark.parametrize("fields", [1, *(pytest.param(number, marks=slow) for number in (2, 5, 12))])
def test_other_parameters_compile_nothing(fields):
    given, other = quadratic(fields, 6e-6, 1.7, 17.0), quadratic(fields, 5e-6, 2.5, 17.3)  # checked by tracing them
    _steps.clear()
    first = computed(*given)
    assert _steps  # they are counted
    _steps.clear()
    second = computed(*other)
    assert not _steps
    third = computed(*other, pivot=EFoldsBeforeEnd(50.0))
    assert not _steps
    assert first.achieved_accuracy <= 1e-5
    assert second.achieved_accuracy <= 1e-5
    assert len({float(result.scalar_power[1]) for result in (first, second, third)}) == 3


@pytest.mark.slow
def test_refined_steps_of_two_fields_compile_nothing(monkeypatch):
    """Steps so long at first that they have to be shortened, and a vacuum so late that it has to be set earlier."""
    given = quadratic(2, 6e-6, 1.7, 17.0)
    usual = computed(*given)
    resolution = Resolution.for_accuracy(1e-5, 2)
    coarse = replace(resolution.several_fields, start=9.0, longest_step=0.1, phase_step=1.0, steps_outside=900)
    rough = replace(resolution, several_fields=coarse)
    tried = []
    original = Resolution.tables_of_few_sizes

    def watched(self, fields):
        tried.append(self)
        return original(self, fields)

    monkeypatch.setattr(Resolution, "tables_of_few_sizes", watched)
    monkeypatch.setattr(refinement.Resolution, "for_accuracy", lambda *_: rough)
    _steps.clear()
    refined = computed(*given)
    assert len(tried) > 1
    assert not _steps
    assert (np.abs(refined.scalar_power / usual.scalar_power - 1) <= refined.error + usual.error).all()


@pytest.mark.slow
def test_universes_of_another_length_share_all_large_programs():
    theory = FieldTheory(periodic_box(1, 2), DeSitter(1.0), field_potential())
    network = Perceptron((2, 32, 1), weight_scale=3.0, bias_scale=1.0)
    start = FieldStart(jnp.ones((4, 1)), jnp.zeros((4, 1)), 0.0)
    compiled = []
    for updates in (40, 45):
        _programs.clear()
        problem = compile_analogue(theory, network, network.initialise(jax.random.key(0)), start, 0.02, updates)
        found = compare_with_direct(problem, jax.random.key(1))
        assert found.network.shape == found.direct.shape == (updates + 1, 4, 1)
        compiled.append(set(_programs))
    large = {"network_universe", "_solved", "fixed_kernel_path", "_distances", "_envelopes", "frequencies"}
    assert large <= compiled[0]
    assert not large & compiled[1]
