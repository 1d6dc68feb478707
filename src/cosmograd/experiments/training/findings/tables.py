"""The tables of the page: errors, loss and kernel, dependence, the dual universe, and where the duality fails."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from cosmograd.duality import LIMITS, REGIMES, SCHEMES, TIME_UNITS
from cosmograd.experiments.noise.ratio_figure import NAMES
from cosmograd.experiments.training.analysis.onsets import Onset
from cosmograd.experiments.training.analysis.slopes import Slope
from cosmograd.experiments.training.analysis.study import StudyPoint
from cosmograd.experiments.training.analysis.swept_keys import in_words, key_name, value_text
from cosmograd.experiments.training.point_measurement import MEASURED
from cosmograd.experiments.training.point_noise import NOISE
from cosmograd.experiments.training.quantities import SPLIT_PARTS
from cosmograd.figures import PREDICTION_STYLES, Table
from cosmograd.measurement.member_statistics import median
from cosmograd.results.number_format import between, error, error_span, number, span, with_error

# With more points than this, the table of limits shows the range over points instead of a column for each.
_MOST_COLUMNS = 6
_FIXED_KERNEL = ("gradient_flow", "second_order", "stroboscopic")


def _by_point(
    points: Iterable[StudyPoint],
    keys: Sequence[str],
    heads: Iterable[str],
    cells: Callable[[StudyPoint], Iterable[str]],
    caption: str,
) -> Table:
    """A row for each point, named by its swept keys."""
    names = tuple(key_name(key) for key in keys) or ("point",)
    rows = tuple(
        (*(tuple(value_text(point.data[key].item()) for key in keys) or (point.title,)), *cells(point))
        for point in points
    )
    return Table((*names, *heads), rows, len(names), caption)


def error_table(points: Sequence[StudyPoint], keys: Sequence[str]) -> Table:
    """Median relative error of every prediction, with the smallest and largest member, for each point."""
    return _by_point(
        points,
        keys,
        ("members", *(style.name for style in PREDICTION_STYLES.values())),
        lambda point: (_members(point), *(_with_range(point, name) for name in PREDICTION_STYLES)),
        "Median relative error over members that did not diverge, in brackets the smallest and largest: distance from "
        "the training outputs over the distance left to learn, over the whole run.",
    )


def _members(point: StudyPoint) -> str:
    intact = int(point.intact.sum())
    return f"{intact}" if point.intact.all() else f"{intact} of {point.intact.size}"


def _with_range(point: StudyPoint, name: str) -> str:
    errors = point.of_intact("relative_error", prediction=name)
    known = errors[~np.isnan(errors)]
    if not known.size:
        return "–"
    middle = error(np.median(known))
    return middle if known.size == 1 else f"{middle} ({error_span(known)})"


def ensemble_table(points: Sequence[StudyPoint], keys: Sequence[str]) -> Table:
    """Errors of mean and standard deviation over the ensemble, for each point."""
    columns = [(part, name) for part in SPLIT_PARTS for name in _FIXED_KERNEL]
    return _by_point(
        points,
        keys,
        [f"{part}, {PREDICTION_STYLES[name].name}" for part, name in columns],
        lambda point: [_ensemble_error(point, part, name) for part, name in columns],
        "Relative error of the mean over networks (background) and of the standard deviation (perturbations), over all "
        "modes and updates, predicted from each network's own initial kernel; in brackets on probe points.",
    )


def _ensemble_error(point: StudyPoint, part: str, prediction: str) -> str:
    if "ensemble_error" not in point.data:
        return "–"
    found, probe = (
        point.value(name, part=part, kernel="own", prediction=prediction)
        for name in ("ensemble_error", "ensemble_error_probe")
    )
    return error(found) + ("" if np.isnan(probe) else f" ({error(probe)})")


def training_table(points: Sequence[StudyPoint], keys: Sequence[str]) -> Table:
    """Loss at start and end, as it was and as it was predicted, and how the kernel changed, for each point."""
    return _by_point(
        points,
        keys,
        ("loss at the start", "at the end", "gradient flow", "stroboscopic", "kernel drift", "λ_max over its start",
         "trace over its start", "change of entropy [nat]"),
        _training,
        "Medians over members that did not diverge: training loss, predicted loss at the end, and the change of the "
        "tangent kernel over the run.",
    )  # fmt: skip


def _training(point: StudyPoint) -> tuple[str, ...]:
    if not point.intact.any():
        return ("–",) * 8
    loss = median(point.of_intact("loss"))
    predicted = (
        median(point.of_intact("predicted_loss", prediction=name)) for name in ("gradient_flow", "stroboscopic")
    )
    changes = [median(change) for change in point.kernel_changes]
    ends = (loss[0], loss[-1], *(curve[-1] for curve in (*predicted, *changes)))
    return tuple(number(end) for end in ends)


_MEASURED = {
    "hubble_rate": "H [1/T]",
    "cosmological_constant": "Λ [1/T²]",
    "e_folds_per_update": "e-folds per update",
    "masses_squared": "m² of the heaviest mode [1/T²]",
}


def measured_table(points: Sequence[StudyPoint], keys: Sequence[str]) -> Table:
    """The universe measured from the outputs of each point's trainings."""
    return _by_point(
        [point for point in points if f"{MEASURED}hubble_rate" in point.data],
        keys,
        _MEASURED.values(),
        lambda point: [_measured(point, name) for name in _MEASURED],
        "Measured from the outputs of the trainings, with 95 % intervals; leapfrog scheme, canonical unit of time T.",
    )


