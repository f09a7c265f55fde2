"""The text of one instruction -> its flags, words, pairs, JSON array, heredoc markers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from msgspec import Struct

from reorder.check.verdict import Unreadable

BLANKS = " \t\v\f\r"
# Flags that the check knows to change nothing of what it compares, or models itself.
FLAGS: Mapping[str, frozenset[str]] = {
    "ADD": frozenset(["chown", "chmod", "link", "exclude", "keep-git-dir", "checksum", "unpack"]),
    "COPY": frozenset(["from", "chown", "chmod", "link", "exclude", "parents"]),
    "FROM": frozenset(["platform"]),
    "HEALTHCHECK": frozenset(["interval", "timeout", "start-period", "start-interval", "retries"]),
    "RUN": frozenset(["mount", "network", "security", "device"]),
}
_FLAG = re.compile(r"--([a-z-]+)(?:=((?:[^\s\"']|\"[^\"]*\"|'[^']*')*))?(?=\s|$)")
_MARKER = re.compile(r"\d*<<(-?)([\"']?)([A-Za-z_][\w.-]*)\2")
_LIKE_MARKER = re.compile(r"\d*<<(?!<)")
_QUOTES = re.compile(r"[\"']")


class Marker(Struct, frozen=True):
    """`<<-"EOF"`: strip tabs, do not expand."""

    name: str
    strip: bool
    expands: bool


def take_flags(keyword: str, text: str, escape: str) -> tuple[tuple[tuple[str, str], ...], str]:
    """`--link --chown=1 a b` -> ((link, ""), (chown, 1)), `a b`."""
    flags: list[tuple[str, str]] = []
    while text.startswith("--"):
        found = _FLAG.match(text)
        if found is None or escape in found[0] or found[1] not in FLAGS.get(keyword, ()):
            raise Unreadable(f"a flag that is not known: `{text.split()[0]}`")
        flags.append((found[1], _QUOTES.sub("", found[2] or "")))
        text = text[found.end() :].lstrip(BLANKS)
    return tuple(flags), text


def json_words(text: str) -> tuple[str, ...] | None:
    """`["a", "b"]` -> (a, b); None when it is not the JSON form."""
    if not text.startswith("["):
        return None
    try:
        value = json.loads(text)
    except ValueError:
        return None
    if not all(isinstance(word, str) for word in value):
        raise Unreadable("an array with something else than strings")
    return tuple(value)


def plain_words(text: str) -> tuple[str, ...]:
    """Split at blanks, quotes are not honoured: COPY, ADD, EXPOSE, VOLUME."""
    return tuple(re.split(f"[{BLANKS}]+", text)) if text else ()


def quoted_words(text: str, escape: str) -> tuple[str, ...]:
    """Split at blanks outside of quotes; the quotes stay: ENV, ARG, LABEL."""
    words = [""]
    quote = ""
    skip = False
    for char in text:
        if skip:
            skip = False
        elif char == escape and quote != "'":
            skip = True
        elif quote:
            quote = "" if char == quote else quote
        elif char in "\"'":
            quote = char
        elif char in BLANKS:
            words.append("")
            continue
        words[-1] += char
    if quote:
        raise Unreadable("a quote that is not closed")
    return tuple(word for word in words if word)


def pairs(keyword: str, text: str, escape: str) -> tuple[tuple[str, str | None], ...]:
    """`A=1 B=2` -> ((A, 1), (B, 2)); `A 1 2` -> ((A, `1 2`),); ARG also `A` -> ((A, None),)."""
    first = re.split(f"[{BLANKS}]", text, maxsplit=1)
    if keyword != "ARG" and "=" not in quoted_first(text, escape):
        if len(first) < 2:
            raise Unreadable(f"{keyword} without a value")
        return ((_name(first[0]), first[1].lstrip(BLANKS)),)
    found: list[tuple[str, str | None]] = []
    for word in quoted_words(text, escape):
        name, equals, value = word.partition("=")
        if not equals and keyword != "ARG":
            raise Unreadable(f"`{word}` is no pair")
        found.append((_name(name) if keyword != "LABEL" else name, value if equals else None))
    return tuple(found)


def quoted_first(text: str, escape: str) -> str:
    """The first word of ENV or LABEL: `=` in it decides between the two forms."""
    if not _QUOTES.search(text) and escape not in text:
        return re.split(f"[{BLANKS}]", text, maxsplit=1)[0]
    try:
        return quoted_words(text, escape)[0]
    except Unreadable:
        head = re.split(f"[{BLANKS}]", text, maxsplit=1)[0]
        if "=" in head or _QUOTES.search(head):
            raise
        return head


def _name(text: str) -> str:
    if not re.fullmatch(r"[^\s$\"'\\`]+", text):
        raise Unreadable(f"a name that is not plain: `{text}`")
    return text


def markers(text: str) -> Iterator[Marker]:
    """The heredocs that a line opens; what only looks like one is not guessed at."""
    if "<<" not in text:
        return
    for word in quoted_words(text, "\\"):
        if not _LIKE_MARKER.match(word):
            continue
        found = _MARKER.fullmatch(word)
        if found is None:
            raise Unreadable(f"`{word}` may or may not open a heredoc")
        yield Marker(found[3], bool(found[1]), not found[2])
    if re.search(r"\$\{[^}]*\s[^}]*<<", text):
        raise Unreadable("`<<` inside of `${`")
