"""A study in a few numbers."""

from collections.abc import Sequence

from cosmograd.experiments.training.analysis.study import StudyPoint
from cosmograd.figures import PREDICTION_STYLES, KeyNumber
from cosmograd.results.number_format import error_span, span

_CANONICAL = {"scheme": "leapfrog", "time_unit": "canonical"}


def key_numbers(points: Sequence[StudyPoint]) -> list[KeyNumber]:
    """The error of each prediction, and the dual universe."""
    over = f"median over members{', range over points' if len(points) > 1 else ''}"
    # Constants of a schedule are those of one update.
    when = "; halfway through the run" if any(point.scheduled for point in points) else ""
    errors = [
        KeyNumber(
            f"error, {style.name}",
            error_span(point.typical("relative_error", prediction=name) for point in points),
            over,
        )
        for name, style in PREDICTION_STYLES.items()
    ]
    Λ, H = (span(p.value(name, **_CANONICAL) for p in points) for name in ("cosmological_constant", "hubble_rate"))
    return [
        *errors,
        KeyNumber("Λ", Λ, f"1/T², V = L{when}"),
        KeyNumber("H", H, f"1/T, V = L{when}"),
        KeyNumber("e-folds", span(p.total_e_folds for p in points), "over the whole run, leapfrog scheme"),
        KeyNumber(
            "heaviest mode, m²/H²", span(float(p.masses.max()) for p in points), f"critical at 9/4 for the EFT{when}"
        ),
    ]
