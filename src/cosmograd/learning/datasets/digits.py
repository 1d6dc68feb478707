"""The 1797 real handwritten digits that scikit-learn ships, 8×8 pixels each."""

from collections.abc import Sequence
from typing import Any, Literal, get_args

import numpy as np

from cosmograd.learning.datasets.dataset import Dataset, choose_points, make_dataset

Encoding = Literal["one-hot", "sign", "value"]
ENCODINGS: tuple[str, ...] = get_args(Encoding)

Scaling = Literal["standardised", "unit", "sphere"]
SCALINGS: tuple[str, ...] = get_args(Scaling)


def digits(
    classes: Sequence[int] = tuple(range(10)),
    points: int | None = 256,
    probe_points: int = 0,
    encoding: str = "one-hot",
    scaling: str = "standardised",
    seed: int = 0,
) -> Dataset:
    r"""Handwritten digits of the chosen classes, drawn at random with `seed`.

    encoding: `one-hot` (one output per class, 1 for the right one, 0 for the others), `sign` (one output, +1 for the
    first of two classes and −1 for the second) or `value` (one output, the digit itself).
    scaling: `standardised` (mean image of the training points removed, then one common factor such that
    $\langle x\cdot x\rangle$ = 64), `unit` (grey values between 0 and 1) or `sphere` (every image scaled to
    $x\cdot x = 64$).
    Source: E. Alpaydin & C. Kaynak 1998, Optical Recognition of Handwritten Digits, UCI; the test part, as bundled
    with scikit-learn.
    """
    from sklearn.datasets import load_digits

    classes = tuple(classes)
    if not classes or len(set(classes)) != len(classes) or not set(classes) <= set(range(10)):
        raise ValueError(f"digits: `classes` must be different digits from 0 to 9, got {list(classes)}.")
    if encoding not in ENCODINGS:
        raise ValueError(f"digits: `encoding` is {encoding!r}; allowed: {', '.join(ENCODINGS)}.")
    if scaling not in SCALINGS:
        raise ValueError(f"digits: `scaling` is {scaling!r}; allowed: {', '.join(SCALINGS)}.")
    if encoding == "sign" and len(classes) != 2:
        raise ValueError(f"digits: the encoding `sign` needs two classes, got {list(classes)}.")
    if points is not None and points < len(classes):
        raise ValueError(
            f"digits: {points} points are fewer than the {len(classes)} classes; raise `points` to at least "
            f"{len(classes)} or choose fewer `classes`."
        )

    bunch: Any = load_digits()
    images, labels = np.asarray(bunch["data"], dtype=np.float64), np.asarray(bunch["target"])
    rows = np.flatnonzero(np.isin(labels, classes))
    train, probe = choose_points(len(rows), points, probe_points, seed, "digits")

    def scaled(chosen: np.ndarray) -> np.ndarray:
        pixels = images[rows[chosen]] / 16
        if scaling == "unit":
            return pixels
        if scaling == "sphere":
            return pixels * (8 / np.linalg.norm(pixels, axis=1, keepdims=True))
        training = images[rows[train]] / 16
        mean = training.mean(axis=0)
        deviation = np.sqrt(np.square(training - mean).mean())
        return (pixels - mean) / (deviation if deviation > 0 else 1.0)

    def encoded(chosen: np.ndarray) -> np.ndarray:
        label = labels[rows[chosen]]
        if encoding == "value":
            return label[:, None].astype(np.float64)
        if encoding == "sign":
            return np.where(label == classes[0], 1.0, -1.0)[:, None]
        return (label[:, None] == np.asarray(classes)[None]).astype(np.float64)

    return make_dataset(scaled(train), encoded(train), scaled(probe), encoded(probe), "digits")
