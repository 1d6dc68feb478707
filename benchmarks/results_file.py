"""results.json: whole or as it was, never half written."""

import json
import os
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).resolve().parent / "results.json"

Entry = dict[str, Any]


def read_entries() -> list[Entry]:
    """The entries of earlier runs, none if there is no file."""
    return json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else []


def replace_entries(old: list[Entry], ran: list[str], new: list[Entry], order: list[str]) -> list[Entry]:
    """All entries of the benchmarks that ran are exchanged for the new ones; `order` is that of all benchmarks.

    Entries of benchmarks that no longer exist are dropped.
    """
    kept = [entry for entry in old if entry["benchmark"] in order and entry["benchmark"] not in ran]
    return sorted(kept + new, key=lambda entry: order.index(entry["benchmark"]))


def write_entries(entries: list[Entry]) -> None:
    """Write beside the file, then rename over it."""
    temporary = RESULTS.with_name(f".{RESULTS.name}.{os.getpid()}")
    with temporary.open("w", encoding="utf-8") as file:
        json.dump(entries, file, indent=1, ensure_ascii=False, allow_nan=False)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, RESULTS)
