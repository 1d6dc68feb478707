"""Datasets whose variables say what they are, and in which unit."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr


def described(results: xr.Dataset, descriptions: Mapping[str, tuple[str, str]]) -> xr.Dataset:
    """The dataset with a description and a unit beside every variable."""
    for name, variable in results.variables.items():
        description, unit = descriptions[str(name)]
        variable.attrs.update(long_name=description, units=unit)
    return results


def as_dataset(
    variables: Mapping[str, tuple[tuple[str, ...], Any]],
    attributes: Mapping[str, str],
    descriptions: Mapping[str, tuple[str, str]],
) -> xr.Dataset:
    """A described dataset from names, dimensions and values; a variable named like its dimension is its coordinate."""
    arrays = {name: (dimensions, np.asarray(values)) for name, (dimensions, values) in variables.items()}
    return described(xr.Dataset(arrays, attrs=attributes), descriptions)
