"""One task after the other, in this process."""

from collections.abc import Callable, Generator, Sequence
from typing import Any

from cosmograd.runs.engines.engine import AbstractEngine, Notify, Outcome, Progress, Task


class InProcess(AbstractEngine):
    """Computes the tasks in their order, with every core that one computation can use."""

    def run(
        self,
        function: Callable[..., Any],
        tasks: Sequence[Task],
        progress: Progress | None = None,
        notify: Notify | None = None,
    ) -> Generator[Outcome, None, None]:
        """See `AbstractEngine.run`."""
        del notify
        for task in tasks:
            done = 0.0

            def advance(fraction: float) -> None:
                nonlocal done
                done += fraction
                if progress is not None:
                    progress(fraction)

            value = function(*task.arguments, advance)
            advance(1.0 - done)  # of what was there already, or failed
            yield Outcome(task.key, value)
