"""Words of a Dockerfile as BuildKit reads them: text -> quotes, escapes and variables.

`a'b'${c:-d}` -> Literal("a"), Literal("b", quoted), Variable("c", ":-", word=(Literal("d"),))
"""

from __future__ import annotations

import re
from typing import TypeAlias

from msgspec import Struct

# White space of Unicode; str.isspace() also takes the separators 1C to 1F, which BuildKit keeps.
SPACE = (
    "\t\n\v\f\r \x85\xa0\u1680"
    + "".join(map(chr, range(0x2000, 0x200B)))
    + "\u2028\u2029\u202f\u205f\u3000"
)

_DEEPEST = 100
_SPECIAL = "@*#?-$!0"
_BEFORE_MARKER = "\t\r "
_INVALID = re.compile("[\udc80-\udcff]")


class ExpandError(ValueError):
    """Text that BuildKit cannot expand; the message is the fact."""


class Literal(Struct, frozen=True):
    """Text as it is; unquoted blanks separate words. `source` is how it was written."""

    text: str
    quoted: bool
    source: str


class Variable(Struct, frozen=True):
    """`${name<operator>word/replacement}`; the operator of `$name` is empty.

    `##`, `%%` are `#`, `%` with a word that starts with `#`, `%`: it may come from a variable.
    """

    name: str
    operator: str
    word: tuple[Part, ...]
    replacement: tuple[Part, ...]
    quoted: bool
    source: str


Part: TypeAlias = Literal | Variable


def parts(text: str, escape: str, *, quotes: bool = True) -> tuple[Part, ...]:
    """The parts of `text`; quotes are ordinary characters when `quotes` is false.

    Raises ExpandError where BuildKit does, and for more than 100 nested `${...}`.
    """
    return _Reader(_readable(text), escape, quotes).until("", raw=False, depth=0)


def is_constant(name: str) -> bool:
    """Whether `$name` is a positional or special parameter: unset in every build."""
    return not name or name in _SPECIAL or name[0].isdecimal()


def _readable(text: str) -> str:
    # The word scanner of BuildKit drops a byte order mark and replaces what is not UTF-8.
    return _INVALID.sub("\ufffd", text).removeprefix("\ufeff")


_PLAIN = re.compile(r"[^$<'\"\\`/}]+")
_PLAIN_IN_QUOTES = re.compile(r"[^$\"\\`]+")


class _Reader:
    """A place in a text; each method reads on from there."""

    __slots__ = ("at", "escape", "quotes", "text")

    def __init__(self, text: str, escape: str, quotes: bool) -> None:
        self.text = text
        self.escape = escape
        self.quotes = quotes
        self.at = 0

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def take(self) -> str:
        self.at += 1
        return self.text[self.at - 1 : self.at]

    def until(self, stop: str, *, raw: bool, depth: int) -> tuple[Part, ...]:
        """Parts up to the character `stop` ("": to the end); `raw` keeps escapes as written."""
        if depth > _DEEPEST:
            raise ExpandError(f"more than {_DEEPEST} nested `${{...}}`")
        found: list[Part] = []
        while (char := self.peek()) and char != stop:
            if char == "$":
                found.append(self.dollar(depth, quoted=False))
            elif char == "'" and self.quotes:
                found.append(self.single_quotes())
            elif char == '"' and self.quotes:
                found += self.double_quotes(raw, depth)
            elif char == "<":
                found.append(self.angle())
            elif char == self.escape:
                found.append(self.escaped(raw))
            else:
                found.append(self.plain(_PLAIN, quoted=False))
        if stop and not self.take():
            raise ExpandError(f"`{stop}` is missing after `${{`")
        return tuple(found)

    def plain(self, run: re.Pattern[str], *, quoted: bool) -> Literal:
        """A run of ordinary characters, or one special character that is ordinary here."""
        match = run.match(self.text, self.at)
        text = match.group() if match else self.peek()
        self.at += len(text)
        return Literal(text, quoted, text)

    def escaped(self, raw: bool) -> Literal:
        source = self.take() + self.take()
        return Literal(source if raw else source[1:], True, source)

    def angle(self) -> Literal:
        """`<`, or `<<` with the blanks that may stand before the name of a here-document."""
        start = self.at
        self.at += 1
        if self.peek() == "<":
            self.at += 1
            while (char := self.peek()) and char in _BEFORE_MARKER:
                self.at += 1
        text = self.text[start : self.at]
        return Literal(text, True, text)

    def single_quotes(self) -> Literal:
        end = self.text.find("'", self.at + 1)
        if end < 0:
            raise ExpandError("a single quote is not closed")
        source = self.text[self.at : end + 1]
        self.at = end + 1
        return Literal(source[1:-1], True, source)

    def double_quotes(self, raw: bool, depth: int) -> list[Part]:
        found: list[Part] = [Literal("", True, self.take())]
        while (char := self.peek()) != '"':
            if not char:
                raise ExpandError("a double quote is not closed")
            if char == "$":
                found.append(self.dollar(depth, quoted=True))
            elif char == self.escape:
                found.append(self.escaped_in_quotes(raw))
            else:
                found.append(self.plain(_PLAIN_IN_QUOTES, quoted=True))
        found.append(Literal("", True, self.take()))
        return found

    def escaped_in_quotes(self, raw: bool) -> Literal:
        r"""`\"` -> `"`, but `\n` -> `\n`; raw text keeps the escape once more."""
        start = self.at
        char = self.take()
        kept = char if raw else ""
        if self.peek() and self.peek() in f'"${self.escape}':
            char = self.take()
        return Literal(kept + char, True, self.text[start : self.at])

    def dollar(self, depth: int, *, quoted: bool) -> Part:
        start = self.at
        self.at += 1
        if self.peek() == "{":
            self.at += 1
            return self.braces(start, depth, quoted)
        name = self.name()
        source = self.text[start : self.at]
        if not name:
            return Literal("$", quoted, source)
        return Variable(name, "", (), (), quoted, source)

    def braces(self, start: int, depth: int, quoted: bool) -> Variable:
        if self.peek() in ("", "{", "}", ":"):
            raise ExpandError("`${` is not followed by a name")
        name = self.name()
        operator = self.take()
        if operator == ":":
            operator += self.take()
        word: tuple[Part, ...] = ()
        replacement: tuple[Part, ...] = ()
        if operator == "/":
            if self.peek() == "/":
                operator += self.take()
            word = self.until("/", raw=True, depth=depth + 1)
            replacement = self.until("}", raw=True, depth=depth + 1)
        elif operator in ("-", "+", "?", "#", "%", ":-", ":+", ":?"):
            word = self.until("}", raw=operator in "#%", depth=depth + 1)
        elif operator == "}":
            operator = ""
        else:
            raise ExpandError(f"`${{{name}{operator}` is no substitution that BuildKit knows")
        return Variable(name, operator, word, replacement, quoted, self.text[start : self.at])

    def name(self) -> str:
        """A name, all digits, or one special character; empty when there is none."""
        start = self.at
        first = self.peek()
        digits = first.isdecimal()
        if first and first in _SPECIAL and not digits:
            return self.take()
        while (char := self.peek()) and (
            char.isdecimal() or (not digits and (char.isalpha() or char == "_"))
        ):
            self.at += 1
        return self.text[start : self.at]
