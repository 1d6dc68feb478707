"""Run the benchmarks: `python -m benchmarks`, or some of them with `--only PATTERN`.

Every group runs in a fresh process; after each, the results file is brought up to date and its table printed.
"""

import argparse
import fnmatch
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from benchmarks.groups import GROUPS
from benchmarks.hardware import describe_hardware
from benchmarks.results_file import Entry, read_entries, replace_entries, results_path, write_entries


def chosen_benchmarks(pattern: str | None) -> dict[str, list[str]]:
    """Benchmarks by group whose "group.name" holds the pattern, or matches it if it has wildcards."""

    def matches(identity: str) -> bool:
        return pattern is None or pattern in identity or fnmatch.fnmatch(identity, pattern)

    chosen = {group: [name for name in names if matches(f"{group}.{name}")] for group, names in GROUPS.items()}
    return {group: names for group, names in chosen.items() if names}


def run_group(group: str, names: list[str]) -> Iterator[Entry]:
    """The entries of a group, as its process delivers them; one that says so if the process dies."""
    command = [sys.executable, "-m", "benchmarks.one_group", group, *names]
    root = Path(__file__).resolve().parent.parent
    finished = set()
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=root, encoding="utf-8") as process:
        assert process.stdout is not None
        for line in process.stdout:
            entry = json.loads(line)
            finished.add(entry["benchmark"])
            yield entry
    if process.returncode not in (0, 1) or not finished:
        for name in names:
            if f"{group}.{name}" not in finished:
                yield {
                    "benchmark": f"{group}.{name}",
                    "name": f"{group}.{name} failed",
                    "value": None,
                    "unit": "",
                    "target": None,
                    "met": False,
                    "note": f"The process ended with status {process.returncode}.",
                }


def table_of(entries: list[Entry], title: str) -> Table:
    """Name, value, target and verdict."""
    table = Table(title=title, title_justify="left", expand=False)
    table.add_column("measured")
    table.add_column("value", justify="right", no_wrap=True)
    table.add_column("target", justify="right", no_wrap=True)
    table.add_column("met", justify="center")
    verdicts = {True: "[green]yes[/green]", False: "[red]no[/red]", None: "–"}
    for entry in entries:
        value = "–" if entry["value"] is None else f"{entry['value']:.4g} {entry['unit']}".rstrip()
        name = entry["name"]
        if name.endswith(" failed"):
            name += escape(f": {entry.get('note', '')}")
        for key, number in (entry.get("details") or {}).items():
            name += f"\n  [dim]{escape(f'{key}: {number}')}[/dim]"
        table.add_row(name, value, entry["target"] or "–", verdicts[entry["met"]])
    return table


def main() -> int:
    """Exit status 1 when a benchmark could not be run; a target that is missed is a result, not a failure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", metavar="PATTERN", help='part of "group.name", or a pattern with * and ?')
    parser.add_argument("--list", action="store_true", help="list the benchmarks and stop")
    arguments = parser.parse_args()
    chosen = chosen_benchmarks(arguments.only)
    if not chosen:
        parser.error(f"no benchmark matches {arguments.only!r}; --list shows them")
    if arguments.list:
        print("\n".join(f"{group}.{name}" for group, names in chosen.items() for name in names))
        return 0

    console = Console()
    hardware = describe_hardware()
    path = results_path(hardware)
    console.print(", ".join(f"{key}: {value}" for key, value in hardware.items()), soft_wrap=True)
    order = [f"{group}.{name}" for group, names in GROUPS.items() for name in names]
    failed = False
    for group, names in chosen.items():
        console.print(f"{group}: {', '.join(names)} …", style="bold")
        entries = []
        for entry in run_group(group, names):
            entries.append({**entry, "hardware": hardware})
            failed |= entry["name"].endswith(" failed")
        ran = [f"{group}.{name}" for name in names]
        write_entries(path, replace_entries(read_entries(path), ran, entries, order))
        console.print(table_of(entries, group))
    missed = [entry["name"] for entry in read_entries(path) if entry["met"] is False]
    console.print(f"Results: {path}", highlight=False)
    if missed:
        console.print("Not met: " + "; ".join(missed))
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
