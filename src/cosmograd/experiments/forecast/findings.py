"""A forecast in numbers, and its page."""

import json
from typing import Any

import numpy as np

from cosmograd.experiments.prediction.findings import findings as of_prediction
from cosmograd.figures import KeyNumber, Notice, Page, Section, Sentences, Table
from cosmograd.results import Result
from cosmograd.results.number_format import number

# Modes whose e-folds are printed.
_LEADING = 12


def summary(result: Result) -> dict[str, Any]:
    """All that a script asks for: `cosmograd forecast --json`."""
    modes = min(_LEADING, result.sizes["mode"])
    return {
        "largest_stable_learning_rate": _limits(result, "largest_stable_learning_rate", "stable_reason"),
        "largest_stable_learning_rate_minibatch": _limits(
            result, "largest_stable_learning_rate_minibatch", "minibatch_reason"
        ),
        "own_largest_stable_learning_rate": _or_none(result["own_largest_stable_learning_rate"]),
        "regime": str(result.attrs["regime"]),
        "optimiser": str(result.attrs["optimiser"]),
        "model": str(result.attrs["model"]),
        "e_folds": {
            "modes": [_or_none(value) for value in result["e_folds"].values[:modes]],
            "expansion": _or_none(result["expansion_e_folds"]),
            "integrated_learning_rate": _or_none(result["integrated_learning_rate"]),
        },
        "learning_rate": _or_none(result["given_learning_rate"]),
        "effective_learning_rate": _or_none(result["learning_rate"]),
        "best_momentum": _or_none(result["best_momentum"]),
        "best_learning_rate": _or_none(result["best_learning_rate"]),
        "best_loss_share": _or_none(result["best_loss_share"]),
        "updates": result["update"].values.tolist(),
        **{name: _path(result, name) for name in ("loss", *_PATHS) if name in result},
        **{name: _or_none(result[name]) for name in _NUMBERS if name in result},
        "warnings": warnings_of(result),
    }


_PATHS = ("accuracy", "probe_loss", "probe_accuracy", "minibatch_loss")
_NUMBERS = (
    *("momentum", "eta_lambda_max", "largest_eigenvalue_of_run", "preconditioned_eigenvalue"),
    *("temperature", "trial_error", "trial_kernel_drift"),
)


def warnings_of(result: Result) -> list[str]:
    """Warnings for the user."""
    return list(json.loads(result.attrs.get("warnings", "[]")))


def _or_none(value: Any) -> float | None:
    found = float(value)
    return found if np.isfinite(found) else None


def _path(result: Result, name: str) -> list[float | None]:
    return [_or_none(value) for value in result[name].values]


def _limits(result: Result, values: str, reasons: str) -> dict[str, Any]:
    rows = zip(result["method"].values, result[values].values, result[reasons].values, strict=True)
    return {
        str(name).replace(" ", "_"): {"value": _or_none(value), "reason": str(reason)} for name, value, reason in rows
    }


def page(result: Result) -> Page:
    """Limits, the user's own setting, what is learned by when, warnings."""
    warnings = warnings_of(result)
    own = str(result.attrs["optimiser"])
    return Page(
        title="Forecast of a training",
        summary=f"{result.attrs['model']}; {result.attrs['loss']}, {own}, over {int(result['update'].values[-1])} "
        "updates, from the kernel at the start.",
        first=Section("numbers", "Numbers", [*_findings(result), _limits_table(result)]),
        key_numbers=_key_numbers(result),
        notices=[Notice("warnings", "Warnings", [Sentences(warnings)])] if warnings else [],
        after=[Section("method", "How it was computed", _METHOD)],
        sources=_SOURCES,
    )


_SOURCES = (
    "Wide networks as linear models: J. Lee et al., NeurIPS 32 (2019) 8572; Adam's limit: J. Cohen et al., "
    "arXiv:2207.14484; B. Polyak, USSR Comput. Math. 4 (1964) 1."
)
_METHOD = [
    "The network is taken as linear in its parameters, from where these are now. Its outputs obey the optimiser's own "
    "update; with Adam its parameters are followed, and make the preconditioner by their own gradients. All of it is "
    "exact as long as the tangent kernel stands still.",
    "Largest stable learning rates follow from the largest eigenvalue of the loss's Gauss–Newton matrix: beyond them "
    "the linear theory diverges, and real networks diverge or are thrown to a smaller kernel. In minibatches it is the "
    "mean square that must not grow.",
]


def _findings(result: Result) -> list[Any]:
    if str(result.attrs["regime"]) == "":
        return []
    texts = of_prediction(result)
    if "trial_error" in result:
        texts.append(
            f"In the trial the real outputs were {number(100 * float(result['trial_error']), 2)} % off, relative to "
            f"their distance from the targets, and the kernel moved by "
            f"{number(100 * float(result['trial_kernel_drift']), 2)} %."
        )
    if "temperature" in result:
        texts.append(
            f"The gradient noise of batches of {int(result.attrs['batch_size'])} has the temperature "
            f"{number(result['temperature'])} on the stiffest mode. It stays as it is if the learning rate grows in "
            "proportion to the batch size times 1 − β (SGD), or to the square root of the batch size (Adam)."
        )
    return [Sentences(texts)]


def _key_numbers(result: Result) -> list[KeyNumber]:
    rates = result["largest_stable_learning_rate"].values
    numbers = [
        *_own_limit(result),
        KeyNumber("stable up to η", number(rates[0]), "for gradient descent"),
        KeyNumber("stable up to η", number(rates[1]), "with momentum"),
        KeyNumber("stable up to η", "unknown" if np.isnan(rates[4]) else number(rates[4]), "for AdamW"),
    ]
    if str(result.attrs["regime"]):
        numbers.append(KeyNumber("regime", str(result.attrs["regime"]), "of the stiffest mode"))
        numbers.append(
            KeyNumber("loss at the end", number(result["final_loss"]), f"from {number(result['loss'].values[0])}")
        )
    if np.isfinite(float(result["best_learning_rate"])):
        remark = f"with β = {number(result['best_momentum'], 2)}, the best constant pair"
        numbers.append(KeyNumber("best η", number(result["best_learning_rate"]), remark))
    return numbers


def _own_limit(result: Result) -> list[KeyNumber]:
    own = float(result["own_largest_stable_learning_rate"])
    return [KeyNumber("stable up to η", number(own), "with all settings as given")] if np.isfinite(own) else []


def _limits_table(result: Result) -> Table:
    rows = []
    for place, name in enumerate(result["method"].values):
        full, batches = (
            result[key].values[place]
            for key in ("largest_stable_learning_rate", "largest_stable_learning_rate_minibatch")
        )
        shown = [number(value) if np.isfinite(value) else "–" for value in (full, batches)]
        rows.append((str(name), *shown, str(result["stable_reason"].values[place])))
    return Table(("optimiser", "full batches", "minibatches", "from"), tuple(rows), 1, "Largest stable learning rates.")
