"""Whole studies through the command line: what the default one costs, and whether theory's table comes out."""

import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from benchmarks.command_line import cosmograd, printed_json, run_measured
from benchmarks.measurement import Measurement, at_least, at_most

PREDICTIONS = ("gradient_flow", "second_order", "stroboscopic")

# Median relative errors of 8 initialisations each, over all points and 200 updates of plain gradient descent:
# (width, ηλ_max) ↦ gradient flow, second order from the attractor, stroboscopic. Measured once, independently of this
# library, for two-hidden-layer tanh networks (σ_w = 1.5, σ_b = 0.1) on 32 points of a circle, target cos θ + ½ sin 2θ.
THEORY_TABLE = {
    (2048, 0.1): (1.6e-2, 1.4e-3, 1.1e-3),
    (2048, 0.5): (6.2e-2, 1.0e-2, 3.8e-3),
    (2048, 1.5): (3.2e-1, 2.0e-1, 9.6e-3),
    (512, 0.1): (1.6e-2, 5.5e-3, 5.4e-3),
    (512, 0.5): (6.1e-2, 1.6e-2, 1.4e-2),
    (512, 1.5): (2.8e-1, 1.6e-1, 3.4e-2),
}
# Its study file, and how far a median of its members may lie from one of 8 others.
TABLE_STUDY = Path(__file__).resolve().parent.parent / "studies" / "theory-table.toml"
FACTOR = 2
MEMBERS_TO_SETTLE = 96


def default_study() -> Iterator[Measurement]:
    """The study that ships inside the package."""
    with tempfile.TemporaryDirectory() as folder:
        cost = run_measured(cosmograd("study", "--out", str(Path(folder) / "study")))
    note = "`cosmograd study` in a fresh process: imports, compilation, training, theory, files and page."
    yield Measurement("default study: time", cost.seconds, "s", at_most(180, "s"), note)
    yield Measurement("default study: peak memory", cost.peak_bytes / 1e9, "GB", at_most(2, "GB"), note)


def theory_table() -> Iterator[Measurement]:
    """Six ensembles against the table above."""
    with tempfile.TemporaryDirectory() as folder:
        out = str(Path(folder) / "study")
        cost = run_measured(cosmograd("study", str(TABLE_STUDY), "--out", out))
        points = printed_json(cosmograd("report", out, "--json"))["points"]
        tied = _tied_points(Path(out))
    yield Measurement("theory table: time", cost.seconds, "s", at_most(600, "s"))
    yield Measurement("theory table: peak memory", cost.peak_bytes / 1e9, "GB")
    measured = {_label(point): [point["relative_error"][name] for name in PREDICTIONS] for point in points}
    if set(measured) != set(THEORY_TABLE):
        raise RuntimeError(f"the study's points are {sorted(measured)}, the table's {sorted(THEORY_TABLE)}")
    in_order, off, settled = 0, [], {}
    for label, expected in THEORY_TABLE.items():
        medians = measured[label]
        if not _in_order(medians) and label in tied:
            medians = settled[f"width {label[0]}, ηλ_max {label[1]:g}"] = _medians_of_more_members(label)
        in_order += _in_order(medians)
        factors = [max(a / b, b / a) for a, b in zip(measured[label], expected, strict=True)]
        off += factors
        yield Measurement(
            f"theory table: largest factor off, width {label[0]}, ηλ_max {label[1]:g}",
            max(factors),
            "×",
            at_most(FACTOR, "×"),
            note="Median relative error of each prediction, against the table's.",
            details={
                name: {"measured": value, "table": reference}
                for name, value, reference in zip(PREDICTIONS, measured[label], expected, strict=True)
            },
        )
    yield Measurement(
        "theory table: medians within a factor of two",
        sum(factor <= FACTOR for factor in off),
        f"of {len(off)}",
        at_least(len(off)),
        details={"median_factor": round(statistics.median(off), 3)},
    )
    yield Measurement(
        "theory table: points with gradient flow > second order > stroboscopic",
        in_order,
        f"of {len(THEORY_TABLE)}",
        at_least(len(THEORY_TABLE)),
        note="Where two medians of the study's members differ by less than their scatter allows to tell (two standard "
        f"errors of the members' paired ratios), {MEMBERS_TO_SETTLE} members decide; `details` holds their medians.",
        details={"settled_by_more_members": settled} if settled else None,
    )


def _in_order(medians: list[float]) -> bool:
    flow, second_order, stroboscopic = medians
    return flow > second_order > stroboscopic


def _tied_points(study: Path) -> set[tuple[int, float]]:
    """Points where the members cannot tell the order of second-order and stroboscopic errors."""
    tied = set()
    with xr.open_dataset(study / "results.nc", engine="h5netcdf") as results:
        for number in range(results.sizes["study_point"]):
            point = results.isel(study_point=number)
            second_order, stroboscopic = (
                point["relative_error"].sel(prediction=name).values for name in PREDICTIONS[1:]
            )
            ratios = np.log(second_order / stroboscopic)
            if abs(ratios.mean()) < 2 * ratios.std(ddof=1) / len(ratios) ** 0.5:
                tied.add((int(point["network.width"]), float(point["optimiser.eta_lambda_max"])))
    return tied


def _medians_of_more_members(label: tuple[int, float]) -> list[float]:
    """The same point with more members, of which the study's own are the first."""
    text = TABLE_STUDY.read_text(encoding="utf-8").partition("[sweep]")[0]
    changed = text.replace("members = 16", f"members = {MEMBERS_TO_SETTLE}")
    assert changed != text
    with tempfile.TemporaryDirectory() as folder:
        file, out = Path(folder) / "point.toml", str(Path(folder) / "study")
        sweep = f'[sweep]\n"network.width" = [{label[0]}]\n"optimiser.eta_lambda_max" = [{label[1]}]\n'
        file.write_text(changed + sweep, encoding="utf-8")
        run_measured(cosmograd("study", str(file), "--out", out))
        (point,) = printed_json(cosmograd("report", out, "--json"))["points"]
    return [point["relative_error"][name] for name in PREDICTIONS]


def _label(point: dict[str, Any]) -> tuple[int, float]:
    return int(point["network.width"]), float(point["optimiser.eta_lambda_max"])


BENCHMARKS = (default_study, theory_table)
