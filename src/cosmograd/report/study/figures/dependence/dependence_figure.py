"""How the measured universe, the kernel's drift and the noise depend on one hyperparameter."""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from cosmograd.report.parts import (
    POINT_STYLES,
    LineStyle,
    ReportFigure,
    between,
    count,
    draw_intervals,
    figure_text,
    legend_below,
    limits_of_logarithmic_axis,
    name_panel,
    number,
    panels,
    use_logarithmic_axis,
)
from cosmograd.report.study.dependence import (
    Dependent,
    Group,
    Slope,
    dependent_quantities,
    groups_of,
    is_hyperparameter,
    swept_axis,
    told_apart,
)
from cosmograd.report.study.swept_keys import COMMON, in_words, key_name, value_text

# Values of a key that is no number stand side by side, up to so many.
_MOST_CATEGORIES = 12
# An axis is logarithmic where its values span more than this.
_WIDE = 3.0


class _Horizontal:
    """Where each point stands along the key, and how the axis is labelled."""

    def __init__(self, results: xr.Dataset, key: str) -> None:
        axis = swept_axis(results, key)
        values = results[key].values
        if axis is not None and np.isfinite(axis.values).any():
            self.places, self.name, self.names = axis.values, axis.name, []
        else:
            texts = [value_text(value) if value != "" else "" for value in values.tolist()]
            self.names = [text for text in dict.fromkeys(texts) if text]  # points without a value stand nowhere
            self.places, self.name = np.array([self.names.index(text) if text else np.nan for text in texts]), key
        self.key, self.label = key, key_name(self.name)

    def prepare(self, axis: Axes, places: np.ndarray) -> None:
        """Scale and ticks for the points drawn."""
        if self.names:
            axis.set_xticks(range(len(self.names)), [figure_text(name) for name in self.names])
            axis.set_xlim(-0.5, len(self.names) - 0.5)
        elif places.size and places.max() > _WIDE * places.min():
            use_logarithmic_axis(axis, limits_of_logarithmic_axis([places]), "x")


def dependence_figures(results: xr.Dataset, keys: Sequence[str], slopes: Sequence[Slope]) -> list[ReportFigure]:
    """A figure for each swept hyperparameter: every quantity that was measured at two values of it or more."""
    quantities, figures = dependent_quantities(results), []
    for key in keys:
        if not is_hyperparameter(key):
            continue
        horizontal = _Horizontal(results, key)
        if len(horizontal.names) > _MOST_CATEGORIES:
            continue
        groups = [g for g in groups_of(results, keys, [key]) if _distinct(horizontal.places[g.members]) > 1]
        shown = {name: q for name, q in quantities.items() if any(_drawn(q, horizontal, group) for group in groups)}
        if shown:
            figures.append(_figure(horizontal, groups, shown, slopes))
    return figures


def _distinct(places: np.ndarray) -> int:
    return len(np.unique(places[np.isfinite(places)]))


def _drawn(quantity: Dependent, horizontal: _Horizontal, group: Group) -> bool:
    return _distinct(horizontal.places[group.members][quantity.known[group.members]]) > 1


