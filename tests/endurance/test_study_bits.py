"""A study has the same bits for any chunk size and number of threads, and keeps to its memory budget."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import xarray as xr
from study_processes import WITHOUT_REPORT, command
from training_sweeps import parse_study, study_points

from cosmograd.experiments.training.assembly import build_dataset, build_network
from cosmograd.experiments.training.run import run_point
from cosmograd.runs import read_results, sources_from

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
    (point,) = study_points(parse_study(contents))
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


# The peak of each study, after all that the ones before it left in memory is cleared away.
PEAKS = """
import ctypes, gc, json, pathlib, jax
import cosmograd.report; cosmograd.report.write_report = lambda *_: None
from cosmograd.cli import main
peaks = {}
for name in STUDIES:
    jax.clear_caches()
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    pathlib.Path("/proc/self/clear_refs").write_text("5")
    main(["study", name + ".toml", "--out", name])
    status = pathlib.Path("/proc/self/status").read_text().splitlines()
    peaks[name] = next(int(line.split()[1]) // 1024 for line in status if line.startswith("VmHWM"))
print(json.dumps(peaks))
"""


def test_memory_keeps_to_the_budget(tmp_path):
    """Jacobians of a user's model, then a long record: what the peak grows by after a tiny study."""
    (tmp_path / "model.py").write_text(
        "import equinox as eqx, jax\nfrom cosmograd.learning.networks import EquinoxNetwork\n"
        "def network(shape, outputs):\n"
        "    build = lambda key: eqx.nn.MLP(shape[0], outputs, 512, 2, activation=jax.numpy.tanh, key=key)\n"
        "    return EquinoxNetwork(build, shape)\n"
    )
    budget = 420
    studies = {
        "tiny": ("width = 8", 10, "updates = 3"),
        "model": ('kind = "model"\nfile = "model.py"', 32, "updates = 3"),
        "record": ("width = 16", 64, 'updates = 600\nrecord = "all"'),
    }
    for name, (network, points, training) in studies.items():
        (tmp_path / f"{name}.toml").write_text(
            f'[data]\nkind = "digits"\npoints = {points}\n[network]\n{network}\n[optimiser]\neta_lambda_max = 0.5\n'
            f"[training]\nmembers = 2\nkernel_snapshots = 2\nmemory_budget = {budget}\n{training}\n"
        )
    line = [sys.executable, "-c", PEAKS.replace("STUDIES", str(list(studies)))]
    finished = subprocess.run(line, capture_output=True, text=True, cwd=tmp_path, check=True)
    peaks = json.loads(finished.stdout.splitlines()[-1])
    # The tiny study is the program itself; compiling larger ones takes some more.
    assert max(peaks.values()) - peaks["tiny"] < budget, peaks
