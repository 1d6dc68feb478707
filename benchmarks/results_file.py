"""results.json, and results-GPU.json for each accelerator: whole or as it was, never half written."""

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

Entry = dict[str, Any]


def results_path(hardware: Mapping[str, Any]) -> Path:
    """One file for machines without an accelerator, one for each kind of accelerator."""
    name = re.sub(r"[^a-z0-9]+", "-", str(hardware.get("accelerator", "")).lower()).strip("-")
    return Path(__file__).resolve().parent / (f"results-{name}.json" if name else "results.json")


def read_entries(path: Path) -> list[Entry]:
    """The entries of earlier runs, none if there is no file."""
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else []


def replace_entries(old: list[Entry], ran: list[str], new: list[Entry], order: list[str]) -> list[Entry]:
    """All entries of the benchmarks that ran are exchanged for the new ones; `order` is that of all benchmarks.

    Entries of benchmarks that no longer exist are dropped.
    """
    kept = [entry for entry in old if entry["benchmark"] in order and entry["benchmark"] not in ran]
    return sorted(kept + new, key=lambda entry: order.index(entry["benchmark"]))


def write_entries(path: Path, entries: list[Entry]) -> None:
    """Write beside the file, then rename over it."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with temporary.open("w", encoding="utf-8") as file:
        json.dump(entries, file, indent=1, ensure_ascii=False, allow_nan=False)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)
