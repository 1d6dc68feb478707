"""All points of a study in one dataset: each variable is one array that is filled point by point.

`xarray.concat` says the same, but takes its time over every variable of every point: minutes for a thousand points.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import xarray as xr


class _Labels(NamedTuple):
    """The labels along a dimension that any point has; ragged: not all points have the same."""

    values: np.ndarray
    ragged: bool


def combine_points(
    points: Sequence[xr.Dataset | None],
    labels: Sequence[Mapping[str, object]],
    failures: Sequence[str] | None = None,
    described: Callable[[xr.Dataset], xr.Dataset] = lambda results: results,
) -> xr.Dataset:
    """All points along `study_point`, each swept key a coordinate; where shapes differ, the rest is NaN or empty.

    A point that failed is None: NaN and empty throughout. The variable `failure` says why, from `failures`, and is
    empty for the others. An attribute with the name of a label gives way to it. described: gives variables their
    meanings and units. Raises `ValueError` where there is no point at all.
    """
    known = [point for point in points if point is not None]
    if not known:
        raise ValueError("no points to combine.")
    labelled = _all_labels(known)
    coordinates = {str(name) for point in known for name in point.coords}
    names = [name for name in dict.fromkeys(str(n) for point in known for n in point.variables) if name not in labelled]
    variables: dict[str, Any] = {name: _stacked(name, points, labelled, name in coordinates) for name in names}
    common, differing = _settings([None if point is None else point.attrs for point in points])
    swept = set(labels[0]) if labels else set()
    variables |= {name: ("study_point", values) for name, values in differing.items() if name not in swept}
    variables["failure"] = ("study_point", np.array(failures or [""] * len(points), dtype=object))
    combined = xr.Dataset(
        {name: variable for name, variable in variables.items() if name not in coordinates},
        {name: (name, found.values) for name, found in labelled.items()}
        | {name: variable for name, variable in variables.items() if name in coordinates}
        | {key: ("study_point", _swept([of[key] for of in labels])) for key in (labels[0] if labels else ())}
        | {"study_point": np.arange(len(points))},
    )
    combined = described(combined)
    for key in labels[0] if labels else ():
        combined[key].attrs = {"long_name": f"swept key {key}"}
    combined.attrs = common
    return combined


def names_of_labels(points: Sequence[xr.Dataset | None], labels: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """How each swept key is called among the results of the points.

    By its own name, or `specification.KEY` where results have a quantity of this name, or a setting that is not the
    swept value: the estimator that was taken, say, where `auto` was asked for.
    """
    known = [(point, of) for point, of in zip(points, labels, strict=True) if point is not None]
    names = {}
    for key in labels[0] if labels else ():
        taken = any(key in point.variables or point.attrs.get(key, of[key]) != of[key] for point, of in known)
        names[key] = f"specification.{key}" if taken else key
    return names


def _all_labels(points: Sequence[xr.Dataset]) -> dict[str, _Labels]:
    """As they are where all points agree, else all that occur, sorted."""
    labelled: dict[str, _Labels] = {}
    for dimension in dict.fromkeys(str(name) for point in points for name in point.sizes):
        found = [point.variables[dimension].values for point in points if dimension in point.variables]
        if found:
            alike = all(np.array_equal(found[0], other) for other in found[1:])
            labelled[dimension] = _Labels(found[0] if alike else np.unique(np.concatenate(found)), not alike)
    return labelled


def _stacked(
    name: str, points: Sequence[xr.Dataset | None], labelled: Mapping[str, _Labels], is_coordinate: bool
) -> tuple[tuple[str, ...], np.ndarray]:
    """A variable over all points; a coordinate that is alike in all of them stays as it is."""
    owners = [(number, point) for number, point in enumerate(points) if point is not None and name in point.variables]
    present = [point.variables[name] for _, point in owners]
    dims = tuple(map(str, present[0].dims))
    if is_coordinate and all(np.array_equal(present[0].values, other.values) for other in present[1:]):
        return dims, present[0].values
    sizes = tuple(
        len(labelled[dim].values) if dim in labelled else max(variable.sizes[dim] for variable in present)
        for dim in dims
    )
    ragged = any(dim in labelled and labelled[dim].ragged for dim in dims)
    full = not ragged and all(variable.shape == sizes for variable in present)
    stacked = _empty((len(points), *sizes), present, full and len(present) == len(points), is_coordinate)
    for (number, point), variable in zip(owners, present, strict=True):
        if full:
            stacked[number] = variable.values
        else:
            places = [
                np.searchsorted(labelled[dim].values, point.variables[dim].values)
                if dim in labelled and labelled[dim].ragged
                else np.arange(variable.sizes[dim])
                for dim in dims
            ]
            stacked[(number, *np.ix_(*places))] = variable.values
    return ("study_point", *dims), stacked


def _empty(shape: tuple[int, ...], present: Sequence[xr.Variable], complete: bool, is_coordinate: bool) -> np.ndarray:
    """What stands where a point has no entry: nothing for texts, false for marks, NaN for numbers."""
    kinds = {variable.dtype.kind for variable in present}
    if kinds & set("OUT"):  # as arrays of fixed length, texts of later points would be cut short
        return np.full(shape, "", dtype=object)
    if kinds == {"b"} and (complete or is_coordinate):
        return np.zeros(shape, dtype=bool)
    kind = np.result_type(*{variable.dtype for variable in present})
    return np.full(shape, 0, kind) if complete else np.full(shape, np.nan, np.result_type(kind, np.float32))


def _swept(values: Sequence[Any]) -> np.ndarray:
    """The values of a swept key; those that are no plain numbers or texts as they are written.

    None, where a point has no such value, is NaN among numbers, else an empty text.
    """
    known = [value for value in values if value is not None]
    if len(known) < len(values):
        numeric = all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in known)
        values = [(np.nan if numeric else "") if value is None else value for value in values]
    plain = np.array(values) if all(isinstance(value, (int, float, str, bool)) for value in values) else None
    return plain if plain is not None and plain.dtype.kind in "biufU" else np.array([str(value) for value in values])


def _settings(attributes: Sequence[Mapping[str, Any] | None]) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Attributes that all points share, and the values of those that all have, but not alike."""
    known = [of_point for of_point in attributes if of_point is not None]
    common, differing = {}, {}
    for name, value in known[0].items():
        if not all(name in of_point for of_point in known):
            continue
        if all(of_point[name] == value for of_point in known):
            common[name] = value
            continue
        none = "" if isinstance(value, str) else np.nan
        values = [none if of_point is None else of_point[name] for of_point in attributes]
        differing[name] = np.array(values, dtype=object if isinstance(value, str) else None)
    return common, differing
