"""What a person or a pipe gets: reports to the standard output, messages to the standard error."""

from __future__ import annotations

import os
import re
import shutil
import sys
from typing import TextIO

from msgspec import Struct

_SHADE = re.compile(r"\033\[\d*m")
_LINE = re.compile(r"((?:\033\[\d*m)*)( *)(.*)", re.DOTALL)
_LEAST = 40  # columns: with less a wrapped text is harder to read than a cut one
_BAR = 20


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
    """One line to the standard error, folded in a terminal."""
    print(wrapped(message, _columns(sys.stderr)), file=sys.stderr)


def wants_color() -> bool:
    """NO_COLOR, then FORCE_COLOR, then whether the output is a terminal that can."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR", "0") not in ("", "0"):
        return True
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def columns() -> int | None:
    """The width of the terminal; None for a pipe or a file, where lines stay whole."""
    return _columns(sys.stdout)


def _columns(stream: TextIO) -> int | None:
    return shutil.get_terminal_size().columns if stream.isatty() else None


def wrapped(text: str, width: int | None) -> str:
    """Lines that are too long go on two columns deeper than they began; words stay whole.

    >>> wrapped("  a line that is longer than its room and goes on", 40)
    '  a line that is longer than its room\\n    and goes on'
    """
    if width is None or width < _LEAST:
        return text
    return "\n".join(_folded(line, width) for line in text.split("\n"))


def _folded(line: str, width: int) -> str:
    shade, indent, body = _LINE.fullmatch(line).groups()  # type: ignore[union-attr]
    first, *rest = body.split(" ")
    rows = [shade + indent + first]
    for word in rest:
        joined = f"{rows[-1]} {word}"
        if len(_SHADE.sub("", joined)) > width:
            rows[-1] = rows[-1].rstrip()
            rows.append(f"{indent}  {word}")
        else:
            rows[-1] = joined
    return "\n".join(rows)


def headed(text: str) -> str:
    """Bold: what does not stand in from the left."""
    rows = text.split("\n")
    return "\n".join(f"\033[1m{row}\033[0m" if row[:1].strip() else row for row in rows)


class Progress(Struct):
    """A bar on a terminal's standard error while many files are planned; nothing elsewhere."""

    total: int
    done: int = 0

    def show(self, name: str) -> None:
        """The next file has begun."""
        if self._is_seen():
            full = _BAR * self.done // self.total
            bar = "#" * full + "." * (_BAR - full)
            room = shutil.get_terminal_size().columns - _BAR - 20
            text = f"[{bar}] {self.done}/{self.total} {name[-room:] if room > 0 else ''}"
            print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)
        self.done += 1

    def hide(self) -> None:
        """Something else is to be printed."""
        if self._is_seen():
            print("\r\033[K", end="", file=sys.stderr, flush=True)

    def _is_seen(self) -> bool:
        return self.total > 1 and sys.stderr.isatty()
