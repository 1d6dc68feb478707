"""Formulae in running text: written as ηλ_max, shown with a subscript on the page and in figures."""

import re

from markupsafe import Markup, escape

_SUBSCRIPT = re.compile(r"(?<=[^\W\d_])_(max|min|Pl|\d|[⊥∥]|(?:RS|SS|[Rst]|pivot)\b)")
_CODE = re.compile("`([^`]+)`")


def page_text(text: str) -> Markup:
    """Text for the page: everything escaped, subscripts set."""
    return Markup(_SUBSCRIPT.sub(r"<sub>\1</sub>", str(escape(text))))


def paragraph_text(text: str) -> Markup:
    """The same, with code between backticks."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(page_text(text))))


def figure_text(text: str) -> str:
    """Text for matplotlib, in which `$` and `_` are no markup but for subscripts."""
    return _SUBSCRIPT.sub(r"$_{\\mathrm{\1}}$", text.replace("$", r"\$"))
