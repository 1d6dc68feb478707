"""H and the leading masses of ordinary networks: widths, activations, momenta and data, six networks each, blind.

H is held against the dictionary, ηλ against the eigenvalues of the networks' own mean kernel at the start. Declared
before any of these runs was made: seeds 20261201 + the place in the list, 200 updates, ηλ_max = 0.5. Every setting is
trained four times, the list gone through again and again, since the median of 18 errors is known to a quarter only.
Whether the error of H falls with width is told in two ways, both with the slope of a logarithm per doubling. The slope
of single errors: every activation, momentum and data has a level of its own, the interval is that of a bootstrap over
these, and ensembles without an answer are left out. The slope of the medians over all ensembles of a width: one without
an answer counts as the largest error, or narrow networks, of which more have none, would look better than they are; the
interval is that of a bootstrap over the trainings of each setting, since the settings are given. The second was
declared after two trainings of each setting, before the other two.
"""

import hashlib
import json
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import optax

import cosmograd
from cosmograd.measurement import measure_universe, trajectories
from evidence.trained_ensembles import train

SEED = 20261201
WIDTHS, ACTIVATIONS, MOMENTA, DATA = (
    (64, 128, 256, 512, 1024),
    ("tanh", "relu", "gelu"),
    (0.5, 0.8, 0.9),
    ("digits", "circle"),
)
REPEATS = 4
# Trainings of each setting that were known when the trend of the medians was declared.
_BEFORE = 2
_MASSES = 3


def _so_far() -> Path:
    """What is measured so far, one line for each ensemble: an interrupted run of the same code goes on from there."""
    digest = hashlib.sha256()
    for folder in (Path(cosmograd.__file__).parent, Path(__file__).parent):
        for source in sorted(folder.rglob("*.py")):
            digest.update(source.read_bytes())
    return Path(__file__).with_name(f"ordinary_networks.{digest.hexdigest()[:12]}.part.jsonl")


def measure() -> dict[str, Any]:
    """One entry for each ensemble, and what they come to for each width."""
    kept = _so_far()
    runs = [json.loads(line) for line in kept.read_text("utf-8").splitlines()] if kept.exists() else []
    settings = list(product(WIDTHS, ACTIVATIONS, MOMENTA, DATA)) * REPEATS
    for place, (width, activation, momentum, data) in enumerate(settings[len(runs) :], start=len(runs)):
        ensemble = train(data, width, activation, lambda η, β=momentum: optax.sgd(η, momentum=β), 0.5, SEED + place)
        record = trajectories(ensemble.outputs, ensemble.targets, updates=np.arange(len(ensemble.outputs)))
        found = measure_universe(record, ensemble.learning_rate, momentum)
        e_folds = found.e_folds_per_update
        entry = {"width": width, "activation": activation, "momentum": momentum, "data": data}
        entry |= {key: getattr(e_folds, key) for key in ("value", "low", "high", "predicted", "identifiable", "reason")}
        λ = np.linalg.eigvalsh(ensemble.kernel)[::-1]
        entry["masses"] = [
            {"value": one.value, "low": one.low, "high": one.high, "true": float(ensemble.learning_rate * own)}
            for one, own in zip(found.eta_lambdas[:_MASSES], λ, strict=False)
            if one.identifiable
        ]
        runs.append(entry)
        with kept.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry, ensure_ascii=False) + "\n")
        print(f"{place + 1} of {len(settings)}", entry, flush=True)
    kept.unlink()
    return summary_of(runs)


