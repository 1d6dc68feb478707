"""`cosmograd forecast`: from files to one JSON object and one page; mistakes in one line."""

import json

import numpy as np
import pytest

import cosmograd
from cosmograd.cli.application import main

pytestmark = pytest.mark.usefixtures("without_type_checks")


@pytest.fixture
def table(tmp_path):
    rng = np.random.default_rng(3)
    a, b = rng.standard_normal(60), rng.standard_normal(60)
    lines = ["a,b,y,kind", *(f"{x},{z},{np.sin(x) + z},{int(x > 0)}" for x, z in zip(a, b, strict=True))]
    path = tmp_path / "table.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


MODEL = """
import equinox as eqx, jax
model = eqx.nn.MLP(3, 1, 16, 1, key=jax.random.key(0))
"""


def run(capsys, *arguments):
    main([str(a) for a in ("forecast", *arguments)])
    return capsys.readouterr()


def refused(capsys, *arguments):
    with pytest.raises(SystemExit) as left:
        run(capsys, *arguments)
    assert left.value.code == 1
    said = capsys.readouterr().err
    assert "Traceback" not in said
    return said


SHORT = ("--width", 16, "--updates", 20)


def test_a_table_with_adamw_and_a_page(capsys, table, tmp_path):
    out = tmp_path / "out"
    said = run(
        capsys, "--data", table, "--target", "y", "--optimiser", "adamw", "--learning-rate", 1e-3, *SHORT, "--out", out,
        "--batch-size", 8, "--json",
    )  # fmt: skip
    entries = json.loads(said.out)
    for key in (
        "largest_stable_learning_rate", "largest_stable_learning_rate_minibatch", "regime", "e_folds", "best_momentum",
        "best_learning_rate", "loss", "updates", "warnings",
    ):  # fmt: skip
        assert key in entries
    assert entries["largest_stable_learning_rate"]["adamw"]["value"] > 0
    page = (out / "report.html").read_text("utf-8")
    assert "Largest stable learning rates" in page
    assert (out / "figures" / "stable-rates.svg").exists()
    again = cosmograd.load(out)
    assert again.largest_stable_learning_rate[4] == entries["largest_stable_learning_rate"]["adamw"]["value"]


def test_a_model_of_the_user_with_its_table(capsys, table, tmp_path):
    model = tmp_path / "mine.py"
    model.write_text(MODEL)
    arguments = ("--data", table, "--target", "y", "--model", model, "--learning-rate", 0.01, "--momentum", 0.9)
    entries = json.loads(run(capsys, *arguments, "--updates", 20, "--trial", 5, "--json").out)
    assert entries["model"].startswith("Equinox module MLP")
    assert entries["trial_error"] > 0
    text = run(capsys, *arguments, "--updates", 20).out
    assert "Largest stable learning rate" in text
    assert "HeavyBall" in text


def test_a_file_with_model_and_data(capsys, tmp_path):
    model = tmp_path / "mine.py"
    model.write_text(
        MODEL + "inputs = jax.numpy.ones((4, 3)) * jax.numpy.arange(4.0)[:, None]\ntargets = inputs[:, :1]\n"
    )
    entries = json.loads(run(capsys, "--model", model, "--learning-rate", 0.01, "--updates", 5, "--json").out)
    assert entries["updates"][-1] == 5


def test_classes_and_schedules(capsys, table):
    entries = json.loads(
        run(
            capsys, "--data", table, "--target", "kind", "--loss", "cross-entropy", "--learning-rate", 0.1, *SHORT,
            "--schedule", "cosine", "--warm-up", 5, "--momentum", 0.9, "--probe-rows", 10, "--standardise", "--json",
        ).out
    )  # fmt: skip
    assert 0 <= entries["accuracy"][-1] <= 1
    assert len(entries["probe_accuracy"]) == len(entries["updates"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "name the training's data"),
        (("--data", "nothing.csv", "--target", "y"), "nothing.csv"),
        (("--data", "TABLE",), "--target COLUMN"),
        (("--data", "TABLE", "--target", "z"), "no column 'z'"),
        (("--data", "TABLE", "--target", "y", "--optimiser", "adam", "--dampening", "0.5"), "belong to `sgd`"),
        (("--data", "TABLE", "--target", "y", "--schedule", "inverse"), "needs a `decay`"),
        (("--data", "TABLE", "--target", "y", "--loss", "cross-entropy"), "whole numbers of classes"),
        (("--data", "TABLE", "--target", "y", "--momentum", "1.5"), "[0, 1)"),
        (("--data", "TABLE", "--target", "y", "--batch-size", "100"), "`batch_size` is 100"),
        (("--data", "TABLE", "--target", "y", "--model", "no.py"), "there is no file no.py"),
    ],
)  # fmt: skip
def test_mistakes(capsys, table, arguments, message):
    given = [str(table) if each == "TABLE" else each for each in arguments]
    assert message in refused(capsys, *given, "--learning-rate", 0.1, *SHORT)
