"""The mode of a test field, followed through the horizon."""

import json
from collections.abc import Callable

import numpy as np

from cosmograd.cosmology import DeSitter
from cosmograd.cosmology.perturbations import SpectatorOutcome, vacuum_mode
from cosmograd.errors import UserError
from cosmograd.experiments.sources import Sources
from cosmograd.experiments.spectator.quantities import QUANTITIES
from cosmograd.experiments.spectator.specification import Specification
from cosmograd.results import Result


def run(
    specification: Specification,
    sources: Sources | None = None,
    progress: Callable[[float], None] = lambda fraction: None,
    pictured: bool = False,
) -> Result:
    """The Bunch–Davies mode of a test field in de Sitter space, in units of H, against k/aH."""
    del sources, pictured  # there are no files, and figures need nothing besides
    x = np.geomspace(specification.first, specification.last, specification.count)
    mode = vacuum_mode(DeSitter(), 1.0, specification.mass_over_hubble_squared, -np.log(x), specification.accuracy)
    outcome = SpectatorOutcome(int(mode.outcome))
    if outcome != SpectatorOutcome.DONE:
        raise UserError(
            {
                SpectatorOutcome.NO_VACUUM: f"at k/aH = {specification.first:g} the vacuum is known to "
                f"{float(mode.vacuum_error):.1e} only, worse than the accuracy {specification.accuracy:g}. "
                "Start deeper inside the horizon (on the command line --wavenumbers 1e3:1e-2:201, in units of aH), or "
                "ask for less accuracy.",
                SpectatorOutcome.OUT_OF_STEPS: "the mode takes too many steps; ask for a smaller range of k/aH.",
                SpectatorOutcome.NOT_A_NUMBER: "the mode grows beyond all numbers; take a smaller range of k/aH.",
            }[outcome]
        )
    progress(1.0)
    along = ("wavenumber_over_ah",)
    arrays = {
        "wavenumber_over_ah": (along, x),
        "mode_real": (along, mode.value.real),
        "mode_imaginary": (along, mode.value.imag),
        "power": (along, mode.power(1.0)),
        "achieved_accuracy": ((), mode.achieved_accuracy),
    }
    said = {"name": specification.name, "specification": json.dumps(specification.model_dump(), ensure_ascii=False)}
    return Result.of("spectator", QUANTITIES, arrays, said)
