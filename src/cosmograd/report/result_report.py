"""Figures and page of a result, whatever experiment it is from; drawings of single figures."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from cosmograd.errors import UserError
from cosmograd.experiments import experiment
from cosmograd.experiments.swept_results import figures_of_sweep, is_sweep, page_of_sweep, shown_as_sweep
from cosmograd.figures import Animation, AnimationRule, Figure
from cosmograd.report.animations import gif, on_page
from cosmograd.report.drawing import drawn
from cosmograd.report.figure_style import figure_style
from cosmograd.report.page_parts import rendered
from cosmograd.report.svg import svg_text
from cosmograd.results import Result
from cosmograd.runs import ResultFolder, StudyFolder, write_bytes, write_text

# Shares of the work, for the progress bar: of animations, and of making figures as data in what they leave.
_ANIMATING, _MAKING = 0.4, 0.2


def write_report(
    folder: ResultFolder, result: Result, progress: Callable[[float], None] = lambda fraction: None, **beside: Any
) -> None:
    """Write figures/*.svg, figures/*.gif and report.html, the page that holds them all; the same results give the same
    bytes.

    Older figures of the same experiment are replaced, and in the folder of a study all that are there. progress: called
    with the fraction of the work done since the last call; beside: what the page says that is not in the result.
    """
    rules = () if shown_as_sweep(result) else experiment(result.experiment).animations
    still = 1 - _ANIMATING if rules else 1.0
    figures = _figures(result, lambda fraction: progress(still * _MAKING * fraction))
    pictures = []
    for figure in figures:
        pictures.append((figure, svg_text(figure)))
        progress(still * (1 - _MAKING) / len(figures))
    _remove_stale_figures(folder, result, {figure.name for figure in figures})
    for figure, svg in pictures:
        write_text(folder.figures / f"{figure.name}.svg", svg)
    moving = []
    for rule in rules:
        moving += _written_animation(folder, rule, result)
        progress((1 - still) / len(rules))
    if is_sweep(result):
        beside = {"file_text": _study_text(folder)} | beside
    write_text(folder.report, page_text_of(result, pictures, moving, **beside))


def _figures(result: Result, progress: Callable[[float], None]) -> list[Figure]:
    if shown_as_sweep(result):
        return figures_of_sweep(result)
    rules = experiment(result.experiment).figures
    figures = []
    for rule in rules:
        figures += rule.figures(result)
        progress(1 / len(rules))
    return figures


def _remove_stale_figures(folder: ResultFolder, result: Result, names: set[str]) -> None:
    """Those that this experiment may have drawn before, and draws no more."""
    all_are_own, rules = is_sweep(result) and isinstance(folder, StudyFolder), experiment(result.experiment).figures
    for file in sorted(folder.figures.glob("*.svg")):
        own = all_are_own or any(rule.owns(file.stem) for rule in rules)
        if own and file.stem not in names:
            file.unlink()


def _written_animation(folder: ResultFolder, rule: AnimationRule, result: Result) -> list[tuple[Animation, str, float]]:
    """The animation as pages take it, if there is one; else an older one is removed."""
    animation, file = rule(result), folder.figures / f"{rule.name}.gif"
    if animation is None:
        file.unlink(missing_ok=True)
        return []
    contents = gif(animation)
    write_bytes(file, contents)
    return [on_page(animation, contents)]


def _study_text(folder: ResultFolder) -> str:
    file = folder.path / "study.toml"
    return file.read_text(encoding="utf-8") if file.is_file() else ""


def page_text_of(
    result: Result,
    pictures: Sequence[tuple[Figure, str]],
    moving: Sequence[tuple[Animation, str, float]] = (),
    **beside: Any,
) -> str:
    """The page as HTML; each figure comes with its SVG, each animation with its address and width."""
    if shown_as_sweep(result):
        page = page_of_sweep(result, **beside)
    else:
        page = experiment(result.experiment).page(result, **beside)
    return rendered(
        "page.html.j2",
        pictures,
        animations=moving,
        page=page,
        kind=experiment(result.experiment).kind,
        title=page.title,
        summary=page.summary,
    )


def plot(result: Result, name: str | None = None) -> Figure:
    """The figure of this name, or the first that there is."""
    figures = _figures(result, lambda fraction: None)
    found = next((figure for figure in figures if name in (None, figure.name)), None)
    if found is None:
        there = ", ".join(figure.name for figure in figures) or "none"
        raise ValueError(f"there is no figure {name!r} of this result; there are {there}.")
    return found


_KINDS = (".svg", ".pdf", ".png")


def draw_to(figure: Figure, file: Path) -> Path:
    """Write a figure into a file of its own, atomically."""
    if file.suffix not in _KINDS:
        raise UserError(f"{file}: the name of a figure's file ends with one of {', '.join(_KINDS)}.")
    if file.suffix == ".svg":
        write_text(file, svg_text(figure))
        return file
    import io

    buffer = io.BytesIO()
    with figure_style():
        drawn(figure).savefig(buffer, format=file.suffix[1:], dpi=200)
    write_bytes(file, buffer.getvalue())
    return file


def save(result: Result, folder: Path) -> Path:
    """Write a folder with `results.nc`, figures and page, over an older result of the same experiment."""
    there = ResultFolder(folder)
    there.refuse_useless(result.experiment)
    there.write_results(result)
    write_report(there, result)
    return folder
