"""Datasets from named columns: the user's own tables."""

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches

import numpy as np

from cosmograd.learning.datasets.dataset import Dataset, choose_points, make_dataset

# So many different whole numbers, each in several rows on average, may name classes.
_MOST_CLASSES, _ROWS_PER_CLASS = 20, 3
# So few consecutive numbers say nothing.
_FEWEST_NUMBERED_ROWS = 5
_NAMES_OF_IDENTIFIERS = re.compile(r"(.*[_\W])?(id|idx|nr)|index|no\.?|row|rowid|unnamed: 0", re.IGNORECASE)
_NUMBER_WITH_COMMAS = re.compile(r"[+-]?\d[\d,]*(\.\d*)?")


def is_numeric(column: np.ndarray) -> bool:
    """Whether a column holds numbers, so that it can be an input or a target."""
    return np.asarray(column).dtype.kind in "biuf"


def left_out_columns(columns: Mapping[str, np.ndarray], target: str | Sequence[str]) -> list[str]:
    """Columns that are no inputs of `table_dataset` by default because they are not numeric."""
    targets = [target] if isinstance(target, str) else target
    return [name for name in columns if name not in targets and not is_numeric(columns[name])]


def table_notes(
    columns: Mapping[str, np.ndarray], target: str | Sequence[str], inputs: Sequence[str] | None = None
) -> list[str]:
    """What the user of `table_dataset` may not have meant: classes learned as numbers, inputs that number the rows."""
    targets = [target] if isinstance(target, str) else target
    if inputs is None:
        inputs = [name for name in columns if name not in targets]
    notes = [note for name in targets for note in _of_classes(name, columns[name])]
    return notes + [note for name in inputs for note in _of_identifiers(name, columns[name])]


def _whole_numbers(column: np.ndarray) -> np.ndarray:
    """The column where it is one of whole numbers, empty where it is not."""
    values = np.asarray(column)
    if values.ndim != 1 or not is_numeric(values):
        return np.zeros(0)
    values = values.astype(np.float64)
    return values if np.isfinite(values).all() and (values == np.round(values)).all() else np.zeros(0)


def _of_classes(name: str, column: np.ndarray) -> Iterator[str]:
    values = _whole_numbers(column)
    classes = np.unique(values)
    if not 2 <= len(classes) <= min(_MOST_CLASSES, len(values) // _ROWS_PER_CLASS):
        return
    listed = ", ".join(f"{value:g}" for value in classes[:6]) + (", …" if len(classes) > 6 else "")
    several = " If they name classes, make a column of 0 and 1 for each class, and learn these." * (len(classes) > 2)
    yield (
        f"The target {name!r} holds only {len(classes)} different whole numbers ({listed}). They are learned as "
        f"numbers, by the squared loss, not as classes.{several}"
    )


def _of_identifiers(name: str, column: np.ndarray) -> Iterator[str]:
    values = _whole_numbers(column)
    all_differ = len(np.unique(values)) == len(values) > 0
    consecutive = all_differ and len(values) >= _FEWEST_NUMBERED_ROWS and np.ptp(values) == len(values) - 1
    named = len(values) > 0 and _NAMES_OF_IDENTIFIERS.fullmatch(name) is not None
    if named or consecutive:
        why = "it holds consecutive whole numbers, each once" if consecutive else "by its name"
        yield (
            f"The input {name!r} may be an identifier ({why}). It is used like every other input; remove the column if "
            "it does not describe the point."
        )


def _refuse_commas(name: str, column: np.ndarray, table: str, role: str) -> None:
    """`ValueError` for a column of numbers that are texts, because there are commas in them."""
    texts = [(row, value.strip()) for row, value in enumerate(column.ravel().tolist(), 1) if isinstance(value, str)]
    texts = [(row, text) for row, text in texts if text]
    first = next(((row, text) for row, text in texts if "," in text), None)
    if first is None or not all(_NUMBER_WITH_COMMAS.fullmatch(text) for _, text in texts):
        return
    row, text = first
    parts = text.split(",")
    ambiguous = len(parts) == 2 and len(parts[1]) == 3
    meant = f", which may mean {''.join(parts)} or {'.'.join(parts)}" if ambiguous else ""
    raise ValueError(
        f"{table}: the {role} column {name!r} has commas in its numbers: {text!r} in data row {row}{meant}. Write them "
        "with a decimal point and without separators of thousands, or remove the column."
    )


def _numeric(name: str, column: np.ndarray, table: str, role: str) -> np.ndarray:
    if not is_numeric(column):
        _refuse_commas(name, column, table, role)
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
        for c in left_out_columns(columns, targets):
            _refuse_commas(c, np.asarray(columns[c]), name, "input")
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
