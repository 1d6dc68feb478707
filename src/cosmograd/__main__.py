"""`python -m cosmograd` is the command line."""

from cosmograd.cli import program

program()
