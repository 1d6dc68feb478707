"""Quantities of every member of a family at every pivot."""

from cosmograd.results import Quantity

_PLANE = ("parameter", "e_folds")

QUANTITIES = (
    Quantity("parameter", "value of the parameter that is varied", "", ("parameter",)),
    Quantity("e_folds", "e-folds from k = aH of the pivot to the end of inflation", "1", ("e_folds",), "N"),
    Quantity("scalar_tilt", "n_s = 1 + dlnP/dlnk at the pivot", "1", _PLANE, "n_s", error="tilt_error"),
    Quantity("tilt_error", "estimated absolute error of n_s", "1", _PLANE),
    Quantity(
        "tensor_to_scalar_ratio",
        "tensor over scalar power at the pivot",
        "1",
        _PLANE,
        "r",
        error="tensor_to_scalar_ratio_error",
    ),
    Quantity("tensor_to_scalar_ratio_error", "estimated absolute error of r", "1", _PLANE),
    Quantity("running", "dn_s/dlnk at the pivot", "1", _PLANE, "dn_s/dln k", error="running_error"),
    Quantity("running_error", "estimated absolute error of the running", "1", _PLANE),
    Quantity("scalar_amplitude", "scalar power at the pivot", "1", _PLANE, "A_s"),
    Quantity("slow_roll_scalar_tilt", "n_s in slow roll, second order", "1", _PLANE),
    Quantity("slow_roll_tensor_to_scalar_ratio", "r in slow roll, next to leading order", "1", _PLANE),
    Quantity("reason", "why the point has no numbers, where it has none", "", _PLANE),
    Quantity("e_folds_total", "e-folds of inflation from the start", "1", ("parameter",)),
    Quantity(
        "compatible_share",
        "share of points with n_s within two standard errors of the measured one, and r below the limit",
        symbol="compatible share",
    ),
    Quantity("smallest_ratio", "smallest r of the plane", symbol="smallest r"),
)

# Without these no file holds a plane.
NEEDED = tuple(quantity.name for quantity in QUANTITIES)
