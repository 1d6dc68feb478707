"""One figure for each limit in which the two sides of the duality differ; that of the noise is `noise_figure`."""

from collections.abc import Callable, Sequence

import numpy as np
import scipy.special
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from cosmograd.report.parts import (
    POINT_STYLES,
    PREDICTION_STYLES,
    LineStyle,
    ReportFigure,
    between,
    count,
    draw_intervals,
    error,
    figure_text,
    legend_below,
    limits_of_logarithmic_axis,
    number,
    panels,
    span,
    use_logarithmic_axis,
)
from cosmograd.report.study.dependence import Slope, dependent_quantities
from cosmograd.report.study.study_points import ReportPoint
from cosmograd.report.study.swept_keys import in_words, setting_of_every_point

# Numbers below are round-off.
_ROUND_OFF = 1e-12
_HEIGHT = 2.1
_TRAININGS = LineStyle("trainings", "#000000", "", "o")
_UNIVERSE = LineStyle("universe", "#009E73", (0, (5, 1.8)), "")


def limit_figures(results: xr.Dataset, points: Sequence[ReportPoint], slopes: Sequence[Slope]) -> list[ReportFigure]:
    """In the order of the limits; those of which the study shows nothing are left out."""
    draw_all: list[Callable[[], ReportFigure | None]] = [
        lambda: _discretisation(points),
        lambda: _finite_width(results, slopes),
        lambda: _no_gradient_term(points),
        lambda: _fast_root(points),
        lambda: _non_quadratic(points),
        lambda: _no_back_reaction(results),
    ]
    return [figure for draw in draw_all if (figure := draw()) is not None]


def _one_panel() -> tuple[Figure, Axes]:
    figure, (axis,) = panels(1, height=_HEIGHT)
    return figure, axis


def _by_momentum(points: Sequence[ReportPoint]) -> list[tuple[float, LineStyle, list[ReportPoint]]]:
    """Points of one momentum each, of at most as many as there are colours, those with the most points."""
    momenta: dict[float, list[ReportPoint]] = {}
    for point in points:
        momenta.setdefault(point.value("momentum"), []).append(point)
    most = sorted(sorted(momenta, key=lambda β: -len(momenta[β]))[: len(POINT_STYLES)])
    return [(β, style, momenta[β]) for β, style in zip(most, POINT_STYLES, strict=False)]


def _against_rate(points: Sequence[ReportPoint], limit: str, label: str) -> tuple[Figure, float, float] | None:
    """A limit against ηλ_max, a colour for each momentum; with the ηλ_max at which it is largest, and its value."""
    known = [p for p in points if p.value("duality_limit", limit=limit) > _ROUND_OFF and not p.scheduled]
    if len({round(p.value("eta_lambda_max"), 9) for p in known}) < 2:
        return None
    figure, axis = _one_panel()
    groups = _by_momentum(known)
    for _, style, chosen in groups:
        x, y = (np.array([get(p) for p in chosen]) for get in (_rate, lambda p: p.value("duality_limit", limit=limit)))
        axis.plot(x, y, color=style.colour, marker=style.marker, ls="")
    for direction, values in (("x", list(map(_rate, known))), ("y", _limits(known, limit))):
        use_logarithmic_axis(axis, limits_of_logarithmic_axis([np.array(values)], ceiling=1e3), direction)
    axis.set_xlabel(r"$\eta\lambda_{max}$")
    axis.set_ylabel(label)
    if len(groups) > 1:
        legend_below(figure, [
            Line2D([], [], color=style.colour, marker=style.marker, ls="", label=figure_text(f"β = {number(β)}"))
            for β, style, _ in groups
        ])  # fmt: skip
    largest = max(known, key=lambda p: p.value("duality_limit", limit=limit))
    return figure, _rate(largest), largest.value("duality_limit", limit=limit)


def _rate(point: ReportPoint) -> float:
    return point.value("eta_lambda_max")


def _limits(points: Sequence[ReportPoint], limit: str) -> list[float]:
    return [point.value("duality_limit", limit=limit) for point in points]


