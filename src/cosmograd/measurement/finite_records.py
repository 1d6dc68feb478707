"""Records of trainings that diverged: what of them can still be measured."""

import numpy as np
from jaxtyping import Bool, Int, Shaped

# Outputs beyond this have diverged, if they began below it.
LARGEST = 1e60
# Shorter records than this are no use: members that diverge earlier are left out where others last longer.
_SHORT = 0.5


def finite_part(
    outputs: Shaped[np.ndarray, "updates members *rest"],
) -> tuple[Shaped[np.ndarray, "fewer kept *rest"], Int[np.ndarray, " kept"], tuple[str, ...]]:
    """The records up to the first that is not finite, or all records of the members that lasted; which, and notes.

    Members that diverged within the first half are left out where most last longer; then the record is cut. ValueError
    where NaN are followed by numbers again, or nothing is left.
    """
    members = np.arange(outputs.shape[1])
    rest = tuple(range(1, outputs.ndim - 1))
    bad = np.stack([~np.isfinite(record).all(axis=rest) for record in outputs])
    largest = np.stack([np.abs(record).max(axis=rest) for record in outputs]).astype(np.float64)
    if largest[0].max() <= LARGEST:
        bad |= largest > LARGEST
    if not bad.any():
        return outputs, members, ()
    lasts = np.where(bad.any(axis=0), bad.argmax(axis=0), len(bad))
    _refuse_holes(outputs, bad, lasts)
    early = lasts < _SHORT * len(bad)
    notes = []
    kept = members
    if early.any() and not early.all() and early.sum() < _SHORT * len(members):
        kept = members[~early]
        named = ", ".join(map(str, members[early][:8])) + " …" * int(early.sum() > 8)
        notes.append(
            f"Left out: member {named} (counted from 0), whose outputs are not finite, or beyond {LARGEST:g}, from "
            f"record {lasts[early].min()} on."
        )
    last = int(lasts[kept].min())
    if last < len(bad):
        notes.append(
            f"Used: the first {last} of {len(bad)} records; from then on outputs are not finite, or beyond {LARGEST:g}."
        )
    if last == 0:
        raise ValueError("`outputs` holds NaN or infinite values from its first record on.")
    return outputs[:last, kept], kept, tuple(notes)


def _refuse_holes(outputs: np.ndarray, bad: Bool[np.ndarray, "updates members"], lasts: np.ndarray) -> None:
    for member in range(bad.shape[1]):
        if bad[lasts[member] :, member].all():
            continue
        where = np.argwhere(~np.isfinite(outputs[:, member]))[0]
        names = ("point", "output")
        place = ", ".join(f"{name} {index}" for name, index in zip(names, where[1:], strict=False))
        raise ValueError(
            f"`outputs` holds NaN or infinite values, the first at update {where[0]}, member {member}, {place} "
            "(counted from 0), and finite ones after them: no training comes back from there. Leave the member out, "
            "or cut the record."
        )
