from .analogue import analogue_summary as analogue_summary, write_analogue_report as write_analogue_report
from .measurement import write_measurement_report as write_measurement_report
from .study import (
    key_name as key_name,
    noise_figure as noise_figure,
    study_summary as study_summary,
    swept_keys as swept_keys,
    write_report as write_report,
)
from .universe import universe_summary as universe_summary, write_universe_report as write_universe_report
