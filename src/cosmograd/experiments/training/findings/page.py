"""The page of a study but for its figures: findings, tables, and how it was computed."""

from collections.abc import Sequence
from typing import Any

import xarray as xr

from cosmograd.experiments.training.analysis.study import Study, study_of
from cosmograd.experiments.training.analysis.swept_keys import key_name, value_text
from cosmograd.experiments.training.findings.key_numbers import key_numbers
from cosmograd.experiments.training.findings.sentences import divergences, findings
from cosmograd.experiments.training.findings.tables import (
    ensemble_table,
    error_table,
    limits_table,
    measured_table,
    noise_table,
    onsets_table,
    slopes_table,
    training_table,
    units_table,
    universe_table,
)
from cosmograd.experiments.training.quantities import FULL_BATCH, SETTINGS
from cosmograd.figures import Content, Details, Notice, Page, Pairs, Section, Sentences, Verbatim
from cosmograd.results import Result
from cosmograd.results.number_format import count, listed

# The sentence of the page names a swept key's values up to this many, else the first and the last.
_MOST_VALUES = 6

_SOURCES = (
    "The idea of the duality: S. Krippendorf and M. Spannowsky, “A duality connecting neural network and cosmological "
    "dynamics”, Mach. Learn.: Sci. Technol. 3 (2022) 035011, arXiv:2202.11104."
)
_UNIVERSE = (
    "Heavy-ball training is, with no approximation, the leapfrog scheme of a scalar field in an expanding universe: "
    "φ″ + 3Hφ′ + V′(φ) = 0 with 3Hδ = 2(1−β)/(1+β) for updates of duration δ. Without momentum this is the coarsest of "
    "such steps, two thirds of an e-fold each."
)


def page(result: Result, file_text: str = "") -> Page:
    """All points of a study, or a single training. file_text: the study file, which the page ends with."""
    study = study_of(result)
    results, points = study.results, study.points
    listed_points = study.selected if study.is_large else points
    settings: list[Content] = [Pairs(_settings(results))]
    if file_text:
        settings.append(Details("study.toml", [Verbatim(file_text)]))
    return Page(
        title=str(results.attrs.get("name", "study")),
        summary=_summary(results, study.keys),
        first=Section("findings", "Findings", _first_section(study)),
        key_numbers=key_numbers(points),
        notices=_notices(study),
        before=_dependence(study),
        after=[
            Section("universe", "The dual universe", [
                _UNIVERSE,
                universe_table(listed_points, study.keys, len(points)),
                Details("Other units of time", [units_table(study.selected)]),
            ]),
            Section("limits", "Where the duality fails in this run", [limits_table(points)]),
            Section("study", "Study and versions", settings),
        ],
        sources=_SOURCES,
    )  # fmt: skip


def _first_section(study: Study) -> list[Content]:
    points, keys = study.points, study.keys
    listed_points = study.selected if study.is_large else points
    contents: list[Content] = [Sentences(findings(study)), error_table(points, keys)]
    contents.append(Details("Errors of background and perturbations", [ensemble_table(listed_points, keys)]))
    contents.append(Details("Loss and kernel", [training_table(listed_points, keys)]))
    measured = {
        "Measured universe": measured_table(listed_points, keys),
        "Temperature of minibatches": noise_table(points, keys),
    }
    contents += [Details(name, [table]) for name, table in measured.items() if table.rows]
    if len(study.shown) not in (0, len(points)):
        contents.append(
            f"Figures of single points show {len(study.shown)} of the study's {len(points)} points, at equal steps in "
            "the rank of the stroboscopic prediction's error, from the best to the worst."
        )
    return contents


def _notices(study: Study) -> list[Notice]:
    notices = []
    if study.failures:
        text = "They have no results and are in no figure and no table; the other points' results stand."
        notices.append(Notice("failures", "Points that failed", [text, Sentences(study.failures)]))
    diverged = divergences(study.points)
    if diverged:
        text = "They are left out of every median, background and perturbation; the other members' results stand."
        notices.append(Notice("divergences", "Members that diverged", [text, Sentences(diverged)]))
    return notices


def _dependence(study: Study) -> list[Section]:
    tables = [slopes_table(study.slopes), onsets_table(study.onsets)]
    tables = [table for table in tables if table.rows]
    return [Section("dependence", "Dependence on the hyperparameters", tables)] if tables else []


def _summary(results: xr.Dataset, keys: Sequence[str]) -> str:
    """The study in a sentence."""
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
