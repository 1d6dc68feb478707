"""Quantities of a training that are known before it is made."""

from cosmograd.results import Quantity

_N, _MODE, _CURVE = ("update",), ("mode",), ("curve",)

_ALWAYS = (
    Quantity("update", "number of the update", "update", _N, "n"),
    Quantity("loss", "predicted loss after the update, mean over initial networks", "1", _N, "L"),
    Quantity("mode", "eigenmode of the mean initial kernel, from the largest eigenvalue down", "1", _MODE),
    Quantity("eigenvalue", "eigenvalue λ of the mean initial kernel over the loss's divisor", "1", _MODE, "λ"),
    Quantity("eta_lambda", "learning rate times eigenvalue", "1", _MODE, "ηλ"),
    Quantity("regime", "regime of the mode under the real update rule", "", _MODE),
    Quantity("updates_to_learn", "updates after which the mode stays within 1/e of its start", "update", _MODE),
    Quantity("initial_share", "share of the mean initial loss in the mode", "1", _MODE),
    Quantity("learning_rate", "learning rate η, halfway through the run under a schedule"),
    Quantity("momentum", "momentum β, halfway through the run under a schedule"),
    Quantity("eta_lambda_max", "ηλ of the stiffest mode", symbol="ηλ_max"),
    Quantity("largest_stable_eta_lambda", "ηλ above which the linear theory diverges"),
    Quantity("critical_eta_lambda", "ηλ at which modes begin to oscillate"),
    Quantity("period_two_eta_lambda", "ηλ at which modes begin to flip sign at every update"),
    Quantity("initial_loss", "predicted loss before the first update"),
    Quantity("final_loss", "predicted loss after the last update", symbol="L"),
    Quantity("learned_share", "share of the initial loss in modes learned within the run", symbol="share learned"),
    Quantity("training_points", "points that are learned"),
)

# Only the figure shows these.
_DRAWN = (
    Quantity("curve_eta_lambda", "values of ηλ at which the learning time is drawn", "1", _CURVE, "ηλ"),
    Quantity("curve_updates_to_learn", "updates to learn a mode of this ηλ", "update", _CURVE),
)

# Of one given network.
_OUTPUTS = (
    Quantity("is_probe", "whether the point is unseen in training", "", ("point",)),
    Quantity(
        "outputs", "predicted outputs: training points first, then probe points", "1", ("update", "point", "output")
    ),
)

# Of losses that are not quadratic.
_BENT = (
    Quantity("largest_eigenvalue", "largest eigenvalue of the loss's Gauss–Newton matrix, as it is reached", "1", _N),
)

QUANTITIES = (*_ALWAYS, *_DRAWN, *_OUTPUTS, *_BENT)

# Without these no file holds a prediction.
NEEDED = tuple(quantity.name for quantity in _ALWAYS)
