"""What is run: {out} is a folder of the case's own, {root} the repository, {training} a recorded training."""

from pathlib import Path

import numpy as np

_UNIVERSES = {
    "quadratic": ("--potential", "quadratic"),
    "starobinsky": ("--potential", "starobinsky", "--set", "scale=1.2e-10", "--accuracy", "1e-7"),
    "test-field": ("--test-field", "--mass-over-hubble-squared", "2.25"),
    "double-quadratic": ("--potential", "double-quadratic"),
}
_TABLES = {
    "dual": ("--learning-rate", "0.05", "--momentum", "0.8", "--eigenvalue", "3"),
    "dual-stroboscopic": (
        "--learning-rate", "0.05", "--momentum", "0.8", "--scheme", "stroboscopic", "--time-unit", "update",
    ),
    "inverse": ("--hubble-rate", "0.3", "--time-step", "0.2"),
}  # fmt: skip
_EXAMPLES = ("de-sitter", "lambda-phi4", "scale-invariant", "slow-roll-tilt")
_FITS = {
    "known": (),
    "blind": ("--blind",),
    "trajectory": ("--blind", "--estimator", "trajectory"),
}

CASES: dict[str, tuple[str, ...]] = {
    **{f"dictionary-{name}": ("dictionary", *rest, "--json") for name, rest in _TABLES.items()},
    "predict": (
        "predict", "--data", "{root}/comparison/table.csv", "--target", "y", "--learning-rate", "0.5",
        "--momentum", "0.9", "--json",
    ),
    **{f"universe-{name}": ("universe", *rest, "--out", "{out}", "--json") for name, rest in _UNIVERSES.items()},
    **{
        f"analogue-{name}": ("analogue", f"{{root}}/examples/{name}.toml", "--out", "{out}", "--json")
        for name in _EXAMPLES
    },
    **{
        f"fit-{name}": ("fit", "{training}", "--learning-rate", "0.02", "--momentum", "0.9", *rest, "--out", "{out}",
                        "--json")
        for name, rest in _FITS.items()
    },
    "study-default": ("study", "--out", "{out}", "--json"),
    "study-theory-table": ("study", "{root}/studies/theory-table.toml", "--out", "{out}", "--json"),
    "study-duality-small": ("study", "{root}/studies/duality-small.toml", "--out", "{out}", "--json"),
}  # fmt: skip


def recorded_training(file: Path) -> Path:
    """A linear model in training, with a kernel, from a fixed seed."""
    rng = np.random.default_rng(20261201)
    points, members, updates, η, β = 16, 6, 120, 0.02, 0.9
    turn = np.linalg.qr(rng.normal(size=(points, points)))[0]
    kernel = (turn * np.geomspace(12.0, 0.1, points)) @ turn.T
    d, v, outputs = rng.normal(size=(members, points)), 0.0, []
    for _ in range(updates + 1):
        outputs.append(d)
        v = β * v - η * d @ kernel
        d = d + v
    np.savez(file, outputs=np.stack(outputs), targets=np.zeros(points), kernel=kernel, update=np.arange(updates + 1))
    return file
