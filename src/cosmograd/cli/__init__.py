"""The command line: `cosmograd study`, `dictionary`, `predict`, `report`."""

import sys
from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; whoever interrupts it while it still loads is not shown a traceback either."""
    try:
        from cosmograd.cli.application import main as run
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted.\n")
        sys.exit(130)
    run(arguments)
