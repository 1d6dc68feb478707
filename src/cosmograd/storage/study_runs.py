"""A whole study from its file: what is missing in its folder is computed, and all points are put together."""

from collections.abc import Callable
from typing import NamedTuple

import xarray as xr

from cosmograd.errors import UserError
from cosmograd.learning.datasets import Dataset
from cosmograd.learning.networks import AbstractNetwork
from cosmograd.storage.datasets_on_disk import read_results, write_results
from cosmograd.storage.study_files import StudyFile, sources_from
from cosmograd.storage.study_folder import StudyFolder
from cosmograd.studies import (
    StudyPoint,
    build_dataset,
    build_network,
    check_point,
    columns_left_out,
    combine_points,
    machine_settings,
    parse_study,
    run_point,
    source_digests,
    study_points,
)


class _Ingredients(NamedTuple):
    point: StudyPoint
    digests: dict[str, str]
    dataset: Dataset
    network: AbstractNetwork


def run_study(
    file: StudyFile,
    folder: StudyFolder,
    resume: bool = False,
    progress: Callable[[float], None] | None = None,
    notify: Callable[[str], None] | None = None,
) -> xr.Dataset:
    """Run a study in its folder and return its results, all points along `study_point`.

    resume: go on with the same study if the folder holds it; only missing points are computed. progress: called with
    the fraction of the work done since the last call; notify: with what the user should know.
    Every mistake in the study shows as `UserError` before anything is computed or written. Needs float64
    (`cosmograd.enable_float64`); call `cosmograd.use_every_core` first for the speed and the bits of the command line.
    """
    notify = notify or (lambda text: None)
    specification = parse_study(file.contents)
    sources = sources_from(file.base)
    ingredients = []
    for point in study_points(specification, file.contents):
        digests = source_digests(point.specification, sources)
        dataset = build_dataset(point.specification, sources)
        network = build_network(point.specification, dataset, sources)
        check_point(point.specification, dataset, network)
        ingredients.append(_Ingredients(point, digests, dataset, network))
    left_out = columns_left_out(specification, sources)
    if left_out:
        notify(f"Not numeric, so not among the inputs: {', '.join(map(repr, left_out))}.")
    points = [each.point for each in ingredients]
    machine = [machine_settings(point.specification) for point in points]
    all_digests = {key: digest for each in ingredients for key, digest in each.digests.items()}
    begun_here = folder.begin(file, specification, all_digests, machine, resume)
    try:
        return _compute(folder, specification.name, ingredients, begun_here, progress, notify)
    finally:
        folder.release()


def _compute(
    folder: StudyFolder,
    name: str,
    ingredients: list[_Ingredients],
    begun_here: bool,
    progress: Callable[[float], None] | None,
    notify: Callable[[str], None],
) -> xr.Dataset:
    points = [each.point for each in ingredients]
    paths = [folder.point_path(each.point, each.digests) for each in ingredients]
    missing = [index for index, path in enumerate(paths) if folder.finished_point(path) is None]
    if len(missing) < len(points):
        notify(f"{len(points) - len(missing)} of {len(points)} points are already there.")
    for index in missing:
        _, _, dataset, network = ingredients[index]
        try:
            result = run_point(points[index].specification, dataset, network, _share(progress, len(missing)))
        except UserError:
            if begun_here:
                folder.abandon_if_empty()
            raise
        folder.write_point(paths[index], result)
    # Read back, so that a resumed study puts together exactly what an undisturbed one does.
    results = combine_points([read_results(path) for path in paths], [point.labels for point in points])
    results.attrs["study"] = name
    write_results(folder.results, results)
    return folder.read_results()


def _share(progress: Callable[[float], None] | None, parts: int) -> Callable[[float], None] | None:
    return None if progress is None else lambda fraction: progress(fraction / parts)
