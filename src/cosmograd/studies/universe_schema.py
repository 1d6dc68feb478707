"""The variables of a universe's results: what each one is, and its unit, written into the file beside it."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

# name: (description, unit). Dimensionless is "1"; M_Pl is the reduced Planck mass.
UNIVERSE_VARIABLES: dict[str, tuple[str, str]] = {
    "wavenumber": ("comoving wavenumber k in units of the pivot", "1"),
    "e_folds": ("N = ln a since the start", "1"),
    "component": ("number of the field", "1"),
    "scalar_power": ("power k³|R|²/2π² of the comoving curvature perturbation at the end of inflation", "1"),
    "tensor_power": ("power of both polarisations of gravitational waves at the end of inflation", "1"),
    "isocurvature_power": ("power of perturbations across the trajectory, in the curvature's normalisation", "1"),
    "isocurvature_correlation": ("size of the correlation of curvature and isocurvature", "1"),
    "isocurvature_error": ("estimated relative error of isocurvature_power", "1"),
    "transfer_to_curvature": ("size of T_RS: curvature at the end per isocurvature at k = aH", "1"),
    "transfer_to_isocurvature": ("size of T_SS: isocurvature at the end per isocurvature at k = aH", "1"),
    "slow_roll_scalar_power": ("scalar power in slow roll, next to leading order, at k = aH", "1"),
    "slow_roll_tensor_power": ("tensor power in slow roll, next to leading order, at k = aH", "1"),
    "relative_error": ("estimated relative error of the powers", "1"),
    "outcome": ("what became of the wavenumber", ""),
    "reason": ("why there is no power, where there is none", ""),
    "horizon_crossing": ("N at k = aH", "1"),
    "field": ("φ of the background", "M_Pl"),
    "field_velocity": ("dφ/dN of the background", "M_Pl"),
    "hubble_rate": ("Hubble rate H of the background", "M_Pl"),
    "potential_energy": ("V + Λ along the background", "M_Pl⁴"),
    "epsilon_1": ("first horizon-flow parameter −dlnH/dN", "1"),
    "epsilon_2": ("second horizon-flow parameter dlnε₁/dN", "1"),
    "e_folds_total": ("N at the end of inflation, ε₁ = 1", "1"),
    "pivot_crossing": ("N at which the pivot has k = aH", "1"),
    "pivot_wavenumber": ("k of the pivot, with a = 1 at the start", "M_Pl"),
    "scalar_amplitude": ("scalar power at the pivot", "1"),
    "scalar_tilt": ("n_s = 1 + dlnP/dlnk at the pivot", "1"),
    "running": ("dn_s/dlnk at the pivot", "1"),
    "tensor_to_scalar_ratio": ("tensor over scalar power at the pivot", "1"),
    "tensor_tilt": ("n_t = dlnP_t/dlnk at the pivot", "1"),
    "scalar_amplitude_error": ("estimated absolute error of the scalar power at the pivot", "1"),
    "tensor_to_scalar_ratio_error": ("estimated absolute error of r: both powers' errors together", "1"),
    "tilt_error": ("estimated absolute error of n_s", "1"),
    "tensor_tilt_error": ("estimated absolute error of n_t", "1"),
    "running_error": ("estimated absolute error of the running", "1"),
    "slow_roll_scalar_tilt": ("n_s in slow roll, second order", "1"),
    "slow_roll_running": ("running in slow roll, lowest order", "1"),
    "slow_roll_tensor_tilt": ("n_t in slow roll, second order", "1"),
    "friedmann_violation": ("largest |3H² − H²φ'²/2 − V − Λ|/3H² of the background", "1"),
    "achieved_accuracy": ("estimated largest relative error of any power", "1"),
    "mode": ("number of the shown mode", "1"),
    "stage": ("number of the step along a shown mode", "1"),
    "mode_wavenumber": ("comoving wavenumber of a shown mode, in units of the pivot", "1"),
    "mode_e_folds": ("N along a shown mode, from its vacuum to the end of inflation", "1"),
    "mode_scalar_power": ("power of the curvature perturbation of a shown mode, along it", "1"),
    "mode_wavenumber_over_ah": ("k/aH of a shown mode, along it", "1"),
    "evolution": ("number of the point of the evolution from the start to past the end of inflation", "1"),
    "evolution_e_folds": ("N, from the start to past the end of inflation", "1"),
    "cosmic_time": ("cosmic time t since the start", "1/M_Pl"),
    "evolution_field": ("φ, from the start to past the end of inflation", "M_Pl"),
    "evolution_velocity": ("dφ/dt, from the start to past the end of inflation", "M_Pl²"),
    "evolution_hubble_rate": ("Hubble rate H, from the start to past the end of inflation", "M_Pl"),
    "potential_field": ("field values at which the potential is drawn (one field)", "M_Pl"),
    "potential_curve": ("V + Λ there", "M_Pl⁴"),
    "wavenumber_over_ah": ("k/aH, which falls with time", "1"),
    "mode_real": ("real part of the mode δφ in units of H/k^(3/2), phase e^(−ikτ) in the far past", "1"),
    "mode_imaginary": ("imaginary part of the same", "1"),
    "power": ("k³|δφ|²/2π² in units of H²", "1"),
}


def described(results: xr.Dataset, descriptions: Mapping[str, tuple[str, str]] = UNIVERSE_VARIABLES) -> xr.Dataset:
    """The dataset with a description and a unit beside every variable."""
    for name, variable in results.variables.items():
        description, unit = descriptions[str(name)]
        variable.attrs.update(long_name=description, units=unit)
    return results


def as_dataset(
    variables: Mapping[str, tuple[tuple[str, ...], Any]],
    attributes: Mapping[str, str],
    descriptions: Mapping[str, tuple[str, str]] = UNIVERSE_VARIABLES,
) -> xr.Dataset:
    """A described dataset from names, dimensions and values; a variable named like its dimension is its coordinate."""
    arrays = {name: (dimensions, np.asarray(values)) for name, (dimensions, values) in variables.items()}
    return described(xr.Dataset(arrays, attrs=attributes), descriptions)
