"""The command line: wiring only; one module a command."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from reorder.cli import explain, replay, rewrite, tools, verify
from reorder.cli.app import app
from reorder.runner import BAD_INPUT, FINE

# Importing a module registers its command.
COMMANDS = (rewrite, explain, replay, verify, tools)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit status."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        app(words, prog_name="reorder")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else BAD_INPUT
    return FINE
