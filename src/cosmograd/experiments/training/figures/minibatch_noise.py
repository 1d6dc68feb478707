"""The temperature of minibatches over its prediction, of the points of a study that measure it."""

from dataclasses import replace

from cosmograd.experiments.noise.ratio_figure import RATIOS, temperature_figure
from cosmograd.experiments.training.analysis.noise_runs import runs_of_points
from cosmograd.experiments.training.analysis.study import study_of
from cosmograd.experiments.training.point_noise import NOISE
from cosmograd.figures import Figure, figure
from cosmograd.results import Result


@figure("minibatch-noise", needs=(f"{NOISE}verdict",))
def minibatch_noise(result: Result) -> Figure | None:
    """Measured over predicted temperature against the batch size; None where no point measures it or can."""
    runs = runs_of_points(study_of(result).results)
    drawn = None if runs is None else temperature_figure(runs, tuple(NOISE + name for name in RATIOS))
    return None if drawn is None else replace(drawn, title="Limit 6: the noise of minibatches")
