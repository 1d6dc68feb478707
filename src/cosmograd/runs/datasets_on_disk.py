"""Results as NetCDF-4 files that plain xarray opens."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cosmograd.errors import UserError
from cosmograd.runs.atomic_files import write_bytes

if TYPE_CHECKING:
    import xarray as xr  # loaded where a file is opened: commands that only look whether there is one need it not

# Arrays from this many numbers on are compressed; below, the file's own overhead is larger than the gain.
_COMPRESS_FROM = 1024


def write_results(path: Path | str, results: "xr.Dataset") -> None:
    """Write a dataset atomically; the bytes depend on its contents alone."""
    encoding = {
        str(name): {"zlib": True, "complevel": 4, "shuffle": True}
        for name, variable in results.data_vars.items()
        if variable.size >= _COMPRESS_FROM and variable.dtype.kind in "fiub"
    }
    # What was read keeps the encoding of its file, and with it the length of its texts, which would cut longer ones.
    # HDF5 must not meet a full disk: it crashes on closing the file. So it writes to memory, and we write the bytes.
    contents = bytes(results.drop_encoding().to_netcdf(engine="h5netcdf", encoding=encoding))
    write_bytes(Path(path), contents)


def read_results(path: Path | str) -> "xr.Dataset":
    """Read a dataset into memory; `UserError` for a file that is missing, truncated or no NetCDF-4 at all."""
    with _opened(Path(path)) as opened:
        return opened.load().drop_encoding()  # how a file was packed says nothing about the next one


def read_attributes(path: Path) -> dict[str, Any]:
    """What is said of a dataset as a whole, without reading its numbers; errors as `read_results`."""
    with _opened(path) as opened:
        return dict(opened.attrs)


@contextmanager
def _opened(path: Path) -> "Iterator[xr.Dataset]":
    import xarray as xr

    if not path.is_file():
        raise UserError(f"there is no file {path}.")

    try:
        with xr.open_dataset(path, engine="h5netcdf") as opened:
            yield opened
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise UserError(f"{path} cannot be read as NetCDF-4; it is damaged or of another kind ({error}).") from error
