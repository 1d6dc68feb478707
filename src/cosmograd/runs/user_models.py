"""The user's own models: an object in a Python file."""

import runpy
import tokenize
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from cosmograd.errors import UserError, reason


def model_source(path: Path | str) -> str:
    """The text of a Python file, in the encoding that it declares; `UserError` where it cannot be read."""
    if not Path(path).is_file():
        raise UserError(f"there is no file {path}.")
    try:
        with tokenize.open(path) as file:
            return file.read()
    except (OSError, SyntaxError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read as Python: {reason(error)}.") from error


def load_model(path: Path | str, name: str) -> Any:
    """Run a Python file and return the object called `name`; `UserError` says what went wrong with it."""
    path = Path(path)
    if not path.is_file():
        raise UserError(f"there is no file {path}.")
    try:
        namespace = runpy.run_path(str(path), run_name="cosmograd_model")
    except (Exception, SystemExit) as error:
        raise UserError(f"{path} fails when it is run: {type(error).__name__}: {reason(error)}.") from error
    if name not in namespace:
        public = sorted(key for key in namespace if not key.startswith("_"))
        close = get_close_matches(name, public, n=1)
        hint = f" Did you mean {close[0]!r}?" if close else f" It defines: {', '.join(public)}."
        raise UserError(f"{path} defines no {name!r}.{hint}")
    return namespace[name]
