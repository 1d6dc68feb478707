"""What every field space must satisfy: a metric that is symmetric and positive, its connection and its curvature."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from families import members

from cosmograd.cosmology import field_space
from cosmograd.cosmology.field_space import FlatFieldSpace, HyperbolicFieldSpace

POINT, VELOCITY = jnp.array([1.0, 0.8]), jnp.array([0.3, -0.5])


@pytest.mark.parametrize("space", members(field_space))
class TestEveryFieldSpace:
    def test_metric_is_symmetric_and_positive(self, space):
        metric = np.asarray(space.metric(POINT))
        np.testing.assert_allclose(metric, metric.T, rtol=0, atol=0)
        assert np.linalg.eigvalsh(metric).min() > 0
        assert space.speed_squared(POINT, VELOCITY) == pytest.approx(float(VELOCITY @ metric @ VELOCITY), rel=1e-14)
        np.testing.assert_allclose(metric @ space.raise_index(POINT, VELOCITY), VELOCITY, rtol=1e-13)

    def test_connection_keeps_the_metric_constant(self, space):
        """∂_K G_IJ = Γ_IKJ + Γ_JKI."""
        metric, Γ = space.metric(POINT), space.connection(POINT)
        lowered = jnp.einsum("il,lkj->ikj", metric, Γ)
        gradient = jax.jacfwd(space.metric)(POINT)
        expected = jnp.einsum("ikj->ijk", lowered) + jnp.einsum("jki->ijk", lowered)
        np.testing.assert_allclose(gradient, expected, rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(
            space.geodesic_term(POINT, VELOCITY),
            jnp.einsum("ijk,j,k->i", Γ, VELOCITY, VELOCITY),
            rtol=1e-13,
            atol=1e-15,
        )

    def test_curvature_is_antisymmetric(self, space):
        lowered = jnp.einsum("im,mjkl->ijkl", space.metric(POINT), space.curvature(POINT))
        np.testing.assert_allclose(lowered, -jnp.swapaxes(lowered, 0, 1), rtol=1e-11, atol=1e-13)
        np.testing.assert_allclose(lowered, -jnp.swapaxes(lowered, 2, 3), rtol=1e-11, atol=1e-13)


def test_gaussian_curvature():
    """R_1212 = K (G_11 G_22 − G_12²)."""
    space = HyperbolicFieldSpace(0.3)
    metric = space.metric(POINT)
    lowered = jnp.einsum("im,mjkl->ijkl", metric, space.curvature(POINT))
    assert lowered[0, 1, 0, 1] == pytest.approx(-(0.3**2) * float(jnp.linalg.det(metric)), rel=1e-12)
    assert not FlatFieldSpace().curvature(POINT).any()
