"""The background of inflation against e-folds."""

import numpy as np

from cosmograd.experiments.universe.figures.history import field_names, fields_of
from cosmograd.figures import (
    Axis,
    Figure,
    Guide,
    LegendEntry,
    Line,
    Panel,
    columns_of,
    figure,
    limits_of_logarithmic_axis,
    logarithmic_axis,
)
from cosmograd.results import Result

_COLOURS = ("#000000", "#0072B2", "#D55E00", "#009E73", "#CC79A7")
_MOST_FIELDS = len(_COLOURS)
_N = Axis("e-folds N")


@figure("background", needs=("field", "hubble_rate", "epsilon_1", "epsilon_2"))
def background(result: Result) -> Figure:
    """Fields, Hubble rate and horizon-flow parameters."""
    n, H = result["e_folds"].values, result["hubble_rate"].values
    first, second = result["epsilon_1"].values, np.abs(result["epsilon_2"].values)
    columns = fields_of(result, "field").T[:_MOST_FIELDS]
    names = field_names(result)[:_MOST_FIELDS]
    several = len(columns) > 1
    entries = [LegendEntry(name, colour) for name, colour in zip(names, _COLOURS, strict=False)] if several else []
    flow = logarithmic_axis("ε_1,  |ε_2|", limits_of_logarithmic_axis([first, second], 0.03 * float(first.min())))
    return Figure(
        "background",
        "Background of inflation",
        [
            Panel([Line(n, φ, c) for φ, c in zip(columns, _COLOURS, strict=False)], _N, Axis("φ  [M_Pl]"), "fields"),
            Panel([Line(n, H)], _N, logarithmic_axis("H  [M_Pl]", limits_of_logarithmic_axis([H])), "Hubble rate"),
            Panel([Line(n, second, "#0072B2", (0, (4, 1.6))), Line(n, first), Guide(1.0)], _N, flow, "horizon flow"),
        ],
        "Fields, Hubble rate and horizon-flow parameters ε_1 (solid) and |ε_2| (dashed) against e-folds since the "
        "start. Inflation ends at ε_1 = 1.",
        "Three panels against e-folds: the fields, the Hubble rate, and the first two horizon-flow parameters.",
        ("field", "hubble_rate", "epsilon_1", "epsilon_2"),
        entries,
        columns_of(len(entries)) if entries else None,
        grid=(1, 3),
        height=2.2,
    )


FIGURES = (background,)
