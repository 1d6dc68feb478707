"""What the reports of all kinds are made of: how numbers are written, how figures look, what stands on a page."""

from cosmograd.experiments.toml_text import toml_text
from cosmograd.report.parts.figure_style import (
    MEASURED,
    POINT_STYLES,
    PREDICTION_STYLES,
    WIDTH,
    LineStyle,
    columns_of,
    draw_intervals,
    figure_style,
    legend_below,
    limits_of_logarithmic_axis,
    marked,
    name_panel,
    panels,
    thinned,
    use_logarithmic_axis,
    use_update_axis,
)
from cosmograd.report.parts.formula_text import figure_text, page_text
from cosmograd.report.parts.page_elements import KeyNumber, Table
from cosmograd.report.parts.page_parts import rendered, width_on_screen
from cosmograd.report.parts.report_figure import ReportFigure, svg_text
from cosmograd.report.parts.written_figures import write_figures
from cosmograd.results.number_format import (
    between,
    count,
    error,
    error_span,
    listed,
    number,
    power_of_ten,
    span,
    with_error,
)

__all__ = [
    "MEASURED",
    "POINT_STYLES",
    "PREDICTION_STYLES",
    "WIDTH",
    "KeyNumber",
    "LineStyle",
    "ReportFigure",
    "Table",
    "between",
    "columns_of",
    "count",
    "draw_intervals",
    "error",
    "error_span",
    "figure_style",
    "figure_text",
    "legend_below",
    "limits_of_logarithmic_axis",
    "listed",
    "marked",
    "name_panel",
    "number",
    "page_text",
    "panels",
    "power_of_ten",
    "rendered",
    "span",
    "svg_text",
    "thinned",
    "toml_text",
    "use_logarithmic_axis",
    "use_update_axis",
    "width_on_screen",
    "with_error",
    "write_figures",
]
