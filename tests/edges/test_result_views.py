"""How results look at a prompt and in a notebook: numbers with errors and units, arrays, settings, missing numbers."""

import json

import numpy as np
import pytest

from cosmograd.results import Quantity, Result
from cosmograd.results.views import value_with_error

QUANTITIES = (
    Quantity("tilt", "n_s at the pivot", error="tilt_error"),
    Quantity("tilt_error", "of n_s"),
    Quantity("rate", "Hubble rate H", "M_Pl"),
    Quantity("wavenumber", "k", dimensions=("wavenumber",)),
    Quantity("power", "P_R", dimensions=("wavenumber",)),
    Quantity("path", "of two fields", dimensions=("stage", "component")),
    Quantity("reason", "why there is no power", "", ("wavenumber",)),
    *(Quantity(f"also_{i}", "another spectrum", dimensions=("wavenumber",)) for i in range(20)),
)


@pytest.fixture(scope="module")
def result() -> Result:
    k = ("wavenumber",)
    arrays = {
        "tilt": ((), 0.96684),
        "tilt_error": ((), 2e-6),
        "rate": ((), 6.1e-6),
        "wavenumber": (k, np.ones(3)),
        "power": (k, np.ones(3)),
        "path": (("stage", "component"), np.ones((4, 2))),
        "reason": (k, ["", "it <starts> outside", "it <starts> outside"]),
        **{f"also_{i}": (k, np.ones(3)) for i in range(20)},
    }
    contents = {"name": "mine", "potential": {"name": "quadratic", "mass": 6e-6}, "start": None, "flat": True}
    return Result.of("universe", QUANTITIES, arrays, {"name": "mine", "specification": json.dumps(contents)})


def test_a_screen_of_text(result):
    lines = repr(result).replace("\u00a0", " ").split("\n")
    assert lines[0] == "mine (universe)"
    assert lines[1].split("  ") == ["", "tilt", "0.96684 ± 2 × 10⁻⁶", "n_s at the pivot"]
    assert "6.1 × 10⁻⁶ M_Pl" in lines[2]
    assert lines[3].startswith("  along wavenumber (3): power, reason, also_0, ")
    assert lines[3].endswith(" more")
    assert lines[4:] == [
        "  along stage × component (4 × 2): path",
        "  from potential.name = quadratic, potential.mass = 6 × 10⁻⁶, flat = True",
        "  Note: it <starts> outside",
    ]
    assert max(map(len, lines)) <= 118
    assert not any("tilt_error" in line for line in lines), "an error stands beside what it is the error of"


def test_a_notebook_shows_the_same_and_escapes_it(result):
    page = result._repr_html_()
    assert "<td style='text-align:left'>M_Pl</td>" in page
    assert "0.96684 ± 2" in page
    assert "also_19" in page, "all names stand in what is folded"
    assert "potential.name = quadratic" in page
    assert "it &lt;starts&gt; outside" in page
    assert "<starts>" not in page


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (0.96684, 2e-6, "0.96684 ± 2 × 10⁻⁶"),
        (1.8354384e-9, 7.1e-15, "(1.835438 ± 0.000007) × 10⁻⁹"),
        (-6.74668e-4, 7.5e-9, "(−6.74668 ± 0.00007) × 10⁻⁴"),
        (1e-9, 5e-8, "(0 ± 5) × 10⁻⁸"),
        (2.5e9, 3e6, "(2.500 ± 0.003) × 10⁹"),
        (0.5, 0.0, "0.5"),
        (0.5, np.nan, "0.5"),
        (np.nan, 1e-3, "–"),
    ],
)
def test_a_number_and_its_error(value, error, text):
    assert value_with_error(value, error).replace("\u00a0", " ") == text
