"""Variables in Dockerfile text, expanded as BuildKit does it, or not at all.

>>> expand("$A/${B:-b}", {"A": "a", "B": ""}.get).text
'a/b'
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

from msgspec import Struct

from reorder.syntax.word import SPACE, ExpandError, Literal, Part, Variable, is_constant, parts

__all__ = ["ExpandError", "Expansion", "Lookup", "Words", "expand", "expand_words"]

Lookup: TypeAlias = Callable[[str], str | None]

# Where a pattern has stars, matching takes up to len(value) ** stars steps.
_LONGEST_VALUE = 1000
_MOST_STARS = 2

_BLANKS = re.compile(f"([{SPACE}]+)")


class Expansion(Struct, frozen=True):
    """`text` is None when it depends on a value that is not known.

    `names` has every variable that the text may look at.
    """

    text: str | None
    names: frozenset[str]


class Words(Struct, frozen=True):
    """Words after expansion; None when they depend on a value that is not known."""

    words: tuple[str, ...] | None
    names: frozenset[str]


def expand(text: str, lookup: Lookup, *, escape: str = "\\", quotes: bool = True) -> Expansion:
    """Expand `text` and remove its quotes: `"$A"/b\\ c` -> `a/b c`.

    `lookup` gives a value, "" for empty or unset, None when the value is not known.
    With `quotes=False` quotes are ordinary text: the rule for bodies of COPY here-documents.
    Raises ExpandError where BuildKit does.
    """
    tree = parts(text, escape, quotes=quotes)
    return Expansion(_text(tree, lookup), frozenset(_names(tree)))


def expand_words(text: str, lookup: Lookup, *, escape: str = "\\") -> Words:
    """Expand `text`, then split it at unquoted blanks, as EXPOSE does: `$P 80` -> 1 2 80."""
    tree = parts(text, escape)
    return Words(_words(tree, lookup), frozenset(_names(tree)))


def _names(tree: Iterable[Part]) -> Iterator[str]:
    for part in tree:
        if isinstance(part, Variable):
            if part.name:
                yield part.name
            yield from _names(part.word)
            yield from _names(part.replacement)


def _text(tree: Iterable[Part], lookup: Lookup) -> str | None:
    texts = [part.text if isinstance(part, Literal) else _value(part, lookup) for part in tree]
    known = [text for text in texts if text is not None]
    return "".join(known) if len(known) == len(texts) else None


def _words(tree: Iterable[Part], lookup: Lookup) -> tuple[str, ...] | None:
    found: list[str] = []
    word = ""
    for part in tree:
        # Versions of BuildKit differ: newer ones lose the start of a word before `${x:-y}`.
        if word and isinstance(part, Variable) and part.operator:
            return None
        text = part.text if isinstance(part, Literal) else _value(part, lookup)
        if text is None:
            return None
        for piece in [text] if part.quoted else _BLANKS.split(text):
            if part.quoted or piece.strip(SPACE):
                word += piece
            elif piece:
                found += [word] if word else []
                word = ""
    return (*found, word) if word else tuple(found)


def _value(part: Variable, lookup: Lookup) -> str | None:
    value = lookup(part.name) if part.name else ""
    if value is None and is_constant(part.name):
        value = ""
    if not part.operator:
        return value
    word = _text(part.word, lookup)
    if part.operator[-1] in "-+?":
        return _conditional(part, value, word)
    if value is None or word is None or len(value) > _LONGEST_VALUE:
        return None
    if part.operator == "#":
        return _trim(value, _tokens(word.removeprefix("#")), greedy=word.startswith("#"))
    if part.operator == "%":
        tokens = _tokens(word.removeprefix("%"))
        trimmed = _trim(value[::-1], tokens[::-1], greedy=word.startswith("%"))
        return trimmed if trimmed is None else trimmed[::-1]
    return _replace(value, _tokens(word), _text(part.replacement, lookup), part.operator == "//")


def _conditional(part: Variable, value: str | None, word: str | None) -> str | None:
    """`-`, `+`, `?`: with `:` empty is as good as unset, without it "" may be either."""
    mark = part.operator[-1]
    if value is None or (value == "" and len(part.operator) == 1):
        return "" if value == "" and word == "" and mark != "?" else None
    if mark == "-":
        return value or word
    if mark == "+":
        return word if value else ""
    if not value:
        raise ExpandError(f"{part.name}: {word or 'is not allowed to be empty'}")
    return value


def _tokens(pattern: str) -> list[str]:
    r"""`a\*b*` -> a, \*, b, *; raises ExpandError for an escape that a pattern does not have."""
    tokens = re.findall(r"\\.|[^\\]|\\\Z", pattern, re.DOTALL)
    for token in tokens:
        if token[0] == "\\" and token[1:] not in ("*", "?", "\\", "}", "/"):
            raise ExpandError(f"`{token}` is no escape of a pattern")
    return tokens


def _regex(tokens: list[str], *, greedy: bool) -> re.Pattern[str] | None:
    if tokens.count("*") > _MOST_STARS:
        return None
    wild = {"*": ".*" if greedy else ".*?", "?": "."}
    return re.compile("".join(wild.get(token) or re.escape(token[-1]) for token in tokens))


def _trim(value: str, tokens: list[str], *, greedy: bool) -> str | None:
    regex = _regex(tokens, greedy=greedy)
    if regex is None:
        return None
    start = regex.match(value)
    return value[start.end() :] if start else value


def _replace(value: str, tokens: list[str], new: str | None, every: bool) -> str | None:
    regex = _regex(tokens, greedy=True)
    # `//` takes `$1` in the new text for a group of the pattern; an empty match is repeated
    # by other rules than ours.
    if regex is None or new is None or (every and ("$" in new or regex.match(""))):
        return None
    return regex.sub(lambda _: new, value, count=0 if every else 1)
