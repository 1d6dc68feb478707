"""Scale factor, e-folds and Hubble rate of the dual universe."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from cosmograd.report.parts import (
    POINT_STYLES,
    ReportFigure,
    figure_text,
    legend_below,
    limits_of_logarithmic_axis,
    name_panel,
    panels,
    span,
    thinned,
    use_logarithmic_axis,
)
from cosmograd.report.study.study_points import ReportPoint, exactness_in_words, selection_in_words

_SCHEME_DASHES = {"leapfrog": "-", "stroboscopic": (0, (3, 1.5))}
# Times that differ by more than this need a logarithmic axis.
_WIDE = 20.0


def expansion_figure(points: Sequence[ReportPoint], shown: Sequence[ReportPoint]) -> ReportFigure:
    """E-folds since the start against update and canonical time, and H(t) where a schedule changes it."""
    scheduled = any(_rate_changes(point) for point in shown)
    figure, axes = panels(3 if scheduled else 2, (1, 3 if scheduled else 2), height=2.3)
    finite_schemes = set()
    same = len(shown) > 1 and _same_by_update(shown)
    for index, point in enumerate(shown):
        for scheme in _SCHEME_DASHES:
            if _draw_expansion(axes, point, scheme, index, len(shown)):
                finite_schemes.add(scheme)
    if same:
        for curve in axes[0].lines:
            curve.set(color="black", marker="")
        axes[0].annotate("all points alike", (0.04, 0.92), xycoords="axes fraction", va="top")
    titles = ("e-folds by update", "scale factor in canonical time", "Hubble rate")
    for position, (axis, title) in enumerate(zip(axes, titles, strict=False)):
        name_panel(axis, position, len(axes), title)
    axes[0].set_ylabel(r"$\ln\,(a/a_0)$")
    axes[0].set_xlabel("update n")
    axes[1].set_xlabel("canonical time t  [T]")
    axes[1].set_ylabel(r"$\ln\,(a/a_0)$")
    ends = [float(point.data["canonical_time"].sel(scheme="leapfrog").values[-1]) for point in shown]
    if max(ends) > _WIDE * min(ends):
        axes[1].set_xscale("log")
    if scheduled:
        axes[2].set(xlabel="canonical time t  [T]", ylabel="H  [1/T]")
        rates = [point.data["hubble_rate_over_time"].values for point in shown]
        times = [point.data["canonical_time_of_update"].values for point in shown]
        use_logarithmic_axis(axes[2], limits_of_logarithmic_axis(rates))
        use_logarithmic_axis(axes[2], limits_of_logarithmic_axis(times), "x")
    handles = []
    if len(shown) > 1:
        handles = [
            Line2D([], [], color=style.colour, marker=style.marker, label=figure_text(point.title))
            for point, style in zip(shown, POINT_STYLES, strict=False)
        ]
    if len(finite_schemes) > 1:
        handles += [
            Line2D([], [], color="#555555", ls=dashes, label=f"{scheme} scheme")  # pyright: ignore[reportArgumentType]
            for scheme, dashes in _SCHEME_DASHES.items()
        ]
    legend_below(figure, handles, 3)
    return ReportFigure(
        "expansion",
        "Expansion of the dual universe",
        figure,
        _caption(points, shown, scheduled),
        "Logarithm of the scale factor of the dual universe against update and against canonical time"
        + (", and Hubble rate against canonical time." if scheduled else "."),
        ("e_folds", "canonical_time", "hubble_rate_over_time", "learning_rate_schedule", "momentum_schedule"),
    )


def _same_by_update(shown: Sequence[ReportPoint]) -> bool:
    """Whether all points expand alike, update by update."""
    histories = [point.data["e_folds"].sel(scheme="leapfrog").values for point in shown]
    return all(h.shape == histories[0].shape and np.allclose(h, histories[0], rtol=1e-12) for h in histories)


def _rate_changes(point: ReportPoint) -> bool:
    rate = point.data["hubble_rate_over_time"].sel(scheme="leapfrog").values
    return bool(np.ptp(rate) > 1e-9 * np.abs(rate).max())


def _draw_expansion(axes: Sequence[Axes], point: ReportPoint, scheme: str, index: int, of: int) -> bool:
    """Draw one point in one scheme, unless its expansion is infinite; whether it is not."""
    data = point.data.sel(scheme=scheme)
    e_folds, time, records = (data[name].values for name in ("e_folds", "canonical_time", "record"))
    if not np.isfinite(e_folds).all():
        return False
    style, kept = POINT_STYLES[index % len(POINT_STYLES)], thinned(len(records))
    line = {"color": style.colour, "ls": _SCHEME_DASHES[scheme]}
    if of > 1 and scheme == "leapfrog":
        line |= {"marker": style.marker, "markevery": _quarters(records[kept])}
    axes[0].plot(records[kept], e_folds[kept], **line)
    axes[1].plot(time[kept], e_folds[kept], **line)
    if len(axes) > 2:
        at, rate = data["canonical_time_of_update"].values, data["hubble_rate_over_time"].values
        some = thinned(len(rate))
        if "markevery" in line:
            line |= {"markevery": _quarters(some)}
        axes[2].plot(at[some], rate[some], **line)
    return True


def _quarters(updates: np.ndarray) -> list[int]:
    """Indices of the curve's points at each quarter of the run."""
    return [int(np.argmin(np.abs(updates - part * updates[-1]))) for part in (0, 0.25, 0.5, 0.75, 1)]


