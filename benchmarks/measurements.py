"""How long a measured universe takes: whole commands, further fits in one process, and how that grows with the
record.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import optax

from benchmarks.measurement import Measurement, at_most
from cosmograd.measurement import Trajectories, measure_universe, trajectories
from cosmograd.precision import enable_float64
from evidence.trained_ensembles import Ensemble, train

prepare = enable_float64

_REPEATS = 5
# Seconds of the same fits by the code before (6dc9cbe). Blind: taken once, on a machine on which twenty million Python
# additions take 1.57 s. Known kernel: median of five in turn with the code of today, which took 1.34 s.
_BEFORE = {"blind": 406.0, "known kernel": 16.8}


def whole_commands() -> Iterator[Measurement]:
    """`cosmograd fit` from start to end, imports included: digits with ten outputs and one, a circle blind and
    known.
    """
    records = {
        "digits, ten outputs, 100 updates": (_trained("digits", 256, 100), 10.0),
        "digits, one output, 100 updates": (_trained("two digits", 256, 100), 6.0),
        "a circle, 200 updates, blind": (_trained("circle", 512, 200), 8.0),
        "a circle, 200 updates, known kernel": (_trained("circle", 512, 200), 6.0),
    }
    with tempfile.TemporaryDirectory() as folder:
        for name, (run, most) in records.items():
            file = Path(folder) / "run.npz"
            kernel: dict[str, Any] = {"kernel": run.kernel} if "known" in name else {}
            np.savez(file, outputs=run.outputs, targets=run.targets, update=np.arange(len(run.outputs)), **kernel)
            command = [sys.executable, "-m", "cosmograd", "fit", str(file), "--json", "--learning-rate"]
            taken = _median_seconds(
                lambda command=command, η=run.learning_rate: subprocess.run(
                    [*command, repr(η)], check=True, capture_output=True
                ),
                3,
            )
            yield Measurement(
                f"cosmograd fit, six networks on {name}: whole command",
                taken,
                "s",
                at_most(most, "s"),
                note="Median of 3. Compiles nothing.",
                details=next(({"before": seconds} for kind, seconds in _BEFORE.items() if kind in name), None),
            )


def further_fits() -> Iterator[Measurement]:
    """Fits of 200 updates, six networks and 32 points in a process that has made one."""
    run = _trained("circle", 512, 200)
    record = _record(run)
    noisy = run.outputs + 1e-4 * np.random.default_rng(20261130).normal(size=run.outputs.shape)
    for name, chosen in {"exact": record, "with noise of 10⁻⁴": _record(run, noisy)}.items():
        taken = _median_seconds(lambda chosen=chosen: measure_universe(chosen, run.learning_rate), _REPEATS)
        yield Measurement(
            f"measure_universe, 200 updates × 6 networks × 32 points, {name}: a further fit",
            taken,
            "s",
            at_most(0.5, "s") if name == "exact" else None,
            note=f"Median of {_REPEATS}.",
        )


def growth() -> Iterator[Measurement]:
    """The time against that of a quarter of the updates, members or points: linear is 4, what is capped less."""
    rng = np.random.default_rng(20261130)
    base = {"updates": 500, "members": 8, "points": 64}
    seconds = {}
    for name in (None, *base):
        sizes = {key: value * (4 if key == name else 1) for key, value in base.items()}
        record = _linear(rng, **sizes)
        seconds[name] = _median_seconds(lambda record=record: measure_universe(record, 0.1), 3)
    for name in base:
        yield Measurement(
            f"measure_universe: time for four times the {name}, over that before",
            seconds[name] / seconds[None],
            "",
            at_most(5.0),
            note="500 updates × 8 members × 64 points at first; linear growth is 4.",
            details={"seconds": {str(key): round(value, 3) for key, value in seconds.items()}},
        )


def _trained(data: str, width: int, updates: int) -> Ensemble:
    return train(data, width, "tanh", lambda η: optax.sgd(η, momentum=0.9), 0.5, 20261130, updates=updates)


def _record(run: Ensemble, outputs: np.ndarray | None = None) -> Trajectories:
    return trajectories(run.outputs if outputs is None else outputs, run.targets, updates=np.arange(len(run.outputs)))


def _linear(rng: np.random.Generator, updates: int, members: int, points: int) -> Trajectories:
    turn = np.linalg.qr(rng.normal(size=(points, points)))[0]
    kernel = (turn * np.geomspace(0.3, 1e-3, points)) @ turn.T
    before = d = rng.normal(size=(members, points))
    outputs = np.empty((updates + 1, members, points))
    for update in range(updates + 1):
        outputs[update] = d
        before, d = d, d + 0.8 * (d - before) - d @ kernel
    return trajectories(outputs, np.zeros(points), updates=np.arange(updates + 1))


def _median_seconds(action: Callable[[], object], repeats: int) -> float:
    taken = []
    for _ in range(repeats + 1):
        start = time.perf_counter()
        action()
        taken.append(time.perf_counter() - start)
    return float(median(taken[1:]))


BENCHMARKS = (whole_commands, further_fits, growth)
