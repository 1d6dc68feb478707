"""The file that a sweep's folder keeps says what was computed, and every sweep goes on from its folder."""

import json
import tomllib

import numpy as np
import pytest

import cosmograd
from cosmograd.cli import main
from cosmograd.errors import UserError
from cosmograd.experiments.toml_text import toml_text
from cosmograd.runs import StudyFile, StudyFolder

SWEEP = 'experiment = "dictionary"\nlearning_rate = 0.1\n[sweep]\nmomentum = [0.0, 0.5]\n'
SET = {"learning_rate": 0.2, "time_unit": "gradient-flow"}
COMPUTED = {"experiment": "dictionary", **SET, "sweep": {"momentum": [0.0, 0.5]}}

pytestmark = pytest.mark.usefixtures("without_report")


def stored(out):
    return tomllib.loads((out / "study.toml").read_text(encoding="utf-8"))


def resumed_from_its_folder(out, capsys):
    """Take a point and the results away, and let the folder alone say how to go on."""
    before = cosmograd.load(out)["hubble_rate"].values
    next((out / "points").glob("*.nc")).unlink()
    (out / "results.nc").unlink()
    with pytest.raises(SystemExit):
        main(["report", str(out)])
    said = " ".join(capsys.readouterr().err.split())
    assert f"cosmograd run --out {out} --resume" in said
    main(["run", "--out", str(out), "--resume", "--json"])
    captured = capsys.readouterr()
    assert "1 of 2 points are already there" in captured.err
    assert json.loads(captured.out)["experiment"] == "dictionary"
    np.testing.assert_array_equal(cosmograd.load(out)["hubble_rate"].values, before)


def test_settings_of_the_command_line_stand_in_the_file_that_is_kept(tmp_path, capsys):
    file, out = tmp_path / "s.toml", tmp_path / "out"
    file.write_text(SWEEP)
    main(["run", str(file), "--out", str(out), *(f"--set={key}={value}" for key, value in SET.items())])
    assert stored(out) == COMPUTED
    resumed_from_its_folder(out, capsys)
    main(["run", str(file), "--out", str(tmp_path / "as-it-is")])
    assert (tmp_path / "as-it-is" / "study.toml").read_text() == SWEEP


@pytest.mark.filterwarnings("ignore:.*already there")
@pytest.mark.parametrize("settings", [{}, {"learning_rate": 0.2}])
def test_dictionaries_of_python_stand_in_the_file_that_is_kept(settings, tmp_path, capsys):
    contents = {key: value for key, value in COMPUTED.items() if key not in settings}
    cosmograd.run(contents, out=tmp_path / "out", settings=settings, progress=lambda fraction: None)
    assert stored(tmp_path / "out") == COMPUTED
    resumed_from_its_folder(tmp_path / "out", capsys)
    cosmograd.run(COMPUTED, out=tmp_path / "out", resume=True, progress=lambda fraction: None)


def test_sweeps_of_other_experiments_are_no_studies(tmp_path, capsys):
    file, out = tmp_path / "s.toml", tmp_path / "out"
    file.write_text(SWEEP)
    main(["run", str(file), "--out", str(out)])
    assert StudyFolder(out).experiment == "dictionary"
    for arguments, command in (
        (["--out", str(out), "--resume"], f"cosmograd run --out {out} --resume"),
        ([str(file), "--out", str(out)], f"cosmograd run {file} --out {out}"),
    ):
        with pytest.raises(SystemExit):
            main(["study", *arguments])
        assert command in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize("arguments", [[], ["--resume"], ["--out", "nowhere"], ["--out", "nowhere", "--resume"]])
def test_without_a_file_there_must_be_a_sweep_to_go_on_with(arguments, capsys):
    with pytest.raises(SystemExit) as left:
        main(["run", *arguments])
    assert left.value.code == 1
    assert "name the file of an experiment" in " ".join(capsys.readouterr().err.split())


def test_modes_are_swept(tmp_path):
    contents = {"experiment": "dictionary", "learning_rate": 0.1, "sweep": {"eigenvalue": [0.0, 3.0, 50.0]}}
    result = cosmograd.run(contents, out=tmp_path / "out", progress=lambda fraction: None)
    assert result["regime"].values.tolist() == ["light", "light", "unstable"]


def test_texts_of_any_contents_read_as_the_same():
    contents = {
        "name": 'a "quoted" \\ name\x7f\twith φ',
        "numbers": [1e-05, 1e22, -3, 0.1, float("inf")],
        "sweep": [{"network.width": [8, 16], "zip": [["seed", "x.y"]]}, {"seed": {"first": 0, "last": 3, "count": 2}}],
        "optimiser": {"learning_rate": {"kind": "cosine", "steps": [1, 2]}, "nesterov": True, "empty": {}},
    }
    assert tomllib.loads(toml_text(contents)) == contents
    text = StudyFile("", {"sweep": {"momentum": [0.5]}}, None).text_for("training")
    assert tomllib.loads(text) == {"experiment": "training", "sweep": {"momentum": [0.5]}}
    with pytest.raises(UserError, match="None"):
        StudyFile("", {"sweep": {"momentum": [None, 0.5]}}, None).text_for("training")
