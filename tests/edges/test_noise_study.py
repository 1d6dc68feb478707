"""Minibatches in studies: their keys, what the results say of them, the study of their noise and its figure."""

import re
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest
import xarray as xr
from training_sweeps import all_points, only_point, page_of

from cosmograd.errors import UserError
from cosmograd.experiments import experiment
from cosmograd.experiments.noise.quantities import QUANTITIES
from cosmograd.experiments.noise.run import noise_study
from cosmograd.experiments.training.assembly import build_dataset, build_network
from cosmograd.experiments.training.run import run_point
from cosmograd.figures import Figure, Intervals, Line
from cosmograd.learning.datasets import circle, make_dataset
from cosmograd.learning.networks import FunctionNetwork, Perceptron
from cosmograd.results import Result
from cosmograd.runs.study_files import sources_from


def trained(**training) -> xr.Dataset:
    contents = {
        "data": {"kind": "circle", "points": 8},
        "network": {"width": 8},
        "optimiser": {"eta_lambda_max": 0.3, "momentum": 0.5},
        "training": {"members": 2, "updates": 12, "kernel_snapshots": 2, **training},
    }
    specification, sources = only_point(contents), sources_from(Path())
    dataset = build_dataset(specification, sources)
    return run_point(specification, dataset, build_network(specification, dataset, sources))


@pytest.fixture(scope="module")
def by_batches() -> xr.Dataset:
    return trained(batch_size=2, sampling="without-replacement")


def test_results_say_how_batches_were_drawn(by_batches):
    assert by_batches.attrs["batch_size"] == 2
    assert by_batches.attrs["sampling"] == "without-replacement"
    assert by_batches["duality_limit"].sel(limit="minibatch noise") > 0
    page = page_of(all_points([by_batches], [{}]).assign_attrs(name="tiny"))
    assert "by batches of 2 examples (without-replacement; predictions are those of full batches)" in page
    assert re.search(r"<dt>batch size</dt>\s*<dd>2</dd>", page)


def test_full_batches_are_called_so(by_batches):
    full = trained()
    assert (full.attrs["batch_size"], full.attrs["sampling"]) == (8, "full-batch")
    assert full["duality_limit"].sel(limit="minibatch noise") == 0
    page = page_of(all_points([full], [{}]).assign_attrs(name="tiny"))
    assert "by batches" not in page
    assert not np.array_equal(full["loss"], by_batches["loss"])
    # Batches and start are drawn apart: both are the same networks at first.
    assert np.array_equal(full["loss"].isel(record=0), by_batches["loss"].isel(record=0))


@pytest.mark.parametrize("sampling", ["without-replacement", "shuffled-epochs"])
def test_batches_larger_than_the_data(sampling, without_type_checks):
    message = f"training.batch_size: the batch size is 9, but there are 8 points; {sampling} batches hold different"
    with pytest.raises(UserError, match=message):
        trained(batch_size=9, sampling=sampling)


@pytest.fixture(scope="module")
def noise() -> xr.Dataset:
    random = np.random.default_rng(6)
    inputs = random.normal(size=(16, 2))
    data = make_dataset(inputs, inputs @ [1.0, -0.5] + random.normal(size=16), name="line")
    done: list[float] = []
    results = noise_study(
        Perceptron((2, 1), bias_scale=1.0), data, batch_sizes=(2, 8), modes=2, members=40, updates=300,
        progress=done.append,
    )  # fmt: skip
    assert sum(done) == pytest.approx(1.0)
    return results.to_xarray()


def figure_of(results: xr.Dataset) -> Figure | None:
    rule = next(rule for rule in experiment("noise").figures if rule.name == "minibatch-noise")
    found = rule.figures(Result.from_xarray(results.assign_attrs(experiment="noise")))
    return found[0] if found else None


@pytest.mark.slow
def test_noise_study_describes_all_it_holds(noise):
    assert set(map(str, noise.variables)) == {quantity.name for quantity in QUANTITIES}
    assert dict(noise.sizes) == {"sampling": 2, "momentum": 2, "batch_size": 2, "mode": 2}
    assert all(noise[name].attrs["long_name"] for name in noise.variables)
    independent = noise.sel(sampling="with-replacement")
    z = (independent["temperature_ratio"] - 1) / independent["temperature_ratio_error"]
    assert (abs(z) < 5).all()
    assert noise["shuffled_ratio"].sel(sampling="with-replacement").isnull().all()
    assert (noise["shuffled_ratio"].sel(sampling="shuffled-epochs") < 1).all()


