"""Files: study files, the user's tables and models, results as NetCDF, the folder of a study."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