def _caption(points: Sequence[ReportPoint], shown: Sequence[ReportPoint], scheduled: bool) -> str:
    totals = [float(point.data["e_folds"].sel(scheme="leapfrog").values[-1]) for point in shown]
    updates = [int(point.data["record"].values[-1]) for point in shown]
    text = (
        f"Each update is a step of the dual universe's expansion. In the leapfrog scheme, {exactness_in_words(shown)}, "
        f"the scale factor grows by {span(totals)} e-folds in {span(updates, 6)} updates. "
    )
    if scheduled:
        changing = [point for point in shown if _rate_changes(point)]
        ends = [point.data["hubble_rate_over_time"].sel(scheme="leapfrog").values[[0, -1]] for point in changing]
        text += (
            f"The schedule changes the Hubble rate: in units of 1/T it is {span(end[0] for end in ends)} at the first "
            f"update and {span(end[1] for end in ends)} at the last{_slope(changing)}. "
        )
    else:
        rates = [point.value("hubble_rate", scheme="leapfrog", time_unit="canonical") for point in shown]
        text += (
            f"H is constant (de Sitter space): in the canonical unit of time T, in which V = L, ln a = Ht with H = "
            f"{span(rates)}/T. "
        )
        if len(shown) > 1:
            text += "By update, curves of equal momentum coincide: the learning rate sets the unit of time alone. "
    return text + _stroboscopic_in_words(shown) + selection_in_words(len(shown), len(points))


def _slope(changing: Sequence[ReportPoint]) -> str:
    """The power of t in H(t) over the last half of the run, where there is one."""
    powers = []
    for point in changing:
        data = point.data
        time, rate = (
            data[name].sel(scheme="leapfrog").values for name in ("canonical_time_of_update", "hubble_rate_over_time")
        )
        half = slice(len(time) // 2, None)
        if len(time) < 8 or not (rate[half] > 0).all():
            return ""
        fit = np.polyfit(np.log(time[half]), np.log(rate[half]), 1)
        if np.abs(np.polyval(fit, np.log(time[half])) - np.log(rate[half])).max() > 0.02:
            return ""
        powers.append(float(fit[0]))
    return f"; over the second half of the run as t to the power of {span(powers, 2)}" if powers else ""


def _stroboscopic_in_words(shown: Sequence[ReportPoint]) -> str:
    infinite = [p for p in shown if not np.isfinite(p.data["e_folds"].sel(scheme="stroboscopic").values).all()]
    finite = [p for p in shown if p not in infinite]
    text = ""
    if finite:
        totals = [float(p.data["e_folds"].sel(scheme="stroboscopic").values[-1]) for p in finite]
        text += f"In the stroboscopic scheme, 3Hδ = ln(1/β), it is {span(totals)} e-folds. "
    if infinite:
        where = "" if len(infinite) == len(shown) else f" at {len(infinite)} of {len(shown)} points"
        always = all((p.data["momentum_schedule"].values == 0).all() for p in infinite)
        text += f"The stroboscopic scheme is infinite{where} and not drawn: " + (
            "without momentum an update leaves no velocity behind, the system is of first order and has no finite "
            "friction. "
            if always
            else "an update with β = 0 forgets the velocity, which no finite friction does in finite time. "
        )
    return text.rstrip()
