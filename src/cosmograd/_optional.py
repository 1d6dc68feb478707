"""Optional dependencies: a missing one is named with the command that installs it."""

import importlib
from types import ModuleType

from cosmograd.errors import UserError


class MissingExtraError(UserError, ImportError):
    """An optional package is not installed; the message says how to install it."""


def import_optional(module: str, extra: str, purpose: str) -> ModuleType:
    """Import `module`, or raise `MissingExtraError` naming the extra of cosmograd that brings it."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingExtraError(
            f"{purpose} needs the package `{module}`, which is not installed. "
            f"Install it with: pip install 'cosmograd[{extra}]'"
        ) from error
