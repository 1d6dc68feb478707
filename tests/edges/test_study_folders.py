"""What a study says about its folder, its files and its members, and what it leaves where it cannot run."""

import json

import numpy as np
import pytest
import xarray as xr
from study_processes import STUDY
from training_sweeps import TRAINING, parse_study, study_points

from cosmograd.cli import main
from cosmograd.errors import UserError
from cosmograd.experiments.training.run import machine_settings
from cosmograd.runs import StudyFolder, read_results, read_study_file, sources_from, write_results, write_text


def test_a_budget_that_cannot_do_is_said_before_anything_begins(tmp_path, capsys):
    (tmp_path / "s.toml").write_text(
        STUDY.replace("members = 5", "members = 5\nmemory_budget = 1\nrecord = 1").replace(
            "updates = 30", "updates = 3000"
        )
    )
    with pytest.raises(SystemExit):
        main(["study", str(tmp_path / "s.toml"), "--out", str(tmp_path / "out")])
    assert "training.memory_budget: the memory budget of 1 MiB is too small" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_changed_data_is_another_study(tmp_path, without_report):
    rows = np.random.default_rng(1).normal(size=(6, 2))
    np.savetxt(tmp_path / "data.csv", rows, delimiter=",", header="x,y", comments="")
    (tmp_path / "table.toml").write_text(
        '[data]\nkind = "table"\nfile = "data.csv"\ntarget = "y"\n[network]\nwidth = 6\n'
        "[optimiser]\neta_lambda_max = 0.5\n[training]\nmembers = 2\nupdates = 3\nkernel_snapshots = 2\n"
    )
    main(["study", str(tmp_path / "table.toml"), "--out", str(tmp_path / "out"), "--json"])
    np.savetxt(tmp_path / "data.csv", rows + 1e-3, delimiter=",", header="x,y", comments="")
    with pytest.raises(SystemExit):
        main(["study", str(tmp_path / "table.toml"), "--out", str(tmp_path / "out"), "--resume"])


def test_a_study_that_cannot_be_computed_leaves_nothing(tmp_path, capsys, without_report):
    """A vanishing kernel shows only when it is computed; the folder is free for the mended study."""
    (tmp_path / "model.py").write_text(
        "import jax.numpy as jnp\nfrom cosmograd.learning.networks import FunctionNetwork\n"
        "network = FunctionNetwork(lambda p, x: x @ (0 * p), lambda key: jnp.ones((2, 1)), (2,), 1)\n"
    )
    file = tmp_path / "s.toml"
    file.write_text(
        '[data]\nkind = "circle"\npoints = 8\n[network]\nkind = "model"\nfile = "model.py"\n'
        "[optimiser]\neta_lambda_max = 0.5\n[training]\nmembers = 2\nupdates = 3\n"
    )
    with pytest.raises(SystemExit):
        main(["study", str(file), "--out", str(tmp_path / "out")])
    assert "kernel vanishes" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
    # Begun before, it may be the only copy of the study, and stays.
    study_file = read_study_file(file)
    sweep = parse_study(study_file.contents)
    (point,) = study_points(sweep)
    digests = TRAINING.digests(point.specification, sources_from(tmp_path))
    folder = StudyFolder(tmp_path / "out")
    folder.begin(study_file, sweep, digests, [machine_settings(point.specification)], resume=False)
    with pytest.raises(SystemExit):
        main(["study", "--out", str(tmp_path / "out"), "--resume"])
    assert "another run is at work" in capsys.readouterr().err
    folder.release()
    with pytest.raises(SystemExit):
        main(["study", "--out", str(tmp_path / "out"), "--resume"])
    assert "kernel vanishes" in capsys.readouterr().err
    assert (tmp_path / "out" / "study.toml").read_text() == file.read_text()


