"""The section `noise` of study files: results, bits, names of points, page, and points that cannot be measured."""

import re
from pathlib import Path

import jax
import numpy as np
import pytest
import xarray as xr
from training_sweeps import TRAINING, all_points, figures_of, only_point, page_of, result_of

from cosmograd.errors import UserError
from cosmograd.experiments.training.analysis.noise_runs import runs_of_points
from cosmograd.experiments.training.assembly import build_dataset, build_network
from cosmograd.experiments.training.point_noise import POINT_NOISE_QUANTITIES, measure_point_noise
from cosmograd.experiments.training.run import check_point, run_point
from cosmograd.experiments.training.specification import NoiseSection
from cosmograd.figures import Intervals
from cosmograd.learning.batches import batches_named
from cosmograd.learning.datasets import circle
from cosmograd.learning.losses import SquaredLoss
from cosmograd.learning.networks import Perceptron
from cosmograd.learning.optimisers import HeavyBall
from cosmograd.report import summary_of
from cosmograd.results.number_format import number
from cosmograd.runs.point_identity import point_name
from cosmograd.runs.study_files import sources_from

BATCH_SIZES = (4, 16)

NOISE_NAMES = {quantity.name: quantity.meaning for quantity in POINT_NOISE_QUANTITIES}


def contents(batch_size=4, training=None, **noise):
    """A linear network on a circle whose second harmonic it cannot fit; 16 examples are all of them."""
    return {
        "data": {"kind": "circle", "points": 16},
        "network": {"hidden_layers": 0, "bias_scale": 1.0},
        "optimiser": {"eta_lambda_max": 0.3, "momentum": 0.5},
        "training": {"members": 2, "updates": 4, "kernel_snapshots": 2, "batch_size": batch_size}
        | {"sampling": "without-replacement"} | (training or {}),
        "noise": noise,
    }  # fmt: skip


def ingredients(study):
    specification, sources = only_point(study), sources_from(Path())
    dataset = build_dataset(specification, sources)
    return specification, dataset, build_network(specification, dataset, sources)


def computed(batch_size) -> xr.Dataset:
    done: list[float] = []
    results = run_point(*ingredients(contents(batch_size, updates=130, members=40, modes=2)), done.append)
    assert sum(done) == pytest.approx(1.0)
    return results


@pytest.fixture(scope="module")
def points() -> list[xr.Dataset]:
    return [computed(batch_size) for batch_size in BATCH_SIZES]


@pytest.fixture(scope="module")
def results(points) -> xr.Dataset:
    labels = [{"training.batch_size": batch_size} for batch_size in BATCH_SIZES]
    return all_points(points, labels).assign_attrs(name="tiny")


def test_every_variable_says_what_it_is(points):
    noisy, full = points
    for point in points:
        assert {str(name) for name in point.variables if str(name).startswith("noise_")} == set(NOISE_NAMES)
        assert all(point[name].attrs["long_name"] == said for name, said in NOISE_NAMES.items())
    assert (noisy["noise_members"], noisy["noise_updates"]) == (40, 100)
    assert all(np.isfinite(noisy[name]).all() for name in NOISE_NAMES if noisy[name].dtype.kind == "f"
               and name != "noise_shuffled_ratio")  # fmt: skip
    assert "every update sees all 16 points" in full["noise_verdict"].item()
    assert not full["noise_stationary"]
    assert np.isnan(full["noise_temperature_ratio"])
    assert np.isfinite(full["noise_mode_eigenvalue"]).all()
    assert np.isfinite(full["relative_error"]).all()


def test_the_same_bits_again(points):
    assert computed(BATCH_SIZES[0]).identical(points[0])


def test_summary(points, results):
    noisy, full = (point["noise"] for point in summary_of(result_of(results))["points"])
    assert noisy["low"] < noisy["temperature"] < noisy["high"]
    assert noisy["ratio"] == float(points[0]["noise_temperature_ratio"])
    assert noisy["stationary"] is True
    assert np.isnan(full["ratio"])
    assert full["verdict"].startswith("every update")
    bare = [point.drop_vars(NOISE_NAMES) for point in points]
    assert summary_of(result_of(all_points(bare, [{}, {}])))["points"][0]["noise"] is None
    # Beside a point that measures its noise, one that does not, and one that failed.
    mixed = all_points([points[0], bare[1], None], [{}, {}, {}], ["", "", "lost"])
    assert [entry["noise"] is None for entry in summary_of(result_of(mixed))["points"]] == [False, True, True]


