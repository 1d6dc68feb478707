"""How an experiment reaches the user's own files; the edges of the library read them."""

import json
from collections import OrderedDict
from collections.abc import Callable, Mapping, Set
from typing import Any, TypeVar

import numpy as np
from pydantic import BaseModel

Built = TypeVar("Built")

# Marks a key of a specification whose text is the name of a file: kernel: Annotated[str, FILE]. Keys called `file` and
# `files` need no mark.
FILE = "names a file"

# So many things built of files and settings stay in memory; neighbours in a sweep share theirs.
_KEPT = 16


class Sources:
    """columns: path → named columns of a table; model: (path, name) → object of a Python file; digest: path → hash;
    text: path → text of a Python file; trajectories: (path, loss divisor, kernel, whether the file's own kernel is
    read) → recorded outputs; kernel: path → tangent kernel.

    What several points of a sweep have in common is built `once`.
    """

    def __init__(
        self,
        columns: Callable[[str], Mapping[str, np.ndarray]],
        model: Callable[[str, str], Any],
        digest: Callable[[str], str],
        text: Callable[[str], str] = lambda path: "",
        trajectories: Callable[[str, float | None, Any, bool], Any] = lambda path, divisor, kernel, own: None,
        kernel: Callable[[str], Any] = lambda path: None,
    ) -> None:
        """Nothing is read yet."""
        self.trajectories, self.kernel = trajectories, kernel
        self.columns, self.model, self._digest, self.text = columns, model, digest, text
        self._kept: OrderedDict[str, Any] = OrderedDict()
        self._digests: dict[str, str] = {}

    def digest(self, path: str) -> str:
        """Hash of a file, as it was when first asked for."""
        if path not in self._digests:
            self._digests[path] = self._digest(path)
        return self._digests[path]

    def once(self, specification: BaseModel, sections: tuple[str, ...], build: Callable[[], Built]) -> Built:
        """What `build` makes of some sections of a specification; the same object where these are the same."""
        contents = specification.model_dump(mode="json", include=set(sections))
        key = json.dumps([sections, contents], sort_keys=True)
        if key not in self._kept:
            self._kept[key] = build()
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]


def files_of(specification: BaseModel) -> dict[str, str]:
    """Every file of the user's that a specification names, by the dotted key that names it."""
    marked = {name for name, info in type(specification).model_fields.items() if FILE in info.metadata}
    return dict(_files_in(specification.model_dump(mode="json"), "", marked))


def _files_in(contents: Mapping[str, Any], prefix: str, marked: Set[str] = frozenset()) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for name, value in contents.items():
        if isinstance(value, Mapping):
            found += _files_in(value, f"{prefix}{name}.")
        elif (name in ("file", "files") or name in marked) and isinstance(value, str):
            found.append((f"{prefix}{name}", value))
        elif name == "files" and isinstance(value, list):
            found += [(f"{prefix}{name}.{number}", file) for number, file in enumerate(value)]
    return found
