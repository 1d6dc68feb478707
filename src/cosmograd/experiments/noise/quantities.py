"""What comes out of a study of noise, along the eigenmodes of the loss's Hessian at one minimum."""

from cosmograd.results import Quantity

_BY_RUN = ("sampling", "momentum", "batch_size")
_BY_MODE = (*_BY_RUN, "mode")

QUANTITIES = (
    Quantity("sampling", "how the examples of an update are drawn", "", ("sampling",)),
    Quantity("momentum", "momentum β", "1", ("momentum",)),
    Quantity("batch_size", "examples per update B", "1", ("batch_size",)),
    Quantity(
        "mode", "eigenmode of the loss's Hessian at the minimum, from the largest eigenvalue down", "1", ("mode",)
    ),
    Quantity("eigenvalue", "eigenvalue λ of the mode", "1", ("mode",)),
    Quantity("learning_rate", "learning rate η at each momentum", "1", ("momentum",)),
    Quantity(
        "gradient_variance",
        "variance σ² of the gradients of single examples along the mode, over the run",
        "1",
        _BY_MODE,
    ),
    Quantity("temperature", "T = λ⟨(q − ⟨q⟩)²⟩", "1", _BY_MODE, error="temperature_error"),
    Quantity("temperature_error", "its standard error", "1", _BY_MODE),
    Quantity(
        "velocity_temperature", "T = ⟨(q_n − q_(n−1))²⟩(1 + β)/2η", "1", _BY_MODE, error="velocity_temperature_error"
    ),
    Quantity("velocity_temperature_error", "its standard error", "1", _BY_MODE),
    Quantity(
        "predicted_temperature",
        "ησ²/(2B(1 − β)) times finite-step and sampling factor; independent draws",
        "1",
        _BY_MODE,
    ),
    Quantity("mean_temperature", "temperature, mean over modes", "1", _BY_RUN, "T", error="mean_temperature_error"),
    Quantity("mean_temperature_error", "its standard error", "1", _BY_RUN),
    Quantity(
        "mean_predicted_temperature", "predicted temperature for independent draws, mean over modes", "1", _BY_RUN
    ),
    Quantity("effective_samples", "independent samples that the error of the temperature is that of", "1", _BY_MODE),
    Quantity(
        "temperature_ratio",
        "measured over predicted temperature, mean over modes",
        "1",
        _BY_RUN,
        error="temperature_ratio_error",
    ),
    Quantity("temperature_ratio_error", "its standard error", "1", _BY_RUN),
    Quantity("velocity_ratio", "the same of the velocities", "1", _BY_RUN, error="velocity_ratio_error"),
    Quantity("velocity_ratio_error", "its standard error", "1", _BY_RUN),
    Quantity(
        "shuffled_ratio",
        "predicted ratio for shuffled epochs of examples with one Hessian, mean over modes",
        "1",
        _BY_RUN,
    ),
    Quantity(
        "effective_eta_lambda", "ηλ from the fluctuations alone", "1", _BY_MODE, error="effective_eta_lambda_error"
    ),
    Quantity("effective_eta_lambda_error", "its standard error", "1", _BY_MODE),
    Quantity("effective_momentum", "β from the fluctuations alone", "1", _BY_MODE, error="effective_momentum_error"),
    Quantity("effective_momentum_error", "its standard error", "1", _BY_MODE),
    Quantity("stationary", "whether the halves of the record agree, and no run diverged", "", _BY_RUN),
    Quantity("verdict", "the same in words", "", _BY_RUN),
    Quantity(
        "overall_ratio",
        "measured over predicted temperature, mean over the runs of independent draws",
        symbol="T/T_predicted",
        error="overall_ratio_error",
    ),
    Quantity("overall_ratio_error", "its standard error"),
    Quantity("largest_deviation", "largest distance of such a ratio from 1, in standard errors", symbol="max |z|"),
)

# Without these no file holds a study of noise.
NEEDED = tuple(quantity.name for quantity in QUANTITIES)