def _figure(
    horizontal: _Horizontal, groups: Sequence[Group], quantities: dict[str, Dependent], slopes: Sequence[Slope]
) -> ReportFigure:
    largest = sorted(groups, key=lambda group: -len(group.members))[: len(POINT_STYLES)]
    drawn = [group for group in groups if any(group is other for other in largest)]
    names = told_apart(drawn)
    figure, axes = panels(len(quantities), height=1.9)
    for position, (axis, quantity) in enumerate(zip(axes, quantities.values(), strict=True)):
        for group, style in zip(drawn, POINT_STYLES, strict=False):
            _draw(axis, horizontal, quantity, group, style)
        places = np.concatenate([horizontal.places[group.members] for group in drawn])
        horizontal.prepare(axis, places[np.isfinite(places)])
        members = np.concatenate([group.members for group in drawn])
        values = np.concatenate([quantity.value[members], quantity.predicted[members]])
        values = values[np.isfinite(values) & (values > 0)]
        if values.max() > _WIDE * values.min():
            use_logarithmic_axis(axis, limits_of_logarithmic_axis([values]))
        else:
            _never_narrow(axis)
        name_panel(axis, position, len(axes), quantity.label)
        axis.set_xlabel(figure_text(horizontal.label))
    handles = [
        Line2D([], [], color="#555555", ls="", marker="o", label="measured, 95 % interval"),
    ]
    if _predicted(quantities):
        handles.append(Line2D([], [], color="#555555", ls=(0, (5, 1.8)), label="dictionary"))
    if len(drawn) > 1:
        handles += [
            Line2D([], [], color=style.colour, marker=style.marker, ls="", label=figure_text(name))
            for name, style in zip(names, POINT_STYLES, strict=False)
        ]
    legend_below(figure, handles, 2 if len(drawn) > 1 else None)
    return ReportFigure(
        f"dependence-on-{horizontal.key.replace('.', '-').replace('_', '-')}",
        f"Dependence on {key_name(horizontal.key)}",
        figure,
        _caption(horizontal, groups, names, quantities, slopes),
        f"{count(len(quantities), 'panel')} against {key_name(horizontal.key)}: measured values with intervals, and "
        "the dictionary's prediction as lines.",
        tuple(quantity.variable for quantity in quantities.values()),
    )


def _predicted(quantities: dict[str, Dependent]) -> bool:
    """Whether the dictionary says anything of what is shown."""
    return any(np.isfinite(quantity.predicted).any() for quantity in quantities.values())


def _draw(axis: Axes, horizontal: _Horizontal, quantity: Dependent, group: Group, style: LineStyle) -> None:
    members = group.members[np.argsort(horizontal.places[group.members], kind="stable")]
    x, known = horizontal.places[members], quantity.known[members]
    predicted = quantity.predicted[members]
    told = np.isfinite(x) & np.isfinite(predicted)
    axis.plot(x[told], predicted[told], color=style.colour, ls=(0, (5, 1.8)), lw=0.9, marker="")
    members, x = members[known], x[known]
    value, low, high = (side[members] for side in (quantity.value, quantity.low, quantity.high))
    draw_intervals(axis, x, value, low, high, style)


def _bends(quantity: Dependent) -> bool:
    return quantity.no_power is not None and bool(quantity.no_power.any())


def _never_narrow(axis: Axes) -> None:
    """A linear axis that shows a tenth of its values at least, so that no round-off fills the panel."""
    low, high = axis.get_ylim()
    middle = (low + high) / 2
    reach = max((high - low) / 2, 0.05 * abs(middle))
    axis.set_ylim(middle - reach, middle + reach)
    axis.ticklabel_format(axis="y", useOffset=False)


def _caption(
    horizontal: _Horizontal,
    groups: Sequence[Group],
    drawn: Sequence[str],
    quantities: dict[str, Dependent],
    slopes: Sequence[Slope],
) -> str:
    names = ", ".join(quantity.in_words for quantity in quantities.values())
    text = (
        f"{names} against {horizontal.label}: measured from the outputs of the trainings with 95 % intervals"
        f"{', and what the dictionary makes of the settings (dashed)' if _predicted(quantities) else ''}."
    )
    text = text[0].upper() + text[1:]
    told = [slope for slope in slopes if slope.hyperparameter == horizontal.name and slope.quantity in quantities]
    if told:
        words = [
            f"{quantities[s.quantity].in_words}{f' ({in_words(s.labels)})' if s.labels else ''} "
            + between(s.low, s.slope, s.high)
            + (f" (predicted {number(s.predicted)})" if np.isfinite(s.predicted) else "")
            for s in told
        ]
        text += f" Slopes of the logarithms, with 95 % intervals: {'; '.join(words)}."
        if any(_bends(quantities[slope.quantity]) for slope in told):
            text += " Shuffled epochs follow no power of the batch size; slopes are those of independent draws."
    if COMMON in drawn:
        text += f" Groups of points are named by what sets them apart; {COMMON}: those that most have."
    if len(drawn) < len(groups):
        text += f" Of {len(groups)} combinations of the other keys, those {len(drawn)} with the most points are shown."
    return text
