"""Why a wavenumber has no power, in words."""

import numpy as np

from cosmograd.cosmology.spectra.primordial import ModeOutcome, PrimordialSpectra


@np.errstate(over="ignore")  # k/aH at the start of a very long history
def reasons(result: PrimordialSpectra) -> list[str]:
    """One sentence for each wavenumber; empty where it is done."""
    history = result.history
    hubble = np.asarray(history.table[0][:, -1])
    log_aH = np.asarray(history.e_folds) + hubble - float(result.pivot_log_wavenumber)  # ln(aH/pivot) over the history
    depth = result.resolution.depth(history.model.potential.fields)
    least, most = np.exp(log_aH[0]) * depth, np.exp(log_aH[-1])
    texts = []
    for log_k, outcome in zip(np.asarray(result.log_wavenumber), np.asarray(result.outcome), strict=True):
        k = np.exp(log_k)
        texts.append(
            {
                ModeOutcome.DONE: "",
                ModeOutcome.STARTS_OUTSIDE: (
                    f"k = {k:.4g} pivots has k/aH = {np.exp(log_k - log_aH[0]):.3g} at the start of the history; it "
                    f"must start inside the horizon, at {depth:.3g} or more: k ≥ {least:.4g} pivots. Or start earlier."
                ),
                ModeOutcome.NEVER_CROSSES: (
                    f"k = {k:.4g} pivots is still inside the horizon at the end of inflation, "
                    f"where k = aH is {most:.4g} pivots."
                ),
                ModeOutcome.NOT_A_NUMBER: f"the power of k = {k:.4g} pivots is not a finite number.",
            }[ModeOutcome(int(outcome))]
        )
    return texts
