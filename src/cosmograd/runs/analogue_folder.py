"""The folder of a universe on a network.

```
DIR/results.nc          fields of the network and of the equations, errors, spectra, and the specification
DIR/figures/*.svg  DIR/figures/field.gif  DIR/report.html
```
"""

import xarray as xr

from cosmograd.runs.single_result_folder import SingleResultFolder

# Without these no file holds a universe on a network; then those of a single one, and of an ensemble.
_NEEDED = (
    "time", "e_folds", "mode", "mode_wavenumber", "network_fields", "direct_fields", "fixed_kernel_fields",
    "time_step", "updates", "amplitude", "largest_stable_step", "predicted_error_from_step",
    "predicted_error_from_finite_width", "predicted_error_from_rounding", "kernel_condition_number", "relative_error",
)  # fmt: skip
_OF_SINGLE = ("error_from_step", "error_from_amplitude", "error_from_width", "convergence_order")
_OF_ENSEMBLE = (
    "wavenumber", "power", "standard_error", "direct_power", "tilt", "tilt_error", "direct_tilt", "power_history",
    "history_update",
)  # fmt: skip


class AnalogueFolder(SingleResultFolder):
    """A folder that holds one universe, or one ensemble, on networks."""

    kind = "analogue"

    def read_results(self) -> xr.Dataset:
        """What was computed; `UserError` where it is missing or the file holds something else."""
        return self.read_specified(
            lambda results: (*_NEEDED, *(_OF_ENSEMBLE if "member" in results else _OF_SINGLE)), "universe on a network"
        )
