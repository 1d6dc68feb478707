"""Traced programs kept between commands, beside the machine code that JAX keeps.

Tracing and lowering take longer than reading machine code back: a program is kept as it is handed to XLA
(`jax.export`), by what decides it: the code of this library, the versions of those that it computes with, the settings
of JAX, the function, and all of its arguments that are not data. It is the same program each time, with the same bits.
Only functions and classes of this library are known by name; where others take part, as a user's potential, nothing is
kept. The folder is in the user's own cache: who writes there could as well change what is installed.
"""

import dataclasses
import enum
import functools
import hashlib
import os
import pickle
import sys
import zlib
from collections.abc import Callable
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import jax
import numpy as np

from cosmograd.compilation_requests import Request, split

_PACKAGE = Path(__file__).resolve().parent
_DECIDE = ("jax", "jaxlib", "numpy", "scipy", "equinox", "diffrax", "optimistix", "lineax", "optax")
_VARIABLES = ("JAX_", "XLA_", "EQX_", "JAXTYPING_")
_SETTINGS = (
    "jax_enable_x64", "jax_default_matmul_precision", "jax_numpy_dtype_promotion", "jax_numpy_rank_promotion",
    "jax_default_prng_impl", "jax_threefry_partitionable", "jax_debug_nans", "jax_debug_infs", "jax_disable_jit",
)  # fmt: skip
_LARGEST = 64 * 2**20

_folders: list[Path] = []  # where programs are kept, if anywhere
_kept: dict[Any, "_Program | None"] = {}


class _UnknownError(Exception):
    """Something that no name stands for."""


class _Slot:
    """Where an array stands in results."""


class _Kind:
    """Shape and precision of data, in its place."""

    def __init__(self, data: Any) -> None:
        if isinstance(data, jax.Array) and data.devices() != {jax.devices()[0]}:
            raise _UnknownError
        kind = jax.typeof(data)
        self.text = f"{np.shape(data)} {kind.dtype}{' weak' * kind.weak_type}"


class _Program:
    def __init__(self, exported: jax.export.Exported, results: Any, options: dict[str, Any] | None) -> None:
        _, self._rest = split(results, lambda leaf: isinstance(leaf, _Slot))
        self._call = jax.jit(exported.call, compiler_options=options)

    def __call__(self, data: list[Any]) -> Any:
        return self._rest.joined(self._call(*data))


def keep_programs_in(folder: Path) -> None:
    """From now on, in this process."""
    _folders[:] = [folder]


def kept_program(
    request: Request, data: list[Any], options: dict[str, Any] | None
) -> Callable[[list[Any]], Any] | None:
    """The program of a call, read back, or traced and kept; None where nothing is kept."""
    if not _folders:
        return None
    key = request, tuple(map(jax.typeof, data))
    if key not in _kept:
        _kept[key] = _read_or_made(request, data, options)
    return _kept[key]


def _read_or_made(request: Request, data: list[Any], options: dict[str, Any] | None) -> "_Program | None":
    try:
        described = _described(request.joined([_Kind(leaf) for leaf in data]))
        identity = f"{_surroundings()}\n{described}"
    except _UnknownError:
        return None
    path = _folders[0] / hashlib.sha256(identity.encode()).hexdigest()
    with suppress(Exception):  # whatever is wrong with a file, it is made anew
        contents = path.read_bytes()
        with suppress(OSError):
            os.utime(path)
        if not contents:
            return None
        fields, results = pickle.loads(zlib.decompress(contents))
        return _Program(jax.export.Exported(**fields), results, options)
    return _made(path, request, data, options)


def _made(path: Path, request: Request, data: list[Any], options: dict[str, Any] | None) -> "_Program | None":
    rest: list[Request] = []

    def flat(*data: Any) -> list[Any]:
        results, others = request.evaluated(list(data))
        rest[:] = [others]
        return results

    flat.__name__ = flat.__qualname__ = request.name
    program = jax.jit(flat)
    program.trace(*data)  # what is wrong with the call itself is told here
    try:
        exported = jax.export.export(program)(*data)
        if exported.nr_devices != 1:  # callers would have to spread the data first
            raise _UnknownError
        results = rest[0].joined([_Slot() for _ in exported.out_avals])
        values = {field.name: getattr(exported, field.name) for field in dataclasses.fields(exported)}
        fields: dict[str, Any] = {
            name: None if callable(value) else value for name, value in values.items()
        }  # its derivative
        contents = zlib.compress(pickle.dumps((fields, results)), 1)
        made = _Program(jax.export.Exported(**fields), results, options)
    except Exception:  # what JAX cannot export, as a call back to Python
        made, contents = None, b""
    with suppress(OSError):
        _write(path, contents)
    return made


def _write(path: Path, contents: bytes) -> None:
    """As a whole or not at all; the least recently used go where there are too many."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    unfinished.write_bytes(contents)
    unfinished.replace(path)
    files = sorted(((file.stat(), file) for file in path.parent.iterdir()), key=lambda pair: -pair[0].st_mtime)
    size = 0
    for state, file in files:
        size += state.st_size
        if size > _LARGEST:
            file.unlink(missing_ok=True)


@functools.cache
def _surroundings() -> str:
    """What else decides a program: code, versions, settings, devices."""
    code = hashlib.sha256()
    for file in sorted(_PACKAGE.rglob("*.py")):
        code.update(file.relative_to(_PACKAGE).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    settings = [f"{name}={getattr(jax.config, name, None)}" for name in _SETTINGS]
    variables = [f"{name}={value}" for name, value in sorted(os.environ.items()) if name.startswith(_VARIABLES)]
    devices = [f"{device.platform} {device.device_kind}" for device in jax.devices()]
    return "\n".join((sys.version, code.hexdigest(), *map(_version, _DECIDE), *settings, *variables, *devices))


def _version(package: str) -> str:
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:
        return f"{package} -"


def _described(value: Any) -> str:
    """A name for all that decides a program, its structure included."""
    if isinstance(value, _Kind):
        return value.text
    if value is None or isinstance(value, bool | int | float | complex | str | bytes):
        return f"{type(value).__name__} {value!r}"
    if isinstance(value, enum.Enum):
        return f"{_name(type(value))} {value.name}"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key!r}: {_described(each)}' for key, each in value.items())}}}"
    if isinstance(value, tuple | list):
        kind = type(value).__name__ if type(value) in (tuple, list) else _name(type(value))
        return f"{kind}({', '.join(_described(each) for each in value)})"
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = [f"{field.name}={_described(getattr(value, field.name))}" for field in dataclasses.fields(value)]
        return f"{_name(type(value))}({', '.join(fields)})"
    return _name(value)


def _name(known: Any) -> str:
    """Of a class or function that this library defines: its code is part of what decides."""
    module, name = getattr(known, "__module__", None) or "", getattr(known, "__qualname__", "<unknown>")
    if module.split(".")[0] != _PACKAGE.name or "<" in name:
        raise _UnknownError
    return f"{module}.{name}"
