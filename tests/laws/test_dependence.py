"""Laws of the dependence report: slopes and onsets of made-up studies whose truth is known."""

import numpy as np
import pytest
import xarray as xr
from made_studies import ERROR, measured_variables

from cosmograd.experiments.training.analysis.dependents import dependent_quantities
from cosmograd.experiments.training.analysis.onsets import measured_onsets
from cosmograd.experiments.training.analysis.slopes import dependence_slopes
from cosmograd.experiments.training.analysis.swept_groups import groups_of, told_apart
from cosmograd.experiments.training.analysis.swept_keys import labels_in_words
from cosmograd.experiments.training.findings.tables import slopes_table

RATE, MOMENTUM, WIDTH = "optimiser.eta_lambda_max", "optimiser.momentum", "network.width"


def study(rates, momenta, widths, error=ERROR, identifiable=True) -> xr.Dataset:
    """Points as a study has them, and drift ∝ 1/width over 6 members."""
    rates, momenta, widths = (np.asarray(x, dtype=float) for x in (rates, momenta, widths))
    members = np.random.default_rng(4).normal(size=(len(rates), 6))
    variables = measured_variables(rates, momenta, error, identifiable) | {
        "momentum": ("study_point", momenta),
        "final_kernel_drift": (("study_point", "member"), 3 / widths[:, None] * np.exp(0.3 * members)),
        "diverged_at": (("study_point", "member"), -np.ones(members.shape)),
        "regime_boundary": (
            ("study_point", "boundary"),
            np.stack([(1 - np.sqrt(momenta)) ** 2, (1 + np.sqrt(momenta)) ** 2, 2 * (1 + momenta)], axis=1),
        ),
    }
    return xr.Dataset(
        variables,
        {RATE: ("study_point", rates), MOMENTUM: ("study_point", momenta), WIDTH: ("study_point", widths)}
        | {"boundary": ["critical", "period-two", "unstable"]},
        {"parametrisation": "ntk"},
    )


def slope_of(results, hyperparameter, quantity):
    (found,) = [
        slope
        for slope in dependence_slopes(results, [RATE, MOMENTUM, WIDTH])
        if (slope.hyperparameter, slope.quantity) == (hyperparameter, quantity)
    ]
    return found


def test_the_dictionary_has_the_slopes_that_it_is_known_for():
    rates, momenta = np.geomspace(0.05, 1.0, 5), np.linspace(0.3, 0.8, 6)
    same = study(rates, np.full(5, 0.5), np.full(5, 64))
    assert slope_of(same, RATE, "cosmological_constant").slope == pytest.approx(-1, abs=1e-9)
    assert slope_of(same, RATE, "hubble_rate").slope == pytest.approx(-0.5, abs=1e-9)
    assert slope_of(same, RATE, "e_folds_per_update").slope == pytest.approx(0, abs=1e-9)
    slope = slope_of(study(np.full(6, 0.2), momenta, np.full(6, 64)), "(1 − β)/(1 + β)", "e_folds_per_update")
    assert slope.slope == pytest.approx(1, abs=1e-9)
    assert slope.predicted == pytest.approx(1, abs=1e-8)


@pytest.mark.slow
@pytest.mark.parametrize("scatter", [1.0, 1.5, 4.0])
def test_intervals_of_slopes_hold_the_truth(scatter):
    """Points that scatter as their errors say, or more: of 400 studies the interval covers 94 % at least."""
    rng, key, slopes = np.random.default_rng(77), "network.activation", []
    rates, momenta = np.tile(np.geomspace(0.05, 1.0, 4), 2), np.repeat([0.3, 0.7], 4)
    # Forty at a time as one, told apart by a key that is no number, and with nothing known but Λ and the drift.
    exact = study(np.tile(rates, 40), np.tile(momenta, 40), np.full(320, 64))
    exact = exact.drop_vars([name for name in exact.variables if "decay" in name or "reason" in name])
    exact = exact.assign_coords({key: ("study_point", np.repeat([f"study {n}" for n in range(40)], 8))})
    for name in ("hubble_rate", "e_folds_per_update", "masses_squared"):
        exact[f"measured_{name}_identifiable"] = exact[f"measured_{name}_identifiable"] & False
    names = [f"measured_cosmological_constant{suffix}" for suffix in ("", "_low", "_high")]
    for _ in range(10):
        factor = 1 + scatter * ERROR * rng.normal(size=320)
        drawn = exact.assign({name: exact[name] * factor for name in names})
        slopes += [
            slope
            for slope in dependence_slopes(drawn, [RATE, MOMENTUM, key])
            if (slope.hyperparameter, slope.quantity) == (RATE, "cosmological_constant")
        ]
    assert len(slopes) == 400
    assert sum(slope.low <= -1 <= slope.high for slope in slopes) / 400 >= 0.94


