"""`python -m evidence [PART …]`: measures all parts, or those named, and writes `evidence/results.json`."""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import cosmograd

cosmograd.enable_float64()

from evidence import minibatches, named_motions, noisy_outputs, ordinary_networks  # noqa: E402

PARTS = {
    module.__name__.rpartition(".")[2]: module.measure
    for module in (noisy_outputs, named_motions, minibatches, ordinary_networks)
}
RESULTS = Path(__file__).with_name("results.json")


def main(wanted: list[str]) -> None:
    """Parts that are not measured keep their results."""
    unknown = [name for name in wanted if name not in PARTS]
    if unknown:
        sys.exit(f"unknown part {unknown[0]!r}; allowed: {', '.join(PARTS)}.")
    results: dict[str, Any] = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    for name in wanted or PARTS:
        start = time.perf_counter()
        results[name] = PARTS[name]()
        print(f"{name}: {time.perf_counter() - start:.0f} s", flush=True)
        whole = RESULTS.with_suffix(".new")
        whole.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        os.replace(whole, RESULTS)


main(sys.argv[1:])
