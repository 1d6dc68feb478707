"""What a file of a background is made of: those sections of a universe file that it needs."""

from collections.abc import Mapping
from typing import Any

from cosmograd.experiments.universe.specification import BackgroundSections, check_potential
from cosmograd.experiments.validation import validated

COMMAND = "cosmograd run FILE"
BY_NAME_ONLY = True


class Specification(BackgroundSections):
    """The background of inflation, in units M_Pl = 1."""


def parse(contents: Mapping[str, Any]) -> Specification:
    """Validate the contents of a file; `UserError` lists everything that is wrong with it."""
    specification = validated(Specification, contents)
    check_potential(specification.potential)
    return specification