def noise_figure(results):
    return next((figure for figure in figures_of(results) if figure.name == "minibatch-noise"), None)


def test_figure_and_page(results):
    figure = noise_figure(results)
    assert figure is not None
    assert set(figure.variables) <= set(map(str, results.variables))
    page = page_of(results)
    assert "No temperature of minibatches could be measured at 1 point of 2: every update sees all 16 points" in page
    rows = [[cell for cell in row if cell] for row in re.findall(r"<td[^>]*>(drawn .*?)</tr>", page)]
    noisy, full = (re.sub(r"</?td[^>]*>", "|", "".join(row)) for row in rows)
    ratio, error = (float(results[f"noise_temperature_ratio{end}"][0]) for end in ("", "_error"))
    assert noisy.startswith(f"drawn without replacement||40||100||{number(ratio)} ± {number(error, 2)}|")
    assert full.startswith("drawn without replacement||40||100||–||–||–||every update sees all 16 points")
    assert noise_figure(results.isel(study_point=[1])) is None
    assert noise_figure(results.drop_vars(NOISE_NAMES)) is None


def test_other_swept_keys_stand_side_by_side(points):
    noisy = points[0]
    labels = [{"network.width": width, "optimiser.momentum": 0.5} for width in (8, 16, 32)]
    results = all_points([noisy] * 3, labels)
    runs = runs_of_points(results)
    assert runs is not None
    assert runs["series"].values.tolist() == [0, 1, 2]
    figure = noise_figure(results)
    assert figure is not None
    assert "side by side, the 3 combinations of what else is swept" in figure.caption
    (panel,) = figure.panels
    assert len({float(mark.x[0]) for mark in panel.marks if isinstance(mark, Intervals)}) == 6


def test_many_momenta_are_not_all_shown(points):
    many = all_points([points[0].assign(momentum=β) for β in np.linspace(0, 0.9, 7)], [{}] * 7)
    figure = noise_figure(many)
    assert figure is not None
    assert len(figure.panels) == 4
    assert "at 4 of 7 momenta" in figure.caption


def test_settings_of_a_noise_that_is_not_measured_name_no_points():
    plain, *others = (only_point(contents(**noise)) for noise in ({}, {"updates": 0, "members": 8}, {"updates": 50}))
    assert "noise" not in TRAINING.decisive(plain)
    assert point_name(TRAINING, others[0], {}) == point_name(TRAINING, plain, {}) != point_name(TRAINING, others[1], {})


def test_memory_of_the_noise_counts():
    specification, dataset, network = ingredients(contents(training={"memory_budget": 50}, updates=1000))
    check_point(specification, dataset, network)
    specification, dataset, network = ingredients(contents(training={"memory_budget": 50}, updates=10**5))
    with pytest.raises(UserError, match=r"budget of 50 MiB is too small: .*The noise takes 3\d{3} MiB: fewer"):
        check_point(specification, dataset, network)


@pytest.mark.parametrize(
    ("width", "learning_rate", "modes", "reason"),
    [
        ((1250,), 0.1, 1, "has 5001 parameters"),
        ((), 50.0, 3, "the mode is unstable; lower the learning rate"),
        ((), 0.1, 4, "`modes` must be between 1 and 3"),
    ],
)
def test_what_cannot_be_measured_has_its_reason(width, learning_rate, modes, reason):
    done: list[float] = []
    point = measure_point_noise(
        NoiseSection(updates=50, members=2, modes=modes), Perceptron((2, *width, 1), bias_scale=1.0), circle(16),
        SquaredLoss(), HeavyBall(learning_rate, 0.5), batches_named("with-replacement", 4), jax.random.key(0),
        done.append,
    )  # fmt: skip
    assert reason in point["noise_verdict"].item()
    assert np.isnan(point["noise_temperature"])
    assert point["noise_mode_temperature"].isnull().all()
    assert point.sizes["noise_mode"] == modes
    assert sum(done) == pytest.approx(1.0)
