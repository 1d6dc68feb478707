"""The results of a universe in numbers: what `cosmograd universe --json` prints."""

from typing import Any

import xarray as xr


def universe_summary(results: xr.Dataset) -> dict[str, Any]:
    """All single numbers, then what failed; spectra stand in the results themselves."""
    numbers = {str(name): float(variable) for name, variable in results.data_vars.items() if variable.ndim == 0}
    summary: dict[str, Any] = {"name": results.attrs.get("universe", ""), **numbers}
    if "reason" in results:
        failed = results["reason"].values != ""
        summary["wavenumbers"] = int(failed.size)
        summary["failed_wavenumbers"] = [
            {"wavenumber": float(k), "reason": str(reason)}
            for k, reason in zip(results["wavenumber"].values[failed], results["reason"].values[failed], strict=True)
        ]
    if "mode_real" in results:
        names = ("wavenumber_over_ah", "mode_real", "mode_imaginary", "power")
        summary |= {name: results[name].values.tolist() for name in names}
    return summary
