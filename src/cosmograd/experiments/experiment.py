"""What every experiment is: a folder of modules with these names, each loaded when it is first asked for.

```
experiments/NAME/__init__.py       one sentence: what it is
experiments/NAME/specification.py  Specification: what can be asked; COMMAND that computes it, where not cosmograd NAME
experiments/NAME/run.py            run(specification, sources, progress, pictured) → Result
experiments/NAME/quantities.py     QUANTITIES: what comes out; NEEDED: names of those that no result lacks; COMMAND,
                                   where there is no specification
experiments/NAME/figures.py        FIGURES: rules of figures, or of families of them, first the one that says most;
                                   ANIMATIONS: what moves
experiments/NAME/findings.py       page(result) → Page; summary(result): its numbers, as JSON prints them; where files
                                   must hold more than that, fault(result): what is wrong with one, or None;
                                   KIND: what its page is called in a word, where not by the folder's name
```

`specification.py` may hold `parse(contents)`, where a file is more than its sections, and `BY_NAME_ONLY = True`, where
its sections are those of another experiment, so that its file must say `experiment`. `run.py` may hold what sweeps ask
for: `check(specification, sources)` raises before anything is computed, `checked_alike(specification)` tells which
points pass it together, `decisive(specification)` leaves out keys that change no result, `machine(specification)` names
what of this process decides bits, `notes(specification, sources)` what the user should know before.
"""

import functools
import importlib
import importlib.util
import pkgutil
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from cosmograd.errors import UserError
from cosmograd.experiments.sources import Sources, files_of
from cosmograd.experiments.validation import validated
from cosmograd.figures import AnimationRule, FigureFamily, FigureRule, Page
from cosmograd.results import Quantity, Result, quantities_by_name

if TYPE_CHECKING:
    import xarray as xr

Progress = Callable[[float], None]


# What every sweep has beside the quantities of its points.
_OF_SWEEPS = (
    Quantity("study_point", "point of the study", "1", ("study_point",)),
    Quantity("failure", "why the point has no results; empty where it has them", "", ("study_point",)),
)


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
    def specification(self) -> type[BaseModel]:
        """What can be asked."""
        return self._module("specification").Specification

    @property
    def by_name_only(self) -> bool:
        """Whether its file must say which experiment it is."""
        return bool(getattr(self._module("specification"), "BY_NAME_ONLY", False))

    @property
    def needed_keys(self) -> set[str]:
        """Keys and sections that no file of it can leave out."""
        return {name for name, info in self.specification.model_fields.items() if info.is_required()}

    def parse(self, contents: Mapping[str, Any]) -> BaseModel:
        """Validate the contents of a file; `UserError` lists everything that is wrong with it."""
        parse = getattr(self._module("specification"), "parse", None)
        return validated(self.specification, contents) if parse is None else parse(contents)

    def run(
        self, specification: BaseModel, sources: Sources, progress: Progress | None = None, pictured: bool = False
    ) -> Result:
        """Compute it: a pure function of the specification and the files that it names, bit for bit on one machine.

        pictured: with what its figures need besides its numbers.
        """
        return self._module("run").run(specification, sources, progress or (lambda fraction: None), pictured)

    def check(self, specification: BaseModel, sources: Sources) -> None:
        """`UserError` where it cannot be computed as asked; costs no computation."""
        self._hook("check", lambda specification, sources: None)(specification, sources)

    def checked_alike(self, specification: BaseModel) -> str:
        """Specifications with the same text pass `check` together."""
        return self._hook("checked_alike", lambda s: s.model_dump_json(exclude={"name", "seed"}))(specification)

    def digests(self, specification: BaseModel, sources: Sources) -> dict[str, str]:
        """Hash of every file that the result depends on, by the key that names it."""
        return {key: sources.digest(file) for key, file in files_of(specification).items()}

    def decisive(self, specification: BaseModel) -> dict[str, Any]:
        """The specification without the keys that change no result."""
        return self._hook("decisive", lambda s: s.model_dump(mode="json"))(specification)

    def machine(self, specification: BaseModel) -> dict[str, Any]:
        """How this process computes it: all that decides bits beside the specification and the versions."""
        return self._hook("machine", lambda s: {})(specification)

    @property
    def shows_sweeps(self) -> bool:
        """Whether its own figures and page are those of a sweep, of one point at the least."""
        return bool(getattr(self._module("run"), "SHOWS_SWEEPS", False))

    def notes(self, specification: BaseModel, sources: Sources) -> list[str]:
        """What the user should know before it is computed."""
        return self._hook("notes", lambda specification, sources: [])(specification, sources)

    def described(self, dataset: "xr.Dataset") -> "xr.Dataset":
        """The same dataset with `long_name` and `units` on every variable that is a quantity of this experiment."""
        return self._hook("described", self._with_units)(dataset)

    def _with_units(self, dataset: "xr.Dataset") -> "xr.Dataset":
        declared, dataset = quantities_by_name((*self.quantities, *_OF_SWEEPS)), dataset.copy()
        for name in map(str, dataset.variables):
            if name in declared:
                dataset[name].attrs = declared[name].attributes
            if dataset[name].dtype == object:
                dataset[name] = dataset[name].astype(str)
        return dataset

    def _hook(self, name: str, default: Callable[..., Any]) -> Callable[..., Any]:
        return getattr(self._module("run"), name, default)

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """What comes out."""
        return self._module("quantities").QUANTITIES

    @property
    def figures(self) -> tuple[FigureRule | FigureFamily, ...]:
        """Rules of all figures, in the order of the page; a family gives several."""
        return self._module("figures").FIGURES

    @property
    def title(self) -> str:
        """Its name in words."""
        return self.name.replace("_", " ")

    @property
    def kind(self) -> str:
        """What its page is called in a word."""
        return getattr(self._module("findings"), "KIND", self.title)

    @property
    def command(self) -> str:
        """What computes it."""
        is_asked_for = importlib.util.find_spec(f"{__package__}.{self.name}.specification") is not None
        module = self._module("specification" if is_asked_for else "quantities")
        return getattr(module, "COMMAND", f"cosmograd {self.name}")

    def missing_from(self, result: Result) -> str | None:
        """What every result of this experiment holds and this one does not; None where all of it is there."""
        return next((name for name in getattr(self._module("quantities"), "NEEDED", ()) if name not in result), None)

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


def experiment_of(contents: Mapping[str, Any]) -> tuple[Experiment, dict[str, Any]]:
    """The experiment of a file, and its contents without the key that says so.

    It is what `experiment` names, or the one whose specification has all the sections of the file: of several, the one
    whose needed sections are all there. `UserError` where that is none, or still several.
    """
    contents = dict(contents)
    name = contents.pop("experiment", None)
    if name is not None:
        return experiment(str(name)), contents
    keys = set(contents) - {"sweep", "name", "seed"}
    fitting = [
        found
        for found in specified_experiments()
        if not found.by_name_only and keys <= set(found.specification.model_fields)
    ]
    if len(fitting) > 1:
        fitting = [found for found in fitting if found.needed_keys <= keys] or fitting
    if len(fitting) == 1:
        return fitting[0], contents
    names = ", ".join(found.name for found in fitting or specified_experiments())
    raise UserError(f'the file does not say which experiment it is: write experiment = "…" at its top, one of {names}.')


def specified_experiments() -> list[Experiment]:
    """Experiments that can be asked for in a file."""
    folders = {name: Experiment(name) for name in experiment_names()}
    return [found for name, found in folders.items() if importlib.util.find_spec(f"{__package__}.{name}.specification")]
