"""Every strategy for the members of an ensemble, at four widths: is the default among the fastest?"""

from collections.abc import Callable, Iterator

from benchmarks.ensemble_workload import Workload
from benchmarks.matmul_peak import PEAK_NAME, peak_competitor, peak_of
from benchmarks.measurement import Measurement, at_least, at_most
from benchmarks.timing import Race, race
from cosmograd import use_every_core
from cosmograd.learning import STRATEGY_NAMES, choose_mapping

prepare = use_every_core

WORKLOADS = (
    Workload(width=32, members=64, updates=400),
    Workload(width=128, members=64, updates=100),
    Workload(width=512, members=64, updates=20),
    Workload(width=1024, members=16, updates=10),
)


def _compare_strategies(workload: Workload, rounds: int = 5) -> tuple[str, Race]:
    """The strategy that `auto` stands for, and the race of all."""
    strategies = {name: workload.train(name) for name in STRATEGY_NAMES if name != "auto"}
    result = race(strategies | {PEAK_NAME: peak_competitor()}, rounds, best_of={PEAK_NAME: 5})
    return choose_mapping("auto", workload.members).strategy, result


def _measurements(workload: Workload) -> Iterator[Measurement]:
    chosen, result = _compare_strategies(workload)
    strategies = [name for name in STRATEGY_NAMES if name != "auto"]
    # The fastest is found round by round: times of different rounds may differ by what else the machine did.
    slower = {name: 1 / result.speed_ratio(chosen, name) for name in strategies}
    fastest = max(slower, key=lambda name: slower[name])
    what = f"{workload.members} members of 64-{workload.width}-{workload.width}-10, 256 points, float32"
    peak = peak_of(result)
    details = {
        "chosen": chosen,
        "fastest": fastest,
        "seconds": {name: round(result.median(name), 3) for name in strategies},
        "best_seconds": {name: round(result.best(name), 3) for name in strategies},
        "fraction_of_best_peak": {name: round(workload.flop / result.median(name) / peak, 3) for name in strategies},
        "compile_s": {name: round(result.compilation(name), 2) for name in strategies},
        "matmul_peak_gflops": round(peak / 1e9, 1),
    }
    yield Measurement(
        f"strategies, time of auto over the fastest, {what}",
        slower[fastest],
        "×",
        at_most(1.15, "×"),
        note=f"auto is {chosen}; {workload.updates} updates with the drawing of the members; ratios within a round, "
        "median of 5.",
        details=details,
    )
    if workload.width == 32:
        yield Measurement(
            f"strategies, throughput of auto over a Python loop, {what}",
            result.speed_ratio(chosen, "loop"),
            "×",
            at_least(1.8, "×"),
            note="The loop calls a compiled single member.",
            details={"range": result.speed_ratio_range(chosen, "loop")},
        )


def _at_width(workload: Workload) -> Callable[[], Iterator[Measurement]]:
    def strategies() -> Iterator[Measurement]:
        yield from _measurements(workload)

    strategies.__name__ = f"width_{workload.width}"
    return strategies


BENCHMARKS = tuple(_at_width(workload) for workload in WORKLOADS)
