"""A prediction in numbers, and its page."""

import json
from typing import Any

import numpy as np

from cosmograd.experiments.toml_text import file_text
from cosmograd.figures import KeyNumber, Notice, Page, Section, Sentences, Table, Verbatim
from cosmograd.results import Result
from cosmograd.results.number_format import count, number

# Modes in the table.
_LEADING = 12


def summary(result: Result) -> dict[str, Any]:
    """The loss over time, every mode, and what of the data is learned: `cosmograd predict --json`."""
    columns = json.loads(result.attrs.get("columns", "{}"))
    return {
        "prediction": "stroboscopic",
        "eta_lambda_max": float(result["eta_lambda_max"]),
        "largest_stable_eta_lambda": float(result["largest_stable_eta_lambda"]),
        "learning_rate": float(result["learning_rate"]),
        "momentum": float(result["momentum"]),
        "updates": result["update"].values.tolist(),
        "loss": result["loss"].values.tolist(),
        "modes": [_mode(result, place) for place in range(result.sizes["mode"])],
        "target": columns.get("target"),
        "inputs": columns.get("inputs"),
        "columns_left_out": columns.get("columns_left_out", []),
        "rows": int(result["training_points"]),
        "standardised": bool(columns.get("standardised", False)),
        "notes": notes_of(result),
    }


def _mode(result: Result, place: int) -> dict[str, Any]:
    time = float(result["updates_to_learn"].values[place])
    return {
        "eigenvalue": float(result["eigenvalue"].values[place]),
        "eta_lambda": float(result["eta_lambda"].values[place]),
        "regime": str(result["regime"].values[place]),
        "updates_to_learn": int(time) if time == time else None,
        "initial_share": float(result["initial_share"].values[place]),
    }


def notes_of(result: Result) -> list[str]:
    """Notes for the user."""
    return list(json.loads(result.attrs.get("notes", "[]")))


def page(result: Result) -> Page:
    """Its numbers, findings, modes, how it was computed, and the file that gives it again."""
    notes, name = notes_of(result), result.attrs.get("name", "")
    after = [Section("method", "How it was computed", _METHOD)]
    if result.specification:
        again = ["As a file, for `cosmograd run FILE --out FOLDER`; names of files as they were given:"]
        after.append(Section("specification", "Specification", [*again, Verbatim(file_text(result))]))
    return Page(
        title=name if name not in ("", "prediction") else f"Prediction of a training on {result.attrs['data']}",
        summary=_lead(result),
        first=Section("numbers", "Numbers", [Sentences(findings(result)), _modes_table(result)]),
        key_numbers=_key_numbers(result),
        notices=[Notice("notes", "Notes", [Sentences(notes)])] if notes else [],
        after=after,
        sources=_SOURCES,
    )


_SOURCES = (
    "Tangent kernel: A. Jacot, F. Gabriel and C. Hongler, NeurIPS 31 (2018) 8571; wide networks as linear models: "
    "J. Lee et al., NeurIPS 32 (2019) 8572."
)
_METHOD = [
    "The tangent kernel is averaged over the initial networks and divided by N of the loss. Each of its eigenmodes d "
    "obeys the update rule itself, d(n+1) = a d(n) − b d(n−1), from the start of the networks; the loss is ½ Σ d²/N, "
    "averaged over them.",
    "The prediction is exact while the kernel stands still, that is for infinite width. `cosmograd study` trains and "
    "measures the difference.",
]


def _lead(result: Result) -> str:
    contents = result.specification
    updates = int(result["update"].values[-1])
    networks = f" of {count(int(contents['members']), 'network')}" if "members" in contents else ""
    return (
        f"The training{networks} on "
        f"{count(int(result['training_points']), 'point')} of {result.attrs['data']} over {count(updates, 'update')}, "
        f"predicted from the kernel at the start: η = {number(result['learning_rate'], 4)}, β = "
        f"{number(result['momentum'], 4)}."
    )


def findings(result: Result) -> list[str]:
    """Whether it is stable, how far the loss falls, and what is learned by then."""
    largest, stable = float(result["eta_lambda_max"]), float(result["largest_stable_eta_lambda"])
    updates, share = int(result["update"].values[-1]), float(result["learned_share"])
    texts = []
    if largest > stable:
        unstable = int((result["regime"].values == "unstable").sum())
        texts.append(f"The run diverges: {count(unstable, 'mode')} of {result.sizes['mode']} are unstable.")
        return texts
    texts.append(f"The run is stable: ηλ_max is {number(largest / stable, 2)} times the largest stable value.")
    left = float(result["final_loss"]) / float(result["initial_loss"])
    learned = int((result["updates_to_learn"].values <= updates).sum())
    texts.append(
        f"After {count(updates, 'update')} the loss is {number(left)} times that at the start; "
        f"{learned} of {count(result.sizes['mode'], 'mode')} with {number(100 * share)} % of the initial loss are "
        "learned by then."
    )
    return texts


def _key_numbers(result: Result) -> list[KeyNumber]:
    first = float(result["updates_to_learn"].values[0])
    return [
        KeyNumber("ηλ_max", number(result["eta_lambda_max"], 4), "of the stiffest mode"),
        KeyNumber("stable up to", number(result["largest_stable_eta_lambda"], 4), "in ηλ, by the linear theory"),
        KeyNumber("loss", number(result["initial_loss"]), "at the start"),
        KeyNumber("loss at the end", number(result["final_loss"]), f"after {int(result['update'].values[-1])} updates"),
        KeyNumber(
            "stiffest mode",
            "never" if np.isnan(first) else number(first, 4),
            "updates to learn it" if not np.isnan(first) else "learned",
        ),
    ]


def _modes_table(result: Result) -> Table:
    rows = []
    for place in range(min(_LEADING, result.sizes["mode"])):
        mode = _mode(result, place)
        time = "never" if mode["updates_to_learn"] is None else number(mode["updates_to_learn"], 6)
        rows.append(
            (
                str(place + 1),
                number(mode["eta_lambda"], 4),
                mode["regime"],
                time,
                f"{number(100 * mode['initial_share'])} %",
            )
        )
    caption = (
        "The leading modes: regime by the real update rule, updates after which they stay within 1/e of the start."
    )
    return Table(("mode", "ηλ", "regime", "updates to learn", "share of the start"), tuple(rows), 1, caption)
