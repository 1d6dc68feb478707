"""The command line: `cosmograd study`, `run`, `universe`, `analogue`, `fit`, `predict`, `dictionary` and `report`."""

import contextlib
import os
import sys
from collections.abc import Sequence

__all__ = ["main", "program"]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; whoever interrupts it while it still loads is not shown a traceback either."""
    try:
        from cosmograd.cli.application import main as run
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted.\n")
        sys.exit(130)
    run(arguments)


def program() -> None:
    """`main` as a program of its own, which an interrupt ends at once.

    XLA's threads may still be compiling then, and an interpreter that is taken down beside them ends in a segmentation
    fault.
    """
    try:
        main()
    except SystemExit as leaving:
        if leaving.code != 130:
            raise
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
        os._exit(130)
