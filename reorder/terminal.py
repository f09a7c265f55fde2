"""What a person or a pipe gets: reports to the standard output, messages to the standard error."""

from __future__ import annotations

import sys


def out(text: str) -> None:
    """To the standard output; bytes that are no UTF-8 come out as they came in."""
    bytes_out(text.encode("utf-8", "surrogateescape"))


def bytes_out(data: bytes) -> None:
    """To the standard output, at once."""
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def aside(text: str) -> None:
    """A report to the standard error: the output is taken."""
    print(text, end="", file=sys.stderr)


def say(message: str) -> None:
    """One line to the standard error."""
    print(message, file=sys.stderr)
