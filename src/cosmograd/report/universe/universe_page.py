"""The page of a universe: one file, like that of a study."""

from collections.abc import Sequence

import xarray as xr

from cosmograd.report.parts import ReportFigure, number, rendered
from cosmograd.report.universe.figures import energy_name, is_test_field
from cosmograd.report.universe.universe_file_text import specification_text
from cosmograd.report.universe.universe_headlines import failures, key_numbers, lead, title, warnings
from cosmograd.report.universe.universe_tables import slow_roll_table


def universe_page(results: xr.Dataset, figures: Sequence[tuple[ReportFigure, str]]) -> str:
    """The page as HTML; each figure comes with its SVG."""
    test_field = is_test_field(results)
    return rendered(
        "universe.html.j2",
        figures,
        kind="universe",
        title=title(results),
        summary=lead(results),
        test_field=test_field,
        key_numbers=key_numbers(results),
        warnings=warnings(results),
        failures=failures(results),
        slow_roll_table=None if test_field else slow_roll_table(results),
        method=_test_field_method() if test_field else _method(results),
        specification_text=specification_text(results),
        potential_source=str(results.attrs.get("potential_source", "")),
    )


def _method(results: xr.Dataset) -> list[str]:
    """How the results came about."""
    violation, points = float(results["friedmann_violation"]), results.sizes["e_folds"]
    depth = float(results["mode_wavenumber_over_ah"].values[:, 0].min()) if results.sizes.get("mode", 0) else None
    shown = f" (the modes that are drawn, at k/aH = {number(depth, 2)})" if depth is not None else ""
    return [
        "Units: ħ = c = 1 and M_Pl = 1/√(8πG) = 1; a = 1 at the start. N counts e-folds from there, and k is given in "
        f"units of the pivot, {number(results['pivot_wavenumber'], 4)} M_Pl.",
        "Background: φ, dφ/dN and ln H are integrated in e-folds until ε_1 = 1, with H on its own, so that Friedmann's "
        f"constraint 3H² = H²(dφ/dN)²/2 + {energy_name(results)} checks the result: it is violated by "
        f"{number(violation, 2)} at most, relative to 3H². The history is kept at {points} values of N.",
        f"Perturbations: each mode starts in its Bunch–Davies vacuum while it is deep inside the horizon{shown}, from "
        "the adiabatic series of the background it really has. It is then followed, not as an oscillating function but "
        "through its covariance relative to that of a massless field in de Sitter space, in which nothing oscillates.",
        "Errors are estimated, not proven: by taking steps twice as long, by the last terms kept of expansions, and by "
        "the background's tolerance and interpolation. The computation is refined until their sum is below the "
        "accuracy asked for, or until refining no longer helps.",
        "Tilts and running are derivatives of a polynomial in ln k through powers near the pivot, within a factor e of "
        "it or, where the spectrum has a feature, e^(1/4); their errors are its distance from one through every other "
        "point and the derivative of the powers' own error.",
    ]


def _test_field_method() -> list[str]:
    return [
        "Units: H = 1, in de Sitter space, whose expansion the field does not change. The mode's phase is that of "
        "e^(−ikτ) in the far past.",
        "The mode obeys d²δφ/dt² + 3H dδφ/dt + (k²/a² + m²)δφ = 0. It starts in its Bunch–Davies vacuum, by the "
        "adiabatic series at the largest k/aH, and is followed by amplitude and phase, which do not oscillate.",
        "Its error is estimated, not proven: from a second solution with a larger tolerance, and from the last term of "
        "the vacuum's series.",
    ]