def test_only_points_that_differ_in_nothing_else_are_compared():
    """Every width trains at its own rate, but for one pair: the slope is that of the pair's constant, or unknown."""
    widths, rates = np.array([64, 128, 256, 512]), np.array([0.1, 0.2, 0.4, 0.8])
    alone = study(rates, np.full(4, 0.5), widths)
    assert not dependence_slopes(alone, [RATE, MOMENTUM, WIDTH])
    # Groups with different constants: no bias.
    both = study(np.tile(rates, 2), np.repeat([0.0, 0.9], 4), np.full(8, 64))
    assert slope_of(both, RATE, "hubble_rate").slope == pytest.approx(-0.5, abs=1e-9)


def test_drift_against_the_width():
    widths = np.array([64, 128, 256, 512, 1024])
    slope = slope_of(study(np.full(5, 0.2), np.full(5, 0.5), widths), WIDTH, "kernel_drift")
    assert slope.predicted == -1
    assert slope.low < -1 < slope.high
    assert slope.high - slope.low < 0.5
    assert slope_of(study(np.full(5, 0.2), np.full(5, 0.5), widths), WIDTH, "hubble_rate").slope == pytest.approx(0)


@pytest.mark.parametrize(
    ("parametrisation", "predicted"), [("mup", 0.0), ("standard", np.nan), ("", np.nan), (None, np.nan)]
)
def test_drift_against_the_width_is_predicted_where_it_is_known(parametrisation, predicted):
    """In µP kernels move at any width; folders of earlier states do not say what their networks are."""
    results = study(np.full(5, 0.2), np.full(5, 0.5), [64, 128, 256, 512, 1024])
    results.attrs = {} if parametrisation is None else {"parametrisation": parametrisation}
    slope = slope_of(results, WIDTH, "kernel_drift")
    np.testing.assert_equal(slope.predicted, predicted)
    assert slope.low < -1 < slope.high


@pytest.mark.parametrize("swept", [True, False])
def test_each_parametrisation_has_a_slope_of_its_own(swept):
    """Drifts ∝ 1/width in one and constant in the other are no drift ∝ width^(−1/2)."""
    widths = np.tile([64, 128, 256, 512, 1024], 2)
    results = study(np.full(10, 0.2), np.full(10, 0.5), widths)
    drift = results["final_kernel_drift"]
    results["final_kernel_drift"] = drift * np.where(np.arange(10) < 5, 1, widths / 64)[:, None]
    names = np.repeat(["ntk", "mup"], 5)
    key = "network.parametrisation" if swept else "network.activation"
    results = results.assign_coords({key: ("study_point", names)})
    results.attrs = {} if swept else results.attrs
    slopes = [s for s in dependence_slopes(results, [RATE, MOMENTUM, WIDTH, key]) if s.quantity == "kernel_drift"]
    assert [slope.labels for slope in slopes] == [{key: "ntk"}, {key: "mup"}]
    assert [slope.points for slope in slopes] == [5, 5]
    for slope, truth in zip(slopes, (-1, 0), strict=True):
        assert slope.low < truth < slope.high
        assert not slope.low < -0.5 < slope.high
    np.testing.assert_equal([slope.predicted for slope in slopes], [-1, 0] if swept else [-1, -1])
    table = slopes_table(slopes)
    assert table.rows[1][:2] == ("width", f"{key.partition('.')[2]} mup")
    hidden = results.drop_vars(key).assign(parametrisation=("study_point", names))
    (pooled,) = [s for s in dependence_slopes(hidden, [RATE, MOMENTUM, WIDTH]) if s.quantity == "kernel_drift"]
    assert np.isnan(pooled.predicted), "not comparable, by a setting that is not a swept key"


def test_what_cannot_be_known_has_no_slope():
    unknown = study(np.geomspace(0.05, 1.0, 5), np.full(5, 0.5), np.full(5, 64), identifiable=False)
    assert {slope.quantity for slope in dependence_slopes(unknown, [RATE])} == {"kernel_drift"}


