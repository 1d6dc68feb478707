"""Recorders as callbacks of Lightning and of Keras, which are imported when one is made."""

import importlib
from pathlib import Path
from typing import Any

import numpy as np

from cosmograd.recorders.recorder import Recorder
from cosmograd.recorders.torch_recorder import TorchRecorder


def lightning_recorder(inputs: Any, targets: Any, path: str | Path, **more: Any) -> Any:
    """A callback for `lightning.Trainer(callbacks=[…])`, which records its module after every update.

    more: as in `TorchRecorder`. Outputs are those of the module's `forward`.
    """
    callback = importlib.import_module("lightning.pytorch").Callback

    class LightningRecorder(callback):
        """Writes outputs on fixed points after every update."""

        recorder: TorchRecorder | None = None
        seen = 0

        def on_train_start(self, trainer: Any, pl_module: Any) -> None:
            self.seen = trainer.global_step
            self.recorder = TorchRecorder(pl_module, inputs, targets, path, **more)

        def on_train_batch_end(self, trainer: Any, *rest: Any) -> None:
            del rest
            if self.recorder is not None and trainer.global_step > self.seen:  # gradients may be accumulated
                self.seen = trainer.global_step
                self.recorder.after_update(trainer.optimizers[0])

        def on_train_end(self, trainer: Any, pl_module: Any) -> None:
            del trainer, pl_module
            self._close()

        def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:
            del trainer, pl_module, exception
            self._close()

        def _close(self) -> None:
            if self.recorder is not None:
                self.recorder.close()

    return LightningRecorder()


def keras_recorder(inputs: Any, targets: Any, path: str | Path, **more: Any) -> Any:
    """A callback for `model.fit(callbacks=[…])` of Keras 3, which records its model after every batch.

    more: as in `Recorder`.
    """
    callback = importlib.import_module("keras").callbacks.Callback

    class KerasRecorder(callback):
        """Writes outputs on fixed points after every update."""

        recorder: Recorder | None = None

        def _outputs(self) -> np.ndarray:
            found = self.model(inputs, training=False)
            return np.asarray(found.detach().cpu() if callable(getattr(found, "detach", None)) else found)

        def on_train_begin(self, logs: Any = None) -> None:
            del logs
            self.recorder = Recorder(self._outputs(), inputs, targets, path, **more)

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            del batch, logs
            if self.recorder is None:
                return
            if not self.recorder.wants():
                self.recorder.skip()
                return
            optimiser = self.model.optimizer
            momentum = getattr(optimiser, "momentum", getattr(optimiser, "beta_1", float("nan")))
            rate = np.asarray(optimiser.learning_rate.value if hasattr(optimiser.learning_rate, "value")
                              else optimiser.learning_rate)  # fmt: skip
            self.recorder.record(self._outputs(), float(rate), float(momentum))

        def on_train_end(self, logs: Any = None) -> None:
            del logs
            if self.recorder is not None:
                self.recorder.close()

    return KerasRecorder()
