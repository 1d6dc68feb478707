"""The user's own data: `.csv`, `.npz` and `.parquet` files as named columns."""

import re
import warnings
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import numpy as np

from cosmograd._optional import import_optional
from cosmograd.errors import UserError, reason
from cosmograd.runs.npz_files import read_npz

TABLE_SUFFIXES = (".csv", ".npz", ".parquet")


# 1,234 and 1,234,567.8: groups of three digits.
_GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?")
_PLAIN = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def read_columns(path: Path | str) -> Mapping[str, np.ndarray]:
    """Columns of a table by name; arrays of an `.npz` may have more than one number per row.

    Raises `UserError` for a file that is missing, empty, damaged or of an unknown kind.
    """
    path = Path(path)
    if path.suffix.lower() not in TABLE_SUFFIXES:
        raise UserError(f"{path}: unknown kind of file {path.suffix!r}; allowed: {', '.join(TABLE_SUFFIXES)}.")
    if not path.is_file():
        raise UserError(f"there is no file {path}.")
    read = {".csv": _read_csv, ".npz": _read_npz, ".parquet": _read_parquet}[path.suffix.lower()]
    columns = read(path)
    if not columns:
        raise UserError(f"{path}: the table has no columns.")
    if min(len(values) for values in columns.values()) == 0:
        raise UserError(f"{path}: the table has no rows.")
    return columns


def _read_csv(path: Path) -> dict[str, np.ndarray]:
    import pandas as pd

    try:
        _refuse_other_encodings(path)
        names = pd.read_csv(path, header=None, nrows=1, dtype=str, skipinitialspace=True).iloc[0].dropna()
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            # Else columns move by one, without a word, where rows are longer than the header.
            frame = pd.read_csv(path, index_col=False)
    except pd.errors.EmptyDataError:
        raise UserError(f"{path}: the file is empty.") from None
    except pd.errors.ParserWarning:
        raise UserError(
            f"{path} cannot be read as comma-separated values: its rows have more entries than the header has names. "
            'Put numbers such as 1,234 in quotes ("1,234") or write 1234, and remove commas at the ends of lines.'
        ) from None
    except (pd.errors.ParserError, UnicodeDecodeError, OSError, ValueError) as error:
        raise UserError(f"{path} cannot be read as comma-separated values: {reason(error)}.") from error
    if len(names) == 1 and ";" in names.iloc[0]:
        raise UserError(f"{path}: columns are separated by semicolons here; separate them by commas.")
    repeated = names[names.duplicated()]
    if len(repeated):
        raise UserError(f"{path}: the column name {repeated.iloc[0]!r} appears twice; every column needs its own name.")
    return _thousands_read(_frame_columns(frame))


def _refuse_other_encodings(path: Path) -> None:
    """`UserError` that says where a file is not UTF-8."""
    contents = path.read_bytes()
    try:
        contents.decode("utf-8")
    except UnicodeDecodeError as error:
        wide = contents[:2] in (b"\xff\xfe", b"\xfe\xff")
        line = contents.count(b"\n", 0, error.start) + 1
        raise UserError(
            f"{path} cannot be read as comma-separated values: it is not UTF-8 (byte 0x{contents[error.start]:02X} in "
            f"line {line}, at byte {error.start + 1} of the file). Save it as UTF-8, or convert it: "
            f"iconv -f {'UTF-16' if wide else 'LATIN1'} -t UTF-8 {path.name} > utf8.csv"
        ) from None


def _thousands_read(columns: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Columns of numbers such as "1,234" as numbers, where the comma cannot be a decimal one.

    It cannot where a number has a point, or several commas; or where the table has numbers with a decimal point.
    """
    points = any(v.dtype.kind == "f" and np.any(np.isfinite(v) & (v != np.round(v))) for v in columns.values())
    return {name: _without_commas(values, points) for name, values in columns.items()}


def _without_commas(values: np.ndarray, decimal_points: bool) -> np.ndarray:
    if values.dtype != object:
        return values
    texts = ["" if value != value else str(value).strip() for value in values.tolist()]
    grouped = [text for text in texts if _GROUPED.fullmatch(text)]
    plain = [text for text in texts if _PLAIN.fullmatch(text)]
    if not grouped or len(grouped) + len(plain) + texts.count("") < len(texts):
        return values
    if not (decimal_points or any("." in text for text in grouped + plain) or any(g.count(",") > 1 for g in grouped)):
        return values
    return np.array([float(text.replace(",", "")) if text else np.nan for text in texts])


def _read_parquet(path: Path) -> dict[str, np.ndarray]:
    import_optional("pyarrow", "parquet", "reading .parquet files")
    import pandas as pd

    try:
        frame = pd.read_parquet(path)
    except Exception as error:  # pyarrow raises many kinds for a damaged file
        raise UserError(f"{path} cannot be read as Parquet: {reason(error)}.") from error
    return _frame_columns(frame)


def _frame_columns(frame) -> dict[str, np.ndarray]:
    """Numeric columns as numbers, missing entries as NaN; every other column as objects."""
    columns = {}
    for name in frame.columns:
        column = frame[name]
        if column.dtype.kind in "iufb":
            # Nullable integers and booleans turn their missing entries into NaN only when asked.
            columns[str(name)] = column.to_numpy(dtype=float, na_value=np.nan)
        else:
            columns[str(name)] = _as_numbers_if_all_are(column.to_numpy(dtype=object))
    return columns


def _as_numbers_if_all_are(values: np.ndarray) -> np.ndarray:
    """Integers too large for 64 bits come as objects; they are numbers all the same."""
    if all(isinstance(value, (int, float)) for value in values.tolist()):
        with suppress(OverflowError):
            return values.astype(float)
    return values


def _read_npz(path: Path) -> dict[str, np.ndarray]:
    columns = read_npz(path)
    for name, values in columns.items():
        if values.ndim == 0:
            raise UserError(f"{path}: array {name!r} is a single number; it needs one row per point.")
    return columns
