"""The page of an analogue: one file, like that of a universe."""

import base64
from collections.abc import Mapping, Sequence

import xarray as xr

from cosmograd.report.analogue.analogue_headlines import errors_table, key_numbers, lead, method, title, warnings
from cosmograd.report.analogue.figures import is_ensemble, specification
from cosmograd.report.parts import ReportFigure, rendered, toml_text


def analogue_page(
    results: xr.Dataset, figures: Sequence[tuple[ReportFigure, str]], animation: bytes, seconds: Mapping[str, float]
) -> str:
    """The page as HTML; each figure comes with its SVG, the animation as the bytes of its file."""
    return rendered(
        "analogue.html.j2",
        figures,
        kind="analogue",
        title=title(results),
        summary=lead(results),
        key_numbers=key_numbers(results, seconds),
        warnings=warnings(results),
        errors_table=errors_table(results),
        animation=f"data:image/gif;base64,{base64.b64encode(animation).decode()}",
        ensemble=is_ensemble(results),
        method=method(results),
        specification_text=toml_text(specification(results)),
    )
