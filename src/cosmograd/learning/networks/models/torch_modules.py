"""PyTorch modules as models, by torch.func: outputs and Jacobians in float64, the module as it was.

Torch is imported by the user's module; nothing here imports it before.
"""

import dataclasses
import importlib
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from jaxtyping import Float

from cosmograd.errors import reason
from cosmograd.learning.networks.models.jax_checks import check_pure, checked_output_size, shape_cure
from cosmograd.learning.networks.models.model import AbstractModel

_CURE = "Switch to evaluation first: model.eval()."
_POINTS_TRIED = 3


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class TorchModel(AbstractModel):
    """A PyTorch module with copies of its parameters and buffers in float64, on the CPU.

    parameters: those with `requires_grad`; constants: frozen parameters and buffers.
    """

    module: Any
    parameters: dict[str, Any]
    constants: dict[str, Any]

    @property
    def parameter_count(self) -> int:
        return sum(tensor.numel() for tensor in self.parameters.values())

    def outputs(self, inputs: Float[np.ndarray, "points ..."]) -> Float[np.ndarray, "points outputs"]:
        torch = importlib.import_module("torch")
        with torch.no_grad():
            outputs = _call(self.module, {**self.parameters, **self.constants}, _tensor(inputs))
        return outputs.numpy().reshape(len(inputs), self.output_size)

    def along_parameters(self, inputs: Float[np.ndarray, "points ..."]) -> Float[np.ndarray, "points outputs"]:
        tensors = [tensor.reshape(-1) for tensor in self.parameters.values()]
        parts = zip(self.jacobian(inputs), tensors, strict=True)
        changes = np.stack([(jacobian @ tensor).numpy() for jacobian, tensor in parts])
        return changes.sum(axis=0).reshape(len(inputs), self.output_size)

    def jacobian(self, inputs: Float[np.ndarray, "points ..."]) -> list[Any]:
        """∂f_i(x)/∂θ: for each tensor of parameters one of shape (points · outputs, numbers)."""
        torch = importlib.import_module("torch")

        def of_point(parameters: dict[str, Any], point: Any) -> Any:
            return _call(self.module, {**parameters, **self.constants}, point[None]).reshape(self.output_size)

        of_points = torch.func.vmap(torch.func.jacrev(of_point), in_dims=(None, 0))
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of operations that are batched one by one
                tensors = of_points(self.parameters, _tensor(inputs)).values()
        except Exception:  # recurrent layers and others that cannot be batched over points
            return self._jacobian_by_rows(inputs)
        return [tensor.detach().reshape(len(inputs) * self.output_size, -1) for tensor in tensors]

    def _jacobian_by_rows(self, inputs: Float[np.ndarray, "points ..."]) -> list[Any]:
        """The same by one backward pass for each output of each point."""
        torch = importlib.import_module("torch")
        parameters = {name: tensor.clone().requires_grad_() for name, tensor in self.parameters.items()}
        try:
            outputs = _call(self.module, {**parameters, **self.constants}, _tensor(inputs)).reshape(-1)
            rows = [
                torch.autograd.grad(
                    output, list(parameters.values()), retain_graph=True, allow_unused=True, materialize_grads=True
                )
                for output in outputs
            ]
        except Exception as error:  # of whatever class the user's module raises
            said = " ".join(reason(error).split())
            raise ValueError(f"{self.description} cannot be differentiated: {type(error).__name__}: {said}.") from error
        return [torch.stack([part.reshape(-1) for part in parts]) for parts in zip(*rows, strict=True)]


def torch_model(module: Any, inputs: Float[np.ndarray, "points ..."]) -> TorchModel:
    """The model of a PyTorch module, which is not changed."""
    torch = importlib.import_module("torch")
    module = getattr(module, "_orig_mod", module)  # of torch.compile
    description = f"PyTorch module {type(module).__name__}"
    _check_evaluation(description, module)
    named = dict(module.named_parameters())
    trained = {name: _double(tensor) for name, tensor in named.items() if tensor.requires_grad}
    if any(tensor.is_complex() for tensor in trained.values()):
        raise ValueError(f"the parameters of {description} must be real; some are complex.")
    if not sum(tensor.numel() for tensor in trained.values()):
        raise ValueError(
            f"{description} has no trainable parameters, so there is nothing to train. Parameters are trained where "
            "requires_grad is True."
        )
    frozen = {name: _double(tensor) for name, tensor in named.items() if name not in trained}
    constants = {**frozen, **{name: _double(tensor) for name, tensor in module.named_buffers()}}
    everything, tried = {**trained, **constants}, _tensor(inputs[:_POINTS_TRIED])
    try:
        with torch.no_grad(), _random_numbers_kept():
            first, again, alone = (_call(module, everything, points) for points in (tried, tried, tried[:1]))
    except Exception as error:  # of whatever class the user's module raises
        said = " ".join(reason(error).split())
        raise ValueError(
            f"{description} cannot be applied to points of shape {inputs.shape[1:]}: {type(error).__name__}: {said}. "
            f"{shape_cure(inputs)}".strip()
        ) from error
    output_size = checked_output_size(description, first, len(tried))
    if first.dtype != torch.float64:
        raise ValueError(
            f"{description} returns {str(first.dtype).split('.')[-1]} for parameters and inputs in float64, so it "
            "rounds inside. Take casts such as .float() out of its forward()."
        )
    cure = _CURE if module.training else "Replace the layer that does this in evaluation, too."
    check_pure(description, first.numpy(), again.numpy(), alone.numpy(), cure)
    return TorchModel(description, inputs.shape[1:], output_size, module, trained, constants)


def _check_evaluation(description: str, module: Any) -> None:
    """Raise `ValueError` where a layer draws random numbers or takes the statistics of the batch."""
    for name, layer in module.named_modules():
        home = {ancestor.__module__ for ancestor in type(layer).__mro__}
        place = f"{type(layer).__name__}{f' `{name}`' if name else ''}"
        averages = "torch.nn.modules.batchnorm" in home and "torch.nn.modules.instancenorm" not in home
        if averages and layer.running_mean is None:
            raise ValueError(
                f"{description} cannot be evaluated point by point: {place} takes the statistics of the batch in "
                "evaluation, too. Build it with track_running_stats=True."
            )
        if layer.training and averages:
            raise ValueError(f"{description} is in training: {place} takes the statistics of the batch. {_CURE}")
        if layer.training and "torch.nn.modules.dropout" in home and getattr(layer, "p", 1) > 0:
            raise ValueError(f"{description} is in training: {place} draws random numbers. {_CURE}")


def _call(module: Any, tensors: dict[str, Any], points: Any) -> Any:
    return importlib.import_module("torch").func.functional_call(module, tensors, (points,))


def _double(tensor: Any) -> Any:
    """A copy, in float64 where it is a floating-point number."""
    torch = importlib.import_module("torch")
    copy = tensor.detach().to("cpu", copy=True)
    return copy.to(torch.float64) if copy.is_floating_point() else copy


def _tensor(inputs: np.ndarray) -> Any:
    return importlib.import_module("torch").from_numpy(np.array(inputs, dtype=np.float64))


@contextmanager
def _random_numbers_kept() -> Iterator[None]:
    """Leave the user's stream of random numbers as it was."""
    with importlib.import_module("torch").random.fork_rng(devices=[]):
        yield
