"""cosmograd: training neural networks and evolving scalar fields in an expanding universe, as one subject.

The sub-packages are loaded on first use, so that ``import cosmograd`` stays instant:

* `cosmograd.learning`: networks, data, optimisers, tangent kernels, ensembles in training;
* `cosmograd.cosmology`: expansion histories;
* `cosmograd.duality`: the dictionary between the two and the effective theory of training;
* `cosmograd.experiments`, `cosmograd.runs`, `cosmograd.report`: experiments, sweeps and their files, pages.
* `cosmograd.runs.engines`: where the points of a study are computed.

Theory needs float64: call `cosmograd.enable_float64()` once, before the first use of JAX. Ensembles use every core of a
CPU, and keep their bits whatever their number, after `cosmograd.use_every_core()`. Functions that are yours to compile,
such as `cosmology.spectra.spectra`, start soonest by `cosmograd.compiled`.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cosmograd import cosmology, duality, experiments, learning, measurement, report, runs, solvers
    from cosmograd.compilation import compiled
    from cosmograd.host_devices import use_every_core
    from cosmograd.learning.tangent_kernel import tangent_kernel
    from cosmograd.precision import enable_float64

__version__ = "0.1.0"

_SUBPACKAGES = ("cosmology", "duality", "experiments", "learning", "measurement", "report", "runs", "solvers")
_FUNCTIONS = {
    "compiled": "compilation",
    "enable_float64": "precision",
    "tangent_kernel": "learning.tangent_kernel",
    "use_every_core": "host_devices",
}

__all__ = [
    "__version__",
    "compiled",
    "cosmology",
    "duality",
    "enable_float64",
    "experiments",
    "learning",
    "measurement",
    "report",
    "runs",
    "solvers",
    "tangent_kernel",
    "use_every_core",
]


def __getattr__(name: str) -> Any:
    if name in _SUBPACKAGES:
        return importlib.import_module(f"cosmograd.{name}")
    if name in _FUNCTIONS:
        return getattr(importlib.import_module(f"cosmograd.{_FUNCTIONS[name]}"), name)
    raise AttributeError(f"module 'cosmograd' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
