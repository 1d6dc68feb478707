"""The training of an ensemble as an experiment that can be swept."""

from collections.abc import Callable
from typing import Any

from cosmograd.experiments.sources import Sources
from cosmograd.experiments.training.assembly import kept_dataset, kept_network, notes_on_columns
from cosmograd.experiments.training.ensemble_study import check_point, checked_alike, machine_settings, run_point
from cosmograd.experiments.training.quantities import with_units as described
from cosmograd.experiments.training.specification import Specification
from cosmograd.results import Result

__all__ = ["SHOWS_SWEEPS", "check", "checked_alike", "decisive", "described", "machine", "notes", "run"]

machine = machine_settings
SHOWS_SWEEPS = True


def run(
    specification: Specification, sources: Sources, progress: Callable[[float], None], pictured: bool = False
) -> Result:
    """Train the ensemble and compare it with its effective theory: one point of a study."""
    del pictured  # figures need nothing besides
    dataset, network = kept_dataset(specification, sources), kept_network(specification, sources)
    found = run_point(specification, dataset, network, progress)
    return Result.from_xarray(found.assign_attrs(experiment="training"))


def check(specification: Specification, sources: Sources) -> None:
    """Raise `UserError` where a point cannot be computed as asked."""
    check_point(specification, kept_dataset(specification, sources), kept_network(specification, sources))


def notes(specification: Specification, sources: Sources) -> list[str]:
    """What the user should know before it is computed."""
    return notes_on_columns(specification.data, sources)


# Keys that change no result: how members are spread over devices, and how many at a time fit into memory. How they are
# batched does, and stands in the settings of the machine.
_WITHOUT_CONSEQUENCE = ("memory_budget", "strategy", "vmap_width")


def decisive(specification: Specification) -> dict[str, Any]:
    """A specification without the keys that change no result."""
    contents = specification.model_dump(mode="json")
    for key in _WITHOUT_CONSEQUENCE:
        del contents["training"][key]
    for section in ("measurement", "noise"):
        if not contents[section]["updates"]:  # nothing is measured, however it would be
            del contents[section]
    return contents
