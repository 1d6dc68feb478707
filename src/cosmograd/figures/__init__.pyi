from .animations import Animation as Animation, AnimationRule as AnimationRule, animation as animation
from .axes import (
    Axis as Axis,
    RightAxis as RightAxis,
    limits_of_logarithmic_axis as limits_of_logarithmic_axis,
    logarithmic_axis as logarithmic_axis,
    update_axis as update_axis,
)
from .axis_scale import Scale as Scale, scale_for as scale_for
from .figure import (
    Figure as Figure,
    FigureFamily as FigureFamily,
    FigureRule as FigureRule,
    LegendEntry as LegendEntry,
    Panel as Panel,
    figure as figure,
)
from .marks import (
    Band as Band,
    Guide as Guide,
    Intervals as Intervals,
    Line as Line,
    Map as Map,
    Mark as Mark,
    Note as Note,
    Span as Span,
    points as points,
)
from .page import (
    Content as Content,
    Details as Details,
    KeyNumber as KeyNumber,
    Notice as Notice,
    Page as Page,
    Pairs as Pairs,
    Section as Section,
    Sentences as Sentences,
    Table as Table,
    Verbatim as Verbatim,
)
from .styles import (
    MEASURED as MEASURED,
    POINT_STYLES as POINT_STYLES,
    PREDICTION_STYLES as PREDICTION_STYLES,
    LineStyle as LineStyle,
    columns_of as columns_of,
    marked as marked,
    thinned as thinned,
)
