"""The command line: `cosmograd study`, `dictionary`, `predict`, `report`."""

from cosmograd.cli.application import main

__all__ = ["main"]
