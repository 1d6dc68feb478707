"""The front door as new users type it: each verb in at most three lines, with models as people have them."""

import copy
import doctest
import inspect
import pickle
import subprocess
import sys

import equinox as eqx
import jax
import jax.numpy as jnp
import jaxtyping
import numpy as np
import optax
import pytest

import cosmograd as cg
from cosmograd.cosmology import DeSitter, PowerLawExpansion
from cosmograd.cosmology.potentials import FunctionPotential
from cosmograd.duality.analogue import FieldTheory, periodic_box
from cosmograd.verbs.simulation import _is_linear

pytestmark = pytest.mark.usefixtures("without_type_checks")

x = np.linspace(-1.0, 1.0, 12).reshape(6, 2)
y = np.sin(3 * x[:, :1])
BOX = periodic_box(largest_number=2)


def equinox_model(width=8):
    return eqx.nn.MLP(2, 1, width, 1, activation=jnp.tanh, key=jax.random.key(0))


def nnx_model(width=8):
    nnx = pytest.importorskip("flax.nnx")
    return nnx.Sequential(nnx.Linear(2, width, rngs=nnx.Rngs(0)), jnp.tanh, nnx.Linear(width, 1, rngs=nnx.Rngs(1)))


def pair(width=8):
    shapes = ((1, (2, width), 0.5), (2, (width, 1), 1.4 / width**0.5))
    first, second = (size * jax.random.normal(jax.random.key(seed), shape) for seed, shape, size in shapes)
    return (lambda θ, points: jnp.tanh(points @ θ["first"]) @ θ["second"]), {"first": first, "second": second}


def torch_model():
    nn = pytest.importorskip("torch.nn")
    return nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1))


MODELS = (equinox_model, nnx_model, pair, torch_model)


@pytest.mark.parametrize("build", MODELS)
def test_kernel_and_prediction_of_any_model(build):
    model = build()
    kernel = cg.tangent_kernel(model, x)
    predicted = cg.predict(model, x, y, optax.sgd(0.05, momentum=0.9), updates=100)
    assert kernel.eigenvalues.shape == (6,)
    assert predicted.loss[0] > predicted.loss[-1]
    np.testing.assert_allclose(predicted.eigenvalue, kernel.eigenvalues / len(x), rtol=1e-9, atol=1e-9)


SGD = optax.sgd(0.05, momentum=0.9)


@pytest.fixture(scope="module")
def results():
    """One of every verb."""
    jaxtyping.config.update("jaxtyping_disable", True)
    ensemble = cg.train(lambda key: eqx.nn.MLP(2, 1, 64, 1, jnp.tanh, key=key), x, y, SGD, updates=100, members=3)
    found = {
        "dual_universe": cg.dual_universe(0.05, 0.8),
        "training_step": cg.training_step(1.0, 0.3),
        "tangent_kernel": cg.tangent_kernel(pair(), x, 2 * x),
        "predict": cg.predict(pair(), x, y, SGD, updates=20),
        "modes": cg.predict(eigenvalues=[1.0, 0.1], start=[1.0, 2.0], optimiser=optax.sgd(0.5), updates=10),
        "train": ensemble,
        "compare": cg.compare(ensemble),
        "fit": cg.fit(ensemble),
        "inflate": cg.inflate("quadratic", field=16.0),
        "spectra": cg.spectra(lambda φ: 0.5e-10 * φ**2, field=17.0),
        "simulate": cg.simulate(0.5, time_step=0.1, updates=8, waves={"cos 1": 0.3}, box=BOX),
        "run": cg.run({"learning_rate": 0.1, "experiment": "dictionary"}),
    }
    jaxtyping.config.update("jaxtyping_disable", False)
    return found


VERBS = (
    "dual_universe", "training_step", "tangent_kernel", "predict", "modes", "train", "compare", "fit", "inflate",
    "spectra", "simulate", "run",
)  # fmt: skip


@pytest.mark.parametrize("verb", VERBS)
def test_every_result_shows_itself_plots_and_comes_back(results, verb, tmp_path):
    result = results[verb]
    assert len(repr(result).splitlines()) <= 45
    assert result._repr_html_().startswith("<")
    assert result.plot().panels
    again = cg.load(result.save(tmp_path / "folder"))
    assert (tmp_path / "folder" / "report.html").stat().st_size > 1000
    kept = result.to_xarray()
    assert again.to_xarray().sizes == kept.sizes
    for name, variable in kept.variables.items():
        np.testing.assert_array_equal(again[name].values, variable.values)


