"""The command line: wiring only; one module a command."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module

from reorder.cli.app import COMMANDS, DEFAULT, app
from reorder.runner import BAD_INPUT, FINE


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit status."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if not words or words[0] not in COMMANDS:
        words = [DEFAULT, *words]
    # Importing a module registers its commands; the others would cost their time at each start.
    import_module(f"reorder.cli.{COMMANDS[words[0]]}")
    try:
        app(words, prog_name="reorder")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else BAD_INPUT
    return FINE
