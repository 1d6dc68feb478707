"""One figure for each limit in which the two sides of the duality differ; that of the noise is in `minibatch_noise`."""

from collections.abc import Sequence

import numpy as np

from cosmograd.experiments.training.analysis.back_reaction import hubble_ratios
from cosmograd.experiments.training.analysis.dependents import dependent_quantities
from cosmograd.experiments.training.analysis.study import Study, StudyPoint, study_of
from cosmograd.experiments.training.analysis.swept_keys import in_words
from cosmograd.figures import (
    POINT_STYLES,
    PREDICTION_STYLES,
    Axis,
    Figure,
    Guide,
    Intervals,
    LegendEntry,
    Line,
    LineStyle,
    Mark,
    Panel,
    figure,
    limits_of_logarithmic_axis,
    logarithmic_axis,
    points,
)
from cosmograd.results import Result
from cosmograd.results.number_format import count, number

# Numbers below are round-off; one or two points show no trend.
_ROUND_OFF, _LEAST_POINTS = 1e-12, 3
_HEIGHT = 2.1
_WIDTH_KEY = "network.width"
_DASHED = (0, (5, 1.8))
_UNIVERSE = LineStyle("universe", "#009E73", _DASHED, "")


def _log_axis(label: str, values: Sequence[float] | np.ndarray, ceiling: float = np.inf) -> Axis:
    return logarithmic_axis(label, limits_of_logarithmic_axis([np.asarray(values)], ceiling=ceiling))


@figure("limit-discretisation", needs=("duality_limit", "discretisation"))
def discretisation(result: Result) -> Figure | None:
    """The effect of the finite learning rate alone."""
    return _against_rate(
        study_of(result),
        "discretisation",
        "limit-discretisation",
        "Limit 1: the step",
        "EFT against updates",
        "Distance of the continuum's second-order theory from the stroboscopic prediction, which is exact in the step, "
        "over the distance left to learn, median over members. It grows with the learning rate.",
        "Distance of the second-order from the stroboscopic prediction against the learning rate.",
    )


@figure("limit-fast-root", needs=("duality_limit",))
def fast_root(result: Result) -> Figure | None:
    """Error of the second-order theory when it starts from rest."""
    study = study_of(result)
    plain = any(not point.scheduled and point.value("momentum") == 0 for point in study.points)
    reason = (
        "Without momentum training is of first order and has one root, and a start from rest excites a second one."
        if plain
        else "With momentum the second root is training's own, and only half a step at the first update is lost."
    )
    return _against_rate(
        study,
        "spurious fast root",
        "limit-fast-root",
        "Limit 4: the spurious fast root",
        "start from rest against start taken",
        f"Error of the second-order theory from a start from rest, over the distance left to learn. {reason}",
        "Error of a start from rest of the second-order theory against the learning rate.",
    )


def _against_rate(
    study: Study, limit: str, name: str, title: str, label: str, caption: str, alternative: str
) -> Figure | None:
    """A limit against ηλ_max, a colour for each momentum; None without three points at two rates."""
    known = [p for p in study.points if p.limit(limit) > _ROUND_OFF and not p.scheduled]
    if len({round(p.rate, 9) for p in known}) < 2 or len(known) < _LEAST_POINTS:
        return None
    groups = _by_momentum(known)
    marks: list[Mark] = [
        points([p.rate for p in chosen], [p.limit(limit) for p in chosen], style.colour, style.marker)
        for _, style, chosen in groups
    ]
    x = _log_axis(r"$\eta\lambda_{max}$", [p.rate for p in known], ceiling=1e3)
    y = _log_axis(label, [p.limit(limit) for p in known], ceiling=1e3)
    legend = [LegendEntry.of(style, f"β = {number(β)}", dashes="") for β, style, _ in groups] * (len(groups) > 1)
    return Figure(name, title, [Panel(marks, x, y)], caption, alternative, legend=legend, height=_HEIGHT)


