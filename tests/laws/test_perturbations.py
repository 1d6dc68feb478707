"""Background and perturbations: the split, and its one-pass sums over members."""

import numpy as np

from cosmograd.duality import EnsembleMoments, split_background

SEED = 20


def test_split_is_orthogonal_and_complete():
    field = np.random.default_rng(SEED).normal(size=(7, 5, 3))
    for axis in (0, 1):
        background, perturbations = split_background(field, axis)
        np.testing.assert_allclose(background + perturbations, field)
        np.testing.assert_allclose(perturbations.mean(axis=axis), 0, atol=1e-15)
        total = np.sum(background**2) * field.shape[axis] + np.sum(perturbations**2)
        np.testing.assert_allclose(total, np.sum(field**2), rtol=1e-14)


def test_one_pass_sums_agree_with_two_passes_far_from_zero():
    field = 1e6 + np.random.default_rng(SEED).normal(size=(50, 4))
    moments = EnsembleMoments()
    for member in field:
        moments.add(member)
    assert moments.members == 50
    np.testing.assert_allclose(moments.mean, field.mean(axis=0), rtol=1e-15)
    np.testing.assert_allclose(moments.scatter, np.square(field - field.mean(axis=0)).sum(axis=0), rtol=1e-8)
