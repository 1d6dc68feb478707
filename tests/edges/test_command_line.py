"""The command line: strict JSON on standard output, messages on standard error, one clear message on a mistake."""

import json
import math
import subprocess
import sys

import numpy as np
import pytest

import cosmograd
from cosmograd.cli import main
from cosmograd.experiments import experiment
from cosmograd.results.number_format import number


def printed(capsys, *arguments):
    """What a command prints as JSON; NaN and infinities are refused."""

    def refuse(constant):
        raise AssertionError(f"{constant} is not JSON")

    main([str(a) for a in arguments])
    return json.loads(capsys.readouterr().out, parse_constant=refuse)


def refused(capsys, *arguments):
    """What is said about a mistake; nothing goes to standard output."""
    with pytest.raises(SystemExit) as left:
        main([str(a) for a in arguments])
    assert left.value.code not in (0, None)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "Traceback" not in captured.err
    return captured.err


def test_dictionary(capsys):
    entries = printed(
        capsys, "dictionary", "--learning-rate", 0.05, "--momentum", 0.8, "--time-unit", "canonical", "--json"
    )
    assert entries["time_step"] == pytest.approx(math.sqrt(0.1 / 1.8), rel=1e-14)
    assert entries["cosmological_constant"] == pytest.approx(2 * 0.2**2 / (3 * 1.8 * 0.05), rel=1e-14)
    assert entries["hubble_rate"] == pytest.approx(math.sqrt(entries["cosmological_constant"] / 3), rel=1e-14)
    assert entries["e_folds_per_update"] == pytest.approx(2 / 3 * 0.2 / 1.8, rel=1e-14)
    assert "mass_squared" not in entries


def test_dictionary_of_a_mode(capsys):
    entries = printed(
        capsys, "dictionary", "--learning-rate", 0.1, "--eigenvalue", 3, "--time-unit", "update", "--json"
    )
    assert entries["momentum"] == 0
    assert entries["mass_squared"] == pytest.approx(0.6, rel=1e-14)
    assert entries["mass_over_hubble_squared"] == pytest.approx(4.5 * 0.3, rel=1e-14)
    assert entries["regime"] == "light"


def test_mean_over_points_divides_the_mass(capsys):
    one, many = (
        printed(capsys, "dictionary", "--learning-rate", 0.1, "--eigenvalue", value, "--points", points, "--json")
        for value, points in ((3, 1), (96, 32))
    )
    for key in ("mass_squared", "mass_over_hubble_squared", "regime", "eta_lambda"):
        assert one[key] == many[key]


def test_dictionary_backwards(capsys):
    there = printed(capsys, "dictionary", "--hubble-rate", 0.3, "--time-step", 0.2, "--json")
    back = printed(
        capsys, "dictionary", "--learning-rate", there["learning_rate"], "--momentum", there["momentum"], "--json"
    )
    assert back["hubble_rate"] == pytest.approx(0.3, rel=1e-13)
    assert back["time_step"] == pytest.approx(0.2, rel=1e-13)


@pytest.mark.parametrize("unit", ["canonical", "gradient-flow", "sqrt-learning-rate", "update"])
@pytest.mark.parametrize("scheme", ["leapfrog", "stroboscopic"])
def test_dictionary_backwards_is_in_the_unit_that_was_named(capsys, unit, scheme):
    named = ("--time-unit", unit, "--scheme", scheme, "--json")
    there = printed(capsys, "dictionary", "--learning-rate", 0.05, "--momentum", 0.8, *named)
    step = ("--learning-rate", 0.05) if unit == "update" else ("--time-step", there["time_step"])
    back = printed(capsys, "dictionary", "--hubble-rate", there["hubble_rate"], *step, *named)
    for key in ("learning_rate", "momentum", "hubble_rate", "cosmological_constant"):
        assert back[key] == pytest.approx(there[key], rel=1e-12)


@pytest.mark.parametrize(
    "asked",
    [
        {"learning_rate": 0.05, "momentum": 0.8},
        {"hubble_rate": 0.3, "learning_rate": 0.1, "time_unit": "update"},
        {"hubble_rate": 0.3, "time_step": 0.2, "eigenvalue": 2.0, "points": 4, "scheme": "stroboscopic"},
    ],
)
def test_files_say_all_that_the_command_can(capsys, asked):
    command = printed(capsys, "dictionary", "--json", *(f"--{k.replace('_', '-')}={v}" for k, v in asked.items()))
    result = cosmograd.run({"experiment": "dictionary", **asked}, progress=lambda fraction: None)
    for name, value in command.items():
        if name not in ("time_unit", "scheme"):
            assert result[name].values.item() == value
    assert result.attrs["scheme"] == command["scheme"]
    assert [each.text for each in experiment("dictionary").page(result).key_numbers][-1] == (
        command.get("regime") or number(result["potential_scale"], 4)
    )


