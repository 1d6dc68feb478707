"""A family in numbers, and its page."""

from typing import Any

import numpy as np

from cosmograd.experiments.tilt_plane.figures import parameter_name
from cosmograd.experiments.tilt_plane.measured import (
    COMPATIBLE,
    LARGEST_RATIO,
    SCALAR_TILT,
    SCALAR_TILT_ERROR,
    SOURCES,
)
from cosmograd.experiments.toml_text import file_text
from cosmograd.figures import Content, KeyNumber, Notice, Page, Section, Sentences, Table, Verbatim
from cosmograd.results import Result
from cosmograd.results.number_format import count, number, span, with_error

# Members in the table, each with its first and last pivot.
_MOST_MEMBERS = 40


def summary(result: Result) -> dict[str, Any]:
    """Single numbers, then every point of the plane with its reason where it has no numbers."""
    points = []
    for member, value in enumerate(result["parameter"].values.tolist()):
        for place, e_folds in enumerate(result["e_folds"].values.tolist()):
            at = {"parameter": member, "e_folds": place}
            numbers = {
                name: float(array.at(**at))
                for name, array in result.arrays.items()
                if array.dims == ("parameter", "e_folds") and array.dtype.kind == "f"
            }
            reason = str(result["reason"].at(**at).values)
            points.append({"parameter": value, "e_folds": e_folds, **numbers, "reason": reason or None})
    return {
        "name": result.attrs.get("name", ""),
        "varied": parameter_name(result),
        **result.numbers,
        "points": points,
    }


def page(result: Result) -> Page:
    """Ranges, comparison with what is measured and with slow roll, a table, and the file that gives it again."""
    given, failed = result.attrs.get("name", ""), failures(result)
    after = [Section("method", "How it was computed", _METHOD)]
    if result.specification:
        after.append(Section("specification", "Specification", _file(result)))
    return Page(
        title=given if given not in ("", "tilt plane") else f"n_s and r of the {_family(result)}",
        summary=_lead(result),
        first=Section("numbers", "Numbers", [Sentences(findings(result)), _table(result)]),
        key_numbers=_key_numbers(result),
        notices=[Notice("failures", "Points without numbers", [Sentences(failed)])] if failed else [],
        after=after,
        sources=SOURCES,
    )


_METHOD = [
    "Each member of the family inflates from its start to ε_1 = 1. The pivot is k = aH that many e-folds N before this "
    "end; powers near it are computed mode by mode, and n_s and r are theirs at the end of inflation.",
    "Slow roll is the expansion in horizon-flow parameters of the exact background where the pivot has k = aH: n_s to "
    "second order, r to next-to-leading order.",
]


def _file(result: Result) -> list[Content]:
    source = str(result.attrs.get("potential_source", ""))
    return [
        "As a file, for `cosmograd run FILE --out FOLDER`:",
        Verbatim(file_text(result)),
        *(["The file with the potential, as it was then:", Verbatim(source)] if source else []),
    ]


def _family(result: Result) -> str:
    section = result.specification.get("potential", {})
    if "file" in section:
        return f"family {section.get('function', 'potential')} of {section['file']}"
    return f"{section.get('name', 'unknown')} family"


def _lead(result: Result) -> str:
    values, e_folds = result["parameter"].values, result["e_folds"].values
    return (
        f"{count(len(values), 'member')} of the {_family(result)}, {parameter_name(result)} = {span(values)}, "
        f"with the pivot {span(e_folds)} e-folds before the end of inflation."
    )


def findings(result: Result) -> list[str]:
    """How many points agree with measurements, and how far slow roll is off."""
    share, points = float(result["compatible_share"]), int((result["reason"].values == "").sum())
    low, high = (SCALAR_TILT + side * COMPATIBLE * SCALAR_TILT_ERROR for side in (-1, 1))
    texts = [
        f"{round(share * points)} of {count(points, 'point')} have n_s between {number(low, 4)} and {number(high, 4)} "
        f"and r below {LARGEST_RATIO:g}, as measured."
    ]
    differences = [
        float(np.nanmax(np.abs(computed - rolling), initial=0.0))
        for computed, rolling in (
            (result[name].values, result[f"slow_roll_{name}"].values)
            for name in ("scalar_tilt", "tensor_to_scalar_ratio")
        )
    ]
    if np.isfinite(result["slow_roll_scalar_tilt"].values).any():
        tilt, ratio = (number(difference, 2) for difference in differences)
        texts.append(f"Slow roll differs from the computed numbers by at most {tilt} in n_s and {ratio} in r.")
    return texts


def failures(result: Result) -> list[str]:
    """Each reason once, with how many points it is of."""
    reasons, amounts = np.unique(result["reason"].values, return_counts=True)
    return [
        f"{count(int(amount), 'point')}: {reason}" for reason, amount in zip(reasons, amounts, strict=True) if reason
    ]


def _key_numbers(result: Result) -> list[KeyNumber]:
    return [
        KeyNumber("n_s", span(result["scalar_tilt"].values.ravel(), 4), "over the plane"),
        KeyNumber("r", span(result["tensor_to_scalar_ratio"].values.ravel()), "over the plane"),
        KeyNumber("compatible", f"{number(100 * float(result['compatible_share']))} %", "of the points"),
        KeyNumber("e-folds", span(result["e_folds_total"].values, 4), "of inflation, from the start"),
    ]


def _table(result: Result) -> Table:
    rows = []
    places = sorted({0, result.sizes["e_folds"] - 1})
    for member in range(min(result.sizes["parameter"], _MOST_MEMBERS)):
        for place in places:
            at = {"parameter": member, "e_folds": place}
            rows.append(
                (
                    number(result["parameter"].values[member], 4),
                    number(result["e_folds"].values[place], 4),
                    *(_cell(result, name, at) for name in ("scalar_tilt", "tensor_to_scalar_ratio", "running")),
                    number(result["scalar_amplitude"].at(**at), 4),
                )
            )
    caption = "Fewest and most e-folds of each member; digits beyond the estimated error are left out."
    if result.sizes["parameter"] > _MOST_MEMBERS:
        caption += f" The first {_MOST_MEMBERS} of {result.sizes['parameter']} members."
    return Table((parameter_name(result), "N", "n_s", "r", "running", "A_s"), tuple(rows), 2, caption)


def _cell(result: Result, name: str, at: dict[str, int]) -> str:
    array = result[name]
    return with_error(float(array.at(**at)), float(result[str(array.quantity.error)].at(**at)), 5)
