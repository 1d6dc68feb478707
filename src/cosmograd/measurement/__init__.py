"""Measuring a recorded training: the universe it is dual to, with uncertainties, or why that cannot be known."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
