"""What comes out of a test field in de Sitter space."""

from cosmograd.results import Quantity

_ALONG = ("wavenumber_over_ah",)

QUANTITIES = (
    Quantity("wavenumber_over_ah", "k/aH, which falls with time", dimensions=_ALONG, symbol="k/aH"),
    Quantity(
        "mode_real",
        "real part of the mode δφ in units of H/k^(3/2), phase e^(−ikτ) in the far past",
        dimensions=_ALONG,
        symbol="Re δφ",
    ),
    Quantity("mode_imaginary", "imaginary part of the same", dimensions=_ALONG, symbol="Im δφ"),
    Quantity("power", "k³|δφ|²/2π² in units of H²", dimensions=_ALONG),
    Quantity("achieved_accuracy", "estimated largest relative error of any power"),
)

# Without these no file holds a test field.
NEEDED = tuple(quantity.name for quantity in QUANTITIES)