def _discretisation(points: Sequence[ReportPoint]) -> ReportFigure | None:
    drawn = _against_rate(points, "discretisation", "EFT against updates")
    if drawn is None:
        return None
    figure, where, largest = drawn
    return ReportFigure(
        "limit-discretisation",
        "Limit 1: the step",
        figure,
        "Distance of the continuum's second-order theory from the stroboscopic prediction, which is exact in the step, "
        "over the distance left to learn, median over members: what the finite learning rate alone does. Largest at "
        f"ηλ_max = {number(where)}: {error(largest)}.",
        "Distance of the second-order from the stroboscopic prediction against the learning rate.",
        ("duality_limit", "discretisation"),
    )


def _finite_width(results: xr.Dataset, slopes: Sequence[Slope]) -> ReportFigure | None:
    key = "network.width"
    found = [slope for slope in slopes if (slope.hyperparameter, slope.quantity) == (key, "kernel_drift")]
    if key not in results.coords or not found:
        return None
    drift = dependent_quantities(results)["kernel_drift"]
    width = results[key].values.astype(float)
    fine = drift.known & np.isfinite(width)
    figure, axis = _one_panel()
    drawn = found[: len(POINT_STYLES)]
    for slope, style in zip(drawn, POINT_STYLES, strict=False):
        known = fine & np.all([results[name].values == value for name, value in slope.labels.items()], axis=0)
        value, low, high = (side[known] for side in (drift.value, drift.low, drift.high))
        draw_intervals(axis, width[known], value, low, high, style)
        if np.isfinite(slope.predicted):
            ends = np.array([width[known].min(), width[known].max()])
            middle = np.exp(np.log(value * width[known] ** -slope.predicted).mean())
            axis.plot(ends, middle * ends**slope.predicted, color="#555555", ls=(0, (5, 1.8)), lw=0.9)
    for direction, values in (("x", width[fine]), ("y", drift.value[fine])):
        use_logarithmic_axis(axis, limits_of_logarithmic_axis([values]), direction)
    if len(drawn) > 1:
        legend_below(figure, [
            Line2D([], [], color=style.colour, marker=style.marker, ls="", label=figure_text(in_words(slope.labels)))
            for slope, style in zip(drawn, POINT_STYLES, strict=False)
        ])  # fmt: skip
    predicted = any(np.isfinite(slope.predicted) for slope in drawn)
    told = "; ".join(
        f"{in_words(slope.labels)}{': ' if slope.labels else ''}{between(slope.low, slope.slope, slope.high)}"
        for slope in drawn
    )
    axis.set_xlabel("width")
    axis.set_ylabel(r"$|\Theta-\Theta(0)|\,/\,|\Theta(0)|$ at the end")
    return ReportFigure(
        "limit-finite-width",
        "Limit 2: finite width",
        figure,
        "Drift of the tangent kernel over the run against the width of the hidden layers, geometric mean over members "
        "with 95 % intervals"
        + ("; dashed: theory of wide networks, 1/width in NTK parametrisation and constant in µP" * predicted)
        + f". Slope between points that differ in width alone: {told}.",
        "Drift of the tangent kernel against the width of the network"
        + (", with a dashed line for theory." if predicted else "."),
        ("final_kernel_drift",),
    )


