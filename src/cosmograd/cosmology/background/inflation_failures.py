"""Why an inflating background has no use, in words."""

from cosmograd.cosmology.background.inflation import InflationHistory, InflationSettings, Outcome
from cosmograd.errors import in_digits


def failure_of_inflation(history: InflationHistory, settings: InflationSettings) -> str | None:
    """What went wrong, where, and what to change; None where inflation ended. settings: those it was computed with."""
    field, e_folds = in_digits(history.last_field), float(history.last_e_folds)
    where = f"at φ = {field} M_Pl, {e_folds:.4g} e-folds after the start"
    reasons = {
        Outcome.ENDED: None,
        Outcome.NEVER_INFLATES: f"there is no inflation {where}: ε ≥ 1.",
        Outcome.NEVER_ENDS: f"inflation has not ended {where}; the search stops after the first step beyond "
        f"{settings.max_e_folds:g} e-folds. "
        "Start nearer to its end; a potential with a positive minimum, or a large Λ, never ends it.",
        Outcome.NEGATIVE_POTENTIAL: f"V + Λ ≤ 0 {where}, so that H² has no value. Change the parameters or the start.",
        Outcome.NOT_A_NUMBER: f"the potential or one of its derivatives is not a finite number {where}, "
        "or changes so fast there that no step is short enough.",
        Outcome.OUT_OF_STEPS: f"the background took {settings.max_steps} steps and came no further than "
        f"{where}. Fields that oscillate fast need many; is the potential smooth there?",
    }
    return reasons[Outcome(int(history.outcome))]
