"""Background and perturbations and their errors, as a study records them, against sums over all members by hand."""

from pathlib import Path

import jax
import numpy as np
import pytest
from training_sweeps import parse_study, study_points

from cosmograd.duality import RESPONSES, kernel_modes, predict_outputs
from cosmograd.experiments.training.assembly import build_dataset, build_network
from cosmograd.experiments.training.run import run_point
from cosmograd.learning import choose_mapping, train_ensemble
from cosmograd.learning.losses import SquaredLoss
from cosmograd.learning.optimisers import HeavyBall
from cosmograd.runs import sources_from

MEMBERS, UPDATES, POINTS = 5, 12, 8
CONTENTS = {
    "data": {"kind": "circle", "points": POINTS, "probe_points": 3},
    "network": {"width": 16},
    "optimiser": {"learning_rate": 0.3, "momentum": 0.5},
    "training": {
        "members": MEMBERS,
        "updates": UPDATES,
        "record": "all",
        "kernel_snapshots": 3,
        "precision": "float64",
    },
}


@pytest.fixture(scope="module")
def study():
    """Results of a study point, and the same ensemble trained and predicted apart."""
    (point,) = study_points(parse_study(CONTENTS))
    sources = sources_from(Path())
    dataset = build_dataset(point.specification, sources)
    network = build_network(point.specification, dataset, sources)
    results = run_point(point.specification, dataset, network)
    loss, optimiser = SquaredLoss("mean"), HeavyBall(0.3, 0.5)
    (chunk,) = train_ensemble(
        network, dataset, loss, optimiser, jax.random.key(0), MEMBERS, range(UPDATES + 1), choose_mapping("map"), [0]
    )
    outputs = chunk.outputs.reshape(MEMBERS, UPDATES + 1, -1)
    kernels = {"own": chunk.kernels[:, 0], "mean": np.broadcast_to(chunk.kernels[:, 0].mean(axis=0), (MEMBERS, 11, 8))}
    predictions = {
        kernel: np.array(
            [
                [
                    predict_outputs(
                        response,
                        kernel_modes(matrix, POINTS),
                        f[0],
                        dataset.targets.ravel(),
                        optimiser,
                        range(UPDATES + 1),
                    )
                    for response in RESPONSES.values()
                ]
                for matrix, f in zip(matrices, outputs, strict=True)
            ]
        )
        for kernel, matrices in kernels.items()
    }
    return results, outputs, predictions, dataset.all_targets.ravel()


@pytest.mark.parametrize(("suffix", "rows"), [("", slice(0, POINTS)), ("_probe", slice(POINTS, None))])
@pytest.mark.parametrize("kernel", ["own", "mean"])
class TestErrors:
    """On training and on unseen points, from each member's own kernel and from the ensemble's mean one."""

    def parts(self, field, axis):
        mean = field.mean(axis=axis, keepdims=True)
        return {"background": mean, "perturbations": field - mean}

    @pytest.mark.slow
    def test_mean_over_initialisations(self, study, suffix, rows, kernel):
        results, outputs, predictions, y = study
        f = self.parts(outputs[:, :, rows] - y[rows], 0)
        for index, name in enumerate(RESPONSES):
            p = self.parts(predictions[kernel][:, index][:, :, rows] - y[rows], 0)
            for part in f:
                expected = np.linalg.norm(f[part] - p[part]) / np.linalg.norm(f[part])
                recorded = results[f"ensemble_error{suffix}"].sel(part=part, kernel=kernel, prediction=name)
                assert float(recorded) == pytest.approx(expected, rel=1e-9)

    def test_mean_over_data_points(self, study, suffix, rows, kernel):
        results, outputs, predictions, y = study
        for member in range(MEMBERS):
            f = self.parts(outputs[member][:, rows] - y[rows], 1)
            for index, name in enumerate(RESPONSES):
                p = self.parts(predictions[kernel][member, index][:, rows] - y[rows], 1)
                for part in f:
                    expected = np.linalg.norm(f[part] - p[part]) / np.linalg.norm(f[part])
                    recorded = results[f"split_error{suffix}"].sel(
                        member=member, part=part, kernel=kernel, prediction=name
                    )
                    assert float(recorded) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("suffix", "rows"), [("", slice(0, POINTS)), ("_probe", slice(POINTS, None))])
def test_errors_over_time(study, suffix, rows):
    results, outputs, predictions, y = study
    mean, predicted = outputs.mean(axis=0)[:, rows], predictions["own"].mean(axis=0)[:, :, rows]
    for index, name in enumerate(RESPONSES):
        expected = np.linalg.norm(mean - predicted[index], axis=1) / np.linalg.norm(mean[0] - y[rows])
        recorded = results[f"ensemble_error{suffix}_over_time"].sel(part="background", prediction=name)
        np.testing.assert_allclose(recorded, expected, rtol=1e-9, atol=1e-12)


def test_background_and_scatter(study):
    results, outputs, predictions, _ = study
    flat = [results[name].values.reshape(UPDATES + 1, -1) for name in ("background", "perturbation_rms")]
    np.testing.assert_allclose(flat[0], outputs.mean(axis=0), rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(flat[1], outputs.std(axis=0, ddof=1), rtol=1e-11, atol=1e-13)
    for index, name in enumerate(RESPONSES):
        of_prediction = results["perturbation_rms_prediction"].sel(prediction=name).values.reshape(UPDATES + 1, -1)
        np.testing.assert_allclose(
            of_prediction, predictions["own"][:, index].std(axis=0, ddof=1), rtol=1e-9, atol=1e-12
        )


def test_the_mean_kernel_does_not_drift(study):
    results, *_ = study
    assert np.isnan(results["ensemble_error"].sel(kernel="mean", prediction="drifting")).all()
    assert np.isfinite(results["ensemble_error_probe"].sel(kernel="own", prediction="drifting")).all()


def test_without_probe_points_their_errors_do_not_exist():
    contents = CONTENTS | {"data": {"kind": "circle", "points": POINTS}}
    (point,) = study_points(parse_study(contents))
    dataset = build_dataset(point.specification, sources_from(Path()))
    results = run_point(point.specification, dataset, build_network(point.specification, dataset, sources_from(Path())))
    for name in ("ensemble_error_probe", "split_error_probe", "relative_error_probe"):
        assert np.isnan(results[name]).all()
    assert np.isfinite(results["ensemble_error"].sel(kernel="own")).all()
