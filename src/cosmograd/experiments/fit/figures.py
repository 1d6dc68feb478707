"""Figures of a measurement: the masses along the run, and the modes with the recursion that was fitted to them."""

import numpy as np

from cosmograd.figures import (
    POINT_STYLES,
    Axis,
    Band,
    Figure,
    Guide,
    LegendEntry,
    Line,
    Panel,
    figure,
    limits_of_logarithmic_axis,
    logarithmic_axis,
    marked,
    points,
    thinned,
    update_axis,
)
from cosmograd.results import Result
from cosmograd.results.number_format import number

_SHOWN = 4


@figure("masses-along-run", needs=("eta_lambda_over_time", "kernel_drift"))
def masses_along_run(result: Result) -> Figure | None:
    """ηλ with 95 % bands against the update, and the learning rate times the known kernel's eigenvalues at the
    start.
    """
    if not np.isfinite(result["eta_lambda_over_time"].values).any():
        return None
    places = thinned(result.sizes["record"])
    updates = result["record"].values[places]
    shown = min(_SHOWN, result.sizes["mode"])
    value, low, high = (
        result[f"eta_lambda_over_time{suffix}"].values[places][:, :shown] for suffix in ("", "_low", "_high")
    )
    predicted = result["eta_lambdas_predicted"].values[:shown]
    floor = 1e-2 * max(float(np.min(value[value > 0], initial=np.inf)), 1e-12)
    marks = []
    for mode, style in zip(range(shown), POINT_STYLES, strict=False):
        marks += [
            Line(updates, value[:, mode], style.colour),
            Band(updates, np.maximum(low[:, mode], floor), high[:, mode], style.colour),
        ]
        if np.isfinite(predicted[mode]):
            marks.append(points(updates[:1], predicted[mode], style.colour, style.marker, clipped=False))
    limits = limits_of_logarithmic_axis([value, high[high < 3 * value.max()], low[low > value.min() / 3]])
    legend = [LegendEntry(f"mode {i + 1}", POINT_STYLES[i].colour) for i in range(shown)]
    if np.isfinite(predicted).any():
        legend.append(LegendEntry("learning rate × eigenvalue at the start", "#888888", "", "o"))
    return Figure(
        "masses-along-run",
        "Masses along the run",
        [Panel(marks, update_axis(int(updates[-1])), logarithmic_axis("ηλ of the mode", limits))],
        f"Lines, ηλ of the {shown} leading modes of the networks' mean kernel; bands, 95 % intervals. {_drift(result)}",
        "ηλ of the leading modes on a logarithmic axis against the update, with bands for the 95 % intervals.",
        ("eta_lambda_over_time", "kernel_drift"),
        legend,
        legend_columns=5,
        height=2.2,
    )


def _drift(result: Result) -> str:
    value, low, high = (100 * float(result[f"kernel_drift{suffix}"]) for suffix in ("", "_low", "_high"))
    if not np.isfinite(value):
        return "The trajectory fit takes the kernel as constant."
    return f"The kernel drifts by {number(value, 2)} % over the record ({number(low, 2)} to {number(high, 2)} %)."


@figure("measured-modes", needs=("recorded_mode", "fitted_mode"))
def measured_modes(result: Result) -> Figure:
    """The leading modes of one network, recorded and fitted; and the root mean square of what the fit leaves of all."""
    shown, updates = min(_SHOWN, result.sizes["mode"]), result["update"].values
    recorded, fitted = (result[name].values[0] for name in ("recorded_mode", "fitted_mode"))
    marks = marked(updates)
    modes = [Guide(0.0)]
    for i, style in zip(range(shown), POINT_STYLES, strict=False):
        modes += [
            Line(updates, fitted[:, i], style.colour, width=1.0),
            points(updates[marks], recorded[marks, i], style.colour, style.marker),
        ]
    rest = _rest(result)
    limits = limits_of_logarithmic_axis([rest[:, :shown]], floor=1e-9 * float(rest.max() or 1.0))
    along = update_axis(int(updates[-1]))
    return Figure(
        "measured-modes",
        "Modes and their recursion",
        [
            Panel(modes, along, Axis("output − target along the mode"), "modes of one network"),
            Panel(
                [Line(updates, rest[:, i], POINT_STYLES[i].colour) for i in range(shown)],
                along,
                logarithmic_axis("r.m.s. of recorded − fitted", limits),
                "what is left, all networks",
            ),
        ],
        _caption(result),
        "Left, deviations of one network along its leading modes against the update, marks for what was recorded "
        "and lines for the fitted recursion. Right, the root mean square of what is left, over all networks, on a "
        "logarithmic axis.",
        ("recorded_mode", "fitted_mode"),
        [LegendEntry(f"mode {i + 1}", POINT_STYLES[i].colour, "-", POINT_STYLES[i].marker) for i in range(shown)],
        legend_columns=4,
        grid=(1, 2),
        height=2.4,
    )


def _rest(result: Result) -> np.ndarray:
    left = result["recorded_mode"].values - result["fitted_mode"].values
    return np.sqrt(np.mean(np.square(left), axis=0))


# Of a squared motion without noise.
_ROUNDING = 1e-13


def _caption(result: Result) -> str:
    members, goodness = result.sizes["member"], float(result["goodness_of_fit"])
    correlation = float(result["autocorrelation"])
    by_steps = result.attrs.get("estimator") == "regression"
    leaves = f"{number(1 - goodness, 2)} of the squared {'changes' if by_steps else 'motion'}, correlated by "
    leaves += f"{number(correlation, 2)} from update to update"
    if 1 - goodness < _ROUNDING:
        leaves = "nothing but rounding"
    shown = min(_SHOWN, result.sizes["mode"])
    lines = "what the regression expects from the update before" if by_steps else "the fitted recursion"
    return (
        f"(a) Network 0 of {members} along the {shown} leading modes: marks, recorded; lines, {lines}. (b) Root mean "
        f"square over the networks of what is left: {leaves}."
    )


FIGURES = (masses_along_run, measured_modes)
