"""The points of a study that measure their noise, as the runs of a study of noise."""

from typing import Any

import numpy as np
import xarray as xr

from cosmograd.experiments.noise.ratio_figure import RATIOS
from cosmograd.experiments.training.analysis.swept_keys import setting_of_every_point, swept_keys
from cosmograd.experiments.training.point_noise import NOISE

_DRAWN = ("training.sampling", "training.batch_size", "optimiser.momentum")


def runs_of_points(results: xr.Dataset) -> xr.Dataset | None:
    """Along `run`, with sampling, momentum and batch_size; None where no point measures its noise.

    `series` numbers the combinations of whatever else is swept.
    """
    if f"{NOISE}verdict" not in results:
        return None
    results = results.isel(study_point=np.flatnonzero(results[f"{NOISE}verdict"].values.astype(str) != ""))
    others = [key for key in swept_keys(results) if key not in _DRAWN]
    labels = [repr([results[key].values[i] for key in others]) for i in range(results.sizes["study_point"])]
    numbers = {label: number for number, label in enumerate(dict.fromkeys(labels))}
    variables: dict[str, Any] = {
        name: results[NOISE + name].values for name in (*RATIOS, "verdict", "members", "updates")
    }
    variables |= {name: np.array(setting_of_every_point(results, name)) for name in ("sampling", "batch_size")}
    variables |= {
        "momentum": results["momentum"].values,
        "stationary": results[f"{NOISE}stationary"].values == 1,  # NaN where other points failed
        "modes": np.isfinite(results[f"{NOISE}mode_eigenvalue"].values).sum(axis=1),
        "series": np.array([numbers[label] for label in labels], dtype=int),
    }
    return xr.Dataset({name: ("run", values) for name, values in variables.items()})
