from .callbacks import keras_recorder as keras_recorder, lightning_recorder as lightning_recorder
from .jax_recorder import JaxRecorder as JaxRecorder
from .recorder import Recorder as Recorder
from .torch_recorder import TorchRecorder as TorchRecorder
