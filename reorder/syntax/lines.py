"""Lines of a Dockerfile -> logical lines: continuations joined, comments gone, heredocs taken.

RUN a \\            Logical(start=1, end=3, text="RUN a  b")
  # why
  b
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from msgspec import Struct
from msgspec.structs import replace

from reorder.syntax.arguments import Malformed, takes_heredocs
from reorder.syntax.word import SPACE, ExpandError, Literal, Part, parts

_BLANKS = "\t\n\f\r "
_DIRECTIVE = re.compile(f"([a-zA-Z][a-zA-Z0-9]*)[{_BLANKS}]*=(.+)")
_DIRECTIVES = ("syntax", "escape", "check")
_LONGEST_LINE = 65535
_LONGEST_FACT = 200
_MARKER = re.compile(r"([0-9]*)<<(-?)")
_CUT = re.compile(f"([{SPACE}]+)")
_LEADING_TABS = re.compile(r"^\t+", re.MULTILINE)


class ParseError(ValueError):
    """A Dockerfile that BuildKit does not build, or that cannot be read with certainty."""

    def __init__(self, line: int, fact: str, remedy: str) -> None:
        self.line = line
        self.fact = fact if len(fact) <= _LONGEST_FACT else f"{fact[:_LONGEST_FACT]}..."
        self.remedy = remedy
        super().__init__(f"line {line}: {self.fact}; {remedy}")


@contextmanager
def located(line: int) -> Iterator[None]:
    """Malformed -> ParseError of that line."""
    try:
        yield
    except Malformed as error:
        raise ParseError(line, error.fact, error.remedy) from error


class Heredoc(Struct, frozen=True):
    """A here-document: `3<<-"EOF"` has the name EOF, expand False, strip_tabs True, fd 3.

    `body` is as written, `text` without the tabs that `<<-` removes.
    """

    name: str
    body: str
    expand: bool
    strip_tabs: bool
    fd: int

    @property
    def text(self) -> str:
        return _LEADING_TABS.sub("", self.body) if self.strip_tabs else self.body


class Logical(Struct, frozen=True):
    """One instruction: its lines (1-based, inclusive), joined text and here-documents."""

    start: int
    end: int
    text: str
    heredocs: tuple[Heredoc, ...]
    dangling: bool


def read_directives(lines: Sequence[str]) -> Mapping[str, str]:
    """`# escape=...`, `# syntax=...`, `# check=...` above anything else; names in lower case."""
    found: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        text = line.rstrip("\r\n").lstrip(SPACE)
        match = _DIRECTIVE.fullmatch(text[1:].lstrip(SPACE)) if text.startswith("#") else None
        name = match.group(1).lower() if match else ""
        if match is None or name not in _DIRECTIVES:
            break
        if name in found:
            raise ParseError(number, f"`{name}` is set a second time", "keep one of them")
        value = match.group(2).strip(_BLANKS) or " "
        if name == "escape" and value not in ("\\", "`"):
            raise ParseError(number, f"`{value}` cannot be the escape character", "use ` or \\")
        found[name] = value
    return found


def read_logical(lines: Sequence[str], escape: str) -> Iterator[Logical]:
    """The logical lines of a file; `lines` keep their line ends, without a byte order mark."""
    at = 0
    while at < len(lines):
        start = at
        text, at, open_end = _join(lines, at, escape)
        if not text and not open_end:
            continue
        with located(start + 1):
            wanted = _markers(text) if takes_heredocs(text, escape) else ()
        heredocs = []
        for marker in wanted:
            heredoc, at = _body(lines, at, marker, start + 1)
            heredocs.append(heredoc)
        yield Logical(start + 1, at, text, tuple(heredocs), open_end)


def _join(lines: Sequence[str], at: int, escape: str) -> tuple[str, int, bool]:
    """The joined text from line `at`, the next line, whether the file ended in the middle."""
    text, more = _continued(_stripped(lines, at).lstrip(SPACE), escape)
    if text.startswith("#"):
        return "", at + 1, False
    pieces = [text]
    at += 1
    while more and at < len(lines):
        line = _stripped(lines, at)
        at += 1
        bare = line.lstrip(SPACE)
        if bare and not bare.startswith("#"):
            text, more = _continued(line, escape)
            pieces.append(text)
    return "".join(pieces), at, more


def _stripped(lines: Sequence[str], at: int) -> str:
    line = lines[at]
    if len(line) > _LONGEST_LINE // 4:
        size = len(line.removesuffix("\n").encode("utf-8", "surrogateescape"))
        if size > _LONGEST_LINE:
            fact = f"a line of {size} bytes is longer than {_LONGEST_LINE}"
            raise ParseError(at + 1, fact, "break it with a continuation")
    return line.rstrip("\r\n")


def _continued(line: str, escape: str) -> tuple[str, bool]:
    r"""`a \` -> `a `, True; two escape characters at the end do not continue."""
    bare = line.rstrip(" \t")
    if not bare.endswith(escape) or bare.endswith(escape * 2):
        return line, False
    return bare[:-1], True


def _body(lines: Sequence[str], at: int, marker: Heredoc, start: int) -> tuple[Heredoc, int]:
    body: list[str] = []
    for number in range(at, len(lines)):
        line = _stripped(lines, number)
        if (line.lstrip("\t") if marker.strip_tabs else line) == marker.name:
            return replace(marker, body="".join(body)), number + 1
        body.append(lines[number])
    fact = f"the here-document `{marker.name}` has no end"
    raise ParseError(start, fact, "add its last line, or quote the `<<`")


def heredoc_marker(word: str) -> Heredoc | None:
    """The here-document (without its body) that a word asks for: `<<-"EOF"`; None for others."""
    match = _MARKER.match(word)
    rest = word[match.end() :].lstrip(_BLANKS) if match else ""
    if match is None or not rest or "<" in rest:
        return None
    words = _words(rest)
    if len(words) != 1:
        return None
    source = "".join(part.source for part in words[0])
    name = "".join(part.text if isinstance(part, Literal) else part.source for part in words[0])
    if not name:
        return None
    plain = _quotes(name) == _quotes(source)
    digits = match.group(1).lstrip("0")[:20] or "0"
    return Heredoc(name, "", plain, bool(match.group(2)), min(int(digits), 2**64 - 1))


def _markers(text: str) -> tuple[Heredoc, ...]:
    sources = ("".join(part.source for part in word) for word in _words(text))
    markers = (heredoc_marker(source) for source in sources)
    return tuple(marker for marker in markers if marker)


def _words(text: str) -> list[list[Part]]:
    # An unbalanced quote or `${` means no here-document: the shell may still understand it.
    try:
        return list(_split(parts(text, "\\")))
    except ExpandError:
        return []


def _split(tree: Sequence[Part]) -> Iterator[list[Part]]:
    """Parts -> words: cut at unquoted blanks, also at those inside `${...}`."""
    word: list[Part] = []
    for part in tree:
        if part.quoted:
            word.append(part)
            continue
        for piece in _CUT.split(part.source):
            if piece.strip(SPACE):
                word.append(Literal(piece, False, piece))
            elif piece and word:
                yield word
                word = []
    if word:
        yield word


def _quotes(text: str) -> int:
    return text.count("'") + text.count('"')
