"""The folder of a universe.

```
DIR/results.nc          background, spectra, and the specification they were computed from
DIR/figures/*.svg  DIR/report.html
```
"""

import json

import xarray as xr

from cosmograd.errors import UserError
from cosmograd.storage.datasets_on_disk import read_attributes, read_results, write_results
from cosmograd.storage.results_folder import ResultsFolder
from cosmograd.storage.study_folder import StudyFolder

# Without these no file holds a test field, or a universe that inflates.
_TEST_FIELD = ("wavenumber_over_ah", "mode_real", "mode_imaginary", "power", "achieved_accuracy")
_INFLATION = (
    "wavenumber", "e_folds", "scalar_power", "tensor_power", "slow_roll_tensor_power", "relative_error", "outcome",
    "reason", "horizon_crossing", "field", "field_velocity", "hubble_rate", "potential_energy", "epsilon_1",
    "epsilon_2", "e_folds_total", "pivot_crossing", "pivot_wavenumber", "scalar_amplitude", "scalar_tilt", "running",
    "tensor_to_scalar_ratio", "tensor_tilt", "tilt_error", "tensor_tilt_error", "running_error",
    "friedmann_violation", "achieved_accuracy",
)  # fmt: skip


# The attribute that tells a universe's results from a study's.
_NAME = "universe"


class UniverseFolder(ResultsFolder):
    """A folder that holds one universe."""

    @property
    def holds_universe(self) -> bool:
        """Whether a universe's results lie here; `UserError` where they cannot be read."""
        return self.results.is_file() and not self._holds_study and _NAME in read_attributes(self.results)

    @property
    def _holds_study(self) -> bool:
        return StudyFolder(self.path).holds_study

    def refuse_useless(self) -> None:
        """`UserError` where no universe can be written to: a file, the folder of a study, a place without leave."""
        self.refuse_unwritable()
        if self._holds_study:
            raise UserError(
                f"{self.path} holds a study, whose results would be overwritten. Choose another folder with --out."
            )

    def write_results(self, results: xr.Dataset) -> None:
        """Atomically, over older results."""
        write_results(self.results, results)

    def read_results(self) -> xr.Dataset:
        """What was computed; `UserError` where it is missing or the file holds something else."""
        results = read_results(self.results)
        needed = _TEST_FIELD if "mode_real" in results else _INFLATION
        missing = [name for name in needed if name not in results]
        try:
            known = isinstance(json.loads(results.attrs.get("specification", "")), dict)
        except (TypeError, ValueError, RecursionError):
            known = False
        if missing or not known:
            lacks = missing[0] if missing else "its specification"
            raise UserError(f"{self.results} holds no universe ({lacks} is missing). Compute it: cosmograd universe.")
        return results
