"""The figure of a prediction: the learning curve, and when each mode is learned."""

import numpy as np

from cosmograd.figures import (
    Figure,
    Guide,
    LegendEntry,
    Line,
    Mark,
    Note,
    Panel,
    figure,
    limits_of_logarithmic_axis,
    logarithmic_axis,
    points,
    update_axis,
)
from cosmograd.results import Result
from cosmograd.results.number_format import count

# Colour and marker of each regime.
REGIME_STYLES = {
    "light": ("#0072B2", "o"),
    "critical": ("#000000", "P"),
    "underdamped": ("#E69F00", "^"),
    "period-two": ("#CC79A7", "s"),
    "unstable": ("#D55E00", "X"),
}
_CURVE = "#777777"
# The loss is drawn down to this share of its start, and up to this multiple of it.
_LOWEST, _HIGHEST = 1e-8, 1e3
# Modes of smaller ηλ, relative to the stiffest one, are left out.
_SMALLEST = 1e-9
_BOUNDARIES = {
    "critical_eta_lambda": "oscillates",
    "period_two_eta_lambda": "flips sign",
    "largest_stable_eta_lambda": "diverges",
}


@figure("prediction", needs=("loss", "eta_lambda", "updates_to_learn", "regime", *_BOUNDARIES))
def prediction(result: Result) -> Figure:
    """Loss against the update; updates to learn each mode against its ηλ, with the boundaries of the regimes."""
    shown = [name for name in REGIME_STYLES if name in result["regime"].values]
    never = int(np.isnan(result["updates_to_learn"].values[_drawn(result)]).sum())
    return Figure(
        "prediction",
        "Learning curve and learning times",
        [_loss_panel(result), _times_panel(result, shown)],
        f"(a) Predicted loss; horizontal axis, log(1 + n). (b) Updates after which each of "
        f"{count(int(_drawn(result).sum()), 'mode')} stays within 1/e of its start"
        + (f"; {count(never, 'mode')} at the upper edge never {'does' if never == 1 else 'do'}" if never else "")
        + ", with the time of any ηλ (line) and the boundaries of the regimes.",
        "Left, the predicted loss on a logarithmic axis against the update. Right, updates to learn each mode against "
        "learning rate times eigenvalue, both logarithmic, coloured by regime, with vertical lines at the boundaries.",
        ("loss", "eta_lambda", "updates_to_learn", "regime"),
        [
            *(LegendEntry(name, REGIME_STYLES[name][0], "", REGIME_STYLES[name][1]) for name in shown),
            LegendEntry("any ηλ", _CURVE),
        ],
        legend_columns=6,
        grid=(1, 2),
        height=2.4,
    )


def _drawn(result: Result) -> np.ndarray:
    """Which modes are drawn."""
    x = result["eta_lambda"].values
    return x > _SMALLEST * x[0]


def _loss_panel(result: Result) -> Panel:
    updates, loss = result["update"].values, result["loss"].values
    start = float(loss[0])
    limits = limits_of_logarithmic_axis([loss], _LOWEST * start, _HIGHEST * start)
    shown = np.where(loss <= _HIGHEST * start, loss, np.nan)
    vertical = logarithmic_axis("predicted loss", limits)
    return Panel([Line(updates, shown)], update_axis(int(updates[-1])), vertical, "learning curve")


def _times_panel(result: Result, regimes: list[str]) -> Panel:
    drawn = _drawn(result)
    x, times, regime = (result[name].values[drawn] for name in ("eta_lambda", "updates_to_learn", "regime"))
    marks: list[Mark] = []
    of_curve = []
    if "curve_eta_lambda" in result:
        of_curve = [result[f"curve_{name}"].values for name in ("eta_lambda", "updates_to_learn")]
        inside = of_curve[0] >= x.min()
        marks.append(Line(of_curve[0][inside], of_curve[1][inside], _CURVE))
        of_curve = [values[inside] for values in of_curve]
    known = [np.maximum(times, 0.8), *of_curve[1:]]
    limits = limits_of_logarithmic_axis(known) or (0.8, 10.0)
    vertical = logarithmic_axis("updates to learn", (limits[0], limits[1] * 2))
    top = (vertical.high or limits[1]) / 1.25
    for name in regimes:
        here = regime == name
        colour, marker = REGIME_STYLES[name]
        marks.append(points(x[here], np.where(np.isnan(times[here]), top, times[here]), colour, marker))
    boundaries = {text: float(result[name]) for name, text in _BOUNDARIES.items()}
    largest = max(float(x.max()), *boundaries.values())
    horizontal = logarithmic_axis("ηλ of the mode", limits_of_logarithmic_axis([x, np.array([1.6 * largest])]))
    marks += [Guide(at, "x", dashes=(0, (4, 2))) for at in boundaries.values()]
    for place, (text, at) in enumerate(_apart(boundaries)):
        marks.append(Note(text, at, 0.88 - 0.08 * place, share="y", anchor=("right", "top"), shift=(-2.0, 0.0)))
    return Panel(marks, horizontal, vertical, "learning times")


def _apart(boundaries: dict[str, float]) -> list[tuple[str, float]]:
    """Names of the boundaries; of those that coincide, as without momentum, the later ones only."""
    kept: list[tuple[str, float]] = []
    for text, at in boundaries.items():
        kept = [other for other in kept if not np.isclose(other[1], at)]
        kept.append((text, at))
    return kept


FIGURES = (prediction,)
