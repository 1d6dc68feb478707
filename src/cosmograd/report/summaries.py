"""The numbers of any result, as JSON prints them; no figure is loaded for them."""

from typing import Any

from cosmograd.experiments import experiment
from cosmograd.experiments.swept_results import shown_as_sweep, summary_of_sweep
from cosmograd.results import Result


def summary_of(result: Result) -> dict[str, Any]:
    """The numbers of a result or a sweep, as JSON prints them."""
    return summary_of_sweep(result) if shown_as_sweep(result) else experiment(result.experiment).summary(result)