def _by_momentum(points: Sequence[StudyPoint]) -> list[tuple[float, LineStyle, list[StudyPoint]]]:
    """Points of one momentum each, of at most as many as there are colours, those with the most points."""
    momenta: dict[float, list[StudyPoint]] = {}
    for point in points:
        momenta.setdefault(point.value("momentum"), []).append(point)
    most = sorted(sorted(momenta, key=lambda β: -len(momenta[β]))[: len(POINT_STYLES)])
    return [(β, style, momenta[β]) for β, style in zip(most, POINT_STYLES, strict=False)]


@figure("limit-finite-width", needs=("final_kernel_drift",))
def finite_width(result: Result) -> Figure | None:
    """Drift of the kernel against the width, a colour for each slope that was found; None without one."""
    study = study_of(result)
    slopes = [s for s in study.slopes if (s.hyperparameter, s.quantity) == (_WIDTH_KEY, "kernel_drift")]
    if _WIDTH_KEY not in study.keys or not slopes:
        return None
    drift, width = dependent_quantities(study.results)["kernel_drift"], study.results[_WIDTH_KEY].values.astype(float)
    fine = drift.known & np.isfinite(width)
    marks: list[Mark] = []
    legend = []
    for slope, style in zip(slopes, POINT_STYLES, strict=False):
        known = fine & np.all([study.results[name].values == value for name, value in slope.labels.items()], axis=0)
        value, low, high = (side[known] for side in (drift.value, drift.low, drift.high))
        marks.append(Intervals(width[known], value, low, high, style.colour, style.marker))
        legend.append(LegendEntry.of(style, in_words(slope.labels), dashes=""))
        if np.isfinite(slope.predicted):
            ends = np.array([width[known].min(), width[known].max()])
            middle = np.exp(np.log(value * width[known] ** -slope.predicted).mean())
            marks.append(Line(ends, middle * ends**slope.predicted, "#555555", _DASHED, width=0.9))
    predicted = any(np.isfinite(slope.predicted) for slope in slopes[: len(POINT_STYLES)])
    y = _log_axis(r"$|\Theta-\Theta(0)|\,/\,|\Theta(0)|$ at the end", drift.value[fine])
    return Figure(
        "limit-finite-width",
        "Limit 2: finite width",
        [Panel(marks, _log_axis("width", width[fine]), y)],
        "Drift of the tangent kernel over the run against the width of the hidden layers, geometric mean over members "
        "with 95 % intervals."
        + " Theory of wide networks (dashed): 1/width in NTK parametrisation, constant in µP."
        * predicted,
        "Drift of the tangent kernel against the width of the network"
        + (", with a dashed line for theory." if predicted else "."),
        legend=legend if len(legend) > 1 else (),
        height=_HEIGHT,
    )


def point_with_gradient_power(study: Study) -> StudyPoint | None:
    """The first point whose masses follow a power of the wavenumber."""
    return next((p for p in study.points if np.isfinite(p.limit("no gradient term"))), None)


def masses_over_wavenumbers(point: StudyPoint) -> tuple[np.ndarray, np.ndarray]:
    """Wavenumber, and m² over that of the heaviest mode, of the modes above round-off."""
    λ, k = point.values("eigenvalue"), point.values("mode_wavenumber")
    fine = (λ > 1e-8 * λ[0]) & (k > 1e-8)
    return k[fine], λ[fine] / λ[0]


@figure("limit-no-gradient-term", needs=("eigenvalue", "mode_wavenumber", "duality_limit"))
def no_gradient_term(result: Result) -> Figure | None:
    """Masses of the kernel's modes against their wavenumber, beside a universe's gradient term."""
    study = study_of(result)
    point = point_with_gradient_power(study)
    if point is None or len(study.points) < 2:
        return None
    k, masses = masses_over_wavenumbers(point)
    ends = np.array([k.min(), k.max()])
    middle = np.exp(np.log(masses).mean()), np.exp(np.log(k).mean())
    fitted = LineStyle("fitted power law", "#555555", "-", "")
    marks: list[Mark] = [points(k, masses)]
    for slope, style in ((point.limit("no gradient term"), fitted), (2.0, _UNIVERSE)):
        marks.append(Line(ends, middle[0] * (ends / middle[1]) ** slope, style.colour, style.dashes, width=1.0))
    legend = [
        LegendEntry("modes of the kernel", "black", "", "o"),
        LegendEntry.of(fitted),
        LegendEntry.of(_UNIVERSE, r"gradient in a universe, $k^2$"),
    ]
    x = _log_axis("wavenumber k of the mode over neighbouring points", k)
    return Figure(
        "limit-no-gradient-term",
        "Limit 3: no gradient term",
        [Panel(marks, x, _log_axis(r"$m^2$ over that of the heaviest mode", masses))],
        f"m² of the modes of the mean initial kernel against how fast they vary over the data ({point.title}). Smooth "
        "modes are the heaviest (spectral bias), where a universe adds k²/a².",
        "Squared masses of the kernel's modes against their wavenumber, falling, with the rising gradient term of a "
        "universe.",
        legend=legend,
        height=_HEIGHT,
    )


