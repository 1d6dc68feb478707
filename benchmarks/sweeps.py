"""Sweeps: what scheduling costs, what a second worker brings, and what becomes of a sweep whose worker is killed."""

import os
import signal
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from benchmarks.measurement import Measurement, at_least, at_most
from benchmarks.sweep_tasks import Timed, timed_point, trivial_point
from cosmograd import enable_float64, use_every_core
from cosmograd.experiments import experiment
from cosmograd.runs import write_results
from cosmograd.runs.engines import AbstractEngine, DaskEngine, InProcess, Task
from cosmograd.runs.point_combination import combine_points
from cosmograd.runs.point_files import read_point
from cosmograd.runs.point_tasks import task_arguments
from cosmograd.runs.points import parse_sweep

TRIVIAL, REAL, KILLED = 1000, 32, 40

# Some seconds of training and analysis on one core.
REAL_STUDY: dict[str, Any] = {
    "data": {"kind": "circle", "points": 32},
    "network": {"width": 256},
    "optimiser": {"eta_lambda_max": 0.5, "momentum": 0.5},
    "training": {"members": 8, "updates": 200},
}


def prepare() -> None:
    """As the command line."""
    enable_float64()
    use_every_core()


def _trivial_tasks(folder: Path, count: int, pause: float = 0.0) -> list[Task]:
    return [Task(f"{number:04}", (str(folder / f"{number:04}.nc"), number, pause)) for number in range(count)]


def _seconds_of_trivial_sweep(engine: AbstractEngine) -> tuple[float, float]:
    """Seconds until the first point is there, and from then on until all are put together."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        begun = time.perf_counter()
        with closing(engine.run(trivial_point, _trivial_tasks(folder, TRIVIAL))) as outcomes:
            next(outcomes)
            first = time.perf_counter()
            for _ in outcomes:
                pass
        paths = sorted(folder.glob("*.nc"))
        points = [read_point(path) for path in paths]
        write_results(folder / "results.nc", combine_points(points, [{"seed": n} for n in range(len(points))]))
        end = time.perf_counter()
    if len(paths) != TRIVIAL:
        raise RuntimeError(f"{len(paths)} of {TRIVIAL} points were written")
    return first - begun, end - first


def scheduling_overhead() -> Iterator[Measurement]:
    """A thousand points that do next to nothing."""
    for name, engine in (("in this process", InProcess()), ("dask, two workers", DaskEngine(2))):
        start, rest = _seconds_of_trivial_sweep(engine)
        yield Measurement(
            f"sweeps: overhead of a point, {name}",
            1e3 * rest / (TRIVIAL - 1),
            "ms",
            at_most(20, "ms"),
            note=f"{TRIVIAL} points that do nothing but write their files, these read back and put together in one "
            "included; after the first point. Closing the workers is included too.",
            details={"until_the_first_point_s": round(start, 3)},
        )


def _real_points(folder: Path, workers: int) -> tuple[float, list[Timed]]:
    """Points per second once every worker has computed one, which compiles; and the times of all."""
    chosen, contents = experiment("training"), REAL_STUDY | {"sweep": {"seed": list(range(REAL + workers))}}
    tasks = [
        Task(
            str(p.number),
            (task_arguments(chosen, p.specification, folder, {}, folder / f"{workers}-{p.number}.nc"),),
        )
        for p in parse_sweep(chosen, contents).points()
    ]
    with closing(DaskEngine(workers).run(timed_point, tasks)) as outcomes:
        times = [outcome.value for outcome in outcomes]
    compiled = max(min(t.end for t in times if t.process == process) for process in {t.process for t in times})
    last = max(t.end for t in times)
    # A point that was under way when all had compiled counts by the part of it that came after.
    done = sum((t.end - max(t.start, compiled)) / (t.end - t.start) for t in times if t.end > compiled)
    return done / (last - compiled), times


def two_workers() -> Iterator[Measurement]:
    """Real trainings on one worker and on two, each held to one core."""
    with tempfile.TemporaryDirectory() as name:
        one, times = _real_points(Path(name), 1)
        two, both = _real_points(Path(name), 2)
    # Less processor time than time: something else ran on the worker's core meanwhile.
    later, both = (sorted(of, key=lambda t: t.end)[workers:] for workers, of in ((1, times), (2, both)))
    yield Measurement(
        f"sweeps: points per second of two workers over one, {REAL} trainings",
        two / one,
        "×",
        at_least(1.7, "×"),
        note="Each worker is held to one core; from when every worker has computed its first point, which compiles. "
        "8 members of 2-256-256-1 on 32 points, 200 updates, with analysis.",
        details={
            "seconds_per_point": round(statistics.median(t.end - t.start for t in later), 2),
            "seconds_per_point_beside_another": round(statistics.median(t.end - t.start for t in both), 2),
            "processor_s_per_point": round(statistics.median(t.processor for t in later), 2),
            "processor_s_per_point_beside_another": round(statistics.median(t.processor for t in both), 2),
            "first_point_s": round(max(t.end - t.start for t in times), 1),
        },
    )


def killed_worker() -> Iterator[Measurement]:
    """One of two workers is killed in the middle of a sweep."""
    with tempfile.TemporaryDirectory() as name:
        folder, finished = Path(name), []
        with closing(DaskEngine(2).run(trivial_point, _trivial_tasks(folder, KILLED, pause=0.2))) as outcomes:
            for outcome in outcomes:
                finished.append(outcome)
                if len(finished) == KILLED // 4:
                    os.kill(outcome.value, signal.SIGKILL)
        whole = sum(read_point(path)["value"].size == 8 for path in folder.glob("*.nc"))
    yield Measurement(
        "sweeps: points completed although a worker is killed in the middle",
        min(whole, len({outcome.key for outcome in finished if outcome.lost is None})),
        f"of {KILLED}",
        at_least(KILLED),
        details={"outcomes": len(finished), "whole_files": whole},
    )


BENCHMARKS = (scheduling_overhead, two_workers, killed_worker)
