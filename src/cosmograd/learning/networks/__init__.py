"""Networks: multilayer perceptrons, their linearisation, and any model of the user's own."""

from cosmograd.learning.networks.abstract import AbstractNetwork, Parameters
from cosmograd.learning.networks.activations import (
    ACTIVATIONS,
    Activation,
    activation_function,
    value_and_slope,
)
from cosmograd.learning.networks.given_network import GivenNetwork
from cosmograd.learning.networks.linearised import AbstractTaylorExpansion, FreeNetwork, LinearisedNetwork
from cosmograd.learning.networks.models import AbstractModel, JaxModel, as_model
from cosmograd.learning.networks.parametrisations import (
    PARAMETRISATIONS,
    LayerScales,
    Parametrisation,
    layer_scales,
)
from cosmograd.learning.networks.perceptron import LayerParameters, Perceptron
from cosmograd.learning.networks.user_models import EquinoxNetwork, FunctionNetwork

__all__ = [
    "ACTIVATIONS",
    "PARAMETRISATIONS",
    "AbstractModel",
    "AbstractNetwork",
    "AbstractTaylorExpansion",
    "Activation",
    "EquinoxNetwork",
    "FreeNetwork",
    "FunctionNetwork",
    "GivenNetwork",
    "JaxModel",
    "LayerParameters",
    "LayerScales",
    "LinearisedNetwork",
    "Parameters",
    "Parametrisation",
    "Perceptron",
    "activation_function",
    "as_model",
    "layer_scales",
    "value_and_slope",
]
