"""The analogues that the repository ships: the numbers that their headers give."""

import json
from pathlib import Path

import pytest
from study_processes import command

pytestmark = pytest.mark.slow

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def numbers_of(name):
    finished = command("analogue", EXAMPLES / f"{name}.toml", "--json", before="")
    assert finished.returncode == 0, finished.stderr
    return json.loads(finished.stdout)


def test_de_sitter():
    numbers = numbers_of("de-sitter")
    assert numbers["relative_error"] < 1e-4
    assert numbers["convergence_order"] == pytest.approx(2.0, abs=0.1)
    assert numbers["largest_stable_step"] == pytest.approx(1 / 3)
    assert numbers["predicted_error_from_step"] == pytest.approx(numbers["error_from_step"], rel=0.01)
    assert numbers["predicted_error_from_finite_width"] == pytest.approx(numbers["error_from_amplitude"], rel=0.05)


def test_scale_invariant():
    numbers = numbers_of("scale-invariant")
    level = numbers["hubble_over_two_pi_squared"]
    for row in numbers["spectrum"]:
        assert abs(row["power"] - level) < 3 * row["standard_error"]
        assert row["power"] == pytest.approx(row["direct_power"], rel=5e-3)
    assert abs(numbers["tilt"] - numbers["exact_tilt"]) < 3 * numbers["tilt_error"]
    assert abs(numbers["tilt"] - numbers["direct_tilt"]) < 0.003


def test_slow_roll_tilt():
    numbers = numbers_of("slow-roll-tilt")
    assert numbers["tilt_outside_horizon"] == pytest.approx(-2 / 19)
    assert abs(numbers["tilt"] - numbers["exact_tilt"]) < 3 * numbers["tilt_error"]
    assert numbers["tilt"] < -3 * numbers["tilt_error"]


def test_lambda_phi4():
    numbers = numbers_of("lambda-phi4")
    assert numbers["relative_error"] < 1e-4
    predicted = sum(numbers[f"predicted_error_from_{cause}"] for cause in ("step", "finite_width", "rounding"))
    assert 0.3 < numbers["relative_error"] / predicted < 1.5
