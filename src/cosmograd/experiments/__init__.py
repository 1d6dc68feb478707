"""Experiments: each is a folder that says what can be asked, how it is computed, and how it is shown."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
