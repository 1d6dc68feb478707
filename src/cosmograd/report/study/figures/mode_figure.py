"""Background and perturbations, mode by mode, against the three predictions."""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from cosmograd.report.parts import (
    MEASURED,
    PREDICTION_STYLES,
    ReportFigure,
    count,
    error_span,
    legend_below,
    marked,
    name_panel,
    number,
    panels,
    span,
    thinned,
    use_update_axis,
)
from cosmograd.report.study.study_points import ReportPoint, beyond_the_limit_in_words, selection_in_words

THREE = ("gradient_flow", "second_order", "stroboscopic")
# Modes drawn in a panel, and by how much their eigenvalues should differ so that their curves do.
_MODES = 2
_EIGENVALUES_DIFFER = 1.3
_MARKERS = ("o", "s")


def background_figure(points: Sequence[ReportPoint], shown: Sequence[ReportPoint]) -> ReportFigure | None:
    """Mean over the ensemble of the leading modes' amplitudes; None where no member survived."""
    return _mode_figure("background", points, shown)


def perturbations_figure(points: Sequence[ReportPoint], shown: Sequence[ReportPoint]) -> ReportFigure | None:
    """Standard deviation over the ensemble of the same; None where fewer than two members survived."""
    return _mode_figure("perturbations", points, shown)


def _mode_figure(part: str, points: Sequence[ReportPoint], shown: Sequence[ReportPoint]) -> ReportFigure | None:
    variable = {"background": "mode_background", "perturbations": "mode_perturbation"}[part]
    needed = {"background": 1, "perturbations": 2}[part]
    drawn = [point for point in shown if variable in point.data and point.intact.sum() >= needed]
    drawn = [point for point in drawn if _modes_to_draw(point.data)]
    if not drawn:
        return None
    figure, axes = panels(len(drawn))
    for position, (point, axis) in enumerate(zip(drawn, axes, strict=True)):
        _draw_modes(axis, point, variable)
        name_panel(axis, position, len(drawn), point.title)
    symbol = r"$\bar d_k(n)\,/\,\bar d_k(0)$" if part == "background" else r"$\sigma_k(n)\,/\,\sigma_k(0)$"
    figure.supylabel(f"{part}  {symbol}", fontsize=8)
    handles = [Line2D([], [], color="black", marker=m, ls="", mfc="none") for m in _MARKERS]
    most = max(len(_modes_to_draw(point.data)) for point in drawn)
    for handle, which in zip(handles, ("trained networks: first mode", "second mode"), strict=True):
        handle.set_label(which if most > 1 else MEASURED.name)
    handles = handles[:most]
    handles += [_handle(name) for name in THREE]
    legend_below(figure, handles, 5)
    return ReportFigure(
        part,
        "Background" if part == "background" else "Perturbations",
        figure,
        _caption(part, points, drawn, shown),
        f"Curves of {part} against updates for {count(len(drawn), 'study point')}: trained networks as markers, "
        "gradient flow, second-order effective theory and stroboscopic prediction as lines.",
        (variable, f"{variable}_prediction", "ensemble_error", "ensemble_error_probe"),
    )


def _handle(name: str) -> Line2D:
    style = PREDICTION_STYLES[name]
    return Line2D([], [], color=style.colour, ls=style.dashes, label=style.name)


def _modes_to_draw(data: xr.Dataset) -> list[int]:
    """Indices of the most excited of the leading modes whose eigenvalues differ, from the largest eigenvalue down."""
    start = np.abs(data["mode_background"].isel(record=0).values)
    λ = data["eigenvalue"].values[: len(start)]
    chosen: list[int] = []
    for index in np.argsort(-np.where(np.isfinite(start), start, -1.0), kind="stable"):
        ratios = [max(λ[index], λ[other]) / max(min(λ[index], λ[other]), 1e-300) for other in chosen]
        if start[index] > 0 and λ[index] > 0 and all(ratio > _EIGENVALUES_DIFFER for ratio in ratios):
            chosen.append(int(index))
    return sorted(chosen[:_MODES])


