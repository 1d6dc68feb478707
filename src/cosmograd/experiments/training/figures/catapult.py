"""Real networks near the limit of stability: they grow first, then their kernel falls and training recovers."""

import numpy as np

from cosmograd.experiments.training.analysis.study import Study, StudyPoint, study_of
from cosmograd.figures import POINT_STYLES, Axis, Figure, Guide, LegendEntry, Line, Mark, Panel, figure, points
from cosmograd.results import Result
from cosmograd.results.number_format import number

# Points from this share of the limit on are near it.
_NEAR = 0.85
_PANELS = (
    ("first_growth", "first growth", Axis("largest loss over the first", "log")),
    ("kept_eigenvalue", "fall of the kernel", Axis(r"$\lambda_{max}$ at the end over the first", low=0.0)),
)


def points_near_the_limit(study: Study) -> list[StudyPoint]:
    """Real networks near ηλ_max = 2(1+β) or beyond; none unless there are some beyond, and two at least."""
    near = [p for p in study.points if not p.linearised and not p.scheduled and p.share_of_limit > _NEAR]
    return near if len(near) > 1 and any(p.share_of_limit > 1 for p in near) else []


@figure("catapult", needs=("loss", "kernel_eigenvalues", "largest_stable_eta_lambda"))
def catapult(result: Result) -> Figure | None:
    """First growth and the kernel's fall against ηλ_max over its limit; None without real networks beyond it."""
    near = points_near_the_limit(study_of(result))
    if not near:
        return None
    momenta = sorted({p.value("momentum") for p in near})[: len(POINT_STYLES)]
    x = Axis(r"$\eta\lambda_{max}$ over the limit of the linear theory")
    panels = [Panel(_marks(near, momenta, name), x, y, title) for name, title, y in _PANELS]
    legend = [LegendEntry.of(s, f"β {number(β)}") for β, s in zip(momenta, POINT_STYLES, strict=False)]
    return Figure(
        "catapult",
        "Beyond the limit of stability",
        panels,
        "Real networks near ηλ_max = 2(1+β), where the linear theory diverges: single networks faint, medians bold. "
        "Beyond it the loss first grows, then λ_max falls and training recovers.",
        "Two panels against the learning rate over the limit of the linear theory: the largest loss of the run over "
        "the initial one, and the largest kernel eigenvalue at the end over the initial one.",
        legend=legend if len(momenta) > 1 else (),
        grid=(1, 2),
        height=2.2,
    )


def _marks(near: list[StudyPoint], momenta: list[float], name: str) -> list[Mark]:
    marks: list[Mark] = []
    for β, style in zip(momenta, POINT_STYLES, strict=False):
        chosen = sorted((p for p in near if p.value("momentum") == β), key=lambda p: p.share_of_limit)
        for point in chosen:
            values = getattr(point, name)
            share = np.full(len(values), point.share_of_limit)
            marks.append(points(share, values, style.colour, style.marker, size=2.0, opacity=0.35))
        x, medians = [p.share_of_limit for p in chosen], [np.median(getattr(p, name)) for p in chosen]
        marks.append(Line(x, medians, style.colour, "-", style.marker))
    return [*marks, Guide(1.0, "x", width=0.8, layer=None), Guide(1.0, layer=None)]
