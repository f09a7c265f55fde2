"""R code as words: its statements, brackets and literals.

Form: R 4.4, R-lang 10 (parser), ?Quotes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_TOKEN = re.compile(
    r"""[^\S\n]+|\#[^\n]*
    |(?P<token>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`\n]*`|\d[\w.]*|[A-Za-z.][\w.]*|<-|&&|\|\||.|\n)
    """,
    re.VERBOSE | re.DOTALL,
)
_LITERAL = re.compile(r'-?\d[\w.]*|TRUE|FALSE|T|F|NULL|NA|"(?:(?!~)[^"\\/]*|https?://[^"\\]*)"')


def tokens(text: str) -> Iterator[str]:
    """Words and signs without blanks and comments, strings in double quotes: `'x'` -> `"x"`."""
    for found in _TOKEN.finditer(text):
        token = found["token"]
        if token is not None:
            single = token[0] == "'" and len(token) > 1 and not {'"', "\\"} & set(token)
            yield f'"{token[1:-1]}"' if single else token


def statements(text: str) -> Iterator[tuple[str, ...]]:
    """The statements of the outermost level; an `if` goes on behind its condition."""
    found: list[str] = []
    depth = 0
    for token in (*tokens(text), "\n"):
        depth += (token in "([{") - (token in ")]}")
        if token == "\n" and (depth > 0 or _is_condition(found)):
            continue
        if depth == 0 and token in ("\n", ";"):
            if found:
                yield tuple(found)
            found = []
        else:
            found.append(token)
    if found:
        yield tuple(found)


def closing(tokens: Sequence[str], start: int) -> int:
    """Where the bracket that opens at `start` is closed; -1 when it is not."""
    depth = 0
    for place in range(start, len(tokens)):
        depth += (tokens[place] in "([{") - (tokens[place] in ")]}")
        if depth == 0:
            return place
    return -1


def literal_end(tokens: Sequence[str], place: int) -> int | None:
    """The place behind a literal, or behind `c(...)` and `list(...)` of literals."""
    if place >= len(tokens):
        return None
    if tokens[place] in ("c", "list"):
        opened = "".join(tokens[place + 1 : place + 2]) == "("
        end = closing(tokens, place + 1) if opened else -1
        return _items_end(tokens, place + 2, end) if end > 0 else None
    sign = tokens[place] == "-"
    text = "".join(tokens[place : place + 1 + sign])
    return place + 1 + sign if _LITERAL.fullmatch(text) else None


def _items_end(tokens: Sequence[str], place: int, end: int) -> int | None:
    """The place behind the bracket at `end`, when all down to it are literals."""
    while place < end:
        place += 2 * (tokens[place + 1] == "=")
        behind = literal_end(tokens, place)
        if behind is None or behind > end or (behind < end and tokens[behind] != ","):
            return None
        place = behind + (behind < end)
    return end + 1


def _is_condition(tokens: Sequence[str]) -> bool:
    """`if (x)`: what it decides on comes next."""
    return tuple(tokens[:2]) == ("if", "(") and closing(tokens, 1) == len(tokens) - 1
