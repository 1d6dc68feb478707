"""Figures and pages as data: what is drawn and said, not how. `cosmograd.report` draws them."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
