"""Where training and the universe meet: dictionary, regimes, expansion schedules, the effective theory of training."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
