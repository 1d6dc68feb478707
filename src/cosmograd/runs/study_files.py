"""Study files: TOML on disk, and the default study that ships inside the package."""

import hashlib
import importlib.resources
import tomllib
from pathlib import Path
from typing import Any, NamedTuple

from cosmograd.errors import UserError, reason
from cosmograd.experiments.sources import Sources
from cosmograd.experiments.toml_text import toml_text
from cosmograd.runs.trajectory_files import read_kernel, read_trajectories
from cosmograd.runs.user_models import load_model, model_source
from cosmograd.runs.user_tables import read_columns


class StudyFile(NamedTuple):
    """A study file as read: its text, its contents, and the folder that its relative paths start from."""

    text: str
    contents: dict[str, Any]
    base: Path

    def text_for(self, experiment: str) -> str:
        """The text where it says what the contents say, else another that does; `UserError` where TOML has none.

        The contents are others where settings replaced some of them, or where they never were a file.
        """
        said = {key: value for key, value in self.contents.items() if key != "experiment"}
        if self.text and tomllib.loads(self.text) in (said, {"experiment": experiment} | said):
            return self.text
        text = toml_text({"experiment": experiment} | said)
        try:
            tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise UserError(
                f"the contents cannot be written as TOML: {reason(error)}. A list cannot hold None; of a sweep, write "
                "the points without the key as a [[sweep]] of their own."
            ) from error
        return text


def read_study_file(path: Path | str, kind: str = "study") -> StudyFile:
    """Read a study file, or the file of another `kind`; `UserError` for one that is missing or no TOML."""
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8-sig")  # a byte-order mark is no part of the text
    except FileNotFoundError:
        raise UserError(f"there is no {kind} file {path}.") from None
    except IsADirectoryError:
        raise UserError(f"{path} is a folder; give the {kind} file itself.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"the {kind} file {path} cannot be read: {reason(error)}.") from error
    return _parsed(text, str(path), path.resolve().parent)


def default_study_file() -> StudyFile:
    """The study that `cosmograd study` runs when none is named."""
    text = (
        importlib.resources.files("cosmograd.experiments.training").joinpath("default.toml").read_text(encoding="utf-8")
    )
    return _parsed(text, "the default study", Path.cwd())


def _parsed(text: str, name: str, base: Path) -> StudyFile:
    try:
        return StudyFile(text, tomllib.loads(text), base)
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"{name} is not valid TOML: {reason(error)}.") from error


def sources_from(base: Path) -> Sources:
    """How a study reads the files that it names, relative to the folder of its own file."""

    def digest(name: str) -> str:
        try:
            return hashlib.sha256((base / name).read_bytes()).hexdigest()
        except OSError as error:
            raise UserError(f"{base / name} cannot be read: {error.strerror or error}.") from error

    return Sources(
        columns=lambda name: read_columns(base / name),
        model=lambda name, what: load_model(base / name, what),
        digest=digest,
        text=lambda name: model_source(base / name),
        trajectories=lambda name, divisor, kernel, own: read_trajectories(base / name, divisor, kernel, own),
        kernel=lambda name: read_kernel(base / name),
    )
