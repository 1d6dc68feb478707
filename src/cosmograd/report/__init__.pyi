from .result_report import (
    draw_to as draw_to,
    figure_svg as figure_svg,
    plot as plot,
    save as save,
    write_result_report as write_result_report,
)
from .study.figures import noise_figure as noise_figure
from .study.study_report import write_report as write_report
from .study.study_summary import study_summary as study_summary
from .study.swept_keys import key_name as key_name, swept_keys as swept_keys
from .universe.universe_report import write_universe_report as write_universe_report
from .universe.universe_summary import universe_summary as universe_summary
