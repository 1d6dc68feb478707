"""A folder that holds one result of one kind: an analogue."""

import json
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import ClassVar

import xarray as xr

from cosmograd.errors import UserError
from cosmograd.runs.datasets_on_disk import read_attributes, read_results, write_results
from cosmograd.runs.results_folder import ResultsFolder


class SingleResultFolder(ResultsFolder):
    """kind: the attribute that tells this kind of results from others."""

    kind: ClassVar[str]

    @property
    def is_filled(self) -> bool:
        """Whether results of this kind lie here; `UserError` where they cannot be read."""
        return self.results.is_file() and not self.holds_study and self.kind in read_attributes(self.results)

    def refuse_useless(self) -> None:
        """`UserError` where nothing can be written to: a file, other results, a place without leave."""
        self.refuse_file()
        there = next(place for place in (self.path, *self.path.absolute().parents) if place.exists())
        if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
            what = "cannot be written to" if there.is_dir() else "is a file"
            raise UserError(f"{self.path} cannot be made: {there} {what}. Name another folder with --out.")
        other = "a study" if self.holds_study else None
        if other is None and self.results.is_file():
            with suppress(UserError):  # a damaged file may be written over
                other = None if self.kind in read_attributes(self.results) else "other results"
        if other is not None:
            raise UserError(f"{self.path} holds {other}, which would be overwritten. Choose another folder with --out.")

    def read_specified(self, needed: Callable[[xr.Dataset], Sequence[str]], what: str) -> xr.Dataset:
        """Results that say what they were computed from; `UserError` where they are none.

        needed: the variables that these results must have; what: what they hold, in words.
        """
        results = read_results(self.results)
        lacks = next((name for name in needed(results) if name not in results), None)
        try:
            known = isinstance(json.loads(results.attrs.get("specification", "")), dict)
        except (TypeError, ValueError, RecursionError):
            known = False
        if lacks is not None or not known:
            raise UserError(
                f"{self.results} holds no {what} ({lacks or 'its specification'} is missing). Compute it: cosmograd "
                f"{self.kind}."
            )
        return results

    def write_results(self, results: xr.Dataset) -> None:
        """Atomically, over older ones."""
        write_results(self.results, results)
