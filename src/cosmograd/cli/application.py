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
    from cosmograd.cli.console import say

    try:
        app(arguments)
    except KeyboardInterrupt:
        say("Interrupted. What was finished is kept; run the same command with --resume to go on.")
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    except UserError as error:
        say(f"Error: {error}")
        sys.exit(1)
