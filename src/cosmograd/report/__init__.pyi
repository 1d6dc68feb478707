from .result_report import (
    draw_to as draw_to,
    figure_svg as figure_svg,
    plot as plot,
    save as save,
    write_report as write_report,
    write_result_report as write_result_report,
)
from .study.figures import noise_figure as noise_figure
from .study.swept_keys import key_name as key_name, swept_keys as swept_keys
from .summaries import summary_of as summary_of
