"""Background and perturbations, mode by mode, against the three predictions at fixed kernel."""

import numpy as np
import xarray as xr

from cosmograd.experiments.training.analysis.study import StudyPoint, study_of
from cosmograd.experiments.training.figures.shown_points import which_points
from cosmograd.figures import (
    MEASURED,
    PREDICTION_STYLES,
    Axis,
    Figure,
    Guide,
    LegendEntry,
    Line,
    Mark,
    Panel,
    figure,
    marked,
    points,
    thinned,
    update_axis,
)
from cosmograd.results import Result
from cosmograd.results.number_format import count

THREE = ("gradient_flow", "second_order", "stroboscopic")
# Modes drawn in a panel, and by how much their eigenvalues should differ so that their curves do.
_MODES = 2
_EIGENVALUES_DIFFER = 1.3
_MARKERS = ("o", "s")


def _needs(variable: str) -> tuple[str, ...]:
    return variable, f"{variable}_prediction", "ensemble_error", "ensemble_error_probe"


@figure("background", needs=_needs("mode_background"))
def background(result: Result) -> Figure | None:
    """Mean over the ensemble of the leading modes' amplitudes; None where no member survived."""
    return _figure(
        result,
        "background",
        1,
        r"$\bar d_k(n)\,/\,\bar d_k(0)$",
        "Mean over networks of the deviation from the targets along leading eigenmodes of the mean initial kernel, "
        "over its start",
    )


@figure("perturbations", needs=_needs("mode_perturbation"))
def perturbations(result: Result) -> Figure | None:
    """Standard deviation over the ensemble of the same; None where fewer than two members survived."""
    return _figure(
        result,
        "perturbations",
        2,
        r"$\sigma_k(n)\,/\,\sigma_k(0)$",
        "Standard deviation over networks of the deviation from the targets along the same modes, over its start",
    )


def _figure(result: Result, part: str, members: int, symbol: str, shows: str) -> Figure | None:
    study, variable = study_of(result), f"mode_{part.removesuffix('s')}"
    drawn = [p for p in study.shown if p.intact.sum() >= members and variable in p.data and leading_modes(p.data)]
    if not drawn:
        return None
    most = max(len(leading_modes(point.data)) for point in drawn)
    names = ("trained networks: first mode", "second mode") if most > 1 else (MEASURED.name,)
    legend = [LegendEntry(name, "black", "", marker, "none") for name, marker in zip(names, _MARKERS, strict=False)]
    legend += [LegendEntry.of(PREDICTION_STYLES[name], marker="") for name in THREE]
    return Figure(
        part,
        part.capitalize(),
        [_panel(point, variable) for point in drawn],
        f"{shows}{which_points(study, drawn)}. Markers are trained networks; lines are predictions, each from its "
        "network's own initial kernel.",
        f"Curves of {part} against updates for {count(len(drawn), 'study point')}: trained networks as markers, "
        "gradient flow, second-order effective theory and stroboscopic prediction as lines.",
        legend=legend,
        legend_columns=5,
        left=f"{part}  {symbol}",
    )


def leading_modes(data: xr.Dataset) -> list[int]:
    """Indices of the most excited of the leading modes whose eigenvalues differ, from the largest eigenvalue down."""
    start = np.abs(data["mode_background"].isel(record=0).values)
    λ = data["eigenvalue"].values[: len(start)]
    chosen: list[int] = []
    for index in np.argsort(-np.where(np.isfinite(start), start, -1.0), kind="stable"):
        ratios = [max(λ[index], λ[other]) / max(min(λ[index], λ[other]), 1e-300) for other in chosen]
        if start[index] > 0 and λ[index] > 0 and all(ratio > _EIGENVALUES_DIFFER for ratio in ratios):
            chosen.append(int(index))
    return sorted(chosen[:_MODES])


def _panel(point: StudyPoint, variable: str) -> Panel:
    data, records = point.data, point.values("record")
    kept = thinned(len(records))
    some = kept[marked(records[kept])]
    marks: list[Mark] = []
    measured_range, predicted_range = [], []
    for index, marker in zip(leading_modes(data), _MARKERS, strict=False):
        measured = data[variable].isel(leading_mode=index).values
        start = measured[0] if measured[0] != 0 else np.nan
        for name in THREE:
            style = PREDICTION_STYLES[name]
            predicted = data[f"{variable}_prediction"].sel(prediction=name).isel(leading_mode=index).values
            curve = _until_it_leaves((predicted / start)[kept], measured / start)
            marks.append(Line(records[kept], curve, style.colour, style.dashes))
            predicted_range.append(curve[np.isfinite(curve)])
        marks.append(points(records[some], (measured / start)[some], MEASURED.colour, marker, fill="none"))
        measured_range.append((measured / start)[kept])
    marks.append(Guide(0.0))
    low, high = _ends(np.concatenate(measured_range), np.concatenate(predicted_range))
    return Panel(marks, update_axis(int(records[-1])), Axis("", low=low, high=high), point.title)


def _ends(measured: np.ndarray, predicted: np.ndarray) -> tuple[float, float]:
    """Ends of the axis that hold all that was measured, and predictions that do not leave it by far."""
    measured = measured[np.isfinite(measured)]
    low, high = min(0.0, *measured), max(1.0, *measured)
    beyond = 0.35 * (high - low)
    predicted = np.clip(predicted, low - beyond, high + beyond)
    low, high = min(low, *predicted), max(high, *predicted)
    margin = 0.06 * (high - low)
    return low - margin, high + margin


def _until_it_leaves(curve: np.ndarray, measured: np.ndarray) -> np.ndarray:
    """A prediction up to where it outgrows what was measured by far."""
    largest = max(1.0, float(np.abs(measured[np.isfinite(measured)]).max()))
    outside = ~(np.abs(curve) <= 3 * largest)
    return np.where(np.cumsum(outside) > 1, np.nan, np.clip(curve, -3 * largest, 3 * largest))
