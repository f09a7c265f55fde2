"""`.dockerignore`, as the builder reads it and walks by it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from reorder.context.match import SPACE, Hits, PatternError, Patterns, clean, folders


class Ignore(Struct, frozen=True):
    """The patterns of an ignore file.

    `lines` are its patterns as written, in the order of `patterns`.
    `kept` are the places where a `!` pattern may give something back, None: anywhere.
    `glued` are the patterns such as `**b` by their number, as regexes of what only some builders
    let them match.
    """

    patterns: Patterns
    lines: tuple[str, ...]
    kept: tuple[str, ...] | None
    glued: tuple[tuple[int, re.Pattern[str]], ...] = ()

    @classmethod
    def of(cls, text: str) -> Ignore:
        """Read an ignore file; PatternError, with its line, when the build would fail on it."""
        found: list[str] = []
        lines: list[str] = []
        for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
            if line.startswith("#") or not line.strip(SPACE):
                continue
            lines.append(line.strip(SPACE))
            found.append(_rooted(lines[-1]))
            try:
                Patterns.of(found[-1:])
            except PatternError as error:
                raise PatternError(f"line {number} of the ignore file: {error}") from error
        patterns = Patterns.of(found)
        return cls(patterns, tuple(lines), _kept(patterns), tuple(_glued(patterns)))

    def ignores(self, path: str) -> bool:
        """Whether the builder leaves `path` out; what is in an ignored folder may still be kept."""
        return self.patterns.takes(self._hits(path))

    def rule(self, path: str) -> str | None:
        """The pattern, as written, that decides on `path`; None when none matches."""
        hits = self._hits(path)
        return self.lines[hits[-1]] if hits else None

    def prunes(self, folder: str, hits: Hits) -> bool:
        """Whether the builder skips an ignored folder without a look at what is in it."""
        if not self.patterns.takes(hits) or self.kept is None:
            return False
        return not any(f"{place}/".startswith(f"{folder}/") for place in self.kept)

    def disputed(self, path: str) -> str | None:
        """The pattern, as written, that takes `path` for some builders only: `**b` for `ab`."""
        return next((self.lines[n] for n, other in self.glued if other.search(path)), None)

    def disputed_below(self, folder: str) -> str | None:
        """A `!` pattern by which only some builders take files back of an ignored folder.

        The others skip a folder whose name begins none of these patterns.
        """
        again = [
            (line, p.text[1:])
            for line, p in zip(self.lines, self.patterns.all, strict=True)
            if p.again
        ]
        if any(f"{text}/".startswith(f"{folder}/") for _, text in again):
            return None
        return again[-1][0]

    def _hits(self, path: str) -> Hits:
        hits: Hits = ()
        for folder in folders(clean(f"/{path}")[1:]):
            hits = self.patterns.step(folder, hits)
            if self.prunes(folder, hits):
                return hits
        return hits


def _rooted(line: str) -> str:
    """`/a/b/` -> `a/b`, `! ./a` -> `!a`."""
    again = "!" if line.startswith("!") else ""
    path = line[len(again) :].strip(SPACE)
    if not path:
        return again
    normal = clean(path)
    return again + (normal[1:] if len(normal) > 1 and normal.startswith("/") else normal)


def _kept(patterns: Patterns) -> tuple[str, ...] | None:
    """`!a/b/**` -> `a/b`; None when one of them has a wildcard elsewhere than at its end."""
    again = [p.text[1:] for p in patterns.all if p.again]
    places = tuple(text.removesuffix("/**").removesuffix("/*") for text in again)
    if any(set(place) & set("*[]?^\\") for place in places):
        return None
    return places


def _glued(patterns: Patterns) -> Iterator[tuple[int, re.Pattern[str]]]:
    """`**b` -> what ends in b but for b itself: Docker 20.10 and podman read `**/b` there."""
    for number, pattern in enumerate(patterns.all):
        text = pattern.text[1:] if pattern.again else pattern.text
        last = text.removeprefix("**")
        if last not in ("", text) and not set(last) & set("/*?[]\\"):
            yield number, re.compile(rf"[^/]{re.escape(last)}\Z")
