"""What an engine is: tasks go in, outcomes come out as they finish."""

import abc
from collections.abc import Callable, Generator, Sequence
from typing import Any, NamedTuple

Progress = Callable[[float], None]
Notify = Callable[[str], None]


class Task(NamedTuple):
    """One call of the function of a run: its arguments, and a key of its own among the tasks."""

    key: str
    arguments: tuple[Any, ...]


class Outcome(NamedTuple):
    """What became of a task: the value that the function returned, or why no worker could bring it to its end."""

    key: str
    value: Any = None
    lost: str | None = None


class AbstractEngine(abc.ABC):
    """A way to call one function many times."""

    @abc.abstractmethod
    def run(
        self,
        function: Callable[..., Any],
        tasks: Sequence[Task],
        progress: Progress | None = None,
        notify: Notify | None = None,
    ) -> Generator[Outcome, None, None]:
        """Call function(*arguments, progress) for every task and yield what became of each, as they finish.

        The order of the outcomes is that in which they finish. What the function raises is raised here, and the tasks
        that have not finished are given up. So they are when the iterator is closed: whoever may leave its loop early
        closes it (`contextlib.closing`). progress: called in this process with the fraction of one task done since the
        last call, and with 0 now and then; it may raise to stop the run. notify: with what the user should know.
        The function may be called in another process, with None as its progress: it is a module's own, its arguments
        and values are small and can be pickled, and results belong into files that it writes. Where a worker dies, its
        task is begun anew.
        """
