"""`python -m comparison record FOLDER [--command COSMOGRAD] [--only TEXT]`, and `compare FOLDER OTHER`.

`record` runs every case with an installed command and keeps its JSON and its results; `compare` names every key and
variable that differs, in bits or by how much. Bits are those of one machine, so that both folders are made on one.
"""

import json
import subprocess
import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from comparison.cases import CASES, recorded_training

_TIMES = ("seconds", "direct_seconds", "network_seconds", "elapsed")
_IGNORED = (*_TIMES, "version", "directory", "out", "report", "results")


def record(folder: Path, command: str, only: str) -> None:
    """One folder for each case: stdout.json, results/ and the exit code."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {"training": recorded_training(folder / "training.npz")}
    for name, arguments in CASES.items():
        if only not in name:
            continue
        place = folder / name
        place.mkdir(exist_ok=True)
        said = [argument.format(out=place / "results", root=Path.cwd(), **files) for argument in arguments]
        start = time.perf_counter()
        done = subprocess.run([command, *said], capture_output=True, text=True, check=False)
        (place / "stdout.json").write_text(done.stdout, encoding="utf-8")
        (place / "stderr.txt").write_text(done.stderr, encoding="utf-8")
        print(f"{name}: exit {done.returncode}, {time.perf_counter() - start:.1f} s", flush=True)


def compare(folder: Path, other: Path, tolerance: float) -> int:
    """How many cases differ."""
    different = 0
    for name in CASES:
        missing = [place for place in (folder, other) if not (place / name / "stdout.json").exists()]
        if missing:
            print(f"{name}: not recorded in {' and '.join(map(str, missing))}")
            different += len(missing) == 1
            continue
        found = [*_json_differences(folder / name, other / name), *_array_differences(folder / name, other / name)]
        found = [(what, size) for what, size in found if size > tolerance]
        different += bool(found)
        print(f"{name}: {'same' if not found else f'{len(found)} differences'}")
        for what, size in found[:20]:
            print(f"    {what}: {size:.3g}" if np.isfinite(size) else f"    {what}")
    return different


def _json_differences(folder: Path, other: Path) -> list[tuple[str, float]]:
    texts = [(place / "stdout.json").read_text(encoding="utf-8") for place in (folder, other)]
    try:
        values = [dict(_flat("", json.loads(text))) for text in texts]
    except json.JSONDecodeError:
        return [] if texts[0] == texts[1] else [("text", np.inf)]
    return _differences(*values)


def _flat(prefix: str, value: Any) -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        return [pair for key, item in value.items() for pair in _flat(f"{prefix}.{key}", item)]
    if isinstance(value, list):
        return [pair for place, item in enumerate(value) for pair in _flat(f"{prefix}[{place}]", item)]
    return [(prefix, value)]


def _array_differences(folder: Path, other: Path) -> list[tuple[str, float]]:
    found = []
    places = [sorted(place.glob("results/**/results.nc")) for place in (folder, other)]
    for first, second in zip(*places, strict=False):
        with xr.open_dataset(first, engine="h5netcdf") as a, xr.open_dataset(second, engine="h5netcdf") as b:
            values = [{str(name): data[name].values for name in data.variables} for data in (a, b)]
            found += _differences(*values)
    return found if len(places[0]) == len(places[1]) else [*found, ("files", np.inf)]


def _differences(first: dict[str, Any], second: dict[str, Any]) -> list[tuple[str, float]]:
    found = []
    for key in sorted(first.keys() | second.keys()):
        if key.rpartition(".")[2] in _IGNORED:
            continue
        if key not in first or key not in second:
            found.append((f"{key} only in {'the first' if key in first else 'the second'}", np.inf))
        elif (size := _distance(first[key], second[key])) > 0:
            found.append((key, size))
    return found


def _distance(a: Any, b: Any) -> float:
    """Largest |a − b| over the largest |a|; infinite for other differences; 0 for the same bits."""
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape or a.dtype.kind not in "fiub" or b.dtype.kind not in "fiub":
        return 0.0 if a.shape == b.shape and np.array_equal(a, b) else np.inf
    if np.array_equal(a, b, equal_nan=a.dtype.kind == "f"):
        return 0.0
    if not np.array_equal(np.isfinite(a), np.isfinite(b)):
        return np.inf
    finite = np.isfinite(a)
    return float(np.max(np.abs(a[finite] * 1.0 - b[finite])) / max(float(np.max(np.abs(a[finite] * 1.0))), 1e-300))


def main() -> int:
    """Record or compare."""
    parser = ArgumentParser(prog="python -m comparison", description=__doc__)
    parts = parser.add_subparsers(dest="part", required=True)
    recorder = parts.add_parser("record")
    recorder.add_argument("folder", type=Path)
    recorder.add_argument("--command", default=str(Path(sys.executable).with_name("cosmograd")))
    recorder.add_argument("--only", default="", help="cases whose name holds this text")
    comparer = parts.add_parser("compare")
    comparer.add_argument("folder", type=Path)
    comparer.add_argument("other", type=Path)
    comparer.add_argument("--tolerance", type=float, default=0.0, help="relative; 0: the same bits")
    given = parser.parse_args()
    if given.part == "record":
        record(given.folder.resolve(), given.command, given.only)
        return 0
    return compare(given.folder, given.other, given.tolerance)


sys.exit(main())
