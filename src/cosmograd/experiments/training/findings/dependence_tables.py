"""The tables of the dependence report: slopes, and the onsets of oscillation and divergence."""

from collections.abc import Sequence

import numpy as np

from cosmograd.experiments.training.analysis.onsets import Onset
from cosmograd.experiments.training.analysis.slopes import Slope
from cosmograd.experiments.training.analysis.swept_keys import in_words, key_name
from cosmograd.figures import Table
from cosmograd.results.number_format import number, with_error


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
        "Slopes d ln(quantity)/d ln(hyperparameter) between points that differ in nothing else"
        f"{', one for each combination of keys that are no numbers' if several else ''}; linearised networks count "
        "only where there are no others. Predicted by the dictionary, and for the drift against the width by the "
        "theory of wide networks: −1 in NTK parametrisation, 0 in µP; shuffled epochs, which follow no power of the "
        "batch size, are left out."
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
        "ηλ of the heaviest mode at which the fitted recursion begins to oscillate and to grow, interpolated between "
        "points that differ in the learning rate alone. Predicted: (1−√β)² and 2(1+β)."
    )
    return Table(("onset of", "β", "networks", "ηλ", "predicted", "off by", "points"), tuple(rows), 3, caption)
