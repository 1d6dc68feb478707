"""How figures of single points say which points they show, and how many members stand behind a band."""

from collections.abc import Sequence

from cosmograd.experiments.training.analysis.study import Study, StudyPoint
from cosmograd.figures import POINT_STYLES, LegendEntry
from cosmograd.measurement.member_statistics import MEMBERS_FOR_QUANTILES


def which_points(study: Study, drawn: Sequence[StudyPoint]) -> str:
    """How many points of the study are shown, in brackets; empty where all are."""
    return "" if len(drawn) == len(study.points) else f" ({len(drawn)} of {len(study.points)} points)"


def band_in_words(points: Sequence[StudyPoint]) -> str:
    """The meaning of the bands around medians over members."""
    meanings = []
    for members in (int(point.intact.sum()) for point in points):
        if members < 2:
            meanings.append("no band, for there is one member only")
        else:
            several = members >= MEMBERS_FOR_QUANTILES
            meanings.append("the central 68 % of members" if several else "smallest to largest member")
    return " or ".join(dict.fromkeys(meanings))


def legend_of(points: Sequence[StudyPoint]) -> list[LegendEntry]:
    """A colour and marker for each of several points."""
    if len(points) < 2:
        return []
    return [LegendEntry.of(style, point.title) for point, style in zip(points, POINT_STYLES, strict=False)]
