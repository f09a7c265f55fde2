"""Builder variables: a template -> its text where it is known, and every name it looks at.

`$A/${B:-x}` with A=1 -> names (A, B), text `1/...` when B is known, too.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from msgspec import Struct

from reorder.check.verdict import Unreadable

# Longer texts are only compared, not computed: doubling one is cheap to write.
_MAX_TEXT = 4096
_NAME = re.compile(r"[A-Za-z_]\w*")
_SPECIAL = "0123456789@*#?-$!"
_ANY_NAME = re.compile(r"\$(?:env:|\{(?:env:)?)?([A-Za-z_]\w*)", re.I)

Lookup = Callable[[str], str | None]


class Expansion(Struct, frozen=True):
    """`text` is None where a value is not known."""

    text: str | None
    names: frozenset[str]


def names_anywhere(text: str) -> frozenset[str]:
    """Each NAME of `$NAME`, `${NAME...}`, `$env:NAME`, quoted or not."""
    return frozenset(_ANY_NAME.findall(text))


def expand(template: str, escape: str, lookup: Lookup) -> Expansion:
    """Quotes and escapes as BuildKit reads them; raises Unreadable for what it would not take."""
    scan = _Scan(template, escape, lookup)
    text = scan.until("")
    known = text if text is not None and len(text) <= _MAX_TEXT else None
    return Expansion(known, frozenset(scan.names))


class _Scan:
    """One pass over a template; an unknown part makes the whole text unknown."""

    def __init__(self, template: str, escape: str, lookup: Lookup) -> None:
        self._text = template
        self._escape = escape
        self._lookup = lookup
        self._at = 0
        self.names: set[str] = set()

    def until(self, stop: str) -> str | None:
        """The text up to `stop` (`}`, a quote, or the end), which is consumed."""
        out: list[str | None] = []
        while self._at < len(self._text):
            char = self._take()
            if char == stop:
                return _joined(out)
            if char == self._escape:
                out.append(self._escaped(stop))
            elif char == "$":
                out.append(self._variable())
            elif char == "'" and stop != '"':
                out.append(self._literal())
            elif char == '"' and stop != '"':
                out.append(self.until('"'))
            else:
                out.append(char)
        if stop:
            raise Unreadable(f"`{stop}` is missing in `{self._text}`")
        return _joined(out)

    def _take(self) -> str:
        self._at += 1
        return self._text[self._at - 1]

    def _escaped(self, stop: str) -> str:
        if self._at == len(self._text):
            return self._escape
        char = self._take()
        return char if stop != '"' or char in ('"', "$", self._escape) else self._escape + char

    def _literal(self) -> str:
        end = self._text.find("'", self._at)
        if end < 0:
            raise Unreadable(f"a quote is not closed in `{self._text}`")
        start, self._at = self._at, end + 1
        return self._text[start:end]

    def _variable(self) -> str | None:
        found = _NAME.match(self._text, self._at)
        if found:
            self._at = found.end()
            return self._value(found[0])
        char = self._text[self._at : self._at + 1]
        if char == "{":
            self._at += 1
            return self._braces()
        if char and char in _SPECIAL:
            self._at += 1
            return ""
        return "$"

    def _value(self, name: str) -> str | None:
        self.names.add(name)
        return self._lookup(name)

    def _braces(self) -> str | None:
        found = _NAME.match(self._text, self._at)
        if found is None:
            raise Unreadable(f"a substitution that is not known in `{self._text}`")
        self._at = found.end()
        value = self._value(found[0])
        size = 2 if self._text[self._at : self._at + 1] == ":" else 1
        operator = self._text[self._at : self._at + size]
        self._at += size
        if operator == "}":
            return value
        word = self.until("}")
        return None if value is None else _chosen(value, operator, word)


def _chosen(value: str, operator: str, word: str | None) -> str | None:
    """An empty value may also be an unset one, which only `-` and `+` without `:` ask for."""
    if operator == ":-":
        return value or word
    if operator == ":+":
        return word if value else ""
    return None


def _joined(parts: list[str | None]) -> str | None:
    known = [part for part in parts if part is not None]
    return "".join(known) if len(known) == len(parts) else None
