"""The dictionary between training and the universe: exact identities, limits, and two routes to one number."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, strategies as st

from cosmograd.duality import (
    SCHEMES,
    TIME_UNITS,
    dual_universe,
    mass_over_hubble_squared,
    mass_squared,
    training_step,
)
from cosmograd.solvers import impulse_response

SEED = 2202
ε = np.finfo(float).eps
learning_rates = st.floats(1e-6, 10.0)
momenta = st.floats(0.0, 0.999)


def fitted_order(steps, errors) -> float:
    return np.polyfit(np.log(steps), np.log(errors), 1)[0]


class TestLeapfrogIdentity:
    """Heavy ball is the central-difference scheme, with no approximation."""

    @pytest.mark.parametrize("time_unit", TIME_UNITS)
    @pytest.mark.parametrize("momentum", [0.0, 0.5, 0.9])
    def test_on_a_non_linear_loss(self, momentum, time_unit):
        """L = ½θᵀAθ + ¼Σθ⁴ + sin(Σθ), in three dimensions."""
        random = np.random.default_rng(SEED)
        root = random.normal(size=(3, 3))

        def gradient(θ):
            return root @ root.T @ θ + θ**3 + np.cos(θ.sum())

        η, start, before = 0.07, random.normal(size=3), random.normal(size=3)
        trained = [before, start]
        for _ in range(100):
            trained.append(trained[-1] + momentum * (trained[-1] - trained[-2]) - η * gradient(trained[-1]))

        universe = dual_universe(η, momentum, time_unit)
        δ, H, V_over_L = universe.time_step, universe.hubble_rate, universe.potential_scale
        field = [before, start]
        for _ in range(100):
            # (φ₊ − 2φ + φ₋)/δ² + 3H(φ₊ − φ₋)/2δ + V′ = 0, solved for φ₊.
            force = V_over_L * gradient(field[-1])
            known = (2 * field[-1] - field[-2]) / δ**2 + 3 * H * field[-2] / (2 * δ) - force
            field.append(known / (1 / δ**2 + 3 * H / (2 * δ)))
        np.testing.assert_allclose(field, trained, rtol=0, atol=2e-14)


class TestStroboscopicIdentity:
    @pytest.mark.parametrize("momentum", [0.01, 0.5, 0.9, 0.999])
    def test_phase_space_contracts_by_the_scale_factor_cubed(self, momentum):
        """β = (aₙ/aₙ₊₁)³ is the determinant of the update of (θₙ, θₙ₋₁), for every mode."""
        universe = dual_universe(0.1, momentum, scheme="stroboscopic")
        a_ratio = np.exp(-universe.e_folds_per_update)
        assert a_ratio**3 == pytest.approx(momentum, rel=4 * ε)
        for eta_lambda in (0.01, 0.7, 1.5):
            update = np.array([[1 + momentum - eta_lambda, -momentum], [1.0, 0.0]])
            assert np.linalg.det(update) == pytest.approx(a_ratio**3, rel=1e-13)

    @pytest.mark.parametrize("momentum", [0.3, 0.9])
    @pytest.mark.parametrize("part_of_range", [1e-4, 0.2, 0.9, 0.999, 1.001, 1.5, 10.0])
    @pytest.mark.parametrize("time_unit", TIME_UNITS)
    def test_exact_solution_passes_through_every_update(self, momentum, part_of_range, time_unit):
        """Overdamped and underdamped modes; ηλ in units of its critical value (1 − √β)²."""
        η = 0.2
        λ = part_of_range * (1 - momentum**0.5) ** 2 / η
        assert η * λ < (1 + momentum**0.5) ** 2
        universe = dual_universe(η, momentum, time_unit, "stroboscopic")
        m2 = mass_squared(λ, η, momentum, time_unit, "stroboscopic")
        deviations = [1.0, 0.3]
        for _ in range(40):
            deviations.append((1 + momentum - η * λ) * deviations[-1] - momentum * deviations[-2])
        # Started at an update with the velocity that leads through the next one.
        t = jnp.arange(42) * universe.time_step
        φ, dφ_dt = impulse_response(t, 3 * universe.hubble_rate, m2)
        from_rest = dφ_dt + 3 * universe.hubble_rate * φ
        velocity = (deviations[1] - from_rest[1]) / φ[1]
        np.testing.assert_allclose(from_rest + velocity * φ, deviations, rtol=0, atol=1e-12)

    def test_mass_is_the_product_of_the_roots_logarithms(self):
        for β, eta_lambda in ((0.5, 0.03), (0.5, 0.3), (0.9, 1.0), (0.2, 0.05)):
            roots = np.roots([1.0, -(1 + β - eta_lambda), β]).astype(complex)
            product = np.log(roots[0]) * np.log(roots[1])
            assert abs(product.imag) < 1e-14
            m2 = mass_squared(eta_lambda, 1.0, β, "update", "stroboscopic")
            assert m2 == pytest.approx(product.real, rel=1e-12)

    @pytest.mark.parametrize("momentum", [0.05, 0.5, 0.95])
    def test_no_dual_above_the_period_two_border(self, momentum):
        border = (1 + momentum**0.5) ** 2
        above, below = border * (1 + 1e-12), border * (1 - 1e-12)
        assert np.isnan(mass_squared(above, 1.0, momentum, scheme="stroboscopic"))
        assert np.isnan(mass_over_hubble_squared(above, 1.0, momentum, scheme="stroboscopic"))
        # At the border both roots are −√β: ln r₊ ln r₋ → (½ ln β)² + π².
        at_border = (np.log(momentum) / 2) ** 2 + np.pi**2
        m2 = mass_squared(below, 1.0, momentum, "update", "stroboscopic")
        assert m2 == pytest.approx(at_border, rel=1e-5)

    def test_plain_gradient_descent_has_no_second_order_dual(self):
        """β → 0: one root, and a friction without bound."""
        universe = dual_universe(0.1, 0.0, scheme="stroboscopic")
        assert universe.hubble_rate == np.inf
        assert universe.e_folds_per_update == np.inf
        assert np.isnan(mass_squared(1.0, 0.1, 0.0, scheme="stroboscopic"))
        frictions = [dual_universe(0.1, β, "update", "stroboscopic").hubble_rate for β in (1e-2, 1e-20, 1e-200)]
        np.testing.assert_allclose(frictions, np.log([1e2, 1e20, 1e200]) / 3, rtol=4 * ε)

    def test_light_modes_keep_their_digits(self):
        """m²δ² → ηλ ln(1/β)/(1 − β) for ηλ → 0, far below the rounding of 1."""
        for β in (0.1, 0.9):
            m2 = mass_squared(1e-30, 1.0, β, "update", "stroboscopic")
            assert m2 == pytest.approx(1e-30 * -np.log(β) / (1 - β), rel=1e-14)


TABLE = {
    "canonical": lambda η, β: (
        (2 * η / (1 + β)) ** 0.5,
        1.0,
        (1 - β) * 2**0.5 / (3 * (η * (1 + β)) ** 0.5),
        2 * (1 - β) ** 2 / (3 * (1 + β) * η),
    ),
    "gradient-flow": lambda η, β: (
        η,
        2 / (η * (1 + β)),
        2 * (1 - β) / (3 * η * (1 + β)),
        4 * (1 - β) ** 2 / (3 * η**2 * (1 + β) ** 2),
    ),
    "sqrt-learning-rate": lambda η, β: (
        η**0.5,
        2 / (1 + β),
        2 * (1 - β) / (3 * η**0.5 * (1 + β)),
        4 * (1 - β) ** 2 / (3 * η * (1 + β) ** 2),
    ),
    "update": lambda η, β: (
        1.0,
        2 * η / (1 + β),
        2 * (1 - β) / (3 * (1 + β)),
        4 * (1 - β) ** 2 / (3 * (1 + β) ** 2),
    ),
}


def test_every_time_unit_is_in_the_table():
    assert set(TABLE) == set(TIME_UNITS)


@pytest.mark.parametrize("time_unit", TIME_UNITS)
@given(η=learning_rates, β=momenta)
def test_table_of_the_leapfrog_dictionary(time_unit, η, β):
    δ, V_over_L, H, Λ = TABLE[time_unit](η, β)
    universe = dual_universe(η, β, time_unit)
    assert universe.time_step == pytest.approx(δ, rel=8 * ε)
    assert universe.potential_scale == pytest.approx(V_over_L, rel=8 * ε)
    assert universe.hubble_rate == pytest.approx(H, rel=16 * ε)
    assert universe.cosmological_constant == pytest.approx(Λ, rel=32 * ε)


@given(η=learning_rates, β=momenta, factor=st.floats(0.01, 100.0))
def test_cosmological_constant_is_inverse_to_the_learning_rate(η, β, factor):
    """In canonical time, where V = L: the claim that names the duality."""
    Λ, scaled = (dual_universe(rate, β).cosmological_constant for rate in (η, factor * η))
    assert scaled * factor == pytest.approx(Λ, rel=32 * ε)


@pytest.mark.parametrize("scheme", SCHEMES)
@given(η=learning_rates, β=st.floats(1e-3, 0.999), part=st.floats(1e-6, 0.999))
def test_unit_free_content_is_the_same_in_every_time_unit(scheme, η, β, part):
    λ = part * (1 + β**0.5) ** 2 / η
    expected = mass_over_hubble_squared(λ, η, β, scheme)
    e_folds = dual_universe(η, β, scheme=scheme).e_folds_per_update
    for time_unit in TIME_UNITS:
        universe = dual_universe(η, β, time_unit, scheme)
        m2 = mass_squared(λ, η, β, time_unit, scheme)
        assert universe.hubble_rate * universe.time_step == pytest.approx(e_folds, rel=16 * ε)
        assert m2 / universe.hubble_rate**2 == pytest.approx(expected, rel=64 * ε)
        assert universe.cosmological_constant == pytest.approx(3 * universe.hubble_rate**2, rel=4 * ε)


@given(η=learning_rates, β=momenta, λ=st.floats(1e-6, 1e3))
def test_unit_free_content_of_the_leapfrog_dictionary(η, β, λ):
    assert dual_universe(η, β).e_folds_per_update == pytest.approx(2 / 3 * (1 - β) / (1 + β), rel=8 * ε)
    expected = 9 / 2 * η * λ * (1 + β) / (1 - β) ** 2
    assert mass_over_hubble_squared(λ, η, β) == pytest.approx(expected, rel=8 * ε)


def test_two_thirds_of_an_e_fold_per_step_of_plain_gradient_descent():
    assert dual_universe(0.37).e_folds_per_update == pytest.approx(2 / 3, rel=2 * ε)


@pytest.mark.parametrize("scheme", SCHEMES)
@given(η=learning_rates, β=st.floats(1e-3, 0.999))
def test_round_trip_from_training(scheme, η, β):
    universe = dual_universe(η, β, "canonical", scheme)
    step = training_step(universe.hubble_rate, universe.time_step, scheme=scheme)
    # 1 − β carries the rounding: it is the difference of numbers near 1 (or their logarithm).
    assert step.momentum == pytest.approx(β, rel=0, abs=8 * ε)
    assert step.learning_rate == pytest.approx(η, rel=16 * ε / (1 - β))


@pytest.mark.parametrize("scheme", SCHEMES)
@given(H=st.floats(1e-3, 1e3), e_folds=st.floats(1e-3, 0.6))
def test_round_trip_from_the_universe(scheme, H, e_folds):
    δ = e_folds / H
    universe = dual_universe(*training_step(H, δ, scheme=scheme), "canonical", scheme)
    assert universe.time_step == pytest.approx(δ, rel=16 * ε / e_folds)
    assert universe.hubble_rate == pytest.approx(H, rel=32 * ε / e_folds)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("time_unit", TIME_UNITS)
@given(η=st.floats(1e-6, 1e6), β=st.floats(1e-3, 0.99))
def test_round_trip_in_every_time_unit(scheme, time_unit, η, β):
    """The H and δ of a training, given back in the same unit, are that training."""
    universe = dual_universe(η, β, time_unit, scheme)
    known = {"learning_rate": η} if time_unit == "update" else {}
    step = training_step(universe.hubble_rate, universe.time_step, time_unit, scheme, **known)
    assert step.momentum == pytest.approx(β, rel=0, abs=8 * ε)
    assert step.learning_rate == pytest.approx(η, rel=16 * ε / (1 - β))


def test_updates_as_units_of_time_say_nothing_about_the_learning_rate():
    with pytest.raises(ValueError, match="δ = 1 whatever the learning rate; give `learning_rate`"):
        training_step(0.1, 1.0, time_unit="update")
    with pytest.raises(ValueError, match=r"`time_step` is 1 in units of one update, got 0\.5"):
        training_step(0.1, 0.5, time_unit="update", learning_rate=0.1)
    with pytest.raises(ValueError, match="follows from `time_step` in the unit 'gradient-flow'"):
        training_step(0.1, 0.5, time_unit="gradient-flow", learning_rate=0.1)


def test_a_coarse_universe_is_plain_gradient_descent():
    """3Hδ/2 = 1 is the coarsest step the leapfrog scheme can take with β ≥ 0."""
    step = training_step(hubble_rate=2.0, time_step=1 / 3)
    assert step.momentum == pytest.approx(0.0, abs=2 * ε)
    assert step.learning_rate == pytest.approx(1 / 18, rel=4 * ε)
    with pytest.raises(ValueError, match=r"3Hδ/2 = 1.5 exceeds 1.*`time_step` ≤ 0.333.*stroboscopic"):
        training_step(2.0, 0.5)
    assert 0 < training_step(2.0, 0.5, scheme="stroboscopic").momentum < 1


class TestSchemesAgreeToLeadingOrder:
    """Fine steps of one universe: the relative differences vanish like the square of the step."""

    steps = 0.02 * 0.5 ** np.arange(5)

    def test_training_steps(self):
        """β = 1 − 3Hδ + ½(3Hδ)² − … in both; they part at the third order, and η at the second relative order."""
        leapfrog, exact = (training_step(1.3, self.steps, scheme=scheme) for scheme in SCHEMES)
        order_β = fitted_order(self.steps, abs(leapfrog.momentum - exact.momentum))
        order_η = fitted_order(self.steps, abs(leapfrog.learning_rate / exact.learning_rate - 1))
        assert order_β == pytest.approx(3.0, abs=0.05)
        assert order_η == pytest.approx(2.0, abs=0.05)

    def test_friction_and_mass(self):
        """With 1 − β ∝ δ and ηλ ∝ δ², as in a lattice refined at fixed physics."""
        β, eta_lambda = 1 - self.steps, 3.0 * self.steps**2
        leapfrog, exact = (dual_universe(1.0, β, "update", scheme).hubble_rate for scheme in SCHEMES)
        assert fitted_order(self.steps, abs(leapfrog / exact - 1)) == pytest.approx(2.0, abs=0.05)
        masses = [mass_squared(eta_lambda, 1.0, β, "update", scheme) for scheme in SCHEMES]
        assert fitted_order(self.steps, abs(masses[0] / masses[1] - 1)) == pytest.approx(2.0, abs=0.05)


class TestKindsOfNumbers:
    """Floats, NumPy arrays and JAX values, traced or not, give the same numbers."""

    η = np.array([0.1, 0.2, 0.05])
    β = np.array([0.9, 0.3, 0.6])
    λ = np.array([0.2, 8.0, 30.0])

    @pytest.mark.parametrize("scheme", SCHEMES)
    @pytest.mark.parametrize("time_unit", TIME_UNITS)
    def test_floats_arrays_and_traced_values(self, scheme, time_unit):
        def everything(η, β, λ):
            universe = dual_universe(η, β, time_unit, scheme)
            step = training_step(universe.hubble_rate, universe.time_step, scheme=scheme)
            masses = mass_squared(λ, η, β, time_unit, scheme), mass_over_hubble_squared(λ, η, β, scheme)
            return (*universe, *masses, *step)

        by_array = everything(self.η, self.β, self.λ)
        assert all(isinstance(value, np.ndarray) for value in by_array)
        members = zip(self.η.tolist(), self.β.tolist(), self.λ.tolist(), strict=True)
        by_float = zip(*(everything(*values) for values in members), strict=True)
        arrays = tuple(map(jnp.asarray, (self.η, self.β, self.λ)))
        routes = (by_float, everything(*arrays), jax.jit(everything)(*arrays), jax.vmap(everything)(*arrays))
        for route in routes:
            for value, expected in zip(route, by_array, strict=True):
                np.testing.assert_allclose(value, expected, rtol=64 * ε)

    @pytest.mark.parametrize("scheme", SCHEMES)
    @pytest.mark.parametrize("eta_lambda", [1e-4, 0.02, 0.5, 2.0])
    def test_masses_are_differentiable(self, scheme, eta_lambda):
        for argument in (0, 2):

            def m2(x, argument=argument):
                values = [eta_lambda, 1.0, 0.6]
                values[argument] = x
                return mass_over_hubble_squared(*values, scheme)

            at = (eta_lambda, 1.0, 0.6)[argument]
            h = 1e-5 * at
            difference = (8 * (m2(at + h) - m2(at - h)) - (m2(at + 2 * h) - m2(at - 2 * h))) / (12 * h)
            assert jax.grad(m2)(at) == pytest.approx(difference, rel=1e-9)


class TestBadValues:
    @pytest.mark.parametrize("bad", [0.0, -0.1, float("nan"), float("inf"), np.array([0.1, -1.0])])
    def test_learning_rate(self, bad):
        with pytest.raises(ValueError, match="`learning_rate` must be a positive finite number, got"):
            dual_universe(bad, 0.5)
        with pytest.raises(ValueError, match="`learning_rate` must be a positive finite number, got"):
            mass_over_hubble_squared(1.0, bad, 0.5)

    @pytest.mark.parametrize("extreme", [5e-324, 1e-200, 1e200, 1e308])
    def test_numbers_that_lose_their_digits_on_the_way(self, extreme):
        with pytest.raises(ValueError, match=r"`learning_rate` must lie between 1e-150 and 1e\+150, got"):
            dual_universe(extreme, 0.5)
        with pytest.raises(ValueError, match="`hubble_rate` must lie between"):
            training_step(extreme, 0.1)

    def test_the_range_is_computed_to_its_ends(self):
        for η in (1e-150, 1e150):
            for time_unit in TIME_UNITS:
                for scheme in SCHEMES:
                    assert np.isfinite(dual_universe(η, 0.5, time_unit, scheme)).all()

    @pytest.mark.parametrize("bad", [-0.1, 1.0, 1.5, float("nan"), np.array([0.1, 1.0])])
    def test_momentum(self, bad):
        with pytest.raises(ValueError, match=r"`momentum` must lie in \[0, 1\), got"):
            dual_universe(0.1, bad)
        with pytest.raises(ValueError, match=r"`momentum` must lie in \[0, 1\), got"):
            mass_squared(1.0, 0.1, bad)

    @pytest.mark.parametrize("bad", [0.0, -1.0, float("nan"), float("inf")])
    def test_universe(self, bad):
        with pytest.raises(ValueError, match="`hubble_rate` must be a positive finite number, got"):
            training_step(bad, 0.1)
        with pytest.raises(ValueError, match="`time_step` must be a positive finite number, got"):
            training_step(0.1, bad)

    def test_names(self):
        with pytest.raises(ValueError, match="`scheme` is 'euler'; allowed: leapfrog, stroboscopic"):
            dual_universe(0.1, scheme="euler")
        with pytest.raises(ValueError, match="`time_unit` is 'hours'; allowed: canonical, gradient-flow"):
            dual_universe(0.1, time_unit="hours")
        with pytest.raises(ValueError, match="`scheme` is 'euler'"):
            training_step(0.1, 0.1, scheme="euler")
        with pytest.raises(ValueError, match="`scheme` is 'euler'"):
            mass_over_hubble_squared(1.0, 0.1, scheme="euler")
