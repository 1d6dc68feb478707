"""A background in numbers, and its page."""

from typing import Any

from cosmograd.experiments.toml_text import file_text
from cosmograd.figures import KeyNumber, Page, Section, Verbatim
from cosmograd.results import Result
from cosmograd.results.number_format import error, number


def summary(result: Result) -> dict[str, Any]:
    """Its single numbers."""
    return {"name": result.attrs.get("name", ""), **result.numbers}


def page(result: Result) -> Page:
    """Its numbers, and the file that gives it again."""
    H = result["hubble_rate"].values
    after = [
        Section(
            "specification",
            "Specification",
            ["As a file, for `cosmograd run FILE --out FOLDER`:", Verbatim(file_text(result))],
        )
    ]
    return Page(
        title=str(result.attrs.get("name", "background")),
        summary="The background of inflation from the start to its end at ε_1 = 1, in units of M_Pl.",
        first=Section("numbers", "Numbers", []),
        key_numbers=[
            KeyNumber("e-folds", number(result["e_folds_total"], 5), "from the start to the end of inflation"),
            KeyNumber("H at the start", number(H[0], 4), "in M_Pl"),
            KeyNumber("H at the end", number(H[-1], 4), "in M_Pl"),
            KeyNumber("Friedmann violation", error(result["friedmann_violation"]), "largest, relative to 3H²"),
        ],
        after=after if result.specification else [],
    )