def _draw_modes(axis: Axes, point: ReportPoint, variable: str) -> None:
    data = point.data
    records = data["record"].values
    kept = thinned(len(records))
    measured_range, predicted_range = [], []
    for index, marker in zip(_modes_to_draw(data), _MARKERS, strict=False):
        measured = data[variable].isel(leading_mode=index).values
        start = measured[0] if measured[0] != 0 else np.nan
        for name in THREE:
            style = PREDICTION_STYLES[name]
            predicted = data[f"{variable}_prediction"].sel(prediction=name).isel(leading_mode=index).values
            curve = _until_it_leaves((predicted / start)[kept], measured / start)
            axis.plot(records[kept], curve, color=style.colour, ls=style.dashes)
            predicted_range.append(curve[np.isfinite(curve)])
        some = kept[marked(records[kept])]
        axis.plot(records[some], (measured / start)[some], marker=marker, color=MEASURED.colour, ls="", mfc="none")
        measured_range.append((measured / start)[kept])
    axis.axhline(0, color="#888888", lw=0.6, zorder=0)
    values = np.concatenate(measured_range)
    values = values[np.isfinite(values)]
    low, high = min(0.0, *values), max(1.0, *values)
    room = 0.35 * (high - low)  # for predictions; those that go further leave the frame
    predicted = np.clip(np.concatenate(predicted_range), low - room, high + room)
    low, high = min(low, *predicted), max(high, *predicted)
    margin = 0.06 * (high - low)
    axis.set_ylim(low - margin, high + margin)
    use_update_axis(axis, int(records[-1]))


def _until_it_leaves(curve: np.ndarray, measured: np.ndarray) -> np.ndarray:
    """A prediction up to where it outgrows what was measured by far."""
    largest = max(1.0, float(np.abs(measured[np.isfinite(measured)]).max()))
    outside = ~(np.abs(curve) <= 3 * largest)
    return np.where(np.cumsum(outside) > 1, np.nan, np.clip(curve, -3 * largest, 3 * largest))


def _caption(
    part: str, points: Sequence[ReportPoint], drawn: Sequence[ReportPoint], shown: Sequence[ReportPoint]
) -> str:
    members = span((point.intact.sum() for point in drawn), 4)
    what = (
        f"the mean over initialisations ({members} networks)"
        if part == "background"
        else f"the standard deviation over initialisations ({members} networks)"
    )
    modes = sorted({str(1 + index) for point in drawn for index in _modes_to_draw(point.data)}, key=int)
    ratios = [float(point.eta_lambda[_modes_to_draw(point.data)[0]]) for point in drawn]
    errors = {
        name: [point.value("ensemble_error", part=part, kernel="own", prediction=name) for point in drawn]
        for name in THREE
    }
    parts = [f"{PREDICTION_STYLES[name].name} {error_span(errors[name])}" for name in THREE]
    text = (
        f"The {part} of training, {what} of the deviation from the targets along the eigenmodes of the mean initial "
        f"kernel, over its start. Drawn are the most excited of the leading modes with clearly different eigenvalues "
        f"(mode {', '.join(modes)}; the first has ηλ = {span(ratios)}). Markers are trained networks, lines the mean "
        f"of the predictions, each from its network's own initial kernel. "
        if part == "background"
        else f"The {part} of training, {what} of the amplitude along the same modes, over its start, in the same "
        "symbols. "
    )
    text += f"Relative error of the {part}, over all modes and updates: {'; '.join(parts)}."
    text += _on_probe_points(part, drawn)
    text += _sign_flips(drawn) if part == "background" else ""
    text += beyond_the_limit_in_words(drawn) if part == "background" else ""
    missing = len(shown) - len(drawn)
    if missing:
        text += f" {count(missing, 'point')} had too few members that did not diverge."
    return text + selection_in_words(len(shown), len(points))


def _on_probe_points(part: str, drawn: Sequence[ReportPoint]) -> str:
    errors = {
        name: [point.value("ensemble_error_probe", part=part, kernel="own", prediction=name) for point in drawn]
        for name in THREE
    }
    if np.isnan(list(errors.values())).all():
        return ""
    parts = [f"{PREDICTION_STYLES[name].name} {error_span(errors[name])}" for name in THREE]
    return f" On the probe points, which were kept from training: {'; '.join(parts)}."


def _sign_flips(drawn: Sequence[ReportPoint]) -> str:
    flipping = []
    for point in drawn:
        first = _modes_to_draw(point.data)[0]
        if str(point.data["regime"].values[first]) == "period-two":
            flipping.append(number(float(point.eta_lambda[first])))
    if not flipping:
        return ""
    return (
        f" At ηλ = {', '.join(dict.fromkeys(flipping))} the map flips the mode's sign at every update: no smooth field "
        "does that, so that neither continuum prediction can follow it."
    )
