"""The file of one point of a study, and the note that stands in its place where the point failed.

Points are classic NetCDF (with 64-bit offsets), which plain xarray opens too: a file of seventy small variables is
written and read in a twentieth of the time that NetCDF-4 takes, and sweeps have thousands of them.
"""

import io
import json
import traceback
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from scipy.io import netcdf_file

from cosmograd.errors import UserError, reason
from cosmograd.runs.atomic_files import write_bytes, write_text


class Failure(NamedTuple):
    """Why a point has no results. expected: whether it is a mistake in the study, as opposed to ours or the machine's.

    trace: where in the program it happened, for whoever mends it.
    """

    reason: str
    expected: bool
    trace: str = ""


def failure_of(error: BaseException) -> Failure:
    """What is kept of an error that ended a point."""
    expected = isinstance(error, UserError)
    text = str(error) if expected else f"{type(error).__name__}: {reason(error)}"
    return Failure(text, expected, "" if expected else "".join(traceback.format_exception(error)))


def failure_path(path: Path) -> Path:
    """Where the failure of a point is noted, beside the file that it should have."""
    return path.with_suffix(".failed.json")


def write_failure(path: Path, failure: Failure) -> None:
    """Note why the point of this file failed."""
    write_text(failure_path(path), json.dumps(failure._asdict(), indent=1, ensure_ascii=False) + "\n")


def write_point(path: Path, results: xr.Dataset) -> None:
    """Write a finished point atomically, and take away the note of an earlier failure; the bytes depend on it alone."""
    write_bytes(path, bytes(results.drop_encoding().to_netcdf(engine="scipy", format="NETCDF3_64BIT")))
    failure_path(path).unlink(missing_ok=True)


def read_point(path: Path) -> xr.Dataset:
    """Read a point into memory; `UserError` for a file that is missing or damaged.

    The types come back as NumPy's usual ones: 64-bit integers, booleans, texts as objects.
    """
    try:
        contents = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path} cannot be read: {reason(error)}.") from error
    try:
        # Read by hand: xarray takes ten times as long over as many variables.
        with netcdf_file(io.BytesIO(contents), mmap=False, maskandscale=False) as file:
            variables = {name: _decoded(variable) for name, variable in file.variables.items()}
            attributes = {name: _plain(value) for name, value in file._attributes.items()}
    except Exception as error:  # SciPy raises many kinds for a damaged file
        raise UserError(
            f"{path} cannot be read as NetCDF; it is damaged or of another kind ({reason(error)})."
        ) from error
    coordinates = {name for _, _, more in variables.values() for name in more} | {
        name for name, (dims, _, _) in variables.items() if dims == (name,)
    }
    made = {name: xr.Variable(dims, values) for name, (dims, values, _) in variables.items()}
    return xr.Dataset(
        {name: variable for name, variable in made.items() if name not in coordinates},
        {name: variable for name, variable in made.items() if name in coordinates},
        attributes,
    )


def _decoded(variable: Any) -> tuple[tuple[str, ...], np.ndarray, set[str]]:
    """Dimensions and values of a variable, and the coordinates that it names, as xarray encodes them."""
    attributes = {name: _plain(value) for name, value in variable._attributes.items()}
    dims, values = tuple(variable.dimensions), np.asarray(variable.data)
    if "_Encoding" in attributes:  # a text is a row of characters
        rows = np.ascontiguousarray(values).view(f"S{values.shape[-1]}")[..., 0]
        texts = np.array([text.decode() for text in rows.ravel()], dtype=object)
        dims, values = dims[:-1], texts.reshape(rows.shape)
    elif attributes.get("dtype") == "bool":
        values = values.astype(bool)
    else:
        values = values.astype(np.int64 if values.dtype.kind == "i" else values.dtype.newbyteorder("="))
    return dims, values, set(str(attributes.get("coordinates", "")).split())


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode()
    return value.item() if isinstance(value, np.generic) else value
