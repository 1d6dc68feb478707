"""Sweeps as they are run: the same bits by every engine, points that fail, and what is refused beforehand."""

import hashlib
import json

import numpy as np
import pytest
from study_processes import COMPILED_ONCE, bits
from training_sweeps import parse_study, study_points

from cosmograd.cli import main
from cosmograd.cli.console import Advance
from cosmograd.experiments.training.run import machine_settings
from cosmograd.runs import StudyFolder, read_results, read_study_file

# The first worker that reads this model is killed by it. The kernel of one of its networks vanishes, as shows only
# when it is computed.
MODEL = """
import multiprocessing, os, pathlib, signal
import jax, jax.numpy as jnp
from cosmograd.learning.networks import FunctionNetwork

killed = pathlib.Path(__file__).with_name("killed")
if multiprocessing.parent_process() is not None and not killed.exists():
    killed.touch()
    os.kill(os.getpid(), signal.SIGKILL)


def initial(key):
    return jax.random.normal(key, (2, 1))


good = FunctionNetwork(lambda p, x: jnp.tanh(x @ p), initial, (2,), 1)
broken = FunctionNetwork(lambda p, x: x @ (0 * p), initial, (2,), 1)
"""

STUDY = """
name = "sweep"
[data]
kind = "circle"
points = 6
[network]
kind = "model"
file = "model.py"
[optimiser]
eta_lambda_max = 0.5
[training]
members = 2
updates = 3
kernel_snapshots = 2
[sweep]
"network.name" = ["good", "broken"]
seed = [0, 1]
"""


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sweep")
    (folder / "model.py").write_text(MODEL)
    (folder / "sweep.toml").write_text(STUDY)
    return folder


@pytest.mark.slow
def test_failed_points_are_named_and_every_engine_gives_the_same_bits(
    study, tmp_path, capfd, monkeypatch, without_report
):
    for name, value in COMPILED_ONCE.items():
        monkeypatch.setenv(name, value)
    main(["study", str(study / "sweep.toml"), "--out", str(tmp_path / "here"), "--json"])
    captured = capfd.readouterr()
    points = json.loads(captured.out)["points"]
    assert [bool(point["failure"]) for point in points] == [False, False, True, True]
    assert "kernel vanishes" in points[2]["failure"]
    assert points[2]["relative_error"]["stroboscopic"] is None
    assert "Point 2 failed: the mean initial tangent kernel vanishes" in captured.err
    assert "2 of 4 points failed; try them again with --resume." in captured.err
    results = read_results(tmp_path / "here" / "results.nc")
    assert results["failure"].values[:2].tolist() == ["", ""]
    assert np.isnan(results["loss"].values[2:]).all()
    assert np.isfinite(results["loss"].values[:2]).all()
    notes = list((tmp_path / "here" / "points").glob("*.failed.json"))
    assert len(notes) == 2
    assert len(bits(tmp_path / "here")) == 3

    main(["study", str(study / "sweep.toml"), "--out", str(tmp_path / "workers"), "--workers", "2", "--json"])
    captured = capfd.readouterr()
    assert json.loads(captured.out)["points"] == points
    assert (study / "killed").exists(), "no worker was killed"
    assert "distributed" not in captured.err
    assert bits(tmp_path / "workers") == bits(tmp_path / "here")

    # Once more: what failed is tried again, and its note goes when it succeeds.
    before = bits(tmp_path / "here")
    for note in notes:
        note.write_text("{}")
    main(["study", "--out", str(tmp_path / "here"), "--resume"])
    assert "2 of 4 points are already there." in capfd.readouterr().err
    assert all(json.loads(note.read_text())["reason"] for note in notes)
    assert bits(tmp_path / "here") == before


def test_a_second_run_is_refused_whatever_the_engine(study, tmp_path, capsys):
    file = read_study_file(study / "sweep.toml")
    specification = parse_study(file.contents)
    points = study_points(specification)
    folder = StudyFolder(tmp_path / "out")
    digests = {"network.file": hashlib.sha256((study / "model.py").read_bytes()).hexdigest()}
    folder.begin(file, specification, digests, [machine_settings(p.specification) for p in points], resume=False)
    before = sorted(path.name for path in (tmp_path / "out").iterdir())
    with pytest.raises(SystemExit) as left:
        main(["study", "--out", str(tmp_path / "out"), "--resume", "--workers", "1"])
    assert left.value.code == 1
    assert "another run is at work" in capsys.readouterr().err
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == before
    folder.release()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--scheduler", "tcp://127.0.0.1:9"], "no dask scheduler answers at tcp://127.0.0.1:9"),
        (["--scheduler", "nowhere"], "an address as `dask scheduler` prints it"),
        (["--workers", "0"], "--workers 0 is not allowed"),
        (["--workers", "2", "--scheduler", "tcp://127.0.0.1:9"], "give either --workers"),
        (["--engine", "in-process", "--workers", "2"], "--workers belongs to --engine dask"),
        (["--engine", "in-process", "--scheduler", "a:1"], "--scheduler belongs to --engine dask"),
        (["--points", "3"], "network.name 2 × seed 2 = 4 points, and 3 are allowed"),
    ],
)
def test_refused_before_anything_is_done(study, tmp_path, capsys, arguments, message):
    with pytest.raises(SystemExit) as left:
        main(["study", str(study / "sweep.toml"), "--out", str(tmp_path / "out"), *arguments])
    assert left.value.code == 1
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_confirmed_points_stay_confirmed(study, tmp_path):
    """A study that was begun with many points goes on without confirming them again."""
    file = read_study_file(study / "sweep.toml")
    folder = StudyFolder(tmp_path / "out")
    assert folder.confirmed_points() == 0
    many = parse_study(file.contents | {"sweep": {"network.name": ["good"], "seed": list(range(300))}}, 300)
    folder.begin(file, many, {}, [{"backend": "cpu"}] * 300, resume=False)
    assert folder.confirmed_points() == 300


def test_progress_tells_points_rate_and_failures():
    shown = []
    advance = Advance("sweep", lambda by, _: shown.append(by.text))
    advance(0.1)
    advance.points((0, 1, 0))
    assert shown == ["sweep", "sweep"], "one point has its fraction alone"
    advance = Advance("sweep", lambda by, _: shown.append(by.text))
    advance._start -= 120.0
    advance.points((10, 40, 0))
    assert shown[-1] == "sweep: 10 of 40 points"  # they were there already
    advance.points((22, 40, 3))
    assert shown[-1] == "sweep: 22 of 40 points, 3 failed, 6 per minute"