def _measured(point: StudyPoint, name: str) -> str:
    value, low, high, known = (
        float(np.ravel(point.values(f"{MEASURED}{name}{suffix}"))[0])
        for suffix in ("", "_low", "_high", "_identifiable")
    )
    return between(low, value, high) if known == 1 else "not identifiable"


def noise_table(points: Sequence[StudyPoint], keys: Sequence[str]) -> Table:
    """The measured temperature of minibatches over its prediction, for each point that asks for it."""
    measured = [point for point in points if noise_verdict(point)]
    return _by_point(
        measured,
        keys,
        ("batches", "runs", "updates", "positions", "velocities", "shuffled epochs", "verdict"),
        _noise,
        "Measured over predicted temperature, mean over the stiffest modes, with standard errors; predicted are "
        "independent draws, and beside them shuffled epochs of examples with one Hessian.",
    )


def noise_verdict(point: StudyPoint) -> str:
    """Whether the noise was stationary, or why there are no numbers; empty where it was not asked for."""
    return str(point.data[f"{NOISE}verdict"].item()) if f"{NOISE}verdict" in point.data else ""


def _noise(point: StudyPoint) -> tuple[str, ...]:
    ratios = (_ratio(point, name) for name in ("temperature_ratio", "velocity_ratio"))
    way = point.setting("sampling")
    amounts = (str(int(point.value(f"{NOISE}{name}"))) for name in ("members", "updates"))
    shuffled = number(point.value(f"{NOISE}shuffled_ratio"))
    return NAMES.get(way, way), *amounts, *ratios, shuffled, noise_verdict(point)


def _ratio(point: StudyPoint, name: str) -> str:
    value, uncertainty = point.value(f"{NOISE}{name}"), point.value(f"{NOISE}{name}_error")
    return "–" if np.isnan(value) else f"{number(value)} ± {number(uncertainty, 2)}"


def slopes_table(slopes: Sequence[Slope]) -> Table:
    """Every slope with its 95 % interval and what theory says."""
    several = any(s.labels for s in slopes)
    rows = [
        (
            key_name(s.hyperparameter),
            *([in_words(s.labels)] if several else []),
            s.quantity.replace("_", " "),
            with_error(s.slope, (s.high - s.low) / 2),
            f"{number(s.low)} to {number(s.high)}",
            number(s.predicted),
            "" if np.isnan(s.predicted) else "yes" if s.low <= s.predicted <= s.high else "no",
            str(s.points),
        )
        for s in slopes
    ]
    caption = (
        "Slopes d ln(quantity)/d ln(hyperparameter) between points that differ in nothing else"
        f"{', one for each combination of keys that are no numbers' if several else ''}; linearised networks count "
        "only where there are no others. Predicted by the dictionary, and for the drift against the width by the "
        "theory of wide networks: −1 in NTK parametrisation, 0 in µP; shuffled epochs, which follow no power of the "
        "batch size, are left out."
    )
    heads = ("hyperparameter", *(["among"] if several else []), "quantity", "slope", "95 % interval", "predicted",
             "inside", "points")  # fmt: skip
    return Table(heads, tuple(rows), 3 if several else 2, caption)


def onsets_table(onsets: Sequence[Onset]) -> Table:
    """Every onset with its interval beside that of the linear theory."""
    rows = [
        (
            o.what,
            number(o.momentum),
            "linearised" if o.linearised else "real",
            with_error(o.eta_lambda, (o.high - o.low) / 2),
            number(o.predicted, 4),
            f"{number(100 * (o.eta_lambda / o.predicted - 1), 2)} %",
            str(o.points),
        )
        for o in onsets
    ]
    caption = (
        "ηλ of the heaviest mode at which the fitted recursion begins to oscillate and to grow, interpolated between "
        "points that differ in the learning rate alone. Predicted: (1−√β)² and 2(1+β)."
    )
    return Table(("onset of", "β", "networks", "ηλ", "predicted", "off by", "points"), tuple(rows), 3, caption)


