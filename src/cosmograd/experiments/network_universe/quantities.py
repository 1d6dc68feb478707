"""What comes out of a universe on a network. Time is in the unit of the file's 1/H, "T"; fields in the file's, "F"."""

from cosmograd.results import Quantity

_ALONG, _AT_END = ("update", "mode", "component"), ("member", "mode", "component")
_OF_SPECTRUM, _OF_FIELD, _OF_MEMBER = ("component", "wavenumber"), ("component",), ("member",)
_BY_STEP, _BY_AMPLITUDE, _BY_WIDTH = ("scaled_step",), ("scaled_amplitude",), ("scaled_width",)

_AXES = (
    Quantity("update", "number of the update", dimensions=("update",)),
    Quantity("mode", "name of the mode of the box", "", ("mode",)),
    Quantity("component", "number of the field", dimensions=_OF_FIELD),
    Quantity("member", "number of the universe, each on a network of its own", dimensions=_OF_MEMBER),
    Quantity("wavenumber", "comoving wavenumber k of the spectrum", "1/T", ("wavenumber",), symbol="k"),
    Quantity("history_update", "updates at which the power was recorded", dimensions=("history_update",)),
    Quantity("scaled_step", "time steps at which the error was measured", "T", _BY_STEP, symbol="δ"),
    Quantity("scaled_amplitude", "amplitudes at which the error was measured", "1/F", _BY_AMPLITUDE, symbol="ε"),
    Quantity("scaled_width", "widths of one hidden layer at which the error was measured", dimensions=_BY_WIDTH),
)

_PATHS = (
    Quantity("time", "cosmic time t at each update", "T", ("update",), symbol="t"),
    Quantity("e_folds", "N = ln a since the start, at each update", dimensions=("update",), symbol="N"),
    Quantity("mode_wavenumber", "comoving wavenumber k of each mode", "1/T", ("mode",), symbol="k"),
    Quantity(
        "network_fields",
        "coefficients q of the modes, read off the network (of an ensemble: its first)",
        "F",
        _ALONG,
        symbol="q",
    ),
    Quantity("direct_fields", "the same from the equations of motion, by a solver of high order", "F", _ALONG),
    Quantity("fixed_kernel_fields", "the same from the updates' recursion without a network", "F", _ALONG),
    Quantity(
        "error_of_modes",
        "distance of a mode to the direct solution over the size of its |k|; NaN for small ones",
        dimensions=("update", "mode"),
    ),
)

_TRAINING = (
    Quantity("time_step", "time step δ of an update", "T", symbol="δ"),
    Quantity("updates", "number of updates"),
    Quantity("amplitude", "how far the network moves to show a field of order one", "1/F", symbol="ε"),
    Quantity("largest_stable_step", "time steps from this one on are unstable", "T"),
    Quantity("kernel_condition_number", "of the tangent kernel on the modes (of an ensemble: the largest)"),
)

_ERRORS = (
    Quantity(
        "predicted_error_from_step", "error expected of the time step, before training (of an ensemble: at the end)"
    ),
    Quantity("predicted_error_from_finite_width", "error expected of the finite width, before training"),
    Quantity("predicted_error_from_rounding", "error expected of rounding, before training"),
    Quantity("predicted_error_from_lattice", "error expected of the lattice's coarseness, before training"),
    Quantity("worst_predicted_error", "of an ensemble: the whole error expected of its worst member, over all updates"),
    Quantity(
        "relative_error", "norm of network − direct over that of direct: modes and updates, or members at the end"
    ),
    Quantity("error_at_end", "the largest of these at the last update"),
    Quantity("error_from_step", "of the recursion without a network, against the direct solution"),
    Quantity("error_from_amplitude", "of this network's finite width, from its universe at twice the amplitude"),
    Quantity("error_from_width", "of finite width, r.m.s. over networks drawn alike"),
    Quantity("convergence_order", "power of δ that the whole error follows at 2δ, δ and δ/2"),
)

_SCALINGS = (
    Quantity(
        "step_error",
        "error of the network's universe against the direct solution at these steps",
        dimensions=_BY_STEP,
    ),
    Quantity(
        "amplitude_error",
        "distance of the network's universe to that of a fixed kernel at these amplitudes",
        dimensions=_BY_AMPLITUDE,
    ),
    Quantity("width_error", "the same distance at these widths, r.m.s. over networks", dimensions=_BY_WIDTH),
    Quantity("width_error_low", "the smallest of these networks", dimensions=_BY_WIDTH),
    Quantity("width_error_high", "the largest of these networks", dimensions=_BY_WIDTH),
)

_ENSEMBLE = (
    Quantity(
        "member_error", "norm of network − direct over that of direct, of every member at the end", "1", _OF_MEMBER
    ),
    Quantity("member_condition_number", "of every member's tangent kernel on the modes", dimensions=_OF_MEMBER),
    Quantity("last_fields", "coefficients q of every member at the end", "F", _AT_END, symbol="q"),
    Quantity("last_direct_fields", "the same from the equations of motion", "F", _AT_END),
    Quantity(
        "power",
        "k³⟨q²⟩/2π² at the end: mean over members and modes of one k",
        "F²",
        _OF_SPECTRUM,
        symbol="k³⟨q²⟩/2π²",
        error="standard_error",
    ),
    Quantity("standard_error", "standard error of this mean over members", "F²", _OF_SPECTRUM),
    Quantity("fixed_kernel_power", "the same mean from the updates' recursion without networks", "F²", _OF_SPECTRUM),
    Quantity("direct_power", "the same mean from the equations of motion, of the same draws", "F²", _OF_SPECTRUM),
    Quantity("exact_power", "k³|u|²/2π² of the vacuum's mode functions u at the end", "F²", _OF_SPECTRUM),
    Quantity(
        "tilt",
        "d ln P/d ln k of the power, by least squares weighted with the number of modes",
        dimensions=_OF_FIELD,
        symbol="d ln P/d ln k",
        error="tilt_error",
    ),
    Quantity("tilt_error", "its standard error, by the jackknife over members", dimensions=_OF_FIELD),
    Quantity("direct_tilt", "the same of the direct power", dimensions=_OF_FIELD),
    Quantity("exact_tilt", "the same of the exact power, at these wavenumbers", dimensions=_OF_FIELD),
    Quantity("tilt_outside_horizon", "d ln P/d ln k of modes far outside the horizon, by the formula"),
    Quantity("hubble_over_two_pi_squared", "(H/2π)²", "1/T²", symbol="(H/2π)²"),
    Quantity(
        "power_history",
        "power on its way: mean over members and modes of one k",
        "F²",
        ("component", "history_update", "wavenumber"),
    ),
)

QUANTITIES = (*_AXES, *_PATHS, *_TRAINING, *_ERRORS, *_SCALINGS, *_ENSEMBLE)
