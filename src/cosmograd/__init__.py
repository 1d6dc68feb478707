"""cosmograd: training neural networks and evolving scalar fields in an expanding universe, as one subject.

``import cosmograd as cg`` is the front door. Its verbs take what people have and return results that print, plot and
save themselves:

* `dual_universe`, `training_step`: the dictionary between (η, β) and (H, δ);
* `tangent_kernel`, `forecast`, `predict`, `train`, `compare`, `fit`: trainings, planned, predicted, recorded,
  explained and measured;
* `inflate`, `spectra`, `simulate`: universes, solved directly or on a network;
* `run`, `load`: experiments from files, results from folders.

They compute in float64 for the time of a call. The folders below are a second layer, of functions that work on traced
arrays: `cosmograd.learning`, `cosmology`, `duality`, `measurement`, `solvers`; `experiments`, `runs`, `report` for
files and pages. There, switch on float64 by `cosmograd.enable_float64()` before the first use of JAX; ensembles use
every core of a CPU after `cosmograd.use_every_core()`; functions of your own compile soonest by `cosmograd.compiled`.

Everything is loaded on first use, so that ``import cosmograd`` stays instant.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cosmograd import (
        cosmology,
        duality,
        experiments,
        figures,
        learning,
        measurement,
        recorders,
        report,
        results,
        runs,
        solvers,
    )
    from cosmograd.compilation import compiled
    from cosmograd.errors import UserError
    from cosmograd.host_devices import use_every_core
    from cosmograd.precision import enable_float64
    from cosmograd.results import Result
    from cosmograd.verbs.dictionary import dual_universe, training_step
    from cosmograd.verbs.files import load, run
    from cosmograd.verbs.forecasting import forecast
    from cosmograd.verbs.inflation import inflate, spectra
    from cosmograd.verbs.kernel import tangent_kernel
    from cosmograd.verbs.measurement import fit
    from cosmograd.verbs.prediction import predict
    from cosmograd.verbs.simulation import simulate
    from cosmograd.verbs.training import compare, train

__version__ = "0.1.0"

_SUBPACKAGES = (
    "cosmology", "duality", "experiments", "figures", "learning", "measurement", "recorders", "report", "results",
    "runs", "solvers",
)  # fmt: skip
_PLACES = {
    "Result": "results",
    "UserError": "errors",
    "compare": "verbs.training",
    "compiled": "compilation",
    "dual_universe": "verbs.dictionary",
    "enable_float64": "precision",
    "fit": "verbs.measurement",
    "forecast": "verbs.forecasting",
    "inflate": "verbs.inflation",
    "load": "verbs.files",
    "predict": "verbs.prediction",
    "run": "verbs.files",
    "simulate": "verbs.simulation",
    "spectra": "verbs.inflation",
    "tangent_kernel": "verbs.kernel",
    "train": "verbs.training",
    "training_step": "verbs.dictionary",
    "use_every_core": "host_devices",
}

__all__ = [
    "Result",
    "UserError",
    "__version__",
    "compare",
    "compiled",
    "cosmology",
    "dual_universe",
    "duality",
    "enable_float64",
    "experiments",
    "figures",
    "fit",
    "forecast",
    "inflate",
    "learning",
    "load",
    "measurement",
    "predict",
    "recorders",
    "report",
    "results",
    "run",
    "runs",
    "simulate",
    "solvers",
    "spectra",
    "tangent_kernel",
    "train",
    "training_step",
    "use_every_core",
]


def __getattr__(name: str) -> Any:
    if name in _SUBPACKAGES:
        return importlib.import_module(f"cosmograd.{name}")
    if name in _PLACES:
        return getattr(importlib.import_module(f"cosmograd.{_PLACES[name]}"), name)
    raise AttributeError(f"module 'cosmograd' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