def _no_gradient_term(points: Sequence[ReportPoint]) -> ReportFigure | None:
    slopes = np.array(_limits(points, "no gradient term"))
    known = np.flatnonzero(np.isfinite(slopes))
    if not known.size or "mode_wavenumber" not in points[0].data:
        return None
    point = points[int(known[0])]
    λ, k = point.data["eigenvalue"].values, point.data["mode_wavenumber"].values
    fine = (λ > 1e-8 * λ[0]) & (k > 1e-8)
    figure, axis = _one_panel()
    axis.plot(k[fine], λ[fine] / λ[0], color="black", marker="o", ls="")
    ends = np.array([k[fine].min(), k[fine].max()])
    middle = np.exp(np.log(λ[fine] / λ[0]).mean()), np.exp(np.log(k[fine]).mean())
    for slope, style in ((slopes[known[0]], LineStyle("", "#555555", "-", "")), (2.0, _UNIVERSE)):
        axis.plot(ends, middle[0] * (ends / middle[1]) ** slope, color=style.colour, ls=style.dashes, lw=1.0)
    for direction, values in (("x", k[fine]), ("y", λ[fine] / λ[0])):
        use_logarithmic_axis(axis, limits_of_logarithmic_axis([values]), direction)
    axis.set_xlabel("wavenumber k of the mode over neighbouring points")
    axis.set_ylabel(r"$m^2$ over that of the heaviest mode")
    legend_below(figure, [
        Line2D([], [], color="black", marker="o", ls="", label="modes of the kernel"),
        Line2D([], [], color="#555555", label="fitted power law"),
        Line2D([], [], color=_UNIVERSE.colour, ls=_UNIVERSE.dashes, label=r"gradient in a universe, $k^2$"),
    ])  # fmt: skip
    told = number(slopes[known[0]])
    if fine.sum() > 2:
        told += f" ± {number(_error_of_power(k[fine], λ[fine], float(slopes[known[0]])), 2)} (standard error)"
    other = f" Over all points the power is {span(slopes[known])}." if np.ptp(slopes[known]) > 0 else ""
    return ReportFigure(
        "limit-no-gradient-term",
        "Limit 3: no gradient term",
        figure,
        f"m² of the modes of the mean initial kernel against how fast they vary over the data ({point.title}): a "
        f"network's masses go as k to the power {told}, smooth modes being the heaviest (spectral "
        "bias), where a universe adds k²/a². A plain network is a universe far outside the horizon, k ≪ aH." + other,
        "Squared masses of the kernel's modes against their wavenumber, falling, with the rising gradient term of a "
        "universe.",
        ("eigenvalue", "mode_wavenumber", "duality_limit"),
    )


def _error_of_power(k: np.ndarray, masses: np.ndarray, power: float) -> float:
    """Standard error of a power, from the scatter of the modes about it."""
    x, rest = np.log(k / np.exp(np.log(k).mean())), np.log(masses) - power * np.log(k)
    return float(np.sqrt(np.sum(np.square(rest - rest.mean())) / (len(k) - 2) / np.sum(x**2)))


def _fast_root(points: Sequence[ReportPoint]) -> ReportFigure | None:
    drawn = _against_rate(points, "spurious fast root", "start from rest against start taken")
    if drawn is None:
        return None
    figure, where, largest = drawn
    without = any(not point.scheduled and point.value("momentum") == 0 for point in points)
    root = (
        "Without momentum training is of first order and has one root; a start from rest excites a second one, which "
        "it does not have."
        if without
        else "With momentum the second root is training's own; that its first update is half a step off is all that is "
        "lost."
    )
    return ReportFigure(
        "limit-fast-root",
        "Limit 4: the spurious fast root",
        figure,
        f"What the second-order theory loses when it starts from rest, over the distance left to learn. {root} Largest "
        f"at ηλ_max = {number(where)}: {error(largest)}.",
        "Error of a start from rest of the second-order theory against the learning rate.",
        ("duality_limit",),
    )


