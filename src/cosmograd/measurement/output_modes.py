"""Which modes of the outputs are measured: the strongest ones of the data, or eigenvectors of a known kernel."""

from typing import NamedTuple

import numpy as np
import scipy.linalg
from jaxtyping import Float

from cosmograd.measurement.recorded_trajectories import Trajectories

# Where so much of the motion lies along no mode, nothing moves along the modes.
_NEARLY_ALL = 1 - 1e-12
# What stands out of noise exceeds its largest singular value by this, since its deviation is known roughly.
_ABOVE_NOISE = 1.4


class RecordedModes(NamedTuple):
    """Components of the deviations along some modes of the outputs.

    values: (members, updates, modes); directions: of all members, or of each; eigenvalues: λ of each mode over the
    loss's divisor, (members, modes) or (1, modes), None in blind fits; left_out: |motion along no direction| /
    |motion|, motion being what differs from each member's mean over updates.
    """

    values: Float[np.ndarray, "members updates modes"]
    directions: Float[np.ndarray, "each size modes"]
    eigenvalues: Float[np.ndarray, "members modes"] | None
    left_out: float

    @property
    def modes(self) -> int:
        return self.directions.shape[2]


def strongest_modes(record: Trajectories, share: float, most: int, noise: float = 0.0) -> RecordedModes:
    r"""Principal directions of all motion that stand out of the noise and hold `share` of the largest at least.

    Motion is what differs from each member's mean over updates: what never moves says nothing. The largest singular
    value of noise of the deviation σ is $\sigma(\sqrt{n} + \sqrt{s})$ for n numbers in each of s directions. Where σ is
    not known, it shows as the median singular value, if most directions hold nothing else; what stands out exceeds it
    by the factor of Gavish & Donoho (2014), whose approximation for the aspect ratio β is
    $0.56\beta^3 - 0.95\beta^2 + 1.82\beta + 1.43$. It shows too in third differences over updates, which smooth motion
    hardly has, with the variance 20σ². Either is too large where it holds more than noise, so the smaller one counts.
    """
    d = record.deviations
    flat = (d - d.mean(axis=0)).reshape(-1, d.shape[2])
    squares, directions = np.linalg.eigh(flat.T @ flat)
    sizes, directions = np.sqrt(np.maximum(squares[::-1], 0.0)), directions[:, ::-1]
    if noise > 0:
        edge = _ABOVE_NOISE * noise * sum(np.sqrt(flat.shape))
    else:
        aspect = min(flat.shape) / max(flat.shape)
        factor = 0.56 * aspect**3 - 0.95 * aspect**2 + 1.82 * aspect + 1.43
        by_median = factor * np.median(sizes) if len(sizes) > 4 else 0.0
        by_roughness = np.sqrt(np.mean(np.square(np.diff(d, 3, axis=0))) / 20) * sum(np.sqrt(flat.shape))
        edge = min(by_median, by_roughness)
    count = int(np.clip(np.sum(sizes > max(edge, share * sizes[0])), 1, most))
    return _along(record, directions[None, :, :count], None)


def kernel_modes_of(record: Trajectories, share: float, most: int) -> RecordedModes:
    """Along eigenvectors of the kernel, each member's own where it is known, from the largest eigenvalue down.

    Modes that hold less than `share` of the largest one's amplitude are left out. ValueError where there is no kernel,
    or where nothing moves along its modes.
    """
    if record.kernel is None:
        raise ValueError("the record holds no kernel.")
    size = record.kernel.shape[-1]
    largest = (max(size - most, 0), size - 1)
    found = [scipy.linalg.eigh(one / record.loss_divisor, subset_by_index=largest) for one in record.kernel[0]]
    λ, vectors = (np.stack(part)[..., ::-1] for part in zip(*found, strict=True))
    modes = _along(record, vectors, λ)
    amplitudes = np.sqrt(np.mean(np.square(modes.values - modes.values[:, -1:]), axis=(0, 1)))
    kept = (amplitudes > share * amplitudes.max()) & (λ.min(axis=0) > 1e-9 * λ.max())
    modes = _along(record, vectors[:, :, kept], λ[:, kept])
    if modes.left_out > _NEARLY_ALL:
        raise ValueError(
            f"the motion lies along none of the kernel's {λ.shape[1]} strongest modes; is it the kernel of these "
            "points, flattened like the outputs, points slowest?"
        )
    return modes


def _along(
    record: Trajectories, directions: Float[np.ndarray, "members size modes"], eigenvalues: np.ndarray | None
) -> RecordedModes:
    d = np.swapaxes(record.deviations, 0, 1)
    values = np.einsum("mus,msk->muk", d, np.broadcast_to(directions, (len(d), *directions.shape[1:])))
    total, along = (float(np.sum(np.square(a - a.mean(axis=1, keepdims=True)))) for a in (d, values))
    outside = max(total - along, 0.0)
    return RecordedModes(values, directions, eigenvalues, float(np.sqrt(outside / max(total, 1e-300))))
