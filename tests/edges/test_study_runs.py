"""Whole studies: what they leave behind, and the same bits after whatever interrupts them."""

import os
import signal
import subprocess
import time

import numpy as np
import pytest
import xarray as xr
from study_processes import COMPILED_ONCE, STUDY, WITHOUT_REPORT, bits, command, program

from cosmograd.cli import main
from cosmograd.errors import UserError
from cosmograd.storage import StudyFolder, read_results, read_study_file, run_study


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """A finished study, run by the command line in one go."""
    folder = tmp_path_factory.mktemp("study")
    (folder / "small.toml").write_text(STUDY)
    finished = command("study", folder / "small.toml", "--out", folder / "out", before="")
    assert finished.returncode == 0, finished.stderr
    return folder


@pytest.mark.slow
def test_plain_xarray_opens_the_results(undisturbed):
    with xr.open_dataset(undisturbed / "out" / "results.nc", engine="h5netcdf") as results:
        assert results.sizes["study_point"] == 3
        np.testing.assert_allclose(results["eta_lambda_max"], results["optimiser.eta_lambda_max"], rtol=1e-12)
        for name, variable in results.variables.items():
            assert "long_name" in variable.attrs, name
        assert results["record"].attrs["units"] == "update"
        assert results["hubble_rate"].attrs["units"]
        assert {"report.html", "results.nc", "study.toml", "figures"} <= set(os.listdir(undisturbed / "out"))
        assert (undisturbed / "out" / "study.toml").read_text() == STUDY


@pytest.mark.slow
def test_killed_and_resumed_study_has_the_same_bits(undisturbed, tmp_path):
    out = tmp_path / "out"
    process = subprocess.Popen(
        program("study", undisturbed / "small.toml", "--out", out),
        env=os.environ | COMPILED_ONCE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while len(list(out.glob("points/*.nc"))) < 1 and process.poll() is None:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    kept = len(list(out.glob("points/*.nc")))
    assert 1 <= kept < 3
    assert not (out / "results.nc").exists()
    resumed = command("study", "--out", out, "--resume")
    assert resumed.returncode == 0, resumed.stderr
    assert f"{kept} of 3 points are already there" in resumed.stderr
    assert bits(out) == bits(undisturbed / "out")


@pytest.mark.slow
def test_killed_in_the_middle_of_writing(undisturbed, tmp_path):
    """What was half written is cleared away by the resumed run, and computed again."""
    out = tmp_path / "out"
    half = (
        "import os, signal; from cosmograd.storage import atomic_files as files; fsync = os.fsync\n"
        "def killed(handle):\n"
        "    if '.nc.' in os.readlink(f'/proc/self/fd/{handle}'): os.kill(os.getpid(), signal.SIGKILL)\n"
        "    fsync(handle)\n"
        "files.os.fsync = killed"
    )
    stopped = command("study", undisturbed / "small.toml", "--out", out, before=f"{WITHOUT_REPORT}\n{half}")
    assert stopped.returncode == -signal.SIGKILL
    assert len(list(out.rglob(".*.partial"))) == 1
    resumed = command("study", "--out", out, "--resume")
    assert resumed.returncode == 0, resumed.stderr
    assert not list(out.rglob("*.partial"))
    assert bits(out) == bits(undisturbed / "out")


@pytest.mark.slow
def test_interrupted_study_can_be_resumed(undisturbed, tmp_path):
    out = tmp_path / "out"
    process = subprocess.Popen(
        program("study", undisturbed / "small.toml", "--out", out),
        env=os.environ | COMPILED_ONCE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    while len(list(out.glob("points/*.nc"))) < 1 and process.poll() is None:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, messages = process.communicate()
    assert process.returncode == 130
    assert "--resume" in messages
    assert "Traceback" not in messages
    again = command("study", "--out", out, "--resume")
    assert again.returncode == 0, again.stderr
    assert bits(out) == bits(undisturbed / "out")


def test_folder_with_another_study_is_refused(undisturbed, tmp_path):
    other = tmp_path / "other.toml"
    other.write_text(STUDY.replace("updates = 30", "updates = 31"))
    for resume in ([], ["--resume"]):
        refused = command("study", other, "--out", undisturbed / "out", *resume)
        assert refused.returncode == 1
        assert "training.updates is 30 there and 31 here" in refused.stderr
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.tex").write_text("mine")
    with pytest.raises(SystemExit) as left:
        main(["study", str(undisturbed / "small.toml"), "--out", str(tmp_path / "full")])
    assert left.value.code == 1
    assert os.listdir(tmp_path / "full") == ["thesis.tex"]


def test_same_study_needs_resume(undisturbed, capsys):
    with pytest.raises(SystemExit) as left:
        main(["study", str(undisturbed / "small.toml"), "--out", str(undisturbed / "out")])
    assert left.value.code == 1
    assert "--resume" in capsys.readouterr().err


def test_full_disk_is_said_and_loses_nothing(undisturbed, tmp_path):
    """A limit on the size of files, from the second point on, stands in for a full disk: the same error reaches us."""
    out = tmp_path / "out"
    fills_up = (
        "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "from cosmograd.storage import StudyFolder; write = StudyFolder.write_point\n"
        "def write_point(self, path, results):\n"
        "    write(self, path, results)\n"
        "    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))\n"
        "StudyFolder.write_point = write_point"
    )
    stopped = command("study", undisturbed / "small.toml", "--out", out, before=f"{WITHOUT_REPORT}\n{fills_up}")
    assert stopped.returncode == 1
    assert "the disk is full" in stopped.stderr
    assert "Traceback" not in stopped.stderr
    assert not list(out.rglob("*.partial"))
    assert (out / "study.toml").read_text() == STUDY
    assert len(list(out.glob("points/*.nc"))) == 1
    resumed = command("study", "--out", out, "--resume")
    assert resumed.returncode == 0, resumed.stderr
    assert "1 of 3 points are already there" in resumed.stderr
    assert bits(out) == bits(undisturbed / "out")


def test_a_study_from_python(undisturbed, tmp_path):
    """The same bits as from the command line, with progress that adds up to one."""
    file, done, said = read_study_file(undisturbed / "small.toml"), [], []
    results = run_study(file, StudyFolder(tmp_path / "out"), progress=done.append, notify=said.append)
    assert sum(done) == pytest.approx(1.0)
    assert not said
    xr.testing.assert_identical(results, read_results(undisturbed / "out" / "results.nc"))
    with pytest.raises(UserError, match="already holds this study"):
        run_study(file, StudyFolder(tmp_path / "out"))
    run_study(file, StudyFolder(tmp_path / "out"), resume=True, notify=said.append)
    assert said == ["3 of 3 points are already there."]


def test_damaged_point_is_computed_again(undisturbed, tmp_path):
    import shutil

    out = tmp_path / "out"
    shutil.copytree(undisturbed / "out", out)
    victim = sorted((out / "points").glob("*.nc"))[2]
    victim.write_bytes(victim.read_bytes()[:1000])
    again = command("study", "--out", out, "--resume")
    assert again.returncode == 0, again.stderr
    assert bits(out) == bits(undisturbed / "out")
