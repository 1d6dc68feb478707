"""Figures and page of a result, whatever experiment it is from; drawings of single figures."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from cosmograd.errors import UserError
from cosmograd.experiments import experiment
from cosmograd.experiments.swept_results import figures_of_sweep, is_sweep, page_of_sweep
from cosmograd.figures import Animation, Figure
from cosmograd.report.animations import gif, on_page
from cosmograd.report.drawing import drawn
from cosmograd.report.parts import ReportFigure, figure_style, rendered, svg_text, write_figures
from cosmograd.results import Result
from cosmograd.runs import ResultFolder, ResultsFolder, write_bytes, write_text

# Shares of the work, for the progress bar: of an animation, and of drawing the figures in what it leaves.
_ANIMATING, _DRAWING = 0.4, 0.4


def write_report(
    folder: ResultsFolder, result: Result, progress: Callable[[float], None] = lambda fraction: None, **beside: Any
) -> None:
    """Figures and page of a result or a sweep, in its folder."""
    if result.experiment == "training":
        from cosmograd.report.study.study_report import write_study_report

        write_study_report(folder, result, progress)
    else:
        write_result_report(folder, result, progress, **beside)


def write_result_report(
    folder: ResultsFolder, result: Result, progress: Callable[[float], None] = lambda fraction: None, **beside: Any
) -> None:
    """Write figures/*.svg, figures/*.gif and report.html, the page that holds them all; the same results give the same
    bytes.

    Of what is in the folder, only older figures of the same experiment are replaced. progress: called with the fraction
    of the work done since the last call; beside: what the page says that does not stand in the result.
    """
    chosen = experiment(result.experiment)
    animations = () if is_sweep(result) else chosen.animations
    still = 1 - _ANIMATING if animations else 1.0
    figures = _figures(folder, result, lambda fraction: progress(still * _DRAWING * fraction))
    pictures = write_figures(folder, figures, lambda fraction: progress(still * (1 - _DRAWING) * fraction))
    moving = []
    for rule in animations:
        animation, file = rule(result), folder.figures / f"{rule.name}.gif"
        if animation is not None:
            contents = gif(animation)
            write_bytes(file, contents)
            moving.append(on_page(animation, contents))
        else:
            file.unlink(missing_ok=True)
        progress((1 - still) / len(animations))
    write_text(folder.report, page_text_of(result, pictures, moving, **beside))


def _figures(folder: ResultsFolder, result: Result, progress: Callable[[float], None]) -> list[ReportFigure]:
    if is_sweep(result):
        return [in_matplotlib(figure) for figure in figures_of_sweep(result)]
    figures, rules = [], experiment(result.experiment).figures
    for rule in rules:
        figure = rule(result)
        if figure is not None:
            figures.append(in_matplotlib(figure))
        else:
            (folder.figures / f"{rule.name}.svg").unlink(missing_ok=True)
        progress(1 / len(rules))
    return figures


def page_text_of(
    result: Result,
    pictures: list[tuple[ReportFigure, str]],
    moving: Sequence[tuple[Animation, str, float]] = (),
    **beside: Any,
) -> str:
    """The page as HTML; each figure comes with its SVG, each animation with its address and width."""
    if is_sweep(result):
        page = page_of_sweep(result, result.experiment.replace("_", " "), **beside)
    else:
        page = experiment(result.experiment).page(result, **beside)
    return rendered(
        "page.html.j2",
        pictures,
        animations=moving,
        page=page,
        kind=page.kind,
        title=page.title,
        summary=page.summary,
    )


def in_matplotlib(figure: Figure) -> ReportFigure:
    """A figure with its drawing."""
    with figure_style():
        canvas = drawn(figure)
    return ReportFigure(figure.name, figure.title, canvas, figure.caption, figure.alternative, tuple(figure.variables))


def plot(result: Result, name: str | None = None) -> Figure:
    """The figure of this name, or the first that there is."""
    rules = experiment(result.experiment).figures
    figures = {rule.name: figure for rule in rules if name in (None, rule.name) and (figure := rule(result))}
    if not figures:
        there = [rule.name for rule in rules if rule(result)]
        raise ValueError(f"there is no figure {name!r} of this result; there are {', '.join(there) or 'none'}.")
    return next(iter(figures.values()))


def figure_svg(figure: Figure) -> str:
    """As notebooks show it."""
    return svg_text(in_matplotlib(figure))


_KINDS = (".svg", ".pdf", ".png")


def draw_to(figure: Figure, file: Path) -> Path:
    """Write a figure into a file of its own, atomically."""
    if file.suffix not in _KINDS:
        raise UserError(f"{file}: the name of a figure's file ends with one of {', '.join(_KINDS)}.")
    if file.suffix == ".svg":
        write_text(file, figure_svg(figure))
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
    write_result_report(there, result)
    return folder
