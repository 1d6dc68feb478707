"""The study of the duality that the repository ships, on workers: its dependence report holds what theory says."""

import json
from pathlib import Path

import pytest
from study_processes import command

STUDY = Path(__file__).resolve().parents[2] / "studies" / "duality-small.toml"


@pytest.fixture(scope="module")
def numbers(tmp_path_factory):
    out = tmp_path_factory.mktemp("duality") / "out"
    finished = command("study", STUDY, "--out", out, "--engine", "dask", "--workers", "2", before="")
    assert finished.returncode == 0, finished.stderr
    reported = command("report", out, "--json")
    assert reported.returncode == 0, reported.stderr
    return json.loads(reported.stdout)


def slope_of(numbers, hyperparameter, quantity):
    (found,) = [s for s in numbers["slopes"] if (s["hyperparameter"], s["quantity"]) == (hyperparameter, quantity)]
    return found


@pytest.mark.parametrize(
    ("hyperparameter", "quantity", "expected"),
    [
        ("optimiser.eta_lambda_max", "cosmological_constant", -1.0),
        ("(1 − β)/(1 + β)", "e_folds_per_update", 1.0),
    ],
)
def test_slopes(numbers, hyperparameter, quantity, expected):
    slope = slope_of(numbers, hyperparameter, quantity)
    assert slope["predicted"] == pytest.approx(expected, abs=1e-6)
    assert slope["slope"] == pytest.approx(expected, abs=0.02)


def test_onsets_of_linearised_networks(numbers):
    free = {(o["what"], o["momentum"]): o for o in numbers["onsets"] if o["linearised"]}
    for β in (0.0, 0.5):
        oscillation, divergence = free["oscillation", β], free["divergence", β]
        assert oscillation["eta_lambda"] == pytest.approx((1 - β**0.5) ** 2, rel=0.03)
        assert divergence["eta_lambda"] == pytest.approx(2 * (1 + β), rel=0.01)


def test_every_point_has_results_and_noise_its_temperature(numbers):
    assert not [point["failure"] for point in numbers["points"] if point["failure"]]
    noises = [point["noise"] for point in numbers["points"] if point["noise"]]
    assert len(noises) == 3
    for noise in noises:
        assert noise["ratio"] == pytest.approx(1, abs=0.05)