def test_a_kernel_from_a_folder_predicts(results, tmp_path):
    kernel = results["tangent_kernel"]
    again = cg.load(kernel.save(tmp_path / "kernel"))
    here, there = (cg.predict(each, targets=y, optimiser=SGD, updates=20) for each in (kernel, again))
    np.testing.assert_array_equal(here.outputs, there.outputs)
    assert here.is_probe.sum() == 6
    assert [kernel.plot(name).name for name in (None, "modes")] == ["spectrum", "modes"]


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.slow] if name == "simulate" else [])
        for name in dir(cg)
        if name in VERBS or name == "load"
    ],
)
def test_the_examples_of_the_docstrings_say_what_is_true(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    verb = inspect.unwrap(getattr(cg, name))
    globs = {"np": np, "jax": jax, "jnp": jnp, "eqx": eqx, "optax": optax} | {
        each: getattr(cg, each) for each in dir(cg)
    }
    examples = doctest.DocTestFinder(recurse=False).find(verb, name, globs=globs)
    assert examples[0].examples
    runner = doctest.DocTestRunner()
    failures = [runner.run(example, out=lambda text: None) for example in examples]
    assert all(found.failed == 0 for found in failures)


@pytest.mark.parametrize("build", [equinox_model, nnx_model, pair])
def test_any_model_is_trained_explained_and_measured(build):
    ensemble = cg.train(build(width=512), x, y, optax.sgd(0.01, momentum=0.9), updates=60)
    explained = cg.compare(ensemble, measure=False)
    measured = cg.fit(ensemble)
    assert explained.relative_error[0, 3] < 0.1
    assert measured.momentum.low < 0.9 < measured.momentum.high


def test_a_pytorch_training_is_predicted_and_measured():
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(2, 256), torch.nn.Tanh(), torch.nn.Linear(256, 1)).double()
    inputs, targets = torch.tensor(x), torch.tensor(y)
    kernel, predicted = cg.tangent_kernel(model, x), cg.predict(model, x, y, SGD, updates=60, records=np.arange(61))
    optimiser, outputs = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9), []
    for _ in range(61):
        outputs.append(model(inputs).detach().numpy()[None])
        optimiser.zero_grad()
        (((model(inputs) - targets) ** 2).sum() / (2 * len(x))).backward()
        optimiser.step()
    measured = cg.fit(np.array(outputs), targets=y, learning_rate=0.05, kernel=kernel, loss_divisor=len(x))
    assert measured.momentum.low < 0.9 < measured.momentum.high
    np.testing.assert_allclose(predicted.outputs, np.array(outputs)[:, 0], atol=0.1)
    with pytest.raises(ValueError, match="Record its outputs in your own training loop"):
        cg.train(model, x, y, SGD, updates=3)


def test_dictionary_prints_and_inverts():
    universe = cg.dual_universe(0.05, 0.8)
    assert "Hubble rate" in str(universe)
    step = cg.training_step(universe.hubble_rate, universe.time_step)
    assert (step.learning_rate, step.momentum) == pytest.approx((0.05, 0.8), rel=1e-13)
    with pytest.raises(TypeError, match=r"cosmograd\.duality\.dual_universe"):
        jax.grad(lambda η: cg.dual_universe(η, 0.8).hubble_rate)(0.05)


def test_a_training_recorded_compared_measured(results, tmp_path):
    ensemble, errors, hubble_rate = results["train"], results["compare"].relative_error, results["fit"].hubble_rate
    assert errors.shape == (3, 4)
    assert (errors[:, 3] < errors[:, 0]).all()  # the drifting kernel against gradient flow
    known = cg.dual_universe(0.05, 0.9).hubble_rate
    assert hubble_rate.low < known < hubble_rate.high
    again = cg.load(ensemble.save(tmp_path / "ensemble"))
    assert cg.fit(again).hubble_rate == hubble_rate
    by_hand = cg.fit(np.moveaxis(ensemble.outputs, 0, 1), targets=y, learning_rate=0.05, loss_divisor=6)
    assert by_hand.hubble_rate.value == pytest.approx(known, rel=0.1)


