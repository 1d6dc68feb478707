"""What every experiment returns: labelled arrays, what they were computed from, and ways to look at them."""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cosmograd.results import views
from cosmograd.results.estimate import ESTIMATE_PARTS, Estimate
from cosmograd.results.labelled_array import LabelledArray
from cosmograd.results.quantity import Quantity, quantities_by_name
from cosmograd.results.seams import called_above

if TYPE_CHECKING:
    import xarray as xr

# Name of an array, the axes it runs along, and its values.
Arrays = Mapping[str, tuple[tuple[str, ...], Any]]


class Result:
    """Labelled arrays with their quantities, and what they were computed from.

    `result.scalar_tilt` is a number, an array, or an `Estimate` of what was measured; `result["scalar_tilt"]` the same
    with its axes, unit and meaning. It shows itself by `print`, in notebooks and by `plot`; `to_xarray` hands all of it
    on, `save` writes a folder that `cosmograd.load` reads. It is not to be changed.

    experiment: its kind, as `cosmograd.experiments` names it; attrs: what its file says of it as a whole.
    """

    def __init__(
        self,
        experiment: str,
        arrays: Mapping[str, LabelledArray],
        attrs: Mapping[str, Any] | None = None,
        coordinates: Iterable[str] = (),
    ) -> None:
        self.experiment = experiment
        self.arrays = dict(arrays)
        self.attrs = {"experiment": experiment} | dict(attrs or {})
        self._coordinates = frozenset(coordinates)
        self.sizes: dict[str, int] = {}
        for name, array in self.arrays.items():
            for dimension, length in zip(array.dims, array.shape, strict=True):
                if self.sizes.setdefault(dimension, length) != length:
                    raise ValueError(
                        f"{name!r} has {length} entries along {dimension!r}, others have {self.sizes[dimension]}."
                    )

    @classmethod
    def of(
        cls,
        experiment: str,
        quantities: Iterable[Quantity],
        arrays: Arrays,
        attrs: Mapping[str, Any] | None = None,
    ) -> "Result":
        """A result from names, axes and values; every name must be that of a declared quantity."""
        declared = quantities_by_name(quantities)
        labelled = {
            name: LabelledArray(values, dims, _declared(declared, name)) for name, (dims, values) in arrays.items()
        }
        return cls(experiment, labelled, attrs)

    def __getitem__(self, name: str) -> LabelledArray:
        try:
            return self.arrays[name]
        except KeyError:
            raise KeyError(f"{name!r}; there are {', '.join(self.arrays)}") from None

    def __contains__(self, name: object) -> bool:
        return name in self.arrays

    def __iter__(self) -> Iterator[str]:
        return iter(self.arrays)

    def __len__(self) -> int:
        return len(self.arrays)

    def __getattr__(self, name: str) -> Any:
        arrays = self.__dict__.get("arrays", {})
        if name not in arrays:
            raise AttributeError(f"{type(self).__name__!r} has no attribute {name!r}")
        if all(f"{name}{part.suffix}" in arrays for part in ESTIMATE_PARTS.values()):
            return self.estimate(name)
        values = arrays[name].values
        return values.item() if values.ndim == 0 else values

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self.arrays})

    def estimate(self, name: str, mode: int | None = None) -> Any:
        """A measured quantity with its interval; of what there is for each mode a tuple of them, or that of one.

        Of what there is for each mode of each point of a sweep, a tuple of tuples.
        """
        parts = {part: self[f"{name}{suffix}"].values for part, (suffix, *_) in ESTIMATE_PARTS.items()}
        return _estimates(parts if mode is None else {part: values[mode] for part, values in parts.items()})

    @property
    def numbers(self) -> dict[str, float]:
        """All single numbers, by name."""
        return {name: float(a) for name, a in self.arrays.items() if a.ndim == 0 and a.dtype.kind in "fiub"}

    @property
    def specification(self) -> dict[str, Any]:
        """What it was computed from, as its file says it; empty where that is not known."""
        try:
            found = json.loads(self.attrs.get("specification", "{}"))
        except (TypeError, ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def title(self) -> str:
        """Its name, or its kind."""
        return str(self.attrs.get("name", "") or self.experiment.replace("_", " "))

    def at(self, **places: int | slice) -> "Result":
        """The part at one place, or some, of named axes: `result.at(point=0)`, `result.at(record=slice(10))`."""
        arrays = {name: array.at(**{d: p for d, p in places.items() if d in array.dims}) for name, array in self._items}
        return Result(self.experiment, arrays, self.attrs, self._coordinates)

    def with_attrs(self, **attrs: Any) -> "Result":
        """The same arrays with more said of them as a whole."""
        return Result(self.experiment, self.arrays, self.attrs | attrs, self._coordinates)

    @property
    def _items(self) -> Iterable[tuple[str, LabelledArray]]:
        return self.arrays.items()

    def to_xarray(self) -> "xr.Dataset":
        """All of it as an `xarray.Dataset`: the same names, axes, units and attributes."""
        import xarray as xr  # half a second

        arrays = {name: (array.dims, array.values, array.attrs) for name, array in self._items}
        coordinates = {name: arrays.pop(name) for name in list(arrays) if self._is_coordinate(name)}
        return xr.Dataset(arrays, coordinates, self.attrs)

    def _is_coordinate(self, name: str) -> bool:
        return self.arrays[name].dims == (name,) or name in self._coordinates

    @classmethod
    def from_xarray(cls, dataset: "xr.Dataset", quantities: Iterable[Quantity] = ()) -> "Result":
        """What `to_xarray` gave, or a file; quantities: the declared ones, which know more than files say of them."""
        arrays, declared = {}, quantities_by_name(quantities)
        for name, variable in dataset.variables.items():
            said = variable.attrs
            told = Quantity(str(name), str(said.get("long_name", name)), str(said.get("units", "")))
            dims = tuple(map(str, variable.dims))
            more = {key: value for key, value in said.items() if key not in ("long_name", "units")}
            arrays[str(name)] = LabelledArray(variable.values, dims, declared.get(str(name), told), more)
        return cls(str(dataset.attrs.get("experiment", "")), arrays, dataset.attrs, map(str, dataset.coords))

    def plot(self, name: str | None = None) -> Any:
        """The figure of this name, or the first that there is: shown by notebooks, `.save(file)` writes it.

        Raises ValueError that says which figures there are.
        """
        return called_above("plot", self, name)

    def save(self, folder: str | Path) -> Path:
        """Write the folder that `cosmograd.load` reads: `results.nc`, and figures with a page; returns the folder."""
        return called_above("save", self, Path(folder))

    def __repr__(self) -> str:
        return views.text(self)

    def _repr_html_(self) -> str:
        return views.html(self)


def _declared(declared: Mapping[str, Quantity], name: str) -> Quantity:
    try:
        return declared[name]
    except KeyError:
        raise ValueError(f"{name!r} is not a declared quantity; declared are {', '.join(declared)}.") from None


def _estimates(parts: Mapping[str, Any]) -> Any:
    if np.ndim(parts["value"]):
        places = range(len(parts["value"]))
        return tuple(_estimates({part: values[place] for part, values in parts.items()}) for place in places)
    return Estimate(**{part: _number_or_none(value) for part, value in parts.items()})


def _number_or_none(value: Any) -> Any:
    value = np.asarray(value).item()
    return None if isinstance(value, float) and np.isnan(value) else value