def test_a_step_is_read_without_jax():
    program = """
import sys
from cosmograd.cli import main
main(["dictionary", "--learning-rate", "0.1"])
assert not {"jax", "pydantic", "xarray"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)


def test_what_does_not_exist_is_null(capsys):
    arguments = ["dictionary", "--learning-rate", 0.1, "--eigenvalue", 3, "--scheme", "stroboscopic", "--json"]
    entries = printed(capsys, *arguments)
    assert entries["hubble_rate"] is None
    assert entries["mass_squared"] is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["dictionary"], "--learning-rate"),
        (["dictionary", "--learning-rate", "0"], "positive finite number"),
        (["dictionary", "--learning-rate", "nan"], "positive finite number"),
        (["dictionary", "--learning-rate", "0.1", "--momentum", "1"], "[0, 1)"),
        (["dictionary", "--learning-rate", "0.1", "--momentum", "nan"], "[0, 1)"),
        (["dictionary", "--learning-rate", "0.1", "--eigenvalue", "-1"], "≥ 0"),
        (["dictionary", "--learning-rate", "0.1", "--hubble-rate", "1"], "not both"),
        (["dictionary", "--hubble-rate", "1"], "both --hubble-rate and --time-step"),
        (["dictionary", "--hubble-rate", "9", "--time-step", "1"], "Take `time_step`"),
        (["dictionary", "--hubble-rate", "0.1", "--time-unit", "update"], "both --hubble-rate and --learning-rate"),
        (["dictionary", "--learning-rate", "1e-320"], "must lie between"),
        (["dictionary", "--learning-rate", "0.1", "--time-unit", "seconds"], "canonical"),
        (["dictionary", "--learning-rte", "0.1"], "--learning-rate"),
        (["study", "absent.toml"], "there is no study file absent.toml"),
        (["report", "absent"], "there is no folder absent"),
        (["predict", "--data", "absent.csv", "--target", "y", "--learning-rate", "1"], "there is no file absent.csv"),
        (["perdict"], "predict"),
        (["dictionary", "--learning-rate", "1", "--points", "1.5"], "'1.5' is not a whole number"),
        (
            ["predict", "--data", "a.csv", "--target", "y", "--learning-rate", "1", "--rows", "2.5"],
            "not a whole number",
        ),
    ],
)
def test_mistakes(capsys, arguments, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert message in refused(capsys, *arguments)


@pytest.fixture
def table(tmp_path):
    rng = np.random.default_rng(11)
    x = rng.normal(size=(40, 3))
    rows = np.column_stack([x, x @ [1.0, -2.0, 0.5] + 0.1 * rng.normal(size=40)])
    lines = [
        "a,b,c,label,y",
        *(",".join([*map(repr, map(float, row[:3])), "red", repr(float(row[3]))]) for row in rows),
    ]
    path = tmp_path / "table.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def predict(table, *extra):
    return ["predict", "--data", table, "--target", "y", *extra, "--width", 32, "--updates", 100, "--json"]


def test_predict_needs_nothing_but_a_table(capsys, table):
    entries = printed(capsys, *predict(table, "--learning-rate", 0.1, "--momentum", 0.5))
    assert len(entries["modes"]) == 40
    assert entries["eta_lambda_max"] == pytest.approx(entries["modes"][0]["eta_lambda"], rel=1e-12)
    assert entries["updates"][0] == 0
    assert entries["updates"][-1] == 100
    assert len(entries["loss"]) == len(entries["updates"])
    assert entries["loss"][-1] < entries["loss"][0]
    times = [mode["updates_to_learn"] for mode in entries["modes"]]
    assert all(isinstance(n, int) for n in times if n is not None)
    assert sum(mode["initial_share"] for mode in entries["modes"]) == pytest.approx(1)


def test_what_becomes_of_a_table_is_said(capsys, table):
    """Columns left out, what may not be meant, and that everything is standardised: on the screen and in the JSON."""
    lines = table.read_text().splitlines()
    numbered = [f"id,{lines[0]}", *(f"{row},{line}" for row, line in enumerate(lines[1:], 1))]
    table.write_text("\n".join(numbered) + "\n")
    main([str(a) for a in predict(table, "--learning-rate", 0.1)])
    captured = capsys.readouterr()
    entries = json.loads(captured.out)
    assert "Not numeric, so not among the inputs: 'label'." in captured.err
    assert "The input 'id' may be an identifier" in captured.err
    assert " ".join(captured.err.split()).startswith(" ".join(entries["notes"]))  # lines are broken on the screen
    assert entries["inputs"] == ["id", "a", "b", "c"]
    assert (entries["target"], entries["columns_left_out"], entries["rows"]) == ("y", ["label"], 40)
    assert entries["standardised"] is True
    main([str(a) for a in predict(table, "--learning-rate", 0.1)[:-1]])
    assert "Inputs and target are standardised" in capsys.readouterr().out


def test_momentum_next_to_one(capsys, table):
    entries = printed(capsys, *predict(table, "--learning-rate", 0.1, "--momentum", 0.9999999999999999))
    assert all(mode["updates_to_learn"] is None or mode["updates_to_learn"] > 1e15 for mode in entries["modes"])


def test_every_mistake_is_an_error_of_its_own(capsys, tmp_path):
    (tmp_path / "s.toml").write_text(
        '[data]\nkind = "circle"\n[network]\nwidth = 0\n[optimiser]\nmomentum = 2.0\nlearning_rate = 0.1\n'
    )
    said = refused(capsys, "study", tmp_path / "s.toml").strip().splitlines()
    assert len(said) == 2
    assert all(line.startswith("Error: ") for line in said)


def test_memory_that_runs_out_and_warnings_are_said_plainly(capsys, monkeypatch):
    import warnings

    from cosmograd.cli import dictionary_command

    def exhausted(*_):
        warnings.warn("overflow in something", RuntimeWarning, stacklevel=1)
        warnings.warn("overflow in something", RuntimeWarning, stacklevel=1)
        raise MemoryError

    monkeypatch.setattr(dictionary_command, "_print_table", exhausted)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        said = refused(capsys, "dictionary", "--learning-rate", 0.1)
    assert said.splitlines() == [
        "Warning: overflow in something",
        "Error: there is not enough memory for this; take a smaller width, fewer points or fewer members.",
    ]


def test_divergence_is_a_prediction(capsys, table):
    main([str(a) for a in predict(table, "--learning-rate", 1e6)])
    captured = capsys.readouterr()
    entries = json.loads(captured.out)
    assert entries["modes"][0]["regime"] == "unstable"
    assert entries["modes"][0]["updates_to_learn"] is None
    assert entries["loss"][-1] is None
    assert "diverge" in captured.err


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        (["--target", "yy", "--learning-rate", "1"], "Did you mean 'y'?"),
        (["--target", "label", "--learning-rate", "1"], "not numeric"),
        (["--target", "y", "--learning-rate", "-1"], "positive finite number"),
        (["--target", "y", "--learning-rate", "1", "--momentum", "1"], "[0, 1)"),
        (["--target", "y", "--learning-rate", "1", "--width", "0"], "--width must be ≥ 1"),
        (["--target", "y", "--learning-rate", "1", "--width", "10000000"], "take a smaller network"),
        (["--target", "y", "--learning-rate", "1e308"], "must lie between"),
        (["--target", "y", "--learning-rate", "1", "--seed", str(2**63)], "below 2⁶³"),
        (["--target", "y", "--learning-rate", "1", "--updates", "1000000000"], "--updates must be ≤ 100000000"),
        (["--target", "y", "--learning-rate", "1", "--rows", "41"], "at most the 40 rows"),
        (["--target", "y", "--learning-rate", "1", "--activation", "tahn"], "tanh"),
    ],
)
def test_mistakes_of_predict(capsys, table, extra, message):
    assert message in refused(capsys, "predict", "--data", table, *extra)


def test_help_and_mistakes_as_a_user_meets_them():
    helped = subprocess.run([sys.executable, "-m", "cosmograd", "--help"], capture_output=True, text=True, check=True)
    for command in ("study", "dictionary", "predict", "report"):
        assert command in helped.stdout
    wrong = subprocess.run(
        [sys.executable, "-m", "cosmograd", "dictionary", "--learning-rate", "-1"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert wrong.returncode == 1
    assert wrong.stdout == ""
    assert wrong.stderr.startswith("Error: `learning_rate` must be a positive finite number, got -1.0.")
