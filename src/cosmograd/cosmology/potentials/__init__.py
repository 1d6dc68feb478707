"""Potentials of scalar fields: one function of the fields each, in reduced Planck units."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
