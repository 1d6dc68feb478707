"""Figures of a family: its curves in the plane of n_s and r, and both numbers over parameter and e-folds."""

import numpy as np

from cosmograd.experiments.tilt_plane.measured import COMPATIBLE, LARGEST_RATIO, SCALAR_TILT, SCALAR_TILT_ERROR
from cosmograd.experiments.universe.specification import parameters_of, potentials_by_name
from cosmograd.figures import (
    POINT_STYLES,
    Axis,
    Figure,
    Guide,
    LegendEntry,
    Line,
    Map,
    Mark,
    Note,
    Panel,
    Span,
    figure,
    limits_of_logarithmic_axis,
    logarithmic_axis,
)
from cosmograd.figures.marks import Colour
from cosmograd.results import Result
from cosmograd.results.number_format import count, number

_NAMES = ("scalar_tilt", "tensor_to_scalar_ratio")
# With more members than there are styles, colours say the value of the parameter.
_STYLED = len(POINT_STYLES)
_COLOURS = "viridis"
# Values of the parameter over more than this factor are drawn logarithmically, ratios over more than that.
_WIDE, _WIDE_RATIOS = 8.0, 30.0
_BAND = "#bbbbbb"


def parameter_name(result: Result) -> str:
    """As its file calls it."""
    return str(result.specification.get("parameter", {}).get("name", "parameter"))


def parameter_label(result: Result) -> str:
    """With its meaning, of a named potential."""
    kind = potentials_by_name().get(result.specification.get("potential", {}).get("name", ""))
    return parameters_of(kind)[parameter_name(result)] if kind is not None else parameter_name(result)


def _is_wide(values: np.ndarray, factor: float = _WIDE) -> bool:
    known = values[np.isfinite(values)]
    return bool(known.size and known.min() > 0 and known.max() > factor * known.min())


def _ticks(values: np.ndarray) -> list[tuple[float, str]]:
    """Some of the values themselves."""
    chosen = values[np.unique(np.linspace(0, len(values) - 1, 5).round().astype(int))]
    return [(float(value), number(value)) for value in chosen]


@figure("tilt-plane", needs=("parameter", "e_folds", *_NAMES))
def tilt_plane(result: Result) -> Figure | None:
    """r against n_s: a curve for each member, from the fewest e-folds (hollow) to the most (filled)."""
    tilt, ratio = (result[name].values for name in _NAMES)
    if not np.isfinite(tilt).any():
        return None
    members, e_folds = result.sizes["parameter"], result["e_folds"].values
    ends = np.flatnonzero(np.isfinite(tilt).any(axis=0))[[0, -1]]
    marks: list[Mark] = [
        Span(SCALAR_TILT - COMPATIBLE * SCALAR_TILT_ERROR, SCALAR_TILT + COMPATIBLE * SCALAR_TILT_ERROR, "x", _BAND),
        Guide(LARGEST_RATIO, dashes=(0, (4, 2)), width=0.9),
    ]
    for member in range(members):
        marks += _curve(tilt[member], ratio[member], ends, _colour(result, member), _marker(members, member))
    if members > _STYLED:  # the members side by side, at both ends
        marks += [Line(tilt[:, place], ratio[:, place], "#444444", (0, (1, 1.2)), width=0.8) for place in ends]
    vertical = _ratio_axis(ratio)
    marks.append(Note("limit on r, 95 %", 0.98, LARGEST_RATIO, share="x", anchor=("right", "bottom"), shift=(0.0, 2.0)))
    said = f"hollow, N = {number(e_folds[ends[0]])}; filled, N = {number(e_folds[ends[1]])}"
    said += "; dotted, all members at both" if members > _STYLED else ""
    return Figure(
        "tilt-plane",
        "The plane of n_s and r",
        [Panel(marks, _tilt_axis(tilt), vertical)],
        f"{count(members, 'curve')} over the e-folds N after the pivot ({said}). Grey, the measured n_s within "
        f"{COMPATIBLE:g} standard errors.",
        f"Tensor-to-scalar ratio against scalar tilt, one curve for each value of {parameter_name(result)}, with the "
        "measured range of the tilt as a grey band and the measured limit on the ratio as a dashed line.",
        _NAMES,
        _legend(result),
        size=(5.6, 3.6),
        bar=_bar(result),
    )


