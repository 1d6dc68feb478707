"""The tables of the dependence report: slopes, and the onsets of oscillation and divergence."""

from collections.abc import Sequence

import numpy as np

from cosmograd.report.parts import Table, number, with_error
from cosmograd.report.study.dependence import Onset, Slope
from cosmograd.report.study.swept_keys import in_words, key_name


def slopes_table(slopes: Sequence[Slope]) -> Table:
    """Every slope with its 95 % interval and what theory says."""
    several = any(s.labels for s in slopes)
    rows = [
        (
            key_name(s.hyperparameter),
            *([in_words(s.labels)] if several else []),
            s.quantity.replace("_", " "),
            with_error(s.slope, (s.high - s.low) / 2),
            f"{number(s.low)} to {number(s.high)}",
            number(s.predicted),
            "" if np.isnan(s.predicted) else "yes" if s.low <= s.predicted <= s.high else "no",
            str(s.points),
        )
        for s in slopes
    ]
    caption = (
        "Slopes d ln(quantity)/d ln(hyperparameter) over points that differ in nothing else, by weighted least "
        "squares with one constant for each combination of the other keys (linearised networks, which are exact, are "
        "left out where there are others)"
        f"{', and one slope for each combination of those that are no numbers' if several else ''}; predicted by the "
        "dictionary from the settings, and for the drift against the width by theory of wide networks, which is −1 in "
        "NTK parametrisation and 0 in µP."
    )
    heads = ("hyperparameter", *(["among"] if several else []), "quantity", "slope", "95 % interval", "predicted",
             "inside", "points")  # fmt: skip
    return Table(heads, tuple(rows), 3 if several else 2, caption)


def onsets_table(onsets: Sequence[Onset]) -> Table:
    """Every onset with its interval beside that of the linear theory."""
    rows = [
        (
            o.what,
            number(o.momentum),
            "linearised" if o.linearised else "real",
            with_error(o.eta_lambda, (o.high - o.low) / 2),
            number(o.predicted, 4),
            f"{number(100 * (o.eta_lambda / o.predicted - 1), 2)} %",
            str(o.points),
        )
        for o in onsets
    ]
    caption = (
        "ηλ of the heaviest mode at which the recursion fitted to the outputs begins to oscillate (its discriminant "
        "changes sign; without momentum its only root) and to grow (its larger root passes one), interpolated between "
        "points that differ in the learning rate alone; beside it (1−√β)² and 2(1+β)."
    )
    return Table(("onset of", "β", "networks", "ηλ", "predicted", "off by", "points"), tuple(rows), 3, caption)
