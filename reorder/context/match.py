"""Patterns of paths: Go's `filepath.Match`, and Moby's lists of patterns with `**`.

COPY and ADD read their globs with the first; `.dockerignore`, `--exclude` and `--parents` use the
second, where the last pattern that matches a path or one of its folders decides.
Both are spelled alike, so both begin with the same terms: `a[0-9]*` -> `a`, `[0-9]`, `*`.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable
from enum import Enum
from functools import lru_cache
from itertools import takewhile

from msgspec import Struct

SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(
    map(chr, range(0x2000, 0x200B))
)

Hits = tuple[int, ...]  # which patterns of a list matched a path or a folder above it, ascending


class PatternError(ValueError):
    """The pattern is malformed, or we cannot say what it means."""


class Kind(Enum):
    CHAR = "a"
    ANY = "?"
    CLASS = "[a-z]"
    STAR = "*"
    FOLDERS = "**"  # in Moby's form only


class Term(Struct, frozen=True):
    kind: Kind
    source: str
    regex: str


_ITEM = r"(\\.|[^\\\]-])(?:-(\\.|[^\\\]-]))?"
_ITEMS = re.compile(_ITEM, re.DOTALL)
_CLASS = re.compile(rf"\[(\^?+)((?:{_ITEM})+)\]", re.DOTALL)


def clean(path: str) -> str:
    """Go's `path.Clean`: `a//b/./c/../` -> `a/b`, `/../a` -> `/a`, an empty path -> `.`."""
    normal = posixpath.normpath(path)
    return "/" + normal.lstrip("/") if path.startswith("/") else normal


def has_wildcards(path: str) -> bool:
    """Whether BuildKit takes the path for a glob: `a*` -> yes, `a\\*` -> no."""
    return re.search(r"[*?\[]", re.sub(r"(?s)\\.", "", path)) is not None


def match(pattern: str, name: str) -> bool:
    """Go's `filepath.Match` with `/` as separator: `*.py` matches `a.py`, not `b/a.py`.

    Works on characters. Go also lets `*` end inside the bytes of one, which shows only in
    patterns such as `*??` on a name with letters outside ASCII.
    """
    return _go_regex(pattern).match(name) is not None


def terms(pattern: str) -> tuple[Term, ...]:
    r"""`a\*[^b]*` -> `a`, `\*`, `[^b]`, `*`; PatternError when the pattern is malformed."""
    found: list[Term] = []
    at = 0
    while at < len(pattern):
        found.append(_term(pattern, at))
        at += len(found[-1].source)
    return tuple(found)


def _term(pattern: str, at: int) -> Term:
    char = pattern[at]
    if char == "*":
        return Term(Kind.STAR, char, "[^/]*")
    if char == "?":
        return Term(Kind.ANY, char, "[^/]")
    if char == "[":
        return _class(pattern, at)
    if char != "\\":
        return Term(Kind.CHAR, char, re.escape(char))
    if at + 1 == len(pattern):
        raise PatternError(
            f"`{pattern}` ends in a backslash: write `\\\\` for the character itself"
        )
    return Term(Kind.CHAR, pattern[at : at + 2], re.escape(pattern[at + 1]))


def _class(pattern: str, at: int) -> Term:
    found = _CLASS.match(pattern, at)
    if found is None:
        raise PatternError(f"`{pattern}` has a `[` that begins no class: write `\\[` for itself")
    items = []
    for item in _ITEMS.finditer(found[2]):
        low = item[1][-1]
        high = item[2][-1] if item[2] else low
        if low > high:
            raise PatternError(f"`{pattern}` has the empty range `{item[0]}`")
        items.append(f"{re.escape(low)}-{re.escape(high)}")
    return Term(Kind.CLASS, found[0], f"[{found[1]}{''.join(items)}]")


def _regex(terms: tuple[Term, ...], firm: frozenset[Kind]) -> str:
    """The regex of `terms`, in which a star never tries a second place for what follows it.

    The first place where the terms of the kinds `firm` match is the place that Go takes, and
    the only one that needs a look when they end at the next star or at the end: so no pattern
    makes us try again and again.
    """
    parts: list[str] = []
    at = 0
    while at < len(terms):
        term = terms[at]
        at += 1
        if term.kind is not Kind.STAR:
            parts.append(term.regex)
            continue
        run = list(takewhile(lambda t: t.kind in firm, terms[at:]))
        at += len(run)
        text = "".join(t.regex for t in run)
        if at == len(terms):
            parts.append(rf"(?>[^/]*?{text}\Z)")
        elif terms[at].kind is Kind.STAR:
            parts.append(f"(?>[^/]*?{text})")
        else:
            parts.append(term.regex + text)
    return "".join(parts) + r"\Z"