def universe_table(points: Sequence[StudyPoint], keys: Sequence[str], of: int) -> Table:
    """The universe that each point's training is: H, Λ, e-folds and masses, in canonical units.

    of: how many points the study has.
    """
    heads = (
        "η", "β", "ηλ_max", "δ [T]", "H [1/T]", "Λ [1/T²]", "updates", "e-folds per update", "e-folds in all",
        "stroboscopic e-folds per update", "stroboscopic e-folds in all", "m²/H² of modes", "modes by regime",
    )  # fmt: skip
    caption = (
        "Leapfrog scheme, canonical unit of time T (V = L, so that Λ ∝ 1/η), with ħ = c = 8πG = 1; e-folds and m²/H² "
        "do not depend on the unit. In the stroboscopic scheme 3Hδ = ln(1/β), infinite without momentum. Masses below "
        "round-off are left out."
    )
    if any(point.scheduled for point in points):
        caption += " A schedule changes the constants; given are those of the update halfway through the run."
    if any(point.looks_ahead for point in points):
        caption += (
            " Nesterov's method takes its gradient at the extrapolated point, which adds δλ to the friction 3H of a "
            "mode, to leading order; masses and regimes are those of its own updates."
        )
    if len(points) < of:
        caption += (
            f" The table shows {len(points)} of the study's {of} points, at equal steps in the rank of the "
            "stroboscopic prediction's error, from the best to the worst."
        )
    return _by_point(points, keys, heads, _universe, caption)


def _universe(point: StudyPoint) -> tuple[str, ...]:
    canonical = {"scheme": "leapfrog", "time_unit": "canonical"}
    regimes = point.values("regime").astype(str)
    masses = point.masses[point.resolved]
    return (
        number(point.value("learning_rate"), 4),
        number(point.value("momentum"), 4),
        number(float(point.eta_lambda.max())),
        *(number(point.value(name, **canonical)) for name in ("time_step", "hubble_rate", "cosmological_constant")),
        str(int(point.values("record")[-1])),
        number(point.value("e_folds_per_update", scheme="leapfrog")),
        number(point.total_e_folds),
        number(point.value("e_folds_per_update", scheme="stroboscopic")),
        number(float(point.values("e_folds", scheme="stroboscopic")[-1])),
        span((float(masses.min()), float(masses.max()))),
        ", ".join(f"{int((regimes == name).sum())} {name}" for name in REGIMES if (regimes == name).any()),
    )


def units_table(points: Sequence[StudyPoint]) -> Table:
    """H and Λ of the points in every unit of time and both schemes."""
    heads = ("point", "scheme", *(f"{quantity}, {unit.replace('-', ' ')}" for unit in TIME_UNITS for quantity in "HΛ"))
    rows = [
        (
            point.title,
            scheme,
            *(
                number(point.value(name, scheme=scheme, time_unit=unit))
                for unit in TIME_UNITS
                for name in ("hubble_rate", "cosmological_constant")
            ),
        )
        for point in points
        for scheme in SCHEMES
    ]
    caption = (
        "The same in other units of time: canonical (V = L), gradient-flow time (δ = η), √η time (δ = √η) and the "
        "count of updates (δ = 1)."
    )
    return Table(heads, tuple(rows), 2, caption)


# Beside the limits of the duality: the measure of each, and its size.
_OTHER_DIFFERENCES: dict[str, tuple[str, Callable[[StudyPoint], float]]] = {
    "critical damping, real map": (
        "ηλ at which the updates are critically damped",
        lambda point: point.value("regime_boundary", boundary="critical"),
    ),
    "critical damping, EFT": (
        "ηλ at which the second-order EFT is critically damped",
        lambda point: point.value("continuum_critical_eta_lambda"),
    ),
    "regimes misread": (
        "share of modes whose regime the second-order EFT gets wrong",
        lambda point: float(point.misread.mean()),
    ),
    "no continuum dual": (
        "share of modes in regimes period-two and unstable",
        lambda point: float(point.flipping.mean()),
    ),
    "divergence": ("number of members that diverged", lambda point: float((~point.intact).sum())),
}


def limits_table(points: Sequence[StudyPoint]) -> Table:
    """Where the two sides of the duality differ in this run, and by how much."""
    few = len(points) <= _MOST_COLUMNS
    columns = tuple(point.title for point in points) if few and len(points) > 1 else ("this run",)
    rows = [(name, measure, *_across([point.limit(name) for point in points], few)) for name, measure in LIMITS.items()]
    for name, (measure, of) in _OTHER_DIFFERENCES.items():
        rows.append((name, measure, *_across([of(point) for point in points], few)))
    caption = "Where the two sides of the duality differ, the measure of it, and its size in this run."
    if not few:
        caption += f" Smallest to largest of {len(points)} points."
    return Table(("limit", "measure", *columns), tuple(rows), 1, caption)


def _across(values: Sequence[float], few: bool) -> tuple[str, ...]:
    return tuple(number(value) for value in values) if few else (span(values),)