def test_long_runs_are_thinned_and_still_measured(monkeypatch):
    monkeypatch.setattr("cosmograd.verbs.training._MOST_NUMBERS", 6 * 70)
    ensemble = cg.train(equinox_model(512), x, y, optax.sgd(0.02, momentum=0.8), updates=120)
    assert ensemble.record.tolist() == list(range(0, 121, 2))
    momentum = cg.fit(ensemble).momentum
    assert momentum.low < 0.8 < momentum.high
    assert "not every update was recorded" in repr(cg.compare(ensemble))


def test_a_potential_flat_along_a_direction_is_not_taken_for_a_free_field():
    potentials = (lambda φ: (φ[0] - φ[1]) ** 4), (lambda φ: φ[0] ** 2 + φ[0] * φ[1] + 3 * φ[1] ** 2)
    quartic, free = (FieldTheory(BOX, DeSitter(1.0), FunctionPotential(potential, 2)) for potential in potentials)
    assert not _is_linear(quartic)
    assert _is_linear(free)


def test_nesterov_is_known_by_its_name():
    optimiser = optax.sgd(0.05, momentum=0.9, nesterov=True)
    compared = cg.compare(cg.train(equinox_model(), x, y, optimiser, updates=20))
    assert str(compared["method"].values) == "nesterov"


def test_a_universe_that_is_not_measured_says_why():
    compared = cg.compare(cg.train(equinox_model(), x, y, optax.sgd(0.05), updates=10, batch_size=2))
    assert "measured_hubble_rate" not in compared
    assert "minibatches" in repr(compared)


def test_predictions_from_modes_alone():
    modes = cg.predict(eigenvalues=[1.0, 0.1], start=[1.0, 2.0], optimiser=optax.sgd(0.5), updates=10)
    expected = (0.5**20 + 4 * 0.95**20) / 2
    assert modes.loss[-1] == pytest.approx(expected, rel=1e-12)


def test_a_linear_model_does_what_is_predicted():
    linear = (lambda θ, points: points @ θ), jnp.zeros((2, 1))
    optimiser = optax.sgd(0.3, momentum=0.5)
    trained = cg.train(linear, x, y, optimiser, updates=40, probe_inputs=2 * x, probe_targets=y)
    predicted = cg.predict(linear, x, y, optimiser, updates=40, probe_inputs=2 * x, records=np.arange(41))
    np.testing.assert_allclose(predicted.outputs, trained.outputs[0], atol=1e-12)
    np.testing.assert_allclose(predicted.loss, trained.loss[0], rtol=1e-10)


def test_a_given_model_is_trained_from_its_parameters():
    model = equinox_model()
    ensemble = cg.train(model, x, y, optax.sgd(0.05), updates=5)
    np.testing.assert_allclose(ensemble.outputs[0, 0], jax.vmap(model)(jnp.asarray(x)), rtol=1e-5)


def test_a_potential_of_the_vector_and_of_the_number(results):
    vector = cg.spectra(lambda phi: 0.5e-10 * phi[0] ** 2, field=17.0)
    assert vector.scalar_tilt == results["spectra"].scalar_tilt == pytest.approx(0.96338, abs=1e-5)


def test_backgrounds_and_spectra_agree(results):
    background = cg.inflate(lambda φ: 0.5e-10 * φ**2, field=17.0)
    assert background.e_folds_total == pytest.approx(results["spectra"].e_folds_total, rel=1e-9)


def test_a_universe_on_a_network_is_right(results):
    assert results["simulate"].relative_error < 0.05


def test_sweeps_run_and_say_what_failed(tmp_path):
    contents = {"experiment": "dictionary", "learning_rate": 0.1, "sweep": {"momentum": [0.0, 0.5, 0.9]}}
    result = cg.run(contents, out=tmp_path / "sweep", points=3)
    np.testing.assert_allclose(result.hubble_rate, cg.dual_universe(0.1, np.array([0.0, 0.5, 0.9])).hubble_rate)
    with pytest.raises(ValueError, match="2 are allowed"):
        cg.run(contents, points=2)


