"""Background and perturbations: the mean over initialisations or over data points, and the rest."""

from typing import NamedTuple

import numpy as np
from jaxtyping import ArrayLike, Float


class BackgroundSplit(NamedTuple):
    """background: the mean, with the averaged axis kept at length one; perturbations: what remains."""

    background: Float[np.ndarray, "..."]
    perturbations: Float[np.ndarray, "..."]


def split_background(field: Float[ArrayLike, "..."], axis: int) -> BackgroundSplit:
    """Split a field along the axis of members (initialisations) or of data points."""
    field = np.asarray(field)
    background = np.mean(field, axis=axis, keepdims=True)
    return BackgroundSplit(background, field - background)


class EnsembleMoments:
    """Mean and summed squared scatter over members, added one at a time in a fixed order (Welford 1962).

    One pass, no stored members, and the same bits however the members were chunked.
    """

    def __init__(self) -> None:
        """Start with no members."""
        self.members = 0
        self._mean: np.ndarray | None = None
        self._scatter: np.ndarray | None = None

    def add(self, field: Float[ArrayLike, "..."]) -> None:
        """Add one member."""
        field = np.asarray(field, dtype=np.float64)
        if self._mean is None or self._scatter is None:
            self._mean, self._scatter = np.zeros_like(field), np.zeros_like(field)
        self.members += 1
        difference = field - self._mean
        self._mean = self._mean + difference / self.members
        self._scatter = self._scatter + difference * (field - self._mean)

    @property
    def mean(self) -> Float[np.ndarray, "..."]:
        """The background."""
        if self._mean is None:
            raise ValueError("no member has been added yet.")
        return self._mean

    @property
    def scatter(self) -> Float[np.ndarray, "..."]:
        r"""$\sum_i (f_i - \bar f)^2$, entry by entry."""
        if self._scatter is None:
            raise ValueError("no member has been added yet.")
        return self._scatter
