"""One study: ensembles over a sweep of hyperparameters, trained, predicted and read as universes."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
