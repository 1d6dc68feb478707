"""What every experiment is: a folder of modules with these names, each loaded when it is first asked for.

```
experiments/NAME/__init__.py       one sentence: what it is
experiments/NAME/specification.py  Specification: what can be asked
experiments/NAME/run.py            build(specification, files) → problem; run(problem, progress) → Result
experiments/NAME/quantities.py     QUANTITIES: what comes out
experiments/NAME/figures.py        FIGURES: what is drawn, first the one that says most; ANIMATIONS: what moves
experiments/NAME/findings.py       page(result) → Page; summary(result): its numbers, as JSON prints them; where files
                                   must hold more than that, fault(result): what is wrong with one, or None
```
"""

import functools
import importlib
import pkgutil
from collections.abc import Callable
from typing import Any

from cosmograd.errors import UserError
from cosmograd.figures import AnimationRule, FigureRule, Page
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
    def animations(self) -> tuple[AnimationRule, ...]:
        """Rules of what moves, shown before the figures."""
        return getattr(self._module("figures"), "ANIMATIONS", ())

    @property
    def page(self) -> Callable[..., Page]:
        """What its page says beside the figures."""
        return self._module("findings").page

    @property
    def summary(self) -> Callable[[Result], dict[str, Any]]:
        """Its numbers, as JSON prints them."""
        return self._module("findings").summary

    def fault(self, result: Result) -> str | None:
        """What is wrong with a result that was read, as the rest of a sentence that begins with its file."""
        found = getattr(self._module("findings"), "fault", None)
        return found(result) if found is not None else None


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
