"""What every experiment is: a folder of modules with these names, each loaded when it is first asked for.

```
experiments/NAME/__init__.py       one sentence: what it is
experiments/NAME/specification.py  Specification: what can be asked; COMMAND that computes it, where not cosmograd NAME
experiments/NAME/run.py            build(specification, files) → problem; run(problem, progress) → Result
experiments/NAME/quantities.py     QUANTITIES: what comes out; NEEDED: names of those that no result lacks
experiments/NAME/figures.py        FIGURES: what is drawn, first the one that says most
experiments/NAME/findings.py       page(result) → Page; summary(result): its numbers, as JSON prints them
```
"""

import functools
import importlib
import pkgutil
from collections.abc import Callable
from typing import Any

from cosmograd.errors import UserError
from cosmograd.figures import FigureRule, Page
from cosmograd.results import Quantity, Result


class Experiment:
    """One kind of experiment, by the name of its folder."""

    def __init__(self, name: str) -> None:
        self.name = name

    def _module(self, name: str) -> Any:
        return importlib.import_module(f"{__package__}.{self.name}.{name}")

    @property
    def meaning(self) -> str:
        """What it is, in a sentence."""
        return (importlib.import_module(f"{__package__}.{self.name}").__doc__ or "").strip().split("\n")[0]

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """What comes out."""
        return self._module("quantities").QUANTITIES

    @property
    def figures(self) -> tuple[FigureRule, ...]:
        """Rules of all figures, in the order of the page."""
        return self._module("figures").FIGURES

    @property
    def title(self) -> str:
        """Its name in words."""
        return self.name.replace("_", " ")

    @property
    def command(self) -> str:
        """What computes it."""
        return getattr(self._module("specification"), "COMMAND", f"cosmograd {self.name}")

    def missing_from(self, result: Result) -> str | None:
        """What every result of this experiment holds and this one does not; None where all of it is there."""
        needed = getattr(self._module("quantities"), "NEEDED", ())
        missing = (name for name in needed if name not in result)
        return next(missing, "its specification" if needed and not result.specification else None)

    @property
    def page(self) -> Callable[[Result], Page]:
        """What its page says beside the figures."""
        return self._module("findings").page

    @property
    def summary(self) -> Callable[[Result], dict[str, Any]]:
        """Its numbers, as JSON prints them."""
        return self._module("findings").summary


@functools.cache
def experiment_names() -> tuple[str, ...]:
    """The names of all experiments: of the folders that stand beside this file."""
    found = pkgutil.iter_modules(importlib.import_module(__package__ or "").__path__)
    return tuple(sorted(module.name for module in found if module.ispkg))


def experiment(name: str) -> Experiment:
    """The experiment of this name; `UserError` where there is none."""
    if name not in experiment_names():
        raise UserError(f"there is no experiment {name!r}; there are {', '.join(experiment_names())}.")
    return Experiment(name)
