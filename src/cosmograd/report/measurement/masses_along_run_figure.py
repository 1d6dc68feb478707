"""ηλ of the leading modes along a run: the drift of the kernel."""

import numpy as np
import xarray as xr
from matplotlib.lines import Line2D

from cosmograd.report.parts import (
    POINT_STYLES,
    ReportFigure,
    legend_below,
    limits_of_logarithmic_axis,
    number,
    panels,
    thinned,
    use_logarithmic_axis,
    use_update_axis,
)

_SHOWN = 4


def masses_along_run_figure(results: xr.Dataset) -> ReportFigure:
    """ηλ with 95 % bands against the update, and the learning rate times the known kernel's eigenvalues at the
    start.
    """
    figure, (axis,) = panels(1, height=2.2)
    places = thinned(results.sizes["record"])
    updates = results["record"].values[places]
    shown = min(_SHOWN, results.sizes["mode"])
    value, low, high = (
        results[f"eta_lambda_over_time{suffix}"].values[places][:, :shown] for suffix in ("", "_low", "_high")
    )
    predicted = results["eta_lambdas_predicted"].values[:shown]
    floor = 1e-2 * max(float(np.min(value[value > 0], initial=np.inf)), 1e-12)
    for mode in range(shown):
        style = POINT_STYLES[mode]
        axis.plot(updates, value[:, mode], color=style.colour)
        axis.fill_between(updates, np.maximum(low[:, mode], floor), high[:, mode], color=style.colour, alpha=0.15, lw=0)
        if np.isfinite(predicted[mode]):
            axis.plot(
                updates[:1], predicted[mode : mode + 1], color=style.colour, marker=style.marker, ls="", clip_on=False
            )
    use_update_axis(axis, int(updates[-1]))
    use_logarithmic_axis(
        axis, limits_of_logarithmic_axis([value, high[high < 3 * value.max()], low[low > value.min() / 3]])
    )
    axis.set_ylabel("ηλ of the mode")
    handles = [Line2D([], [], color=POINT_STYLES[i].colour, label=f"mode {i + 1}") for i in range(shown)]
    if np.isfinite(predicted).any():
        handles.append(
            Line2D([], [], color="#888888", marker="o", ls="", label="learning rate × eigenvalue at the start")
        )
    legend_below(figure, handles, 5)
    drift = {
        part: float(results[f"kernel_drift{suffix}"])
        for part, suffix in (("value", ""), ("low", "_low"), ("high", "_high"))
    }
    caption = f"Lines, ηλ of the {shown} leading modes of the networks' mean kernel; bands, 95 % intervals. " + (
        f"The kernel drifts by {number(100 * drift['value'], 2)} % over the record ({number(100 * drift['low'], 2)} "
        f"to {number(100 * drift['high'], 2)} %)."
        if np.isfinite(drift["value"])
        else "The trajectory fit takes the kernel as constant."
    )
    return ReportFigure(
        "masses-along-run",
        "Masses along the run",
        figure,
        caption,
        "ηλ of the leading modes on a logarithmic axis against the update, with bands for the 95 % intervals.",
        ("eta_lambda_over_time", "kernel_drift"),
    )
