"""A recorder for loops in JAX: Optax, Equinox, Flax."""

from pathlib import Path
from typing import Any

import numpy as np

from cosmograd.recorders.recorder import Recorder


class JaxRecorder(Recorder):
    """Records a training in JAX.

    ```python
    recorder = JaxRecorder(apply, parameters, inputs, targets, "run.rec", learning_rate=0.05, momentum=0.9)
    for step in range(1000):
        parameters, state = update(parameters, state)
        recorder.after_update(parameters)
    recorder.close()
    ```

    Args:
        apply: function of parameters and inputs, (parameters, inputs) ↦ outputs: `model.apply` of Flax Linen, or
            `lambda model, x: jax.vmap(model)(x)` for an Equinox module, which is its own parameters, and
            `lambda model, x: model(x)` for Flax NNX.
        parameters: at the start, or where a run goes on.
        inputs: array (points, …).
        targets: (points, outputs) or (points,).
        path: the file; one that exists goes on.
        learning_rate: η, a number or a schedule, a function of the number of updates made.
        momentum: β, likewise.
        more: as in `Recorder`.
    """

    def __init__(
        self,
        apply: Any,
        parameters: Any,
        inputs: Any,
        targets: Any,
        path: str | Path,
        *,
        learning_rate: Any = float("nan"),
        momentum: Any = float("nan"),
        **more: Any,
    ) -> None:
        self.apply, self.inputs = apply, inputs
        self.learning_rate, self.momentum = learning_rate, momentum
        super().__init__(np.asarray(apply(parameters, inputs)), np.asarray(inputs), targets, path, **more)

    def after_update(self, parameters: Any) -> None:
        """Call with the parameters after each update."""
        if not self.wants():
            self.skip()
            return
        η, β = (self._setting(value) for value in (self.learning_rate, self.momentum))
        self.record(np.asarray(self.apply(parameters, self.inputs)), η, β)

    def _setting(self, value: Any) -> float:
        found = value(self.updates) if callable(value) else value
        return float("nan") if found is None else float(np.asarray(found))
