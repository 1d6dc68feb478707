"""The families, read from the public namespaces: a new member is tested on the day it is exported."""

import inspect
from types import ModuleType
from typing import Any

import pytest


def concrete_classes(module: ModuleType) -> list[type]:
    """Every exported class that offers `examples()` and is not abstract."""
    exported = (getattr(module, name) for name in module.__all__)
    return [item for item in exported if inspect.isclass(item) and hasattr(item, "examples") and not is_abstract(item)]


def is_abstract(item: type) -> bool:
    return inspect.isabstract(item) or item.__name__.startswith("Abstract")


def members(module: ModuleType) -> list[Any]:
    """Every example of every class, as parameters named after the class."""
    return [
        pytest.param(example, id=f"{item.__name__}-{index}")
        for item in concrete_classes(module)
        for index, example in enumerate(item.examples())
    ]
