"""How the measured universe, the kernel's drift and the noise depend on each hyperparameter."""

from collections.abc import Sequence

import numpy as np
import xarray as xr

from cosmograd.experiments.training.analysis.dependents import Dependent, dependent_quantities
from cosmograd.experiments.training.analysis.study import study_of
from cosmograd.experiments.training.analysis.swept_groups import (
    Group,
    groups_of,
    is_hyperparameter,
    swept_axis,
    told_apart,
)
from cosmograd.experiments.training.analysis.swept_keys import COMMON, key_name, value_text
from cosmograd.figures import (
    POINT_STYLES,
    Axis,
    Figure,
    FigureFamily,
    Intervals,
    LegendEntry,
    Line,
    LineStyle,
    Mark,
    Panel,
    limits_of_logarithmic_axis,
    logarithmic_axis,
)
from cosmograd.results import Result
from cosmograd.results.number_format import count

# Values of a key that is no number stand side by side, up to this many.
_MOST_CATEGORIES = 12
# An axis is logarithmic where its values span more than this; a linear one shows a tenth of its values at least.
_WIDE, _NARROWEST = 3.0, 0.1
# One or two points show no dependence.
_LEAST_POINTS = 3
_DASHED = (0, (5, 1.8))


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

    def axis(self, places: np.ndarray) -> Axis:
        """Scale and ticks for the points drawn."""
        places = places[np.isfinite(places)]
        if self.names:
            return Axis(self.label, low=-0.5, high=len(self.names) - 0.5, ticks=list(enumerate(self.names)))
        if places.size and places.max() > _WIDE * places.min():
            return logarithmic_axis(self.label, limits_of_logarithmic_axis([places]))
        return Axis(self.label)

    def has_several(self, members: np.ndarray) -> bool:
        """Whether these points stand at two places or more."""
        places = self.places[members]
        return len(np.unique(places[np.isfinite(places)])) > 1

    def comparable(self, quantity: Dependent, groups: Sequence[Group]) -> int:
        """How many points with this quantity differ from others of their group in the key."""
        known = [group.members[quantity.known[group.members]] for group in groups]
        return sum(len(members) for members in known if self.has_several(members))


def _dependence(result: Result) -> list[Figure]:
    """A figure for each swept hyperparameter: every quantity that was measured at two values of it or more."""
    study = study_of(result)
    if len(study.points) < _LEAST_POINTS:
        return []
    quantities, figures = dependent_quantities(study.results), []
    for key in filter(is_hyperparameter, study.keys):
        horizontal = _Horizontal(study.results, key)
        if len(horizontal.names) > _MOST_CATEGORIES:
            continue
        groups = [g for g in groups_of(study.results, study.keys, [key]) if horizontal.has_several(g.members)]
        amounts = {name: horizontal.comparable(quantity, groups) for name, quantity in quantities.items()}
        if max(amounts.values(), default=0) >= _LEAST_POINTS:
            shown = [quantity for name, quantity in quantities.items() if amounts[name]]
            figures.append(_figure(horizontal, groups, shown))
    return figures


dependence = FigureFamily("dependence-on", ("final_kernel_drift", "diverged_at"), _dependence)


def _figure(horizontal: _Horizontal, groups: Sequence[Group], quantities: Sequence[Dependent]) -> Figure:
    largest = sorted(groups, key=lambda group: -len(group.members))[: len(POINT_STYLES)]
    drawn = [group for group in groups if any(group is other for other in largest)]
    names = told_apart(drawn)
    predicted = any(np.isfinite(quantity.predicted).any() for quantity in quantities)
    legend = [LegendEntry("measured, 95 % interval", "#555555", "", "o")]
    if predicted:
        legend.append(LegendEntry("dictionary", "#555555", _DASHED))
    if len(drawn) > 1:
        legend += [LegendEntry.of(s, name, dashes="") for name, s in zip(names, POINT_STYLES, strict=False)]
    return Figure(
        f"dependence-on-{horizontal.key.replace('.', '-').replace('_', '-')}",
        f"Dependence on {key_name(horizontal.key)}",
        [_panel(horizontal, quantity, drawn) for quantity in quantities],
        _caption(horizontal, len(groups), names, predicted),
        f"{count(len(quantities), 'panel')} against {key_name(horizontal.key)}: measured values with intervals, and "
        "the dictionary's prediction as lines.",
        tuple(quantity.variable for quantity in quantities),
        legend,
        legend_columns=2 if len(drawn) > 1 else None,
        height=1.9,
    )


def _panel(horizontal: _Horizontal, quantity: Dependent, drawn: Sequence[Group]) -> Panel:
    marks: list[Mark] = []
    for group, style in zip(drawn, POINT_STYLES, strict=False):
        marks += _marks(horizontal, quantity, group, style)
    members = np.concatenate([group.members for group in drawn])
    values = np.concatenate([quantity.value[members], quantity.predicted[members]])
    values = values[np.isfinite(values) & (values > 0)]
    y = Axis("", narrowest=_NARROWEST, offset=False)
    if values.max() > _WIDE * values.min():
        y = logarithmic_axis("", limits_of_logarithmic_axis([values]))
    return Panel(marks, horizontal.axis(horizontal.places[members]), y, quantity.label)


def _marks(horizontal: _Horizontal, quantity: Dependent, group: Group, style: LineStyle) -> list[Mark]:
    members = group.members[np.argsort(horizontal.places[group.members], kind="stable")]
    x, known, predicted = horizontal.places[members], quantity.known[members], quantity.predicted[members]
    fine = np.isfinite(x) & np.isfinite(predicted)
    line = Line(x[fine], predicted[fine], style.colour, _DASHED, width=0.9)
    members, x = members[known], x[known]
    value, low, high = (side[members] for side in (quantity.value, quantity.low, quantity.high))
    return [line, Intervals(x, value, low, high, style.colour, style.marker)]


def _caption(horizontal: _Horizontal, groups: int, names: Sequence[str], predicted: bool) -> str:
    text = f"Measured quantities against {horizontal.label} with 95 % intervals"
    text += ", and the dictionary's predictions (dashed)" if predicted else ""
    text += f", for the {len(names)} largest of {groups} groups of points" if len(names) < groups else ""
    text += ". Slopes of the logarithms are in the table of dependence"
    return text + (f"; {COMMON}: the settings that most points have." if COMMON in names else ".")
