"""The machine's own speed: one large float32 matrix product, the yardstick of everything else."""

from collections.abc import Iterator

import jax

from benchmarks.measurement import Measurement
from benchmarks.timing import Competitor, Race, race

SIZE = 2048
PEAK_NAME = "matmul peak"
PEAK_FLOP = 2 * SIZE**3


def peak_competitor() -> Competitor:
    """A compiled float32 product of two 2048² matrices, to take part in a race."""
    first, second = jax.random.normal(jax.random.key(0), (2, SIZE, SIZE), dtype="float32")
    product = jax.jit(lambda a, b: a @ b)
    return lambda: product(first, second)


def peak_of(race: Race) -> float:
    """FLOP/s of the fastest product in a race that the peak took part in."""
    return PEAK_FLOP / race.best(PEAK_NAME)


def measure_peak() -> Iterator[Measurement]:
    """Best of 60 products."""
    result = race({PEAK_NAME: peak_competitor()}, rounds=12, best_of={PEAK_NAME: 5})
    yield Measurement(
        "matmul peak, float32 2048²",
        peak_of(result) / 1e9,
        "GFLOP/s",
        note="Best of 60 products. If far above the median of the 12 rounds, other work shared the machine.",
        details={"median_gflops": round(PEAK_FLOP / result.median(PEAK_NAME) / 1e9, 1)},
    )


BENCHMARKS = (measure_peak,)
