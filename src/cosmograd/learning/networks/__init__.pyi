from .abstract import (
    AbstractNetwork as AbstractNetwork,
    Parameters as Parameters,
)
from .activations import (
    ACTIVATIONS as ACTIVATIONS,
    Activation as Activation,
    activation_function as activation_function,
    value_and_slope as value_and_slope,
)
from .attention import AttentionNetwork as AttentionNetwork
from .convolutional import ConvolutionalNetwork as ConvolutionalNetwork
from .given_network import GivenNetwork as GivenNetwork
from .linearised import (
    AbstractTaylorExpansion as AbstractTaylorExpansion,
    FreeNetwork as FreeNetwork,
    LinearisedNetwork as LinearisedNetwork,
)
from .models import (
    AbstractModel as AbstractModel,
    JaxModel as JaxModel,
    as_model as as_model,
)
from .parametrisations import (
    PARAMETRISATIONS as PARAMETRISATIONS,
    LayerScales as LayerScales,
    Parametrisation as Parametrisation,
    layer_scales as layer_scales,
)
from .perceptron import (
    LayerParameters as LayerParameters,
    Perceptron as Perceptron,
)
from .residual import ResidualNetwork as ResidualNetwork
from .user_models import (
    EquinoxNetwork as EquinoxNetwork,
    FunctionNetwork as FunctionNetwork,
)