def summary_of(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """What the entries come to, by width and together."""
    return {"by_width": {str(width): _summary([run for run in runs if run["width"] == width]) for width in WIDTHS}} | {
        "covered": _covered(runs),
        "identifiable": float(np.mean([run["identifiable"] for run in runs])),
        "error_per_doubling": _trend(runs),
        "median_error_per_doubling": _trend_of_medians(runs),
        "of_trainings_after_the_declaration": _trend_of_medians(runs[_BEFORE * len(runs) // REPEATS :]),
        "masses": _masses(runs),
        "runs": runs,
    }


def _trend(runs: list[dict[str, Any]]) -> dict[str, float]:
    """ln|error| per doubling of the width; 95 % interval over 10⁴ draws of the 18 settings beside the width."""
    known = [run for run in runs if run["identifiable"]]
    cells = [_setting(run) for run in known]
    doublings = np.log2([run["width"] for run in known])
    errors = np.log([max(_error(run), 1e-12) for run in known])
    sums = []
    for cell in sorted(set(cells)):
        here = np.array([other == cell for other in cells])
        x, y = doublings[here] - doublings[here].mean(), errors[here] - errors[here].mean()
        sums.append((x @ y, x @ x))
    products, squares = np.array(sums).T
    drawn = np.random.default_rng(SEED).integers(len(sums), size=(10_000, len(sums)))
    slopes = products[drawn].sum(axis=1) / squares[drawn].sum(axis=1)
    low, high = np.quantile(slopes, [0.025, 0.975])
    return {"value": float(products.sum() / squares.sum()), "low": float(low), "high": float(high)}


def _trend_of_medians(runs: list[dict[str, Any]]) -> dict[str, float]:
    """ln of the median |error| per doubling of the width; 95 % interval over 10⁴ draws of each setting's trainings."""
    settings = sorted({_setting(run) for run in runs})
    errors = np.array(
        [
            [
                [_error(run) for run in runs if (*_setting(run), run["width"]) == (*setting, width)]
                for setting in settings
            ]
            for width in WIDTHS
        ]
    )
    x = np.log2(WIDTHS) - np.mean(np.log2(WIDTHS))

    def slope(errors: np.ndarray) -> np.ndarray:
        return np.log(np.median(errors, axis=(-2, -1))) @ x / (x @ x)

    drawn = np.random.default_rng(SEED).integers(errors.shape[2], size=(10_000, *errors.shape))
    slopes = slope(np.take_along_axis(np.broadcast_to(errors, drawn.shape), drawn, axis=-1))
    low, high = np.quantile(slopes, [0.025, 0.975])
    return {"value": float(slope(errors)), "low": float(low), "high": float(high)}


def _setting(run: dict[str, Any]) -> tuple[str, float, str]:
    return run["activation"], run["momentum"], run["data"]


def _error(run: dict[str, Any]) -> float:
    """|error|, infinite where there is no answer."""
    return abs(run["value"] / run["predicted"] - 1) if run["identifiable"] else np.inf


def _median_error(runs: list[dict[str, Any]]) -> float:
    return float(np.median([_error(run) for run in runs]))


def _covered(runs: list[dict[str, Any]]) -> float:
    known = [run for run in runs if run["identifiable"]]
    return float(np.mean([run["low"] <= run["predicted"] <= run["high"] for run in known]))


def _summary(runs: list[dict[str, Any]]) -> dict[str, Any]:
    known = [run for run in runs if run["identifiable"]]
    errors = np.array([_error(run) for run in known])
    return {
        "identifiable": len(known) / len(runs),
        "covered": _covered(runs),
        # The circle is known to 1e-4, digits to some percent: the median lies between both and scatters.
        "median_error": float(np.median(errors)),
        "median_error_of_all": _median_error(runs),
        "median_error_by_data": {data: _median_error([run for run in runs if run["data"] == data]) for data in DATA},
        "upper_quartile_of_errors": float(np.quantile(errors, 0.75)),
        "geometric_mean_error": float(np.exp(np.mean(np.log(np.maximum(errors, 1e-12))))),
        "median_half_width": float(np.median([(run["high"] - run["low"]) / 2 / run["value"] for run in known])),
        "masses": _masses(runs),
    }


def _masses(runs: list[dict[str, Any]]) -> dict[str, float]:
    """Of the leading modes, those that are identifiable."""
    found = [mass for run in runs for mass in run["masses"]]
    return {
        "identifiable": len(found) / (_MASSES * len(runs)),
        "covered": float(np.mean([mass["low"] <= mass["true"] <= mass["high"] for mass in found])),
        "median_error": float(np.median([abs(mass["value"] / mass["true"] - 1) for mass in found])),
    }