@pytest.mark.slow
def test_figure_of_noise(noise):
    figure = figure_of(noise)
    assert figure is not None
    assert set(figure.variables) <= set(map(str, noise.variables))
    assert len(figure.panels) == 4
    assert [panel.title for panel in figure.panels[::2]] == ["drawn with replacement, β = 0", "shuffled epochs, β = 0"]
    assert "the noises of a shuffled epoch add up to zero" in figure.caption
    velocities, positions = (mark for mark in figure.panels[0].marks if isinstance(mark, Intervals))
    for mark, name in ((velocities, "velocity_ratio"), (positions, "temperature_ratio")):
        run = noise.sel(sampling="with-replacement", momentum=0.0)
        np.testing.assert_array_equal(mark.value, run[name])
        np.testing.assert_allclose(mark.high - mark.low, 2 * run[f"{name}_error"])
    theory = [mark for mark in figure.panels[2].marks if isinstance(mark, Line)]
    np.testing.assert_array_equal(theory[0].y, noise["shuffled_ratio"].sel(sampling="shuffled-epochs", momentum=0.0))
    alone = figure_of(noise.sel(sampling=["with-replacement"], momentum=[0.9]))
    assert alone is not None
    assert "shuffled" not in alone.caption.lower()


@pytest.mark.slow
def test_runs_that_diverge_are_said(noise):
    """Single examples of slopes 1 and 3 stretch θ by −2.42 and 0.62: it grows, though full batches would settle."""
    inputs = np.where(np.arange(16) % 2, 1.0, 3.0)[:, None]
    data = make_dataset(inputs, np.random.default_rng(1).normal(size=16), name="steep")
    network = FunctionNetwork(lambda θ, x: θ * x, lambda key: jnp.ones(1), (1,), 1)
    results = noise_study(
        network, data, batch_sizes=(1,), momenta=(0.0,), samplings=("with-replacement",), drift=1.9, modes=1,
        members=40, updates=8000,
    ).to_xarray()  # fmt: skip
    assert not results["stationary"].any()
    assert "diverged" in results["verdict"].item()
    assert results["temperature_ratio"].isnull().all()
    assert figure_of(results) is None


@pytest.mark.usefixtures("without_type_checks")
@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"batch_sizes": ()}, "needs batch sizes, momenta and samplings"),
        ({"drift": 2.0}, "a `drift` between 0 and 2"),
        ({"batch_sizes": (0,)}, "the batch size must be a whole number ≥ 1, got 0"),
        ({"batch_sizes": (9,)}, "the batch size is 9, but there are 8 points; shuffled-epochs"),
        ({"samplings": ("bootstrap",)}, "`sampling` is 'bootstrap'; allowed"),
        ({"momenta": (1.0,)}, r"`momentum` must be a number in \[0, 1\)"),
        ({"modes": 7}, "`modes` must be between 1 and"),
    ],
)
def test_studies_of_noise_that_cannot_be(settings, message):
    with pytest.raises(UserError, match=message):
        noise_study(
            Perceptron((2, 1)), circle(8), **{"batch_sizes": (2,), "modes": 1, "members": 2, "updates": 50} | settings
        )


@pytest.mark.parametrize(
    ("points", "settings", "reason"),
    [
        (8, {"samplings": ("without-replacement", "shuffled-epochs"), "batch_sizes": (8,)}, "sees all 8 points"),
        (2, {"batch_sizes": (1,)}, "fits every point at its minimum"),
        (8, {"batch_sizes": (1,), "drift": 1e-6}, "forgets its start only after"),
    ],
)
def test_where_no_noise_can_be_measured_the_reason_is_said(points, settings, reason):
    """Three parameters: eight noisy points leave residuals, two do not."""
    random = np.random.default_rng(2)
    data = make_dataset(random.normal(size=(points, 2)), random.normal(size=points), name="noise")
    results = noise_study(
        Perceptron((2, 1), bias_scale=1.0), data,
        **{"momenta": (0.0,), "modes": 2, "members": 2, "updates": 50} | settings,
    ).to_xarray()  # fmt: skip
    assert all(reason in verdict for verdict in results["verdict"].values.flat)
    assert results["temperature_ratio"].isnull().all()
    assert not results["stationary"].any()


def test_networks_too_large_for_a_hessian_are_refused_before_the_search():
    with pytest.raises(UserError, match=r"has 5001 parameters; .* up to 4096"):
        noise_study(Perceptron((2, 1250, 1)), circle(8), batch_sizes=(2,))
