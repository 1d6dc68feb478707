"""Whatever people have as a model, as one object."""

from typing import Any

import equinox as eqx
import jax
from jaxtyping import PRNGKeyArray

from cosmograd.learning.networks.abstract import AbstractNetwork
from cosmograd.learning.networks.given_network import GivenNetwork
from cosmograd.learning.networks.linearised import LinearisedNetwork
from cosmograd.learning.networks.models.equinox_modules import equinox_model, refuse_state
from cosmograd.learning.networks.models.jax_checks import check_function, in_float64, jax_model
from cosmograd.learning.networks.models.model import AbstractModel, JaxModel
from cosmograd.learning.networks.models.points import as_points, check_targets

_TAKEN = (
    "an Equinox module, a Flax NNX module, a Flax Linen module with its parameters (module, params), a pair (apply, "
    "parameters), a PyTorch module, or a network of cosmograd.learning.networks"
)
_KERAS_CURE = (
    "With KERAS_BACKEND=jax pass a pair: (lambda θ, x: model.stateless_call(θ, [v.value for v in "
    "model.non_trainable_variables], x)[0], [v.value for v in model.trainable_variables])."
)


def as_model(model: Any, inputs: Any, targets: Any = None, *, key: PRNGKeyArray | None = None) -> AbstractModel:
    """A model as it is now, from what people have, checked on a few of the inputs.

    Args:
        model: an Equinox module (maps one point); a Flax NNX module; a Flax Linen module with its parameters,
            (module, params) or (module, variables); a pair (apply, parameters) with apply(parameters, inputs) for all
            points; a `torch.nn.Module`; a network of ours with its parameters, (network, parameters), or with `key`.
        inputs: array (points, …), anything that NumPy takes.
        targets: array (points, outputs), or (points,) for one output; only their shape is compared.
        key: the draw of a network of ours that comes without parameters.

    Returns:
        `JaxModel` with `network` and `parameters`, or `TorchModel`; both with `outputs`, in float64. The model that
        was given is never changed.

    Raises:
        ValueError: with the reason and what to do, for everything that cannot be used.

    Example:
        >>> as_model(eqx.nn.MLP(3, 2, 8, 1, key=jax.random.key(0)), jnp.ones((5, 3)))
        Equinox module MLP: 50 parameters, points of shape (3,), 2 outputs
    """
    points = as_points(inputs)
    found = _recognised(model, points, key)
    if found.input_shape != points.shape[1:]:
        raise ValueError(
            f"{found.description} takes points of shape {found.input_shape}, but `inputs` have shape {points.shape}: "
            f"points of shape {points.shape[1:]}."
        )
    if targets is not None:
        check_targets(targets, len(points), found.output_size)
    return found


def _recognised(model: Any, points: Any, key: PRNGKeyArray | None) -> AbstractModel:
    if isinstance(model, type):
        raise ValueError(f"{model.__name__} is a class. Make a model of it first: {model.__name__}(…).")
    if isinstance(model, AbstractModel):
        return model
    if isinstance(model, AbstractNetwork):
        return _own_network(model, _drawn(model, key), points)
    library = _library(model)
    if library == "torch":
        from cosmograd.learning.networks.models.torch_modules import torch_model

        return torch_model(model, points)
    if library == "keras":
        raise ValueError(f"the Keras model {type(model).__name__} cannot be used as it is. {_KERAS_CURE}")
    if library == "nnx":
        from cosmograd.learning.networks.models.nnx_modules import nnx_model

        return nnx_model(model, points)
    if library == "linen":
        return _pair(*_unbound(model), points)
    if isinstance(model, eqx.Module):
        return equinox_model(model, points)
    if isinstance(model, (tuple, list)) and len(model) == 2:
        return _pair(model[0], model[1], points)
    if callable(model):
        name = getattr(model, "__name__", type(model).__name__)
        raise ValueError(f"the function {name} comes without its parameters. Pass both: (apply, parameters).")
    raise ValueError(f"the model must be {_TAKEN}; got {type(model).__name__}.")


def _library(model: Any) -> str | None:
    """By the names of its classes' modules, so that nothing is imported that the user has not."""
    homes = [ancestor.__module__ for ancestor in type(model).__mro__]
    if "torch.nn.modules.module" in homes:
        return "torch"
    if any(home.split(".")[0] in ("keras", "tf_keras", "tensorflow") for home in homes):
        return "keras"
    if any(home.startswith("flax.nnx") for home in homes):
        return "nnx"
    return "linen" if any(home.startswith("flax.linen") for home in homes) else None


def _own_network(network: AbstractNetwork, parameters: Any, points: Any) -> JaxModel:
    description = type(network).__name__
    if network.input_shape != points.shape[1:]:
        raise ValueError(
            f"{description} takes points of shape {network.input_shape}, but `inputs` have shape {points.shape}."
        )
    parameters = in_float64(description, parameters)
    check_function(description, network.apply, parameters, points)
    return JaxModel(description, network.input_shape, network.output_size, network, parameters)


def _drawn(network: AbstractNetwork, key: PRNGKeyArray | None) -> Any:
    if key is None and not isinstance(network, (GivenNetwork, LinearisedNetwork)):
        raise ValueError(
            f"{type(network).__name__} draws its parameters. Give a key, key=jax.random.key(0), or the parameters: "
            "(network, parameters)."
        )
    return network.initialise(jax.random.key(0) if key is None else key, float)


def _unbound(module: Any) -> tuple[Any, Any]:
    """A Linen module that is bound to its variables, apart from them."""
    if getattr(module, "scope", None) is None:
        raise ValueError(
            f"Flax Linen module {type(module).__name__} comes without its parameters. Pass both: (module, params), "
            "with params = module.init(key, inputs)."
        )
    return module.unbind()


def _pair(first: Any, second: Any, points: Any) -> AbstractModel:
    library = _library(first)
    name = getattr(first, "__name__", type(first).__name__)
    if isinstance(first, AbstractNetwork):
        return _own_network(first, second, points)
    if library == "linen":
        from cosmograd.learning.networks.models.linen_modules import linen_model

        return linen_model(first, second, points)
    if library in ("nnx", "torch"):
        raise ValueError(f"{type(first).__name__} holds its parameters itself. Pass it alone.")
    if isinstance(second, eqx.nn.State):
        refuse_state(first)
    if not callable(first):
        order = " The order is (apply, parameters)." if callable(second) else ""
        raise ValueError(f"the first of the pair must be a function apply(parameters, inputs), got {name}.{order}")
    if callable(second):
        raise ValueError(
            "the second of the pair must be the parameters, a tree of arrays; got a function. Of a pair (init, apply) "
            "call init first, and pass (apply, parameters)."
        )
    description = "the function" if name == "<lambda>" else f"the function {name}"
    apply: Any = first
    cure = "apply(parameters, inputs) takes all points at once; one for single points is jax.vmap(apply, (None, 0))."
    return jax_model(description, apply, second, points, cure)
