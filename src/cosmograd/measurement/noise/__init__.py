"""The noise of minibatches: temperature, effective mass and friction of modes, predicted and measured."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
