"""The program `cosmograd`: its commands, and how it ends when something goes wrong."""

import sys
from collections.abc import Sequence

from cyclopts import App

import cosmograd
from cosmograd.cli.analogue_command import analogue
from cosmograd.cli.dictionary_command import dictionary
from cosmograd.cli.fit_command import fit
from cosmograd.cli.forecast_command import forecast
from cosmograd.cli.interrupts import interrupts_remembered, was_interrupted
from cosmograd.cli.predict_command import predict
from cosmograd.cli.report_command import report
from cosmograd.cli.run_command import run
from cosmograd.cli.study_command import study
from cosmograd.cli.universe_command import universe
from cosmograd.errors import UserError

app = App(
    name="cosmograd",
    help="Training neural networks and evolving scalar fields in an expanding universe, as one subject.",
    version=cosmograd.__version__,
    result_action="return_none",
    suppress_keyboard_interrupt=False,  # `main` says how to go on
)
app.command(study)
app.command(run)
app.command(dictionary)
app.command(forecast)
app.command(predict)
app.command(report)
app.command(universe)
app.command(analogue)
app.command(fit)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; leaves with 0, 1 for a user's mistake, 130 when interrupted."""
    with interrupts_remembered():
        _run(arguments)


def _run(arguments: Sequence[str] | None) -> None:
    from cosmograd.cli.console import say, warnings_as_messages

    try:
        with warnings_as_messages():
            app(arguments)
    except (KeyboardInterrupt, Exception) as error:
        code, text = _explained(error)
        if code is None:
            raise
        if text:
            say(text)
        sys.exit(code)


def _explained(error: BaseException) -> tuple[int | None, str]:
    """Exit code and message of what ended the program; no code where it is ours to mend."""
    if was_interrupted(error):
        return 130, "Interrupted."
    if isinstance(error, BrokenPipeError):
        sys.stderr.close()
        return 1, ""
    if isinstance(error, UserError):
        return 1, "\n".join(f"Error: {line}" for line in str(error).split("\n"))
    if isinstance(error, OSError):
        where = f" ({error.filename}). Name another file or folder." if error.filename else "."
        return 1, f"Error: {error.strerror or error}{where}"
    if isinstance(error, MemoryError) or "RESOURCE_EXHAUSTED" in str(error):
        return 1, "Error: there is not enough memory for this; take a smaller width, fewer points or fewer members."
    return None, ""
