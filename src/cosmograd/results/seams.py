"""Where results reach up: drawing, writing and reading belong to folders above, which are loaded when they are used."""

import importlib
from typing import Any

# The one exception to “a folder imports only from those below it”.
_SEAMS = {
    "plot": ("cosmograd.report", "plot"),
    "save": ("cosmograd.report", "save"),
    "svg": ("cosmograd.report", "svg_text"),
    "draw_to": ("cosmograd.report", "draw_to"),
}


def called_above(seam: str, *arguments: Any) -> Any:
    """What the function behind a seam returns."""
    folder, name = _SEAMS[seam]
    return getattr(importlib.import_module(folder), name)(*arguments)
