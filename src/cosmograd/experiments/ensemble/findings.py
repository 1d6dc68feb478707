"""A recorded ensemble in numbers, and its page."""

from typing import Any

import numpy as np

from cosmograd.figures import KeyNumber, Page, Section
from cosmograd.results import Result
from cosmograd.results.number_format import number


def summary(result: Result) -> dict[str, Any]:
    """Sizes, settings, and the losses at both ends."""
    diverged = result["diverged_at"].values >= 0
    last = result["loss"].values[~diverged, -1]
    return {
        "name": result.title,
        "members": result.sizes["member"],
        "diverged": int(diverged.sum()),
        "updates": int(result["record"].values[-1]),
        "optimiser": result.attrs["optimiser"],
        "initial_loss": float(np.median(result["loss"].values[:, 0])),
        "final_loss": float(np.median(last)) if last.size else float("nan"),
    }


def page(result: Result) -> Page:
    """What was trained, and how it went."""
    found = summary(result)
    return Page(
        title=result.title,
        summary=f"{found['members']} networks trained for {found['updates']} updates of {found['optimiser']}.",
        first=Section("numbers", "Numbers", []),
        key_numbers=[
            KeyNumber("networks", str(found["members"]), f"{found['diverged']} diverged"),
            KeyNumber("initial loss", number(found["initial_loss"], 3), "median"),
            KeyNumber("final loss", number(found["final_loss"], 3), "median of those that did not diverge"),
        ],
    )
