"""Recorders: five lines in a loop of PyTorch, Lightning, Keras or Optax write the file that `cosmograd fit` reads."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