@pytest.mark.parametrize("momentum", [0.0, 0.3, 0.9])
def test_onsets_lie_where_the_recursion_changes(momentum):
    critical, limit = (1 - np.sqrt(momentum)) ** 2, 2 * (1 + momentum)
    rates = np.array([0.85 * critical, 1.2 * critical, 0.97 * limit, 1.02 * limit])
    found = measured_onsets(study(rates[::-1], np.full(4, momentum), np.full(4, 64), error=1e-6), [RATE, MOMENTUM])
    places = {onset.what: onset for onset in found}
    assert places["oscillation"].eta_lambda == pytest.approx(critical, rel=1e-9)
    assert places["divergence"].eta_lambda == pytest.approx(limit, rel=1e-9)
    for onset in found:
        assert onset.low < onset.eta_lambda < onset.high
        assert onset.predicted == pytest.approx({"oscillation": critical, "divergence": limit}[onset.what])
        assert onset.momentum == momentum
        assert not onset.linearised


def test_onsets_of_each_momentum_and_none_where_nothing_turns():
    rates = np.array([0.05, 0.2, 0.05, 0.2])
    found = measured_onsets(study(rates, [0.5, 0.5, 0.0, 0.0], np.full(4, 64)), [RATE, MOMENTUM])
    assert [(onset.what, onset.momentum) for onset in found] == [("oscillation", 0.5)]


def test_points_are_named_by_what_sets_them_apart():
    few = {RATE: [0.1, 0.2], WIDTH: [64, 64]}
    assert labels_in_words(few) == ["ηλ_max 0.1, width 64", "ηλ_max 0.2, width 64"]
    many = {RATE: [0.1, 0.1, 0.1], WIDTH: [64, 64, 128], "a.b": ["x", "y", "x"], "seed": [0, 0, 0]}
    assert labels_in_words(many) == ["common values", "b y", "width 128"]


def test_groups_hold_every_point_once():
    results = study(np.tile([0.1, 0.2], 3), np.repeat([0.0, 0.5, 0.9], 2), np.full(6, 64))
    groups = groups_of(results, [RATE, MOMENTUM, WIDTH], [RATE])
    assert sorted(np.concatenate([group.members for group in groups])) == list(range(6))
    assert len(groups) == 3


def test_a_point_whose_modes_are_unknown_tells_no_onset():
    """Near ηλ = 1 the heaviest mode may be gone at once: what the fit then says of it does not count."""
    results = study([0.5, 0.9, 0.99, 1.1], np.zeros(4), np.full(4, 64), error=1e-3)
    results["measured_eta_lambdas"][2] = 10.0
    results["measured_eta_lambdas_identifiable"][2] = False
    (onset,) = measured_onsets(results, [RATE])
    assert onset.eta_lambda == pytest.approx(1.0, abs=1e-3)


def test_temperature_goes_with_independent_draws_that_are_stationary():
    """Shuffled epochs fall faster than any power, and runs that still move have no temperature."""
    size = np.array([1.0, 2, 4, 8, 16, 1, 2, 4, 8, 16])
    shuffled = np.repeat([np.nan, 1.0], 5) * np.tile([0.8, 0.6, 0.4, 0.2, 0.1], 2)
    temperature = 1 / size * np.where(np.isfinite(shuffled), shuffled, 1.0)
    stationary = np.ones(10)
    stationary[3], temperature[3] = 0, 50.0
    results = study(np.full(10, 0.1), np.zeros(10), np.full(10, 64)).assign(
        {
            f"noise_{name}": ("study_point", values)
            for name, values in {
                "temperature": temperature, "temperature_low": 0.99 * temperature,
                "temperature_high": 1.01 * temperature, "temperature_predicted": 1 / size,
                "shuffled_ratio": shuffled, "stationary": stationary,
            }.items()
        }
    )  # fmt: skip
    results = results.assign_coords(
        {"training.batch_size": ("study_point", size), "training.sampling": ("study_point", np.repeat(["a", "b"], 5))}
    )
    keys = ["training.batch_size", "training.sampling"]
    (slope,) = [s for s in dependence_slopes(results, keys) if s.quantity == "noise_temperature"]
    assert slope.slope == pytest.approx(-1)
    assert slope.predicted == pytest.approx(-1)
    assert slope.points == 4
    told = dependent_quantities(results)["noise_temperature"]
    np.testing.assert_allclose(told.predicted[told.known], temperature[told.known])


def test_groups_are_told_apart_by_their_own_differences():
    results = study(np.tile([0.1, 0.2], 3), np.repeat([0.0, 0.5, 0.9], 2), [64, 64, 64, 64, 128, 128])
    groups = groups_of(results, [RATE, MOMENTUM, WIDTH], [RATE])
    assert told_apart(groups[:2]) == ["β 0", "β 0.5"]
    assert told_apart(groups[:1]) == [""]
    assert told_apart([]) == []
