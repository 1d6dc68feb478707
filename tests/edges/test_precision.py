"""Digits are kept, whenever a parameter is made; and parameters may be traced."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cosmograd.cosmology import DeSitter, PowerLawExpansion
from cosmograd.cosmology.background import FieldValue, Model
from cosmograd.cosmology.field_space import HyperbolicFieldSpace
from cosmograd.cosmology.potentials import QuadraticPotential
from cosmograd.cosmology.spectra import ComovingWavenumber, EFoldsBeforeEnd

NUMBER = 6.1e-6
MADE = {
    "potential": lambda: QuadraticPotential(NUMBER).mass,
    "Λ": lambda: Model(QuadraticPotential(1.0), cosmological_constant=NUMBER).cosmological_constant,
    "field space": lambda: HyperbolicFieldSpace(NUMBER).rate,
    "expansion": lambda: DeSitter(NUMBER).constant_hubble_rate,
    "power law": lambda: PowerLawExpansion(NUMBER).exponent,
    "pivot": lambda: EFoldsBeforeEnd(NUMBER).e_folds,
    "wavenumber": lambda: ComovingWavenumber(NUMBER).wavenumber,
    "event": lambda: FieldValue(NUMBER).value,
}


@pytest.mark.parametrize("made", MADE.values(), ids=MADE)
def test_made_before_64_bits_are_on(made):
    with jax.enable_x64(False):
        value = made()
    assert float(value) == NUMBER


def test_expansions_and_pivots_are_batched():
    H = jnp.array([0.5, 1.5])
    np.testing.assert_allclose(jax.vmap(lambda h: DeSitter(h).hubble_rate(jnp.array(2.0)))(H), H)
    np.testing.assert_allclose(jax.vmap(lambda p: PowerLawExpansion(p).hubble_rate(jnp.array(2.0)))(H), H / 2)
    assert jax.grad(lambda n: EFoldsBeforeEnd(n).e_folds ** 2)(3.0) == 6.0


@pytest.mark.parametrize(
    "make", [lambda: DeSitter(-1.0), lambda: PowerLawExpansion(0.0), lambda: EFoldsBeforeEnd(-2.0)]
)
def test_what_has_no_meaning_is_refused(make):
    with pytest.raises(ValueError, match="must be"):
        make()
