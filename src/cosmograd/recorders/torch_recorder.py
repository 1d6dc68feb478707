"""A recorder for loops in PyTorch."""

import importlib
from pathlib import Path
from typing import Any

import numpy as np

from cosmograd.recorders.recorder import Recorder


class TorchRecorder(Recorder):
    """Records a `torch.nn.Module` in training.

    ```python
    recorder = TorchRecorder(model, inputs, targets, "run.rec")
    for step in range(1000):
        optimiser.zero_grad(); loss_of(model).backward(); optimiser.step()
        recorder.after_update(optimiser)
    recorder.close()
    ```

    Outputs are taken in evaluation, without gradients; training goes on as it was, random numbers included.

    Args:
        model: the module.
        inputs: tensor or array (points, …), in the module's precision.
        targets: (points, outputs) or (points,).
        path: the file; one that exists goes on.
        kernel: whether the tangent kernel at the start is recorded; the fit then knows masses and step better.
        more: as in `Recorder`.
    """

    def __init__(
        self, model: Any, inputs: Any, targets: Any, path: str | Path, *, kernel: bool = False, **more: Any
    ) -> None:
        torch = importlib.import_module("torch")
        first = next(iter(model.parameters()))
        self.model = model
        self.inputs = torch.as_tensor(inputs).to(first.device)
        if self.inputs.is_floating_point():
            self.inputs = self.inputs.to(first.dtype)
        matrix = None
        if kernel and not Path(path).exists():
            from cosmograd.learning.tangent_kernel import tangent_kernel
            from cosmograd.precision import in_float64

            matrix = in_float64(tangent_kernel)(model, self.inputs)
        super().__init__(self._outputs(), self.inputs, targets, path, kernel=matrix, **more)

    def _outputs(self) -> np.ndarray:
        torch = importlib.import_module("torch")
        training = [(layer, layer.training) for layer in self.model.modules()]
        self.model.eval()
        try:
            with torch.no_grad():
                return self.model(self.inputs).detach().cpu().numpy()
        finally:
            for layer, was in training:
                layer.training = was

    def after_update(self, optimiser: Any = None) -> None:
        """Call after `optimiser.step()`; learning rate and momentum are read off it."""
        if not self.wants():
            self.skip()
            return
        learning_rate, momentum = settings_of_torch(optimiser)
        self.record(self._outputs(), learning_rate, momentum)


def settings_of_torch(optimiser: Any) -> tuple[float, float]:
    """Learning rate and momentum (β₁) of the first group; NaN without an optimiser."""
    if optimiser is None:
        return float("nan"), float("nan")
    group = optimiser.param_groups[0]
    betas = group.get("betas")
    momentum = group.get("momentum", 0.0) if betas is None else betas[0]
    return float(group["lr"]), float(momentum)
