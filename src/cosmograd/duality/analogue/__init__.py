"""The duality run backwards: a cosmological model becomes a training problem, and a network its universe."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
