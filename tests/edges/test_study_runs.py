"""Whole studies: what they leave behind, the same bits whatever happens to them, and a full or foreign folder."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import cosmograd.report
from cosmograd.cli import main
from cosmograd.errors import UserError
from cosmograd.storage import StudyFolder, read_results, read_study_file, run_study, sources_from, write_results
from cosmograd.studies import (
    build_dataset,
    build_network,
    machine_settings,
    parse_study,
    run_point,
    study_points,
)

# Programs compiled by one process are read back by the next; this saves time and changes no bit.
_compiled = tempfile.TemporaryDirectory(prefix="cosmograd-compiled-")
COMPILED_ONCE = {
    "JAX_COMPILATION_CACHE_DIR": _compiled.name,
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
}

STUDY = """
name = "small"
[data]
kind = "circle"
points = 10
probe_points = 4
[network]
width = 12
[optimiser]
eta_lambda_max = 0.5
momentum = 0.3
[training]
members = 5
updates = 30
kernel_snapshots = 5
precision = "float32"
[sweep]
seed = [1, 2]
"optimiser.eta_lambda_max" = [0.1, 1.5]
"""


# What these tests are about is done when the report begins; drawing it takes longer than all the rest.
WITHOUT_REPORT = "import cosmograd.report; cosmograd.report.write_report = lambda *_: None"


def program(*arguments, before=WITHOUT_REPORT):
    """The command line as a process of its own; `before` is run first in it."""
    return [sys.executable, "-c", f"{before}\nfrom cosmograd.cli import main\nmain({[str(a) for a in arguments]!r})"]


def command(*arguments, before=WITHOUT_REPORT, env=None):
    """Run the command line to its end."""
    environment = (os.environ if env is None else env) | COMPILED_ONCE
    line = program(*arguments, before=before)
    return subprocess.run(line, capture_output=True, text=True, timeout=300, env=environment, check=False)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """A finished study, run by the command line in one go."""
    folder = tmp_path_factory.mktemp("study")
    (folder / "small.toml").write_text(STUDY)
    finished = command("study", folder / "small.toml", "--out", folder / "out", before="")
    assert finished.returncode == 0, finished.stderr
    return folder


@pytest.fixture
def without_report(monkeypatch):
    """As `WITHOUT_REPORT`, in this process."""
    monkeypatch.setattr(cosmograd.report, "write_report", lambda *_: None)


def bits(folder):
    """The bytes of the combined results and of every point."""
    return {path.relative_to(folder): path.read_bytes() for path in sorted(folder.rglob("*.nc"))}


@pytest.mark.slow
def test_plain_xarray_opens_the_results(undisturbed):
    with xr.open_dataset(undisturbed / "out" / "results.nc", engine="h5netcdf") as results:
        assert results.sizes["study_point"] == 4
        np.testing.assert_array_equal(results["seed"], [1, 1, 2, 2])
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
    assert 1 <= kept < 4
    assert not (out / "results.nc").exists()
    resumed = command("study", "--out", out, "--resume")
    assert resumed.returncode == 0, resumed.stderr
    assert f"{kept} of 4 points are already there" in resumed.stderr
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


# Products of this size are summed in another order by one thread than by several, if it comes to that.
WIDE = """
name = "wide"
[data]
kind = "digits"
classes = [0, 1]
encoding = "sign"
points = 200
[network]
width = 512
[optimiser]
eta_lambda_max = 1.0
[training]
members = 2
updates = 12
kernel_snapshots = 2
[sweep]
"training.precision" = ["float32", "float64"]
"""


@pytest.mark.slow
def test_threads_do_not_change_a_bit(tmp_path):
    """One core and one thread for XLA and BLAS against the machine's own."""
    study = tmp_path / "wide.toml"
    study.write_text(WIDE)
    environment = os.environ | {"NPROC": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    one_core = "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})"
    for out, before, env in (("many", WITHOUT_REPORT, None), ("one", f"{WITHOUT_REPORT}; {one_core}", environment)):
        finished = command("study", study, "--out", tmp_path / out, env=env, before=before)
        assert finished.returncode == 0, finished.stderr
    xr.testing.assert_identical(*(read_results(tmp_path / out / "results.nc") for out in ("one", "many")))


def point_results(**training):
    contents = {
        "data": {"kind": "circle", "points": 8, "probe_points": 3},
        "network": {"width": 10},
        "optimiser": {"eta_lambda_max": 0.7, "momentum": 0.5},
        "training": {"members": 6, "updates": 20, "kernel_snapshots": 4, **training},
    }
    (point,) = study_points(parse_study(contents), contents)
    dataset = build_dataset(point.specification, sources_from(Path()))
    return run_point(point.specification, dataset, build_network(point.specification, dataset, sources_from(Path())))


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_chunks_do_not_change_a_bit(precision, monkeypatch):
    """A budget that holds all members, against chunks of as few as possible and few records at a time."""
    import cosmograd.learning.training as training
    from cosmograd.learning.memory_budget import MemoryPlan

    whole = point_results(precision=precision)
    monkeypatch.setattr(training, "plan_memory", lambda *_: MemoryPlan(members=2, records=3))
    xr.testing.assert_identical(point_results(precision=precision), whole)


PEAK = """
import resource, sys
import cosmograd.report; cosmograd.report.write_report = lambda *_: None
from cosmograd.cli import main
main(["study", "STUDY", "--out", "OUT"])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


@pytest.mark.slow
def test_memory_keeps_to_the_budget(tmp_path):
    """Jacobians of a user's model, and a long record: what the peak grows by from a tiny study."""
    (tmp_path / "model.py").write_text(
        "import equinox as eqx, jax\nfrom cosmograd.learning.networks import EquinoxNetwork\n"
        "def network(shape, outputs):\n"
        "    build = lambda key: eqx.nn.MLP(shape[0], outputs, 512, 2, activation=jax.numpy.tanh, key=key)\n"
        "    return EquinoxNetwork(build, shape)\n"
    )
    peaks, budget = {}, 420
    for name, network, points, training in (
        ("tiny", "width = 8", 10, "updates = 3"),
        ("model", 'kind = "model"\nfile = "model.py"', 32, "updates = 3"),
        ("record", "width = 16", 64, 'updates = 600\nrecord = "all"'),
    ):
        (tmp_path / f"{name}.toml").write_text(
            f'[data]\nkind = "digits"\npoints = {points}\n[network]\n{network}\n[optimiser]\neta_lambda_max = 0.5\n'
            f"[training]\nmembers = 2\nkernel_snapshots = 2\nmemory_budget = {budget}\n{training}\n"
        )
        program = PEAK.replace("STUDY", str(tmp_path / f"{name}.toml")).replace("OUT", str(tmp_path / name))
        finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        peaks[name] = int(finished.stdout.split()[-1])
    # The tiny study is the program itself; compiling larger ones takes some more.
    assert max(peaks.values()) - peaks["tiny"] < budget, peaks


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
    assert "1 of 4 points are already there" in resumed.stderr
    assert bits(out) == bits(undisturbed / "out")


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
    assert "holds no study's results (relative_error is missing)" in captured.err
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
    machine = [machine_settings(p.specification) for p in study_points(specification, study_file.contents)]
    elsewhere = [settings | {"strategy": "vmap", "vmap_width": 16} for settings in machine]
    StudyFolder(tmp_path / "out").begin(study_file, specification, {}, elsewhere, resume=False)
    with pytest.raises(SystemExit):
        main(["study", str(file), "--out", str(tmp_path / "out"), "--resume"])
    said = capsys.readouterr().err
    assert "was computed otherwise (machine differs: point 0.strategy is 'vmap' there and" in said


def test_names_that_no_file_can_have(tmp_path, capsys):
    (tmp_path / "s.toml").write_text(STUDY)
    for out in (tmp_path / ("x" * 300), tmp_path / "s.toml" / "out"):
        with pytest.raises(SystemExit) as left:
            main(["study", str(tmp_path / "s.toml"), "--out", str(out)])
        assert left.value.code == 1
        assert "Traceback" not in capsys.readouterr().err


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
    assert said == ["4 of 4 points are already there."]


def test_damaged_point_is_computed_again(undisturbed, tmp_path):
    import shutil

    out = tmp_path / "out"
    shutil.copytree(undisturbed / "out", out)
    victim = sorted((out / "points").glob("*.nc"))[2]
    victim.write_bytes(victim.read_bytes()[:1000])
    again = command("study", "--out", out, "--resume")
    assert again.returncode == 0, again.stderr
    assert bits(out) == bits(undisturbed / "out")


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


def test_diverged_member_is_named_and_the_others_stand(tmp_path, capsys, without_report):
    """ηλ_max of the mean kernel above the limit: members with a large kernel of their own diverge, others do not."""
    file = tmp_path / "s.toml"
    file.write_text(
        '[data]\nkind = "circle"\npoints = 10\n[network]\nwidth = 10\nactivation = "linear"\n'
        '[optimiser]\neta_lambda_max = 4.0\n[loss]\nnormalisation = "sum"\n'
        "[training]\nmembers = 8\nupdates = 150\nkernel_snapshots = 3\n"
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
