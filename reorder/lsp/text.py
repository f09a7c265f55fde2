"""A buffer as an editor sees it: positions, incremental changes, the smallest edits.

Lines end with `\\r\\n`, `\\n` or `\\r` as in the protocol, and nowhere else: not at a form feed.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher
from typing import Literal

from msgspec import Struct

Encoding = Literal["utf-8", "utf-16", "utf-32"]

_BREAK = re.compile(r"\r\n|\n|\r")
# A comparison of more lines than this takes longer than it is worth.
_MOST_LINES = 4000


class Position(Struct, frozen=True, order=True):
    """0-based; `character` counts units of the encoding that editor and server agreed on."""

    line: int
    character: int


class Edit(Struct, frozen=True):
    """`text` in place of the characters from `start` to `stop`, `stop` excluded."""

    start: int
    stop: int
    text: str


class Text:
    """A text and the places of its lines."""

    def __init__(self, text: str, encoding: Encoding = "utf-16") -> None:
        self.text = text
        self.encoding = encoding
        self._starts = [0, *(found.end() for found in _BREAK.finditer(text))]

    def position(self, offset: int) -> Position:
        """Where a character of the text stands; its end is a position, too."""
        line = bisect_right(self._starts, offset) - 1
        return Position(line, self._units(self.text[self._starts[line] : offset]))

    def offset(self, position: Position) -> int:
        """The character at a position; one behind the end of its line is that end."""
        if position.line >= len(self._starts):
            return len(self.text)
        start = self._starts[position.line]
        found = _BREAK.search(self.text, start)
        line = self.text[start : found.start() if found else len(self.text)]
        if line.isascii() or self.encoding == "utf-32":
            return start + min(position.character, len(line))
        units = 0
        for at, char in enumerate(line):
            units += self._units(char)
            if units > position.character:
                return start + at
        return start + len(line)

    def changed(self, start: Position, stop: Position, new: str) -> str:
        """The text with another one from `start` to `stop`."""
        first, last = self.offset(start), self.offset(stop)
        return self.text[:first] + new + self.text[max(first, last) :]

    def _units(self, part: str) -> int:
        if self.encoding == "utf-32" or part.isascii():
            return len(part)
        if self.encoding == "utf-8":
            return len(part.encode("utf-8", "surrogatepass"))
        return len(part.encode("utf-16-le", "surrogatepass")) // 2


def encoded(text: str) -> bytes:
    """The bytes of a text; what no UTF-8 can be goes through `decoded` and back."""
    return text.encode("utf-8", "surrogatepass")


def decoded(data: bytes) -> str:
    """The inverse of `encoded`."""
    return data.decode("utf-8", "surrogatepass")


def line_spans(text: str) -> tuple[tuple[int, int], ...]:
    """Start and end of each line as a Dockerfile has them: only `\\n` ends one; ends excluded."""
    spans, start = [], 0
    for line in text.split("\n"):
        spans.append((start, start + len(line.removesuffix("\r"))))
        start += len(line) + 1
    return tuple(spans)


def edits(before: str, after: str) -> tuple[Edit, ...]:
    """Whole lines to replace, from first to last; none of them touches another.

    >>> edits("a\\nb\\nc\\n", "b\\nc\\na\\n")
    (Edit(start=0, stop=2, text=''), Edit(start=6, stop=6, text='a\\n'))
    """
    old, new = list(_lines(before)), list(_lines(after))
    head = _common(old, new)
    tail = _common(old[head:][::-1], new[head:][::-1])
    middle_old, middle_new = old[head : len(old) - tail], new[head : len(new) - tail]
    start = sum(map(len, old[:head]))
    return tuple(_middle(middle_old, middle_new, start))


def _middle(old: list[str], new: list[str], start: int) -> Iterator[Edit]:
    if len(old) + len(new) > _MOST_LINES:
        yield Edit(start, start + sum(map(len, old)), "".join(new))
        return
    places = [start]
    for line in old:
        places.append(places[-1] + len(line))
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind != "equal":
            yield Edit(places[a], places[b], "".join(new[c:d]))


def applied(text: str, changes: Iterable[Edit]) -> str:
    """The text after edits of which none touches another."""
    for edit in sorted(changes, key=lambda e: -e.start):
        text = text[: edit.start] + edit.text + text[edit.stop :]
    return text


def _lines(text: str) -> Iterator[str]:
    start = 0
    for found in _BREAK.finditer(text):
        yield text[start : found.end()]
        start = found.end()
    if start < len(text):
        yield text[start:]


def _common(old: list[str], new: list[str]) -> int:
    pairs = zip(old, new, strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(old), len(new)))
