"""Primordial spectra beside slow roll, and how far slow roll is off; of several fields, isocurvature as well."""

import numpy as np

from cosmograd.experiments.universe.figures.power_panels import (
    COMPUTED,
    SLOW_ROLL,
    departure_panel,
    isocurvature_in_words,
    isocurvature_panel,
    largest_departure_in_words,
    power_panel,
    spectrum_entry,
)
from cosmograd.figures import Figure, figure
from cosmograd.results import Result
from cosmograd.results.number_format import count, error, number, with_error

_SCALAR_SLOW_ROLL, _ISOCURVATURE = "slow_roll_scalar_power", "isocurvature_power"


@figure("spectra", needs=("scalar_power", "tensor_power", "slow_roll_tensor_power"))
def spectra(result: Result) -> Figure | None:
    """Scalar and tensor power, and their relative distance from slow roll; None where no wavenumber has power."""
    if not np.isfinite(result["scalar_power"].values).any():
        return None
    several = _ISOCURVATURE in result
    return Figure(
        "spectra",
        "Primordial spectra",
        [
            power_panel(result, "scalar"),
            power_panel(result, "tensor"),
            isocurvature_panel(result) if several else departure_panel(result, "scalar"),
            departure_panel(result, "tensor"),
        ],
        _caption(result),
        "Power of scalar and of tensor perturbations against wavenumber, as computed and in slow roll, and below "
        + ("isocurvature over curvature, and " if several else "each ")
        + "the relative difference from slow roll.",
        _variables(several),
        [spectrum_entry(result, style) for style in (COMPUTED, SLOW_ROLL)],
        legend_columns=2,
        grid=(2, 2),
        height=1.9,
    )


def _variables(several: bool) -> tuple[str, ...]:
    own = (_ISOCURVATURE, "isocurvature_correlation") if several else (_SCALAR_SLOW_ROLL,)
    return ("wavenumber", "scalar_power", "tensor_power", *own, "slow_roll_tensor_power", "relative_error", "outcome")


def _caption(result: Result) -> str:
    known = np.isfinite(result["scalar_power"].values)
    k = result["wavenumber"].values[known]
    marked = " (grey line)" if k.min() <= 1 <= k.max() else ""
    text = (
        f"Power of the curvature perturbation and of gravitational waves (both polarisations) at the end of inflation, "
        f"at {count(int(known.sum()), 'wavenumber')} from {number(k.min())} to {number(k.max())} times the pivot"
        f"{marked}, where n_s = {with_error(result['scalar_tilt'], result['tilt_error'])} and r = "
        f"{number(result['tensor_to_scalar_ratio'], 4)}. {_slow_roll_in_words(result)}; the estimated error of the "
        f"powers themselves is at most {error(result['achieved_accuracy'])} (all relative)."
    )
    if _ISOCURVATURE in result:
        text += f" {isocurvature_in_words(result)}"
    missing = int((~known).sum())
    return f"{text} Missing: {count(missing, 'wavenumber')} without power." if missing else text


def _slow_roll_in_words(result: Result) -> str:
    tensors = f"{largest_departure_in_words(result, 'tensor')} for tensors"
    if _SCALAR_SLOW_ROLL not in result:
        return f"Slow roll at k = aH is off by at most {tensors}"
    text = f"Slow roll at k = aH is off by at most {largest_departure_in_words(result, 'scalar')} for scalars"
    failing = int((result[_SCALAR_SLOW_ROLL].values <= 0).sum())
    if failing:
        text += f" (negative at {count(failing, 'wavenumber')}, not drawn)"
    return f"{text} and {tensors}"