@figure("limit-non-quadratic-loss", needs=("relative_error", "initial_mass_deficit", "duality_limit"))
def non_quadratic_loss(result: Result) -> Figure | None:
    """Error of the predictions against the share of its mass that the heaviest mode lacks at the start."""
    chosen = points_of_bent_losses(study_of(result))
    if len(chosen) < _LEAST_POINTS:
        return None
    deficits = [p.limit("non-quadratic loss") for p in chosen]
    styles = {name: PREDICTION_STYLES[name] for name in ("gradient_flow", "stroboscopic")}
    errors = {name: [p.typical("relative_error", prediction=name) for p in chosen] for name in styles}
    marks: list[Mark] = [points(deficits, errors[name], s.colour, s.marker) for name, s in styles.items()]
    x = _log_axis("share of m² that the heaviest mode lacks at the start", deficits)
    return Figure(
        "limit-non-quadratic-loss",
        "Limit 5: losses that are not quadratic",
        [Panel(marks, x, _log_axis("median relative error", np.array(list(errors.values())), ceiling=1e2))],
        f"Error of the predictions for small deviations at {count(len(chosen), 'point')} whose loss is not quadratic. "
        "Where the loss is flatter than at its minimum, masses grow while the network learns, however wide it is.",
        "Error of gradient flow and stroboscopic prediction against the missing share of the heaviest mode's mass.",
        legend=[LegendEntry.of(style, dashes="") for style in styles.values()],
        height=_HEIGHT,
    )


def points_of_bent_losses(study: Study) -> list[StudyPoint]:
    """Those whose loss is not quadratic, of which members stood."""
    return [p for p in study.points if p.setting("loss_kind", "squared") != "squared" and p.intact.any()]


@figure("limit-no-back-reaction", needs=("measured_hubble_rate", "duality_limit"))
def no_back_reaction(result: Result) -> Figure | None:
    """Measured over predicted Hubble rate against the initial loss."""
    found = hubble_ratios(study_of(result).results)
    if found is None:
        return None
    share, ratio, low, high = found
    grid = np.geomspace(share.min() / 1.5, share.max() * 1.5, 200)
    top = max(float(np.percentile(high, 90)), min(float(np.sqrt(1 + share.max())), 3.0))
    bottom = min(0.8, 0.97 * float(np.percentile(low, 10)))
    return Figure(
        "limit-no-back-reaction",
        "Limit 7: no back-reaction",
        [
            Panel(
                [
                    Intervals(share, ratio, low, high, "#000000", "o"),
                    Line(grid, np.sqrt(1 + grid), _UNIVERSE.colour, _UNIVERSE.dashes),
                    Guide(1.0, layer=None),
                ],
                Axis("initial loss over Λ", "log"),
                Axis("measured H over the dictionary's", low=bottom, high=1.05 * top),
            )
        ],
        "Measured Hubble rate over the dictionary's against the initial loss over Λ. A universe whose potential is the "
        "loss would expand faster at first (dashed); training does not feel its loss.",
        "Measured over predicted Hubble rate against the initial loss over Λ, with the curve of a universe with "
        "back-reaction.",
        legend=[
            LegendEntry("trainings, 95 % interval", "black", "", "o"),
            LegendEntry.of(_UNIVERSE, r"Friedmann, $\sqrt{1+L/\Lambda}$ at start"),
        ],
        height=_HEIGHT,
    )