def _curve(tilt: np.ndarray, ratio: np.ndarray, ends: np.ndarray, colour: Colour, marker: str) -> list[Mark]:
    known = np.isfinite(tilt) & np.isfinite(ratio)
    first, last = ends
    marks: list[Mark] = [Line(tilt[known], ratio[known], colour, width=1.0)]
    if known[first] and first != last:
        marks.append(Line(tilt[[first]], ratio[[first]], colour, "", marker, fill="white", size=3.5))
    if known[last]:
        marks.append(Line(tilt[[last]], ratio[[last]], colour, "", marker, size=4.5))
    return marks


def _shares(result: Result) -> np.ndarray:
    """Where each value of the parameter lies between the smallest and the largest, as the axis has it."""
    values = result["parameter"].values.astype(float)
    values = np.log(values) if _is_wide(values) else values
    width = float(np.ptp(values))
    return (values - values.min()) / width if width > 0 else np.zeros(len(values))


def _colour(result: Result, member: int) -> Colour:
    if result.sizes["parameter"] <= _STYLED:
        return POINT_STYLES[member].colour
    return _COLOURS, float(_shares(result)[member])


def _marker(members: int, member: int) -> str:
    return POINT_STYLES[member].marker if members <= _STYLED else "o"


def _legend(result: Result) -> list[LegendEntry]:
    if result.sizes["parameter"] > _STYLED:
        return []
    name = parameter_name(result)
    return [
        LegendEntry(f"{name} = {number(value)}", style.colour, "-", style.marker)
        for value, style in zip(result["parameter"].values.tolist(), POINT_STYLES, strict=False)
    ]


def _bar(result: Result) -> tuple[str, float, float, bool, list[tuple[float, str]], str] | None:
    if result.sizes["parameter"] <= _STYLED:
        return None
    values = result["parameter"].values.astype(float)
    ends = float(values.min()), float(values.max())
    return _COLOURS, *ends, _is_wide(values), _ticks(values), parameter_label(result)


def _tilt_axis(tilt: np.ndarray) -> Axis:
    known = np.append(
        tilt[np.isfinite(tilt)], [SCALAR_TILT - 3 * SCALAR_TILT_ERROR, SCALAR_TILT + 3 * SCALAR_TILT_ERROR]
    )
    margin = 0.04 * float(np.ptp(known))
    return Axis("n_s", low=float(known.min()) - margin, high=float(known.max()) + margin)


def _ratio_axis(ratio: np.ndarray) -> Axis:
    known = np.append(ratio[np.isfinite(ratio)], LARGEST_RATIO)
    if _is_wide(known, _WIDE_RATIOS):
        return logarithmic_axis("r", limits_of_logarithmic_axis([known]))
    return Axis("r", low=0.0, high=1.08 * float(known.max()))


@figure("tilt-maps", needs=("parameter", "e_folds", *_NAMES))
def tilt_maps(result: Result) -> Figure | None:
    """n_s and r over the parameter and the e-folds; None for one member or one pivot."""
    if (
        min(result.sizes["parameter"], result.sizes["e_folds"]) < 2
        or not np.isfinite(result["scalar_tilt"].values).any()
    ):
        return None
    values = result["parameter"].values.astype(float)
    wide = _is_wide(values)
    along = Axis(parameter_label(result), "log" if wide else "linear", ticks=_ticks(values), minor=False)
    panels = []
    for name, label in zip(_NAMES, ("n_s", "r"), strict=True):
        numbers = result[name].values
        logarithmic = name == "tensor_to_scalar_ratio" and _is_wide(numbers, _WIDE_RATIOS)
        cells = Map(
            _edges(values, wide), _edges(result["e_folds"].values, False), numbers, _COLOURS, logarithmic=logarithmic,
            bar=label, even=False,
        )  # fmt: skip
        panels.append(Panel([cells], along, Axis("e-folds N after the pivot"), label))
    return Figure(
        "tilt-maps",
        "n_s and r over the family",
        panels,
        f"n_s and r over {parameter_name(result)} and the e-folds after the pivot has k = aH; white, no result.",
        f"Two maps, of the scalar tilt and of the tensor-to-scalar ratio, over {parameter_name(result)} horizontally "
        "and e-folds vertically.",
        _NAMES,
        grid=(1, 2),
        height=2.6,
    )


def _edges(centres: np.ndarray, logarithmic: bool) -> np.ndarray:
    """The edges of the cells around increasing values."""
    at = np.log(centres) if logarithmic else np.asarray(centres, dtype=float)
    middle = (at[1:] + at[:-1]) / 2
    ends = np.concatenate([[2 * at[0] - middle[0]], middle, [2 * at[-1] - middle[-1]]])
    return np.exp(ends) if logarithmic else ends


FIGURES = (tilt_plane, tilt_maps)
