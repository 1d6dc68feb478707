"""Runs chosen benchmarks of one group in this process; each measurement becomes a line of JSON on standard output.

Settings of JAX hold for a whole process, so every group has its own: `python -m benchmarks.one_group GROUP NAME…`.
"""

import importlib
import json
import os
import sys
import traceback

from benchmarks.groups import GROUPS
from benchmarks.measurement import Measurement


def main(group: str, chosen: list[str]) -> int:
    """The number of benchmarks that raised."""
    # What libraries print must not mix with the measurements.
    results = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    module = importlib.import_module(f"benchmarks.{group}")
    found = tuple(benchmark.__name__ for benchmark in module.BENCHMARKS)
    if found != GROUPS[group]:
        raise RuntimeError(f"benchmarks.{group} holds {found}, but groups.py lists {GROUPS[group]}")
    if hasattr(module, "prepare"):
        module.prepare()
    failures = 0
    for benchmark in module.BENCHMARKS:
        if benchmark.__name__ not in chosen:
            continue
        identity = f"{group}.{benchmark.__name__}"
        try:
            for measurement in benchmark():
                print(json.dumps({"benchmark": identity, **measurement.as_entry()}), file=results, flush=True)
        except Exception as error:
            failures += 1
            traceback.print_exc()
            failed = Measurement(f"{identity} failed", None, note=f"{type(error).__name__}: {error}"[:500])
            entry = {"benchmark": identity, **failed.as_entry(), "met": False}
            print(json.dumps(entry), file=results, flush=True)
    return failures


if __name__ == "__main__":
    sys.exit(min(main(sys.argv[1], sys.argv[2:]), 1))
