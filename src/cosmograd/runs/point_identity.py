"""What decides the contents of a point, and the name of its file, which is the hash of all that."""

import functools
import hashlib
import importlib.metadata
import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from cosmograd.experiments import Experiment

# Of everything that a study leaves in its folder.
FORMAT = 6

# Packages whose arithmetic the numbers of a point come from.
_DECISIVE_PACKAGES = ("cosmograd", "jax", "jaxlib", "numpy", "scipy", "equinox", "optimistix", "lineax")


@functools.cache
def _versions() -> dict[str, str]:
    return {name: importlib.metadata.version(name) for name in _DECISIVE_PACKAGES}


def process_identity(experiment: Experiment, specification: BaseModel) -> dict[str, Any]:
    """What of this process decides the bits of a point."""
    return {"machine": experiment.machine(specification), "versions": _versions()}


def point_name(experiment: Experiment, specification: BaseModel, digests: Mapping[str, str]) -> str:
    """The name of a point's file, whatever process computes it."""
    contents = {key: value for key, value in experiment.decisive(specification).items() if key != "name"}
    decides = {
        "format": FORMAT,
        "experiment": experiment.name,
        "specification": contents,
        "digests": digests,
        **process_identity(experiment, specification),
    }
    text = json.dumps(decides, sort_keys=True, ensure_ascii=False)
    return f"{hashlib.sha256(text.encode()).hexdigest()[:24]}.nc"


def first_difference(stored: Any, given: Any, key: str = "") -> str | None:
    """Name the first key in which two nested mappings differ, with both values; None when they agree."""
    if isinstance(stored, dict) and isinstance(given, dict):
        for name in sorted({*stored, *given}):
            difference = first_difference(stored.get(name), given.get(name), f"{key}.{name}" if key else str(name))
            if difference is not None:
                return difference
        return None
    return None if stored == given else f"{key} is {stored!r} there and {given!r} here"