def test_what_a_model_prints_is_no_part_of_the_json(tmp_path, capsys, without_report):
    (tmp_path / "model.py").write_text(
        "import jax, jax.numpy as jnp\nfrom cosmograd.learning.networks import FunctionNetwork\nprint('loaded')\n"
        "def apply(p, x):\n    print('traced')\n    return jnp.tanh(x @ p)\n"
        "network = FunctionNetwork(apply, lambda key: jax.random.normal(key, (2, 1)), (2,), 1)\n"
    )
    file = tmp_path / "s.toml"
    file.write_text(
        '[data]\nkind = "circle"\npoints = 8\n[network]\nkind = "model"\nfile = "model.py"\n'
        "[optimiser]\neta_lambda_max = 0.5\n[training]\nmembers = 2\nupdates = 3\nkernel_snapshots = 2\n"
    )
    main(["study", str(file), "--out", str(tmp_path / "out"), "--json"])
    captured = capsys.readouterr()
    assert len(json.loads(captured.out)["points"]) == 1
    assert "loaded" in captured.err


def test_columns_that_are_no_inputs_are_named(tmp_path, capsys, without_report):
    rows = "".join(f"{x},{x * x % 1},red\n" for x in (0.1, 0.4, 0.7, 0.2))
    (tmp_path / "data.csv").write_text(f"x,y,colour\n{rows}")
    (tmp_path / "s.toml").write_text(
        '[data]\nkind = "table"\nfile = "data.csv"\ntarget = "y"\n[network]\nwidth = 6\n'
        "[optimiser]\neta_lambda_max = 0.5\n[training]\nmembers = 2\nupdates = 3\nkernel_snapshots = 2\n"
    )
    main(["study", str(tmp_path / "s.toml"), "--out", str(tmp_path / "out"), "--json"])
    assert "Not numeric, so not among the inputs: 'colour'." in capsys.readouterr().err


@pytest.mark.parametrize("text", ["[]", "{}", '{"base": 3}', "nonsense", "[" * 100_000])
def test_a_damaged_identity_is_said(tmp_path, capsys, text):
    out = tmp_path / "out"
    out.mkdir()
    (out / "study.json").write_text(text)
    (out / "study.toml").write_text(STUDY)
    with pytest.raises(SystemExit) as left:
        main(["study", "--out", str(out), "--resume"])
    assert left.value.code == 1
    assert "study.json" in capsys.readouterr().err


def test_results_of_another_kind_are_refused(tmp_path, capsys):
    write_results(tmp_path / "results.nc", xr.Dataset({"temperature": ("time", np.arange(3.0))}))
    with pytest.raises(SystemExit) as left:
        main(["report", str(tmp_path), "--json"])
    assert left.value.code == 1
    captured = capsys.readouterr()
    assert "does not say which experiment it is from" in captured.err
    assert captured.out == ""
    with pytest.raises(SystemExit):
        main(["report", str(tmp_path / "results.nc")])
    assert "is a file; name the folder" in capsys.readouterr().err


def test_points_computed_otherwise_are_not_mixed(tmp_path, capsys, monkeypatch):
    """As after a change of machine, where `auto` would choose another strategy."""
    file = tmp_path / "s.toml"
    file.write_text(STUDY)
    study_file = read_study_file(file)
    specification = parse_study(study_file.contents)
    machine = [machine_settings(p.specification) for p in study_points(specification)]
    elsewhere = [settings | {"arithmetic": "vmap of 16"} for settings in machine]
    begun = StudyFolder(tmp_path / "out")
    begun.begin(study_file, specification, {}, elsewhere, resume=False)
    begun.release()
    with pytest.raises(SystemExit):
        main(["study", str(file), "--out", str(tmp_path / "out"), "--resume"])
    said = capsys.readouterr().err
    assert "was computed otherwise (machine differs: every point.arithmetic is 'vmap of 16' there and 'member" in said


def test_names_that_no_file_can_have(tmp_path, capsys):
    (tmp_path / "s.toml").write_text(STUDY)
    for out in (tmp_path / ("x" * 300), tmp_path / "s.toml" / "out"):
        with pytest.raises(SystemExit) as left:
            main(["study", str(tmp_path / "s.toml"), "--out", str(out)])
        assert left.value.code == 1
        assert "Traceback" not in capsys.readouterr().err


