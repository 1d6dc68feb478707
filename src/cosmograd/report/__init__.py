"""Figures, page and numbers of a study, of a universe, of an analogue, and of a measurement."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
