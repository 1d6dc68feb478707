"""Which directions of output space are measured: the strongest ones of the data, or eigenvectors of a known kernel."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from cosmograd.measurement.trajectories import Trajectories

# At most so many directions: K of a blind fit has r(r + 1)/2 entries.
_MOST_DIRECTIONS, _MOST_MODES = 6, 8


class RecordedModes(NamedTuple):
    """Components of the deviations along some directions.

    values: (members, updates, modes); eigenvalues: λ of each mode over the loss's divisor, (members, modes) or
    (1, modes), None in blind fits; left_out: |what is along no direction| / |deviations|.
    """

    values: Float[np.ndarray, "members updates modes"]
    eigenvalues: Float[np.ndarray, "members modes"] | None
    left_out: float


def strongest_directions(record: Trajectories, share: float, most: int = _MOST_DIRECTIONS) -> RecordedModes:
    r"""Principal directions of all motion that stand out of the noise and hold `share` of the largest at least.

    Motion is what differs from each member's mean over updates: what never moves says nothing. Noise shows as the
    median singular value; what stands out exceeds it by the factor of Gavish & Donoho (2014), whose approximation for
    the aspect ratio β is $0.56\beta^3 - 0.95\beta^2 + 1.82\beta + 1.43$.
    """
    d = record.deviations
    flat = (d - d.mean(axis=0)).reshape(-1, d.shape[2])
    _, sizes, directions = np.linalg.svd(flat, full_matrices=False)
    aspect = min(flat.shape) / max(flat.shape)
    edge = (0.56 * aspect**3 - 0.95 * aspect**2 + 1.82 * aspect + 1.43) * np.median(sizes) if len(sizes) > 4 else 0.0
    count = int(np.clip(np.sum(sizes > max(edge, share * sizes[0])), 1, most))
    return _along(record, np.broadcast_to(directions[:count].T, (1, d.shape[2], count)), None)


def kernel_modes_of(record: Trajectories, share: float, most: int = _MOST_MODES) -> RecordedModes:
    """Along eigenvectors of the kernel, each member's own where it is known, from the largest eigenvalue down.

    Modes that hold less than `share` of the largest one's amplitude are left out.
    """
    assert record.kernel is not None
    kernels = record.kernel if record.kernel.ndim == 3 else record.kernel[None]
    λ, vectors = np.linalg.eigh(kernels / record.loss_divisor)
    λ, vectors = λ[:, ::-1][:, :most], vectors[:, :, ::-1][:, :, :most]
    modes = _along(record, vectors, λ)
    amplitudes = np.sqrt(np.mean(np.square(modes.values - modes.values[:, -1:]), axis=(0, 1)))
    kept = (amplitudes > share * amplitudes.max()) & (λ.min(axis=0) > 1e-9 * λ.max())
    return _along(record, vectors[:, :, kept], λ[:, kept])


def _along(
    record: Trajectories, directions: Float[np.ndarray, "members size modes"], eigenvalues: np.ndarray | None
) -> RecordedModes:
    d = np.swapaxes(record.deviations, 0, 1)
    values = np.einsum("mus,msk->muk", d, np.broadcast_to(directions, (len(d), *directions.shape[1:])))
    total = float(np.sum(np.square(d)))
    outside = max(total - float(np.sum(np.square(values))), 0.0)
    return RecordedModes(values, eigenvalues, float(np.sqrt(outside / max(total, 1e-300))))