def test_unfinished_study_has_no_report_yet(tmp_path, capsys):
    file = tmp_path / "s.toml"
    file.write_text(STUDY)
    study_file = read_study_file(file)
    folder = StudyFolder(tmp_path / "out")
    folder.begin(study_file, parse_study(study_file.contents), {}, [], resume=False)
    with pytest.raises(SystemExit):
        main(["report", str(tmp_path / "out")])
    assert "--resume" in capsys.readouterr().err
    (tmp_path / "bad.nc").write_bytes(b"CDF")
    with pytest.raises(UserError, match="damaged"):
        read_results(tmp_path / "bad.nc")


@pytest.mark.slow
@pytest.mark.parametrize("updates", [7, 150])  # the loss of a member that diverged ends as a large number, as NaN
def test_diverged_member_is_named_and_the_others_stand(updates, tmp_path, capsys, without_report):
    """ηλ_max of the mean kernel above the limit: members with a large kernel of their own diverge, others do not."""
    file = tmp_path / "s.toml"
    file.write_text(
        '[data]\nkind = "circle"\npoints = 10\n[network]\nwidth = 10\nactivation = "linear"\n'
        '[optimiser]\neta_lambda_max = 4.0\n[loss]\nnormalisation = "sum"\n'
        f"[training]\nmembers = 8\nupdates = {updates}\nkernel_snapshots = 3\n"
    )
    main(["study", str(file), "--out", str(tmp_path / "out"), "--json"])
    captured = capsys.readouterr()
    (point,) = json.loads(captured.out)["points"]
    results = read_results(tmp_path / "out" / "results.nc").isel(study_point=0)
    diverged = results["diverged_at"].values >= 0
    assert 0 < diverged.sum() < 8, "choose another ηλ_max: this test needs members of both kinds"
    assert [entry["member"] for entry in point["diverged"]] == list(np.flatnonzero(diverged))
    for entry in point["diverged"]:
        assert f"member {entry['member']} diverged at update {entry['update']}" in captured.err
        assert entry["eta_lambda_max"] > 2  # its own kernel explains it
    assert np.isfinite(results["loss"].values[~diverged]).all()
    assert np.isfinite(results["background"].values).all()
    final = results["final_loss"]
    assert np.isfinite(results["loss"].values[diverged, -1]).any() == (updates == 7)
    assert np.isnan(final.values[diverged]).all()
    np.testing.assert_array_equal(final.values[~diverged], results["loss"].values[~diverged, -1])
    assert "NaN of members that diverged" in final.attrs["long_name"]


@pytest.mark.slow
def test_a_folder_is_claimed_from_before_its_first_file_to_the_end_of_the_report(tmp_path, monkeypatch):
    (tmp_path / "s.toml").write_text(STUDY)
    out, refused = tmp_path / "out", []

    def begin_another(*_: object) -> None:
        other = StudyFolder(out)
        file = read_study_file(tmp_path / "s.toml")
        specification = parse_study(file.contents)
        with pytest.raises(UserError, match="another run is at work") as error, other.alone():
            other.begin(file, specification, {}, [machine_settings(specification.first)], resume=True)
        refused.append(str(error.value))

    def write_first(path, text):
        if path.name == "study.toml":
            assert not list(out.iterdir())
            begin_another()
        write_text(path, text)

    monkeypatch.setattr("cosmograd.runs.study_folder.write_text", write_first)
    monkeypatch.setattr("cosmograd.report.write_report", begin_another)
    main(["study", str(tmp_path / "s.toml"), "--out", str(out), "--json"])
    assert len(refused) == 2
    begun = sorted(path.name for path in out.iterdir())
    assert {"study.toml", "study.json", "points", "results.nc"} <= set(begun)
    with StudyFolder(out).alone(), pytest.raises(SystemExit):
        main(["report", str(out)])
