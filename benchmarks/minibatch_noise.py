"""The temperature of minibatches on real data against its prediction: accuracy, not speed."""

import time
from collections.abc import Iterator
from typing import Any

from sklearn.datasets import load_diabetes

from benchmarks.measurement import Measurement, at_most
from cosmograd.experiments.noise.run import noise_study
from cosmograd.learning.datasets import table_dataset
from cosmograd.learning.networks import Perceptron
from cosmograd.precision import enable_float64

prepare = enable_float64

# Divisible by every batch size, so that epochs are whole.
POINTS = 384


def temperature() -> Iterator[Measurement]:
    """T over its prediction for B = 1 … 64 and β = 0 and 0.9, and beside it that of shuffled epochs."""
    table: Any = load_diabetes()
    columns = dict(zip(table.feature_names, table.data.T, strict=True)) | {"progression": table.target}
    start = time.perf_counter()
    data = table_dataset(columns, "progression", points=POINTS, name="diabetes")
    results = noise_study(Perceptron((10, 1)), data).to_xarray()
    seconds = time.perf_counter() - start
    for β in results["momentum"].values.tolist():
        for B in results["batch_size"].values.tolist():
            run = results.sel(momentum=β, batch_size=B, sampling="with-replacement")
            shuffled = results.sel(momentum=β, batch_size=B, sampling="shuffled-epochs")
            by_mode = run["temperature"] / run["predicted_temperature"]
            yield Measurement(
                f"temperature of minibatches over its prediction, distance from 1, B = {B}, β = {β:g}",
                float(abs(run["temperature_ratio"] - 1)),
                "",
                at_most(0.05),
                note=f"Linear model on {POINTS} patients, mean over {results.sizes['mode']} modes, batches drawn with "
                f"replacement, {results.attrs['members']} runs of {results.attrs['updates']} updates.",
                details={
                    "ratio": round(float(run["temperature_ratio"]), 4),
                    "standard_error": round(float(run["temperature_ratio_error"]), 4),
                    "ratio_of_velocities": round(float(run["velocity_ratio"]), 4),
                    "modes": [round(value, 3) for value in by_mode.values.tolist()],
                    "record": str(run["verdict"].item()),
                    "shuffled_epochs": round(float(shuffled["temperature_ratio"]), 4),
                    "shuffled_epochs_velocities": round(float(shuffled["velocity_ratio"]), 4),
                },
            )
    yield Measurement("study of the temperature of minibatches: time", seconds, "s", note="28 ensembles, all of it.")


BENCHMARKS = (temperature,)
