"""From data to HTML: the template, figures with their addresses, and the versions the page was made with."""

import importlib.metadata
import platform
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined

from cosmograd.figures import Figure
from cosmograd.report.drawing import size_of
from cosmograd.report.formula_text import page_text, paragraph_text

_PACKAGES = ("cosmograd", "jax", "jaxlib", "numpy", "scipy", "xarray", "matplotlib")
# Characters that a data address may hold unescaped between double quotes; fewer escapes make a smaller page.
_SAFE = " !$&'()*+,-./:;=?@[]_{}~|^`<>"


def rendered(template: str, figures: Sequence[tuple[Figure, str]], **parts: Any) -> str:
    """A page as HTML, from a template of this package; each figure comes with its SVG."""
    environment = Environment(
        loader=PackageLoader("cosmograd.report"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    environment.filters["formulae"] = page_text
    environment.filters["paragraph"] = paragraph_text
    environment.filters["kind"] = lambda part: type(part).__name__
    return environment.get_template(template).render(
        figures=[(figure, _data_address(svg), width_on_screen(size_of(figure)[0])) for figure, svg in figures],
        versions=_versions(),
        **parts,
    )


def _data_address(svg: str) -> str:
    return "data:image/svg+xml," + quote(svg, safe=_SAFE)


def width_on_screen(inches: float) -> float:
    """Width of a figure in units of the page's type size, so that the type of all figures comes out alike."""
    return round(7.4 * float(inches), 1)


def _versions() -> list[tuple[str, str]]:
    return [("Python", platform.python_version()), *((name, importlib.metadata.version(name)) for name in _PACKAGES)]
