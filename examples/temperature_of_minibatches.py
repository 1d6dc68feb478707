"""Minibatches keep a network at a temperature, T = ησ²/(2B(1−β)) times its step factor: measured on real data."""

import cosmograd

cosmograd.enable_float64()

from typing import Any

from sklearn.datasets import load_diabetes

from cosmograd.experiments.noise.run import noise_study
from cosmograd.learning.datasets import table_dataset
from cosmograd.learning.networks import Perceptron

# 442 patients, ten measurements, the progression of their disease a year later: a linear model explains half of it.
table: Any = load_diabetes()
columns = dict(zip(table.feature_names, table.data.T, strict=True)) | {"progression": table.target}
data = table_dataset(columns, "progression", points=384, name="diabetes")

results = noise_study(Perceptron((10, 1)), data, batch_sizes=(2, 32), modes=6, members=128, updates=1500).to_xarray()
independent, shuffled = (results.sel(sampling=name) for name in ("with-replacement", "shuffled-epochs"))
print(independent[["temperature_ratio", "temperature_ratio_error", "velocity_ratio"]].to_dataframe().round(3))
print(shuffled[["temperature_ratio", "velocity_ratio"]].to_dataframe().round(3))

# Positions and velocities have the predicted temperature at every batch size and momentum …
assert independent["stationary"].all()
assert (abs(independent[["temperature_ratio", "velocity_ratio"]].to_array() - 1) < 0.05).all()
# … but epochs that pass once through all examples are far colder.
assert (shuffled["temperature_ratio"].sel(batch_size=32) < 0.3).all()
