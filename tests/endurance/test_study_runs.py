"""Whole studies: what they leave behind, and the same bits after whatever interrupts them."""

import os
import shutil
import signal
import subprocess
import time

import numpy as np
import pytest
import xarray as xr
from study_processes import COMPILED_ONCE, HEARS, STUDY, WITHOUT_REPORT, bits, command, program

from cosmograd.cli import main
from cosmograd.errors import UserError
from cosmograd.runs import StudyFolder, read_results, read_study_file, run_study


@pytest.fixture(autouse=True, scope="module")
def compiled_as_usual():
    """Not here: commands are held against studies of this process, which has flags of its own."""


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """A finished study, run by the command line in one go."""
    folder = tmp_path_factory.mktemp("study")
    (folder / "small.toml").write_text(STUDY)
    finished = command("study", folder / "small.toml", "--out", folder / "out", before="")
    assert finished.returncode == 0, finished.stderr
    return folder


def test_plain_xarray_opens_the_results(undisturbed):
    with xr.open_dataset(undisturbed / "out" / "results.nc", engine="h5netcdf") as results:
        assert results.sizes["study_point"] == 4
        np.testing.assert_allclose(results["eta_lambda_max"], results["optimiser.eta_lambda_max"], rtol=1e-12)
        for name, variable in results.variables.items():
            assert "long_name" in variable.attrs, name
        assert results["record"].attrs["units"] == "update"
        assert results["hubble_rate"].attrs["units"]
        assert {"report.html", "results.nc", "study.toml", "figures"} <= set(os.listdir(undisturbed / "out"))
        assert (undisturbed / "out" / "study.toml").read_text() == STUDY


# Run before the command line: kills the process while a point is half written.
KILLED_WHILE_WRITING = """
import os, signal; from cosmograd.runs import atomic_files as files; fsync = os.fsync
def killed(handle):
    if '.nc.' in os.readlink(f'/proc/self/fd/{handle}'): os.kill(os.getpid(), signal.SIGKILL)
    fsync(handle)
files.os.fsync = killed
"""

# A limit on the size of files, from the next point on, stands in for a full disk: the same error reaches us.
DISK_FILLS_UP = """
import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
from cosmograd.runs import point_tasks; write = point_tasks.write_point
def write_point(path, results):
    write(path, results)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
point_tasks.write_point = write_point
"""


def test_whatever_stops_a_study_the_bits_are_the_same(undisturbed, tmp_path):
    """Killed while it writes, stopped by the user, out of disk, killed between two points: resumed each time."""
    out = tmp_path / "out"

    def points():
        return len(list(out.glob("points/*.nc")))

    def stopped_after_a_point(by):
        line, before = program("study", "--out", out, "--resume", before=HEARS), points()
        process = subprocess.Popen(line, env=os.environ | COMPILED_ONCE, stderr=subprocess.PIPE, text=True)
        while points() == before and process.poll() is None:
            time.sleep(0.02)
        process.send_signal(by)
        return process.communicate()[1], process.returncode

    half = f"{WITHOUT_REPORT}\n{KILLED_WHILE_WRITING}"
    killed = command("study", undisturbed / "small.toml", "--out", out, before=half)
    assert killed.returncode == -signal.SIGKILL
    assert points() == 0
    assert len(list(out.rglob(".*.partial"))) == 1

    messages, code = stopped_after_a_point(by=signal.SIGINT)
    assert code == 130
    assert "--resume" in messages
    assert "Traceback" not in messages
    assert points() == 1
    assert not list(out.rglob("*.partial"))

    full = command("study", "--out", out, "--resume", before=f"{WITHOUT_REPORT}\n{DISK_FILLS_UP}")
    assert full.returncode == 1
    assert "the disk is full" in full.stderr
    assert "Traceback" not in full.stderr
    assert points() == 2
    assert not list(out.rglob("*.partial"))
    assert (out / "study.toml").read_text() == STUDY

    _, code = stopped_after_a_point(by=signal.SIGKILL)
    assert code == -signal.SIGKILL
    kept = points()
    assert not (out / "results.nc").exists()

    resumed = command("study", "--out", out, "--resume")
    assert resumed.returncode == 0, resumed.stderr
    assert f"{kept} of 4 points are already there" in resumed.stderr
    assert bits(out) == bits(undisturbed / "out")


def test_folder_with_another_study_is_refused(undisturbed, tmp_path, capsys):
    other = tmp_path / "other.toml"
    other.write_text(STUDY.replace("updates = 30", "updates = 31"))
    for resume in ([], ["--resume"]):
        with pytest.raises(SystemExit) as left:
            main(["study", str(other), "--out", str(undisturbed / "out"), *resume])
        assert left.value.code == 1
        assert "training.updates is 30 there and 31 here" in capsys.readouterr().err
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


def test_a_study_from_python(undisturbed, tmp_path):
    """The same bits as from the command line, with progress that adds up to one."""
    file, done, said = read_study_file(undisturbed / "small.toml"), [], []
    results = run_study(file, StudyFolder(tmp_path / "out"), progress=done.append, notify=said.append)
    assert sum(done) == pytest.approx(1.0)
    assert not said
    xr.testing.assert_identical(results.to_xarray(), read_results(undisturbed / "out" / "results.nc"))
    with pytest.raises(UserError, match="already holds this study"):
        run_study(file, StudyFolder(tmp_path / "out"))
    run_study(file, StudyFolder(tmp_path / "out"), resume=True, notify=said.append)
    assert said == ["4 of 4 points are already there."]


def test_damaged_point_is_computed_again(undisturbed, tmp_path):
    out = tmp_path / "out"
    shutil.copytree(undisturbed / "out", out)
    victim = sorted((out / "points").glob("*.nc"))[2]
    victim.write_bytes(victim.read_bytes()[:1000])
    run_study(read_study_file(undisturbed / "small.toml"), StudyFolder(out), resume=True)
    assert bits(out) == bits(undisturbed / "out")
