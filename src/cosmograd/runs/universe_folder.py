"""The folder of a universe.

```
DIR/results.nc          background, spectra, and the specification they were computed from
DIR/figures/*.svg  DIR/report.html
```
"""

import xarray as xr

from cosmograd.runs.single_result_folder import SingleResultFolder

# Without these no file holds a test field, or a universe that inflates.
_TEST_FIELD = ("wavenumber_over_ah", "mode_real", "mode_imaginary", "power", "achieved_accuracy")
_INFLATION = (
    "wavenumber", "e_folds", "scalar_power", "tensor_power", "slow_roll_tensor_power", "relative_error", "outcome",
    "reason", "horizon_crossing", "field", "field_velocity", "hubble_rate", "potential_energy", "epsilon_1",
    "epsilon_2", "e_folds_total", "pivot_crossing", "pivot_wavenumber", "scalar_amplitude", "scalar_tilt", "running",
    "tensor_to_scalar_ratio", "tensor_tilt", "tilt_error", "tensor_tilt_error", "running_error",
    "friedmann_violation", "achieved_accuracy",
)  # fmt: skip


class UniverseFolder(SingleResultFolder):
    """A folder that holds one universe."""

    kind = "universe"

    def read_results(self) -> xr.Dataset:
        """What was computed; `UserError` where it is missing or the file holds something else."""
        return self.read_specified(lambda results: _TEST_FIELD if "mode_real" in results else _INFLATION, "universe")
