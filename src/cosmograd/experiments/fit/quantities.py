"""What comes out of a measurement."""

from cosmograd.measurement import estimated_quantities
from cosmograd.results import Quantity

_ALONG, _OVER_TIME = ("member", "update", "mode"), ("record", "mode")

QUANTITIES = (
    *estimated_quantities(),
    Quantity("recorded_mode", "recorded deviation along the mode", dimensions=_ALONG),
    Quantity("fitted_mode", "fitted deviation along the mode", dimensions=_ALONG),
    Quantity("goodness_of_fit", "1 − |residual|²/|motion|²"),
    Quantity("autocorrelation", "of the residuals, from update to update"),
    Quantity("left_out", "share of the motion that lies along none of the fitted modes"),
    Quantity("eta_lambda_over_time", "ηλ of the mode, along the run", dimensions=_OVER_TIME, symbol="ηλ"),
    Quantity("eta_lambda_over_time_low", "lower end of its 95 % interval, along the run", dimensions=_OVER_TIME),
    Quantity("eta_lambda_over_time_high", "upper end, along the run", dimensions=_OVER_TIME),
    Quantity("update", "number of the update after which modes were recorded", "update", ("update",)),
    Quantity("record", "number of the update after which outputs were recorded", "update", ("record",)),
    Quantity("mode", "number of the mode, from the largest ηλ down", "1", ("mode",)),
)
