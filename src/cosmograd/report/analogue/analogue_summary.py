"""The results of an analogue in numbers: what `cosmograd analogue --json` prints."""

from collections.abc import Mapping
from typing import Any

import xarray as xr

from cosmograd.report.analogue.analogue_headlines import warnings

_WHOLE = ("updates",)
_OF_SPECTRUM = ("power", "standard_error", "exact_power", "direct_power")
_TILTS = ("tilt", "tilt_error", "direct_tilt", "exact_tilt")


def analogue_summary(results: xr.Dataset, seconds: Mapping[str, float] | None = None) -> dict[str, Any]:
    """All single numbers, then the spectrum of an ensemble; paths stand in the results themselves.

    seconds: how long training and the direct solution took, where that is known.
    """
    summary: dict[str, Any] = {"name": results.attrs.get("analogue", "")}
    for name, variable in results.data_vars.items():
        if variable.ndim == 0:
            summary[str(name)] = int(variable) if name in _WHOLE else float(variable)
    summary["e_folds"] = float(results["e_folds"][-1])
    if "member" in results:
        summary |= {"members": results.sizes["member"], **_tilts(results), "spectrum": _spectrum(results)}
    summary |= {name: float(value) for name, value in (seconds or {}).items()}
    return summary | {"warnings": warnings(results)}


def _tilts(results: xr.Dataset) -> dict[str, Any]:
    """One number, or one for each of several fields; None where there is none."""
    tilts = {name: results[name].values.tolist() if name in results else None for name in _TILTS}
    return {name: values[0] if values is not None and len(values) == 1 else values for name, values in tilts.items()}


def _spectrum(results: xr.Dataset) -> list[dict[str, Any]]:
    rows = []
    for c in range(results.sizes["component"]):
        for i, k in enumerate(results["wavenumber"].values):
            row: dict[str, Any] = {"field": c + 1} if results.sizes["component"] > 1 else {}
            row["wavenumber"] = float(k)
            for name in _OF_SPECTRUM:
                row[name] = float(results[name].values[c, i]) if name in results else None
            rows.append(row)
    return rows
