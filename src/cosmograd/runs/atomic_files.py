"""Files that are whole or absent: written under a temporary name, flushed to disk, then renamed."""

import errno
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from cosmograd.errors import UserError

_NO_SPACE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def write_atomically(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a temporary file beside `path`, then put it in place; nothing is left behind on failure.

    Raises `UserError` for a full disk or a folder that cannot be written to.
    """
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".partial", dir=path.parent)
        os.close(handle)
        temporary = Path(name)
        write(temporary)
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
    except BaseException as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.errno in _NO_SPACE:
            raise UserError(
                f"cannot write {path}: the disk is full. Free some space and run the same command with --resume; "
                "what was finished is kept."
            ) from error
        if isinstance(error, OSError):
            raise UserError(
                f"cannot write {path}: {error.strerror or error}. Fix this, or choose another folder."
            ) from error
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def write_bytes(path: Path, contents: bytes) -> None:
    """Write a binary file, atomically."""
    write_atomically(path, lambda temporary: temporary.write_bytes(contents))


def write_text(path: Path, text: str) -> None:
    """Write a text file in UTF-8, atomically."""
    write_bytes(path, text.encode())