def _non_quadratic(points: Sequence[ReportPoint]) -> ReportFigure | None:
    chosen = [p for p in points if p.setting("loss_kind", "squared") != "squared" and p.intact.any()]
    if len(chosen) < 2:
        return None
    deficits = np.array(_limits(chosen, "non-quadratic loss"))
    figure, axis = _one_panel()
    errors = []
    for name in ("gradient_flow", "stroboscopic"):
        style = PREDICTION_STYLES[name]
        errors.append([point.typical("relative_error", prediction=name) for point in chosen])
        axis.plot(deficits, errors[-1], color=style.colour, marker=style.marker, ls="", label=style.name)
    use_logarithmic_axis(axis, limits_of_logarithmic_axis([deficits]), "x")
    use_logarithmic_axis(axis, limits_of_logarithmic_axis([np.array(errors)], ceiling=1e2))
    axis.set_xlabel("share of m² that the heaviest mode lacks at the start")
    axis.set_ylabel("median relative error")
    legend_below(figure, axis.get_legend_handles_labels()[0])
    exact = errors[-1]
    light, heavy = int(np.argmin(deficits)), int(np.argmax(deficits))
    return ReportFigure(
        "limit-non-quadratic-loss",
        "Limit 5: losses that are not quadratic",
        figure,
        f"Error of the predictions for small deviations at {count(len(chosen), 'point')} whose loss is not quadratic, "
        "against the share of its mass that the heaviest mode lacks at the start because the loss is flatter there: "
        "the mass matrix depends on time, however wide the network. The stroboscopic prediction is off by "
        f"{error(exact[light])} where {number(100 * deficits[light], 2)} % of m² are missing, and by "
        f"{error(exact[heavy])} where {number(100 * deficits[heavy], 2)} % are.",
        "Error of gradient flow and stroboscopic prediction against the missing share of the heaviest mode's mass.",
        ("relative_error", "initial_mass_deficit", "duality_limit"),
    )


def _no_back_reaction(results: xr.Dataset) -> ReportFigure | None:
    measured = dependent_quantities(results).get("hubble_rate")
    if measured is None:
        return None
    share = results["duality_limit"].sel(limit="no back-reaction").values.astype(float)
    # What losses that are not quadratic do to H is another limit, and linearised networks are exact.
    real = np.array(setting_of_every_point(results, "linearised", "no")) == "no"
    squared = np.array(setting_of_every_point(results, "loss_kind", "squared")) == "squared"
    known = measured.known & np.isfinite(measured.predicted) & (share > 0) & real & squared
    if known.sum() < 2 or np.ptp(share[known]) == 0:
        return None
    sides = np.stack([measured.value, measured.low, measured.high])
    ratio, low, high = (sides / measured.predicted)[:, known]
    share = share[known]
    figure, axis = _one_panel()
    draw_intervals(axis, share, ratio, low, high, _TRAININGS)
    grid = np.geomspace(share.min() / 1.5, share.max() * 1.5, 200)
    axis.plot(grid, np.sqrt(1 + grid), color=_UNIVERSE.colour, ls=_UNIVERSE.dashes)
    axis.axhline(1, color="#888888", lw=0.6)
    axis.set_xscale("log")
    top = max(float(np.percentile(high, 90)), min(float(np.sqrt(1 + share.max())), 3.0))
    axis.set_ylim(min(0.8, 0.97 * float(np.percentile(low, 10))), 1.05 * top)
    axis.set_xlabel("initial loss over Λ")
    axis.set_ylabel("measured H over the dictionary's")
    legend_below(figure, [
        Line2D([], [], color="black", marker="o", ls="", label="trainings, 95 % interval"),
        Line2D([], [], color=_UNIVERSE.colour, ls=_UNIVERSE.dashes, label=r"Friedmann, $\sqrt{1+L/\Lambda}$ at start"),
    ])  # fmt: skip
    reach = float(scipy.special.stdtrit(len(ratio) - 1, 0.975)) * np.std(ratio, ddof=1) / np.sqrt(len(ratio))
    mean = between(ratio.mean() - reach, ratio.mean(), ratio.mean() + reach)
    return ReportFigure(
        "limit-no-back-reaction",
        "Limit 7: no back-reaction",
        figure,
        "Measured Hubble rate over the dictionary's against the initial loss over Λ. In a universe whose potential is "
        "the loss in units of M_Pl⁴ the expansion would begin faster (dashed), up to "
        f"{number(float(np.sqrt(1 + share.max())))} times here; training does not feel its loss: over "
        f"{count(len(ratio), 'point')} the mean ratio is {mean}.",
        "Measured over predicted Hubble rate against the initial loss over Λ, with the curve of a universe with "
        "back-reaction.",
        ("measured_hubble_rate", "duality_limit"),
    )
