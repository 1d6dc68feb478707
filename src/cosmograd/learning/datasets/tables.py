"""Datasets from named columns: the user's own tables."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches

import numpy as np

from cosmograd.learning.datasets.dataset import Dataset, choose_points, make_dataset


def is_numeric(column: np.ndarray) -> bool:
    """Whether a column holds numbers, so that it can be an input or a target."""
    return np.asarray(column).dtype.kind in "biuf"


def left_out_columns(columns: Mapping[str, np.ndarray], target: str | Sequence[str]) -> list[str]:
    """Columns that are no inputs of `table_dataset` by default because they are not numeric."""
    targets = [target] if isinstance(target, str) else target
    return [name for name in columns if name not in targets and not is_numeric(columns[name])]


def _numeric(name: str, column: np.ndarray, table: str, role: str) -> np.ndarray:
    if not is_numeric(column):
        example = next((value for value in column.ravel().tolist() if not isinstance(value, (int, float))), None)
        way_out = "leave it out of `inputs`, or encode" if role == "input" else "choose another target, or encode"
        raise ValueError(
            f"{table}: the {role} column {name!r} is not numeric (it holds {example!r}); {way_out} it as numbers first."
        )
    values = np.asarray(column, dtype=np.float64)
    bad = np.argwhere(~np.isfinite(values))
    if bad.size:
        raise ValueError(
            f"{table}: column {name!r} holds {len(bad)} empty, NaN or infinite values, the first in data row "
            f"{bad[0][0] + 1}. Remove these rows or fill them in."
        )
    return values.reshape(len(values), -1)


def _standardised(values: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Zero mean and unit deviation per column, by the training rows; constant columns become zero."""
    size = np.abs(reference).max(axis=0)
    size = np.where(size > 0, size, 1.0)  # taken out first, so that no square overflows or vanishes
    values, reference = values / size, reference / size
    mean, deviation = reference.mean(axis=0), reference.std(axis=0)
    negligible = deviation <= 1e-12 * np.abs(mean)  # of a constant column, only rounding is left
    return (values - mean) / np.where(negligible, np.inf, deviation)


def table_dataset(
    columns: Mapping[str, np.ndarray],
    target: str | Sequence[str],
    inputs: Sequence[str] | None = None,
    points: int | None = None,
    probe_points: int = 0,
    standardise: bool = True,
    seed: int = 0,
    name: str = "table",
) -> Dataset:
    """A dataset from columns of equal length, rows drawn at random with `seed`.

    columns: name → array of shape (rows,) or (rows, …); target: one column or several; inputs: the columns to learn
    from, by default every other *numeric* one; standardise: inputs and targets to zero mean and unit deviation over
    the training rows.
    Raises `ValueError` that names the column for one that does not exist, is not numeric or holds NaN.
    """
    targets = [target] if isinstance(target, str) else list(target)
    if not targets:
        raise ValueError(f"{name}: name at least one target column.")
    if inputs is not None and not len(inputs):
        raise ValueError(f"{name}: `inputs` is empty; name at least one column, or leave it out for all numeric ones.")
    for wanted, role in ((targets, "targets"), (list(inputs or ()), "inputs")):
        repeated = next((column for column in wanted if wanted.count(column) > 1), None)
        if repeated is not None:
            raise ValueError(f"{name}: column {repeated!r} is named twice among the {role}.")
    for wanted in [*targets, *(inputs or [])]:
        if wanted not in columns:
            close = get_close_matches(wanted, list(columns), n=1)
            hint = f" Did you mean {close[0]!r}?" if close else ""
            raise ValueError(
                f"{name}: there is no column {wanted!r};{hint} the columns are: {', '.join(map(repr, columns))}."
            )
    if inputs is None:
        inputs = [c for c in columns if c not in targets and is_numeric(columns[c])]
        if not inputs:
            raise ValueError(
                f"{name}: beside the target, no column is numeric, so there is nothing to learn from; the columns are: "
                f"{', '.join(map(repr, columns))}."
            )
    both = [c for c in inputs if c in targets]
    if both:
        raise ValueError(f"{name}: column {both[0]!r} is both an input and a target.")
    lengths = {c: len(columns[c]) for c in [*inputs, *targets]}
    if len(set(lengths.values())) != 1:
        raise ValueError(f"{name}: the columns differ in length: {lengths}.")
    if next(iter(lengths.values())) == 0:
        raise ValueError(f"{name}: the table holds no rows.")
    x = np.concatenate([_numeric(c, np.asarray(columns[c]), name, "input") for c in inputs], axis=1)
    y = np.concatenate([_numeric(c, np.asarray(columns[c]), name, "target") for c in targets], axis=1)
    train, probe = choose_points(len(x), points, probe_points, seed, name)
    if standardise and len(train) == 1:
        raise ValueError(
            f"{name}: a single row cannot be standardised; give more rows (a study may also set `standardise` = false)."
        )
    if standardise:
        x, y = _standardised(x, x[train]), _standardised(y, y[train])
        if not np.abs(x[train]).max() > 0:
            raise ValueError(f"{name}: every input is the same in every row; there is nothing to learn from.")
        if not np.abs(y[train]).max() > 0:
            raise ValueError(f"{name}: the target is the same in every row; there is nothing to learn.")
    return make_dataset(x[train], y[train], x[probe], y[probe], name)
