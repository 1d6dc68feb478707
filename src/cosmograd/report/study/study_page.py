"""The page of a study: one file, readable without a network, on paper, on a telephone and in the dark."""

from collections.abc import Sequence
from typing import Any

import xarray as xr

from cosmograd.experiments.training.quantities import FULL_BATCH, SETTINGS
from cosmograd.report.parts import ReportFigure, count, listed, rendered
from cosmograd.report.study.dependence import dependence_slopes, measured_onsets
from cosmograd.report.study.dependence_tables import onsets_table, slopes_table
from cosmograd.report.study.study_headlines import divergences, findings, key_numbers
from cosmograd.report.study.study_points import MANY_POINTS, failures_in_words, finished_points, points_of, shown_points
from cosmograd.report.study.study_tables import error_table, limits_table, units_table, universe_table
from cosmograd.report.study.swept_keys import key_name, swept_keys, value_text

# Of a swept key with more values, the sentence of the page names the first and the last.
_MOST_VALUES = 6


def study_page(results: xr.Dataset, figures: Sequence[tuple[ReportFigure, str]], study_text: str) -> str:
    """The page as HTML; each figure comes with its SVG."""
    failures, results = failures_in_words(results), finished_points(results)
    points, keys = points_of(results), swept_keys(results)
    shown = shown_points(points)
    return rendered(
        "study.html.j2",
        figures,
        kind="study",
        title=results.attrs.get("name", "study"),
        summary=_summary(results, keys),
        key_numbers=key_numbers(points),
        findings=findings(points),
        failures=failures,
        divergences=divergences(points),
        slopes_table=slopes_table(dependence_slopes(results, keys)),
        onsets_table=onsets_table(measured_onsets(results, keys)),
        error_table=error_table(points, keys),
        universe_table=universe_table(points if len(points) <= MANY_POINTS else shown, keys, len(points)),
        units_table=units_table(shown),
        limits_table=limits_table(points),
        settings=_settings(results),
        study_text=study_text,
    )


def _summary(results: xr.Dataset, keys: Sequence[str]) -> str:
    """What was done, in a sentence."""
    points, members = results.sizes["study_point"], results.sizes["member"]
    data = results.attrs.get("data") or listed(dict.fromkeys(results["data"].values.tolist()))
    text = f"{count(members, 'network')} trained on {data}"
    if points > 1:
        text += f" at each of {points} points"
    text += _batches(results)
    if not keys:
        return f"{text}."
    swept = [f"{key_name(key)} ({_values_in_words(results[key].values.tolist())})" for key in keys]
    return f"{text}, sweeping {' and '.join(swept)}."


def _values_in_words(values: list[Any]) -> str:
    """The values of a swept key, without the gaps of points that have none; of many, the first and the last."""
    values = [value for value in values if value_text(value) != "–"]
    texts = list(dict.fromkeys(map(value_text, values)))
    if len(texts) <= _MOST_VALUES:
        return ", ".join(texts)
    first, last = (min(values), max(values)) if isinstance(values[0], (int, float)) else (values[0], values[-1])
    return f"{len(texts)} values from {value_text(first)} to {value_text(last)}"


def _batches(results: xr.Dataset) -> str:
    """How minibatches were drawn; nothing where all points are trained by full batches."""
    sizes, ways = (
        [results.attrs[name]] if name in results.attrs else results[name].values.tolist() if name in results else []
        for name in ("batch_size", "sampling")
    )
    drawn = [str(way) for way in dict.fromkeys(ways) if way != FULL_BATCH]
    if not drawn:
        return ""
    few = listed(f"{int(size)}" for size in dict.fromkeys(sizes))
    return f" by batches of {few} examples ({listed(drawn)}; predictions are those of full batches)"


def _settings(results: xr.Dataset) -> list[tuple[str, str]]:
    """How it was computed; where points differ, all values."""
    settings = []
    for name in (setting.name for setting in SETTINGS):
        if name in results.attrs:
            texts = [value_text(results.attrs[name])]
        elif name not in results:  # written before there was this setting
            continue
        else:
            texts = [value_text(value) for value in results[name].values.tolist()]
        settings.append((name.replace("_", " "), ", ".join(dict.fromkeys(texts))))
    return settings