@lru_cache(maxsize=512)
def _go_regex(pattern: str) -> re.Pattern[str]:
    return re.compile(_regex(terms(pattern), frozenset({Kind.CHAR, Kind.ANY, Kind.CLASS})))


def _moby_regex(pattern: str) -> str:
    """Moby's reading of a clean pattern: `a/**` has all below `a`, `**/b` has `b` anywhere.

    As there, `**` and plain text alone compare by their ends: `**b` matches `xb`, `**b*` does not.
    """
    read = terms(pattern)
    for term in read:
        _clear(term, pattern)
    rest = pattern.removeprefix("**")
    if rest != pattern and _plain(rest):
        folders = "(?s:.*/)?" if rest.startswith("/") else "(?s:.*)"
        return folders + re.escape(rest.removeprefix("/")) + r"\Z"
    before = pattern.removesuffix("**")
    if before != pattern and _plain(before):
        return re.escape(before) + r"(?s:.*)\Z"
    return _regex(_folders(read), frozenset({Kind.CHAR, Kind.ANY}))


def _plain(text: str) -> bool:
    return not set(text) & set("*?[]\\")


def _folders(read: tuple[Term, ...]) -> tuple[Term, ...]:
    """`*`, `*`, `/` -> `**/` as one term, also without the slash."""
    found: list[Term] = []
    at = 0
    while at < len(read):
        if [t.kind for t in read[at : at + 2]] != [Kind.STAR, Kind.STAR]:
            found.append(read[at])
            at += 1
            continue
        at += 2
        if at < len(read) and read[at].source == "/":
            at += 1
        found.append(Term(Kind.FOLDERS, "**", "(?:.*/)?" if at < len(read) else ".*"))
    return tuple(found)


def _clear(term: Term, pattern: str) -> None:
    """Refuse what Moby hands on to a regex, where it means something else."""
    inside = term.source[1:] if term.kind is Kind.CLASS else ""
    escapes = re.search(r"\\[0-9A-Za-z\x80-\U0010ffff]", term.source)
    if escapes or set(inside) & set("*?") or "[:" in inside:
        raise PatternError(f"`{term.source}` in `{pattern}` means something else to each reader")


class Pattern(Struct, frozen=True):
    """One line of a list; `again` (`!`) gives back what an earlier one took."""

    text: str
    again: bool
    regex: re.Pattern[str]


class Patterns(Struct, frozen=True):
    """A list of patterns; `some` matches when one of them matches a path itself."""

    all: tuple[Pattern, ...]
    some: re.Pattern[str]

    @classmethod
    def of(cls, lines: Iterable[str]) -> Patterns:
        """Read patterns as Moby does: trimmed, cleaned, empty ones left out."""
        trimmed = [line.strip(SPACE) for line in lines]
        found = tuple(_pattern(line) for line in trimmed if line)
        some = "|".join(f"(?:{p.regex.pattern})" for p in found) or "(?!)"
        return cls(found, re.compile(some))

    def step(self, path: str, above: Hits) -> Hits:
        """The hits of `path`, from those of the folder that it is in (none at the top)."""
        if self.some.match(path) is None:
            return above
        hits: list[int] = []
        taken = False
        for number, pattern in enumerate(self.all):
            # a pattern that would change nothing isn't tried, and so takes nothing below either
            own = pattern.again == taken and pattern.regex.match(path) is not None
            if own or number in above:
                hits.append(number)
                taken = not pattern.again
        return tuple(hits)

    def takes(self, hits: Hits) -> bool:
        """Whether a path with these hits is in the list."""
        return bool(hits) and not self.all[hits[-1]].again

    def hits(self, path: str) -> Hits:
        """The hits of a path, folder by folder."""
        hits: Hits = ()
        for folder in folders(path):
            hits = self.step(folder, hits)
        return hits


def folders(path: str) -> tuple[str, ...]:
    """`a/b/c` -> `a`, `a/b`, `a/b/c`; nothing for the top itself."""
    parts = path.split("/") if path else []
    return tuple("/".join(parts[: n + 1]) for n in range(len(parts)))


def _pattern(line: str) -> Pattern:
    text = clean(line)
    if text == "!":
        raise PatternError("a lone `!` is no pattern: the build fails")
    again = text.startswith("!")
    return Pattern(text, again, re.compile(_moby_regex(text[1:] if again else text)))
