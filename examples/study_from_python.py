"""A whole study from Python: run it in a folder, stop and resume it at will, and read the results as xarray."""

import tempfile
import tomllib
from pathlib import Path

import cosmograd

cosmograd.enable_float64()
cosmograd.use_every_core()

from cosmograd.report import write_report
from cosmograd.runs import StudyFile, StudyFolder, run_study

TEXT = """
name = "width"
[data]
kind = "circle"
points = 16
probe_points = 8
[optimiser]
eta_lambda_max = 0.5
momentum = 0.5
[training]
members = 4
updates = 100
kernel_snapshots = 4
[sweep]
"network.width" = [64, 256]
"""

with tempfile.TemporaryDirectory() as place:
    folder = StudyFolder(Path(place) / "study")
    results = run_study(StudyFile(TEXT, tomllib.loads(TEXT), Path.cwd()), folder, notify=print)
    write_report(folder, results)
    results = results.to_xarray()
    print(f"the page has {folder.report.stat().st_size / 1e6:.1f} MB")

errors = results["relative_error"].median("member").swap_dims(study_point="network.width")
print(errors.to_pandas().round(4))
print("H in units of one update:", results["hubble_rate"].sel(scheme="leapfrog", time_unit="update").values)

# A wider network's kernel moves less, and the prediction at fixed kernel gains from it.
narrow, wide = results["final_kernel_drift"].median("member").values
assert wide < narrow
