"""The program `cosmograd`: its commands, and how it ends when something goes wrong."""

import sys
from collections.abc import Sequence

from cyclopts import App

import cosmograd
from cosmograd.cli.dictionary_command import dictionary
from cosmograd.cli.predict_command import predict
from cosmograd.cli.report_command import report
from cosmograd.cli.study_command import study
from cosmograd.errors import UserError

app = App(
    name="cosmograd",
    help="Training neural networks and evolving scalar fields in an expanding universe, as one subject.",
    version=cosmograd.__version__,
    result_action="return_none",
    suppress_keyboard_interrupt=False,  # `main` says how to go on
)
app.command(study)
app.command(dictionary)
app.command(predict)
app.command(report)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; leaves with 0, 1 for a user's mistake, 130 when interrupted."""
    from cosmograd.cli.console import say, warnings_as_messages

    try:
        with warnings_as_messages():
            app(arguments)
    except KeyboardInterrupt:
        say("Interrupted.")
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    except UserError as error:
        say("\n".join(f"Error: {line}" for line in str(error).split("\n")))
        sys.exit(1)
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        say(f"Error: {error.strerror or error}{where}." + (" Name another file or folder." if where else ""))
        sys.exit(1)
    except Exception as error:
        if not _out_of_memory(error):
            raise
        say("Error: there is not enough memory for this; take a smaller width, fewer points or fewer members.")
        sys.exit(1)


def _out_of_memory(error: Exception) -> bool:
    return isinstance(error, MemoryError) or "RESOURCE_EXHAUSTED" in str(error)
