"""The arrays of an `.npz` file, by name."""

from pathlib import Path

import numpy as np

from cosmograd.errors import UserError, reason


def read_npz(path: Path) -> dict[str, np.ndarray]:
    """All arrays; `UserError` for a file that is damaged, of another kind, or holds Python's objects."""
    try:
        with path.open("rb") as file:
            archive = np.load(file, allow_pickle=False)
            if isinstance(archive, np.lib.npyio.NpzFile):
                return {name: archive[name] for name in archive.files}
    except Exception as error:  # zipfile, zlib and NumPy raise many kinds for a damaged file
        if "pickle" in str(error) and path.read_bytes()[:2] not in (b"PK", b"\x93N"):
            raise UserError(f"{path} cannot be read as .npz: it is no .npz file.") from error
        if "pickle" in str(error):
            raise UserError(f"{path} cannot be read as .npz: it holds Python's objects; save numbers.") from error
        raise UserError(f"{path} cannot be read as .npz: {reason(error)}.") from error
    raise UserError(f"{path} holds a single array; save it with np.savez and give it a name.")
