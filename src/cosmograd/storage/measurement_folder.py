"""The folder of a measured universe.

```
DIR/results.nc          estimates with intervals, recorded and fitted modes
DIR/figures/*.svg  DIR/report.html
```
"""

import xarray as xr

from cosmograd.errors import UserError
from cosmograd.storage.datasets_on_disk import read_attributes, read_results, write_results
from cosmograd.storage.results_folder import ResultsFolder
from cosmograd.storage.study_folder import StudyFolder

# The attribute that tells a measurement's results from others.
_NAME = "measurement"
_NEEDED = ("hubble_rate", "masses_squared", "recorded_mode", "fitted_mode", "goodness_of_fit", "autocorrelation")


class MeasurementFolder(ResultsFolder):
    """A folder that holds one measurement."""

    @property
    def holds_measurement(self) -> bool:
        """Whether a measurement's results lie here; `UserError` where they cannot be read."""
        return (
            self.results.is_file() and not StudyFolder(self.path).holds_study and _NAME in read_attributes(self.results)
        )

    def refuse_useless(self) -> None:
        """`UserError` where no measurement can be written to: a file, or a folder with other results."""
        self.refuse_unwritable()
        if StudyFolder(self.path).holds_study or (self.results.is_file() and not self.holds_measurement):
            raise UserError(f"{self.path} holds other results, which would be overwritten. Choose another with --out.")

    def write_results(self, results: xr.Dataset) -> None:
        """Atomically, over an older measurement."""
        write_results(self.results, results)

    def read_results(self) -> xr.Dataset:
        """What was measured; `UserError` where it is missing or the file holds something else."""
        results = read_results(self.results)
        missing = [name for name in _NEEDED if name not in results]
        if missing:
            raise UserError(
                f"{self.results} holds no measurement ({missing[0]} is missing). Measure anew: cosmograd fit."
            )
        return results
