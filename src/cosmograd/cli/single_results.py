"""What commands with one result share: its folder is checked first, and filled before its numbers are printed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

Folder = TypeVar("Folder")


def folder_to_fill(kind: Callable[[Path], Folder], out: Path | None, *experiment: str) -> Folder | None:
    """The folder of `--out`, None without it; `UserError` where nothing can be written to."""
    if out is None:
        return None
    folder: Any = kind(out)
    folder.refuse_useless(*experiment)
    return folder


def finish(
    results: Any,
    summary: dict[str, Any],
    folder: Any,
    json: bool,
    print_numbers: Callable[[], None],
    **more: Any,
) -> None:
    """Results and report into the folder, if there is one; the summary as JSON, or numbers for readers.

    more: what the page says that is not in the results.
    """
    from cosmograd.cli.console import print_json, progress_bar, say

    if folder is not None:
        from cosmograd import report

        folder.write_results(results)
        with progress_bar("report") as advance:
            report.write_report(folder, results, advance, **more)
        say(f"Report: {folder.report}   results: {folder.results}")
    if json:
        print_json(summary)
    else:
        print_numbers()
