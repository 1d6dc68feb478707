"""What comes out of inflation. Units: M_Pl = 1/√(8πG), ħ = c = 1; a = 1 at the start."""

from cosmograd.results import Quantity

_K, _N, _MODE, _EVOLUTION = ("wavenumber",), ("e_folds",), ("mode", "stage"), ("evolution",)

_ALWAYS = (
    Quantity("wavenumber", "comoving wavenumber k in units of the pivot", dimensions=_K, symbol="k/k_pivot"),
    Quantity("e_folds", "N = ln a since the start", dimensions=_N, symbol="N"),
    Quantity(
        "scalar_power",
        "power k³|R|²/2π² of the comoving curvature perturbation at the end of inflation",
        dimensions=_K,
        symbol="P_R",
    ),
    Quantity(
        "tensor_power",
        "power of both polarisations of gravitational waves at the end of inflation",
        dimensions=_K,
        symbol="P_t",
    ),
    Quantity("slow_roll_tensor_power", "tensor power in slow roll, next to leading order, at k = aH", dimensions=_K),
    Quantity("relative_error", "estimated relative error of the powers", dimensions=_K),
    Quantity("outcome", "what became of the wavenumber", "", _K),
    Quantity("reason", "why there is no power, where there is none", "", _K),
    Quantity("horizon_crossing", "N at k = aH", dimensions=_K),
    Quantity("field", "φ of the background", "M_Pl", _N, "φ"),
    Quantity("field_velocity", "dφ/dN of the background", "M_Pl", _N, "dφ/dN"),
    Quantity("hubble_rate", "Hubble rate H of the background", "M_Pl", _N, "H"),
    Quantity("potential_energy", "V + Λ along the background", "M_Pl⁴", _N),
    Quantity("epsilon_1", "first horizon-flow parameter −dlnH/dN", dimensions=_N, symbol="ε_1"),
    Quantity("epsilon_2", "second horizon-flow parameter dlnε₁/dN", dimensions=_N, symbol="ε_2"),
    Quantity("e_folds_total", "N at the end of inflation, ε₁ = 1"),
    Quantity("pivot_crossing", "N at which the pivot has k = aH"),
    Quantity("pivot_wavenumber", "k of the pivot, with a = 1 at the start", "M_Pl", symbol="k_pivot"),
    Quantity("scalar_amplitude", "scalar power at the pivot", symbol="A_s", error="scalar_amplitude_error"),
    Quantity("scalar_tilt", "n_s = 1 + dlnP/dlnk at the pivot", symbol="n_s", error="tilt_error"),
    Quantity("running", "dn_s/dlnk at the pivot", symbol="dn_s/dln k", error="running_error"),
    Quantity(
        "tensor_to_scalar_ratio",
        "tensor over scalar power at the pivot",
        symbol="r",
        error="tensor_to_scalar_ratio_error",
    ),
    Quantity("tensor_tilt", "n_t = dlnP_t/dlnk at the pivot", symbol="n_t", error="tensor_tilt_error"),
    Quantity("tilt_error", "estimated absolute error of n_s"),
    Quantity("tensor_tilt_error", "estimated absolute error of n_t"),
    Quantity("running_error", "estimated absolute error of the running"),
    Quantity("friedmann_violation", "largest |3H² − H²φ'²/2 − V − Λ|/3H² of the background"),
    Quantity("achieved_accuracy", "estimated largest relative error of any power"),
)

_ERRORS_OF_POWERS = (
    Quantity("scalar_amplitude_error", "estimated absolute error of the scalar power at the pivot"),
    Quantity("tensor_to_scalar_ratio_error", "estimated absolute error of r: both powers' errors together"),
)

_SLOW_ROLL = (
    Quantity("slow_roll_scalar_power", "scalar power in slow roll, next to leading order, at k = aH", dimensions=_K),
    Quantity("slow_roll_scalar_tilt", "n_s in slow roll, second order"),
    Quantity("slow_roll_running", "running in slow roll, lowest order"),
    Quantity("slow_roll_tensor_tilt", "n_t in slow roll, second order"),
)

_SEVERAL_FIELDS = (
    Quantity(
        "isocurvature_power",
        "power of perturbations across the trajectory, in the curvature's normalisation",
        dimensions=_K,
        symbol="P_S",
    ),
    Quantity("isocurvature_amplitude", "isocurvature power at the pivot, interpolated in ln k"),
    Quantity("isocurvature_correlation", "size of the correlation of curvature and isocurvature", dimensions=_K),
    Quantity("isocurvature_error", "estimated relative error of isocurvature_power", dimensions=_K),
    Quantity(
        "transfer_to_curvature",
        "size of T_RS: curvature at the end per isocurvature at k = aH",
        dimensions=_K,
        symbol="T_RS",
    ),
    Quantity(
        "transfer_to_isocurvature",
        "size of T_SS: isocurvature at the end per isocurvature at k = aH",
        dimensions=_K,
        symbol="T_SS",
    ),
)

# What only figures show.
_PICTURED = (
    Quantity("mode_wavenumber", "comoving wavenumber of a shown mode, in units of the pivot", dimensions=("mode",)),
    Quantity("mode_e_folds", "N along a shown mode, from its vacuum to the end of inflation", dimensions=_MODE),
    Quantity("mode_scalar_power", "power of the curvature perturbation of a shown mode, along it", dimensions=_MODE),
    Quantity("mode_wavenumber_over_ah", "k/aH of a shown mode, along it", dimensions=_MODE),
    Quantity("evolution_e_folds", "N, from the start to past the end of inflation", dimensions=_EVOLUTION),
    Quantity("cosmic_time", "cosmic time t since the start", "1/M_Pl", _EVOLUTION, "t"),
    Quantity("evolution_field", "φ, from the start to past the end of inflation", "M_Pl", _EVOLUTION),
    Quantity("evolution_velocity", "dφ/dt, from the start to past the end of inflation", "M_Pl²", _EVOLUTION),
    Quantity("evolution_hubble_rate", "Hubble rate H, from the start to past the end of inflation", "M_Pl", _EVOLUTION),
    Quantity(
        "potential_field", "field values at which the potential is drawn (one field)", "M_Pl", ("potential_field",)
    ),
    Quantity("potential_curve", "V + Λ there", "M_Pl⁴", ("potential_field",)),
)

QUANTITIES = (*_ALWAYS, *_ERRORS_OF_POWERS, *_SLOW_ROLL, *_SEVERAL_FIELDS, *_PICTURED)

# Without these no file holds inflation.
NEEDED = tuple(quantity.name for quantity in _ALWAYS)
