"""`cosmograd study`: train, predict, read off the universe, and report."""

from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter


def study(
    file: Path | None = None,
    *,
    out: Path = Path("cosmograd-study"),
    resume: Annotated[bool, Parameter(negative="")] = False,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Run a study: ensembles in training against their effective theory, with a report.

    Parameters
    ----------
    file
        Study file; without it, the study already in --out when resuming, else the default one: real digits at three
        learning rates and two widths.
    out
        Folder for results, figures and report.
    resume
        Go on with the study already in --out: only what is missing is computed.
    json
        Print the results in numbers as one JSON object.
    """
    from cosmograd.cli.console import print_json, say, start_jax

    start_jax()
    from cosmograd.report import study_summary, write_report
    from cosmograd.storage import StudyFolder, default_study_file, read_study_file

    folder = StudyFolder(out)
    if file is not None:
        study_file = read_study_file(file)
    elif resume and folder.holds_study:
        study_file = folder.stored_study()
    else:
        study_file = default_study_file()
    results = _run(study_file, folder, resume)
    write_report(folder, results)
    summary = study_summary(results)
    for index, point in enumerate(summary["points"]):
        for diverged in point["diverged"]:
            say(
                f"Point {index}: member {diverged['member']} diverged at update {diverged['update']}; its own initial "
                f"ηλ_max = {diverged['eta_lambda_max']:.4g} (mean kernel: {point['eta_lambda_max']:.4g}), the linear "
                f"theory is stable up to {point['largest_stable_eta_lambda']:.4g}. "
                "The other members' results stand."
            )
    say(f"Report: {folder.report}   results: {folder.results}")
    if json:
        print_json(summary)
    else:
        _print_errors(summary)


def _run(study_file: Any, folder: Any, resume: bool) -> Any:
    """Compute what is missing and put all points together."""
    from cosmograd.cli.console import progress_bar, say
    from cosmograd.storage import read_results, sources_from, write_results
    from cosmograd.studies import (
        build_dataset,
        build_network,
        check_point,
        combine_points,
        parse_study,
        run_point,
        source_digests,
        study_points,
    )

    specification = parse_study(study_file.contents)
    sources = sources_from(study_file.base)
    points = study_points(specification, study_file.contents)
    digests = [source_digests(point.specification, sources) for point in points]
    # Every point's data and network are built once before anything is computed, so that mistakes show at once.
    ingredients = []
    for point in points:
        dataset = build_dataset(point.specification, sources)
        ingredients.append((dataset, build_network(point.specification, dataset, sources)))
        check_point(point.specification, *ingredients[-1])
    folder.begin(study_file, specification, {k: v for each in digests for k, v in each.items()}, resume)

    paths = [folder.point_path(point, digest) for point, digest in zip(points, digests, strict=True)]
    missing = [i for i, path in enumerate(paths) if folder.finished_point(path) is None]
    if len(missing) < len(points):
        say(f"{len(points) - len(missing)} of {len(points)} points are already there.")
    with progress_bar(f"{specification.name}: {len(missing)} points") as advance:
        for i in missing:
            dataset, network = ingredients[i]
            point = run_point(points[i].specification, dataset, network, lambda x: advance(x / len(missing)))
            folder.write_point(paths[i], point)
    # Read back, so that a resumed study puts together exactly what an undisturbed one does.
    results = combine_points([read_results(path) for path in paths], [point.labels for point in points])
    results.attrs["study"] = specification.name
    write_results(folder.results, results)
    return read_results(folder.results)


def _print_errors(summary: dict[str, Any]) -> None:
    """The median relative error of each prediction at each point, as a table."""
    from rich.table import Table

    from cosmograd.cli.console import tables
    from cosmograd.report import key_name

    points = summary["points"]
    swept = [key for key in points[0] if "." in key or key == "seed"]
    predictions = list(points[0]["relative_error"])
    heads = [key_name(key) for key in swept]
    named = "optimiser.eta_lambda_max" in swept  # then ηλ_max is among the heads
    table = Table(title="Median relative error of each prediction", caption="Λ in canonical units of time, V = L")
    for column in (*heads, *([] if named else ["ηλ_max"]), "Λ", *(name.replace("_", "\n") for name in predictions)):
        table.add_column(column, justify="right")
    for point in points:
        values = [str(point[key]) for key in swept]
        values += [] if named else [f"{point['eta_lambda_max']:.3g}"]
        values += [f"{point['universe']['cosmological_constant']:.3g}"]
        values += [f"{point['relative_error'][name]:.2g}" for name in predictions]
        table.add_row(*values)
    tables.print(table)
