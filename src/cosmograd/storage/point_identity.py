"""What decides the contents of a point, and the name of its file, which is the hash of all that."""

import functools
import hashlib
import importlib.metadata
import json
from collections.abc import Mapping
from typing import Any

from cosmograd.studies import StudySpecification, machine_settings

# Of everything that a study leaves in its folder.
FORMAT = 5

# Keys that change no result: how members are spread over devices, and how many at a time fit into memory. How they are
# batched does, and stands in the settings of the machine.
_WITHOUT_CONSEQUENCE = ("memory_budget", "strategy", "vmap_width")


def decisive(specification: StudySpecification) -> dict[str, Any]:
    """A specification without the keys that change no result."""
    contents = specification.model_dump(mode="json")
    for key in _WITHOUT_CONSEQUENCE:
        del contents["training"][key]
    for section in ("measurement", "noise"):
        if not contents[section]["updates"]:  # nothing is measured, however it would be
            del contents[section]
    return contents


# Packages whose arithmetic the numbers of a point come from.
_DECISIVE_PACKAGES = ("cosmograd", "jax", "jaxlib", "numpy", "scipy", "equinox", "optimistix", "lineax")


@functools.cache
def _versions() -> dict[str, str]:
    return {name: importlib.metadata.version(name) for name in _DECISIVE_PACKAGES}


def process_identity(specification: StudySpecification) -> dict[str, Any]:
    """What of this process decides the bits of a point."""
    return {"machine": machine_settings(specification), "versions": _versions()}


def point_name(specification: StudySpecification, digests: Mapping[str, str]) -> str:
    """The name of a point's file, whatever process computes it."""
    contents = decisive(specification)
    del contents["name"], contents["sweep"]
    decides = {"format": FORMAT, "specification": contents, "digests": digests, **process_identity(specification)}
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
