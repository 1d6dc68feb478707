"""The swept keys of a study, and how pages name them and their values."""

from collections import Counter
from collections.abc import Mapping, Sequence

import xarray as xr

from cosmograd.results.number_format import number

_KEY_NAMES = {
    "optimiser.eta_lambda_max": "ηλ_max",
    "optimiser.learning_rate": "η",
    "optimiser.momentum": "β",
    "optimiser.exponent": "exponent p",
    "data.points": "points",
    "loss.scale": "scale of the loss",
    "training.batch_size": "batch size",
    "loss.kind": "loss",
    "measurement.updates": "updates measured",
    "noise.updates": "updates of noise",
    "noise.modes": "modes of noise",
}
# Sections of keys that change nothing of the training itself.
AFTER_TRAINING = ("measurement.", "noise.")

_LONGEST_VALUE = 24

# Points of more swept keys than this are named by those in which they differ from most.
_MOST_KEYS = 3
COMMON = "common values"


def swept_keys(results: xr.Dataset) -> list[str]:
    """The coordinates that label the points."""
    return [str(name) for name in results.coords if results[name].dims == ("study_point",) and name != "study_point"]


def key_name(key: str) -> str:
    """A swept key as labels and column heads name it."""
    return _KEY_NAMES.get(key, key.rpartition(".")[2].replace("_", " "))


def value_text(value: object) -> str:
    """A swept value as labels and tables show it; – where the point has none."""
    if value == "":
        return "–"
    if isinstance(value, float) and not value.is_integer():
        return number(value, 4)
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"


def in_words(labels: Mapping[str, object]) -> str:
    """Some swept keys with their values."""
    return ", ".join(f"{key_name(key)} {value_text(value)}" for key, value in labels.items())


def labels_in_words(columns: Mapping[str, Sequence[object]]) -> list[str]:
    """Every point by its swept keys with their values; of many keys those that differ from their most common value.

    Keys that change nothing of the training are left out where the others distinguish the points as well.
    """
    if not columns:
        return []
    of_training = {key: values for key, values in columns.items() if not key.startswith(AFTER_TRAINING)}
    if _different_rows(of_training) == _different_rows(columns):
        columns = of_training
    common = {key: Counter(map(repr, values)).most_common(1)[0][0] for key, values in columns.items()}
    all_of_them = len(columns) <= _MOST_KEYS
    labels = []
    for index in range(len(next(iter(columns.values())))):
        values = {key: column[index] for key, column in columns.items()}
        chosen = [key for key, value in values.items() if all_of_them or repr(value) != common[key]]
        labels.append(in_words({key: values[key] for key in chosen}) or COMMON)
    return labels


def _different_rows(columns: Mapping[str, Sequence[object]]) -> int:
    return len(set(map(repr, zip(*columns.values(), strict=True))))


def setting_of_every_point(results: xr.Dataset, name: str, otherwise: object = "") -> list[object]:
    """A setting at every point, whether all points share it or not; `otherwise` where it was not written."""
    if name in results:
        return list(results[name].values.tolist())
    return [results.attrs.get(name, otherwise)] * results.sizes["study_point"]
