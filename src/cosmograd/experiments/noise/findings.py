"""A study of noise in numbers, and its page."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from cosmograd.experiments.toml_text import file_text
from cosmograd.figures import KeyNumber, Notice, Page, Section, Sentences, Table, Verbatim
from cosmograd.results import Result
from cosmograd.results.number_format import count, listed, number, with_error

_NUMBERS = (
    "mean_temperature",
    "mean_temperature_error",
    "mean_predicted_temperature",
    "temperature_ratio",
    "temperature_ratio_error",
    "velocity_ratio",
    "velocity_ratio_error",
    "shuffled_ratio",
)
# Standard errors from the prediction beyond which one run of several is worth a word.
_FAR = 4.0


def _runs(result: Result) -> Iterator[dict[str, Any]]:
    """Every run with its setting, its numbers and its verdict."""
    axes = {name: result[name].values for name in ("sampling", "momentum", "batch_size")}
    for place in np.ndindex(*map(len, axes.values())):
        setting = {name: values[at].item() for (name, values), at in zip(axes.items(), place, strict=True)}
        numbers = {name: float(result[name].values[place]) for name in _NUMBERS}
        by_mode = {name: result[name].values[place].tolist() for name in ("temperature", "predicted_temperature")}
        stationary = bool(result["stationary"].values[place])
        yield setting | numbers | by_mode | {"stationary": stationary, "verdict": str(result["verdict"].values[place])}


def summary(result: Result) -> dict[str, Any]:
    """All runs, and how well their temperatures agree with the prediction."""
    said = {key: result.attrs[key] for key in ("data", "training_points", "members", "updates", "drift")}
    return {
        "name": result.attrs.get("name", ""),
        **result.numbers,
        **{key: value.item() if isinstance(value, np.generic) else value for key, value in said.items()},
        "eigenvalues": result["eigenvalue"].values.tolist(),
        "learning_rates": result["learning_rate"].values.tolist(),
        "runs": list(_runs(result)),
    }


def page(result: Result) -> Page:
    """Its runs and the prediction, why some have no temperature, how it was computed, and its file."""
    name, failed = result.attrs.get("name", ""), why_not_measured(result)
    after = [Section("method", "How it was computed", _METHOD)]
    if result.specification:
        again = "As a file, for `cosmograd run FILE --out FOLDER`; names of files as they were given:"
        after.append(Section("specification", "Specification", [again, Verbatim(file_text(result))]))
    return Page(
        title=name if name not in ("", "noise") else f"The noise of minibatches on {result.attrs['data']}",
        summary=_lead(result),
        first=Section("numbers", "Numbers", [Sentences(findings(result)), _table(result)]),
        key_numbers=_key_numbers(result),
        notices=[Notice("failures", "Runs without a stationary temperature", [Sentences(failed)])] if failed else [],
        after=after,
        sources=_SOURCES,
    )


_SOURCES = (
    "Temperature of stochastic gradients: S. Mandt, M. Hoffman and D. Blei, J. Mach. Learn. Res. 18 (2017) 134; its "
    "finite-step form: K. Liu, L. Ziyin and M. Ueda, Proc. Mach. Learn. Res. 139 (2021) 7045; errors by batch means: "
    "C. J. Geyer, Stat. Sci. 7 (1992) 473."
)
_METHOD = [
    "The minimum of the loss nearest to the initial network is searched by Levenberg's and Marquardt's method. Members "
    "train from there by minibatches until the start is forgotten; then positions q along the stiffest modes of the "
    "Hessian are recorded after every update.",
    "Measured: T = λ⟨(q − ⟨q⟩)²⟩ from positions and T = ⟨Δq²⟩(1 + β)/2η from velocities. Predicted for independent "
    "draws: T = ησ²/(2B(1 − β)) times the factor of the finite step, with the variance σ² of the gradients of single "
    "examples along the run, and (N − B)/(N − 1) for draws without replacement.",
    "Errors are standard errors by batch means over members and stretches of updates.",
]


def _lead(result: Result) -> str:
    sizes = result.sizes
    runs = sizes["sampling"] * sizes["momentum"] * sizes["batch_size"]
    members, updates = int(result.attrs["members"]), int(result.attrs["updates"])
    return (
        f"{count(runs, 'run')} of {count(members, 'member')} over {count(updates, 'update')} around one minimum of the "
        f"loss on {result.attrs['training_points']} points of {result.attrs['data']}; {count(sizes['mode'], 'mode')}."
    )


def findings(result: Result) -> list[str]:
    """Whether independent draws have the predicted temperature, and how much colder shuffled epochs are."""
    texts = []
    ratio, error = float(result["overall_ratio"]), float(result["overall_ratio_error"])
    if np.isfinite(ratio):
        far = float(result["largest_deviation"])
        texts.append(
            f"The temperature of independent draws differs from the prediction by {number(100 * (ratio - 1), 2)} ± "
            f"{number(100 * error, 2)} %; the run furthest from it is {number(far, 2)} standard errors away."
        )
        if far > _FAR:
            texts.append(
                "That is more than chance allows: the modes may be too anharmonic, or the record too short, for the "
                "prediction."
            )
    places = np.flatnonzero(result["sampling"].values == "shuffled-epochs")
    if places.size:
        ratios = result["temperature_ratio"].values[places[0]]
        known = ratios[np.isfinite(ratios)]
        if known.size:
            texts.append(
                f"Shuffled epochs have {number(known.min())} to {number(known.max())} times the temperature of "
                "independent draws: the noises of an epoch add up to zero."
            )
    return texts


def why_not_measured(result: Result) -> list[str]:
    """Each verdict of runs that are not stationary, with how many runs it is of."""
    reasons: dict[str, list[str]] = {}
    for run in _runs(result):
        if not run["stationary"]:
            where = f"B = {run['batch_size']}, β = {number(run['momentum'])}, {run['sampling']}"
            reasons.setdefault(run["verdict"], []).append(where)
    return [f"{listed(places)}: {verdict}" for verdict, places in reasons.items()]


def _key_numbers(result: Result) -> list[KeyNumber]:
    ratio, error = float(result["overall_ratio"]), float(result["overall_ratio_error"])
    stationary = int(result["stationary"].values.astype(bool).sum())
    return [
        KeyNumber("T / predicted", with_error(ratio, error), f"of independent draws, ± {number(error, 1)}"),
        KeyNumber("furthest run", number(result["largest_deviation"], 2), "standard errors from the prediction"),
        KeyNumber("stationary runs", str(stationary), f"of {result['stationary'].size}"),
        KeyNumber("λ", number(result["eigenvalue"].values[0]), "of the stiffest mode"),
    ]


def _table(result: Result) -> Table:
    rows = []
    for run in _runs(result):
        cells = [
            with_error(run[name], run[f"{name}_error"])
            for name in ("mean_temperature", "temperature_ratio", "velocity_ratio")
        ]
        rows.append(
            (
                run["sampling"],
                number(run["momentum"]),
                str(run["batch_size"]),
                cells[0],
                number(run["mean_predicted_temperature"]),
                *cells[1:],
                number(run["shuffled_ratio"]),
            )
        )
    heads = ("sampling", "β", "B", "T", "predicted", "T / predicted", "of velocities", "shuffled, predicted")
    caption = (
        "Temperatures are means over modes; digits beyond the standard error are left out. The last column is the "
        "predicted ratio for shuffled epochs of examples with one Hessian."
    )
    return Table(heads, tuple(rows), 3, caption)
