"""The folder of a measured universe.

```
DIR/results.nc          estimates with intervals, recorded and fitted modes
DIR/figures/*.svg  DIR/report.html
```
"""

import xarray as xr

from cosmograd.errors import UserError
from cosmograd.storage.datasets_on_disk import read_results
from cosmograd.storage.single_result_folder import SingleResultFolder

_NEEDED = ("hubble_rate", "masses_squared", "recorded_mode", "fitted_mode", "goodness_of_fit", "autocorrelation")


class MeasurementFolder(SingleResultFolder):
    """A folder that holds one measurement."""

    kind = "measurement"

    def read_results(self) -> xr.Dataset:
        """What was measured; `UserError` where it is missing or the file holds something else."""
        results = read_results(self.results)
        missing = [name for name in _NEEDED if name not in results]
        if missing:
            raise UserError(
                f"{self.results} holds no measurement ({missing[0]} is missing). Measure anew: cosmograd fit."
            )
        return results
