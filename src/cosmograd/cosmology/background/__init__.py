"""Homogeneous backgrounds: inflation in e-folds, in given expansions, and as Friedmann's equation
has it past the end of inflation.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
