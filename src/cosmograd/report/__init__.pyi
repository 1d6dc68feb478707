from .result_report import draw_to as draw_to, plot as plot, save as save, write_report as write_report
from .summaries import summary_of as summary_of
from .svg import svg_text as svg_text