def test_experiments_run_from_their_sections():
    result = cg.run({"potential": {"name": "quadratic"}, "spectrum": {"wavenumbers": [1.0]}})
    assert result.experiment == "universe"
    with pytest.raises(cg.UserError, match="no potential 'quadratc'"):
        cg.run({"potential": {"name": "quadratc"}})


def test_results_are_copied_and_pickled():
    result = cg.dual_universe(np.array([0.1, 0.2]), 0.5)
    for again in (copy.copy(result), copy.deepcopy(result), pickle.loads(pickle.dumps(result))):
        assert repr(again) == repr(result)
        np.testing.assert_array_equal(again.hubble_rate, result.hubble_rate)
        assert again.to_xarray().identical(result.to_xarray())


def test_names_and_loading():
    assert len(dir(cg)) <= 45
    assert all(getattr(cg, name) is not None for name in dir(cg))
    code = (
        "import sys, cosmograd as cg; cg.dual_universe(0.05, 0.8); "
        "assert not {'jax', 'matplotlib', 'xarray', 'torch', 'flax'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_process_keeps_its_precision():
    code = (
        "import jax, cosmograd as cg; cg.inflate('quadratic', field=16.0); "
        "assert not jax.config.jax_enable_x64 and jax.numpy.ones(1).dtype == 'float32'"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: cg.dual_universe(-1.0), "`learning_rate` must be a positive finite number"),
        (lambda: cg.dual_universe(0.1, time_unit="second"), "allowed: canonical"),
        (lambda: cg.fit(np.ones((20, 3, 4))), "give the `learning_rate`"),
        (
            lambda: cg.train(equinox_model(), x, y, optax.adam(0.1), updates=10),
            "is not linear in the gradient",
        ),
        (lambda: cg.train(equinox_model(), x, y, optax.sgd(0.1), updates=0), "`updates` must be a whole number"),
        (lambda: cg.compare(cg.dual_universe(0.1)), "what cosmograd.train returns"),
        (lambda: cg.spectra(lambda phi: phi[0] ** 2), "needs a start"),
        (lambda: cg.predict(equinox_model(), x, y[:3], optax.sgd(0.1), updates=10), "targets"),
        (lambda: cg.spectra("quadratc"), "Did you mean 'quadratic'"),
        (lambda: cg.spectra("quadratic", parameters={"mas": 1.0}), "Did you mean 'mass'"),
        (lambda: cg.inflate("quadratic", field=0.5), "no inflation"),
        (lambda: cg.simulate(0.5, time_step=0.05, updates=10, members=3), "draws from the vacuum"),
        (lambda: cg.simulate("quadratic", updates=3), "must be V"),
        (lambda: cg.simulate(0.5, updates=3, expansion=PowerLawExpansion.matter(1.0)), "the universe begins at t = 0"),
        (lambda: cg.simulate(0.5, updates=10**8), "Take fewer updates"),
        (lambda: cg.simulate(0.5, updates=3, expansion="de-sitter"), "must be H of de Sitter space"),
        (lambda: cg.simulate(0.5, updates=3, start="vacuum", waves={"cos 1": 1.0}), "leave out `start`"),
        (lambda: cg.predict(pair(), x, y, SGD, updates=5, records=[7]), "between 0 and `updates`"),
        (lambda: cg.predict(inputs=x, eigenvalues=[1.0], start=[1.0], optimiser=SGD, updates=5), "leave out `inputs`"),
        (lambda: cg.fit(np.ones((20, 3, 4)), learning_rate=0.1, kernel=np.eye(4), blind=True), "ignores kernels"),
        (lambda: cg.train(equinox_model(), x, y, SGD, updates=5, members=4), "would all start from the given"),
        (lambda: cg.fit(cg.train(equinox_model(64), x, y, optax.sgd(9.0), updates=40)), "every network diverged"),
        (lambda: cg.train(eqx.nn.MLP, x, y, SGD, updates=5), "is a class"),
        (lambda: cg.run({"potential": {"name": "quadratic"}}, resume=True), "continues a sweep"),
        (lambda: cg.run({"potential": {"name": "quadratic"}}, points=3), "belongs to a sweep"),
    ],
)
def test_refusals(call, message):
    with pytest.raises(ValueError, match=message):
        call()
