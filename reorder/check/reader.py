"""Bytes -> instructions: a strict reader that shares nothing with the parser of the tool.

Lines are joined as BuildKit joins them: `\\` at the end of a line continues it, comments and
blank lines inside vanish, heredoc bodies belong to their instruction.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from reorder.check.verdict import Unreadable
from reorder.check.words import BLANKS, json_words, markers, take_flags

_BOM = b"\xef\xbb\xbf"
_DIRECTIVE = re.compile(rb"\s*#\s*(syntax|escape|check)\s*=\s*(.+?)\s*", re.I)
_JSON = frozenset(["ADD", "CMD", "COPY", "ENTRYPOINT", "RUN", "SHELL", "VOLUME"])
_HEREDOC = frozenset(["ADD", "COPY", "RUN"])
_MAY_BE_EMPTY = frozenset(["CMD", "ENTRYPOINT", "RUN"])
_WORDS = ["ARG", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL", "MAINTAINER", "ONBUILD"]
_KEYWORDS = _JSON | {*_WORDS, "STOPSIGNAL", "USER", "WORKDIR"}


class Heredoc(Struct, frozen=True):
    """A body; `expands` when the builder (COPY, ADD) or the shell (RUN) fills in variables."""

    name: str
    expands: bool
    body: str


class Instruction(Struct, frozen=True):
    """`raw` is every byte of its lines; `rest` the joined text behind keyword and flags.

    `json` is the array of the JSON form, else None.
    """

    line: int
    raw: bytes
    keyword: str
    flags: tuple[tuple[str, str], ...]
    rest: str
    json: tuple[str, ...] | None
    heredocs: tuple[Heredoc, ...]

    def flag(self, name: str) -> str | None:
        return dict(self.flags).get(name)


class Text(Struct, frozen=True):
    """`head`: the directives with a shebang above them; `outside`: comments and blank lines.

    `ended`: the last line has a line end.
    """

    bom: bool
    head: tuple[bytes, ...]
    escape: str
    instructions: tuple[Instruction, ...]
    outside: tuple[tuple[int, bytes], ...]
    ended: bool


def read(data: bytes) -> Text:
    """Raises Unreadable for a text that the check does not understand for sure."""
    bom = data.startswith(_BOM)
    lines = _lines(data.removeprefix(_BOM))
    head, escape = _head(lines)
    instructions, outside = _Reader(lines, escape).run()
    if not instructions:
        raise Unreadable("no instruction", 1)
    return Text(bom, head, escape, instructions, outside, data.endswith(b"\n"))


def _lines(data: bytes) -> tuple[bytes, ...]:
    """Each with its line end; a last line without one is given the one of most lines."""
    lines = [line + b"\n" for line in data.split(b"\n")]
    crlf = sum(line.endswith(b"\r\n") for line in lines[:-1])
    if lines[-1] == b"\n":
        return tuple(lines[:-1])
    if 2 * crlf > len(lines) and not lines[-1].endswith(b"\r\n"):
        lines[-1] = lines[-1][:-1] + b"\r\n"
    return tuple(lines)


def _head(lines: tuple[bytes, ...]) -> tuple[tuple[bytes, ...], str]:
    start = 1 if lines and lines[0].startswith(b"#!") else 0
    seen: dict[bytes, bytes] = {}
    stop = start
    for number, line in enumerate(lines[start:], start):
        found = _DIRECTIVE.fullmatch(line)
        if found is None:
            break
        key = found[1].lower()
        if key in seen:
            raise Unreadable("a directive stands twice", number + 1)
        seen[key] = found[2]
        stop = number + 1
    escape = seen.get(b"escape", b"\\") if not start else b"\\"
    if escape not in (b"\\", b"`"):
        raise Unreadable("the escape directive is neither \\ nor `", 1)
    return lines[:stop], escape.decode()


def _is_comment(line: bytes) -> bool:
    return line.lstrip().startswith(b"#")


class _Reader:
    """Goes through the lines once."""

    def __init__(self, lines: tuple[bytes, ...], escape: str) -> None:
        self._lines = lines
        self._escape = escape
        mark = re.escape(escape).encode()
        self._more = re.compile(rb"(^|[^" + mark + rb"])" + mark + rb"[ \t]*$")

    def run(self) -> tuple[tuple[Instruction, ...], tuple[tuple[int, bytes], ...]]:
        instructions: list[Instruction] = []
        outside: list[tuple[int, bytes]] = []
        at = 0
        while at < len(self._lines):
            line = self._lines[at]
            if _is_comment(line) or not line.strip():
                outside.append((at + 1, line))
                at += 1
                continue
            start = at
            try:
                joined, at = self._join(at)
                found, at = self._instruction(joined, start, at)
            except Unreadable as problem:
                raise Unreadable(problem.fact, start + 1) from None
            instructions.append(found)
        return tuple(instructions), tuple(outside)

    def _join(self, at: int) -> tuple[str, int]:
        """`RUN a \\`, `# c`, `  b` -> `RUN a   b` and the number of the line below."""
        text = b""
        start = at
        while at < len(self._lines):
            line = self._lines[at].rstrip(b"\r\n")
            at += 1
            if at - 1 > start and (_is_comment(line) or not line.strip()):
                continue
            part, more = self._more.subn(rb"\1", line.lstrip() if at - 1 == start else line)
            text += part
            if not more:
                break
        return text.decode("utf-8", "surrogateescape").strip(BLANKS), at

    def _instruction(self, joined: str, start: int, at: int) -> tuple[Instruction, int]:
        keyword, rest = _split(joined)
        if keyword not in _KEYWORDS:
            raise Unreadable(f"`{keyword}` is no instruction")
        flags, rest = take_flags(keyword, rest, self._escape)
        if not rest and keyword not in _MAY_BE_EMPTY:
            raise Unreadable(f"{keyword} without an argument")
        array = json_words(rest) if keyword in _JSON else None
        if keyword == "SHELL" and array is None:
            raise Unreadable("SHELL without a JSON array")
        heredocs: list[Heredoc] = []
        for inner in self._heredoc_texts(keyword, rest, array):
            for marker in markers(inner):
                body, at = self._body(marker.name, marker.strip, at)
                heredocs.append(Heredoc(marker.name, marker.expands, body))
        raw = b"".join(self._lines[start:at])
        return Instruction(start + 1, raw, keyword, flags, rest, array, tuple(heredocs)), at

    def _heredoc_texts(
        self, keyword: str, rest: str, array: tuple[str, ...] | None
    ) -> Iterator[str]:
        """The text that may open heredocs: not of the JSON form; that of a trigger, too."""
        if keyword == "ONBUILD":
            inner, rest = _split(rest)
            if inner in _HEREDOC:
                rest = take_flags(inner, rest, self._escape)[1]
                if json_words(rest) is None:
                    yield rest
        elif keyword in _HEREDOC and array is None:
            yield rest

    def _body(self, name: str, strip: bool, at: int) -> tuple[str, int]:
        body: list[bytes] = []
        for number in range(at, len(self._lines)):
            line = self._lines[number].lstrip(b"\t") if strip else self._lines[number]
            if line.rstrip(b"\r\n") == name.encode():
                return b"".join(body).decode("utf-8", "surrogateescape"), number + 1
            body.append(line)
        raise Unreadable(f"the heredoc {name} has no end")


def _split(text: str) -> tuple[str, str]:
    keyword, _, rest = re.sub(f"[{BLANKS}]+", " ", text, count=1).partition(" ")
    return keyword.upper(), rest.strip(BLANKS)
