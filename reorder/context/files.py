"""COPY and ADD: which files of the context they bring, and under which names.

COPY src/ *.toml ./    brings    src/a.py -> a.py, pyproject.toml -> pyproject.toml
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence

from msgspec import Struct

from reorder.context.match import (
    Hits,
    PatternError,
    Patterns,
    clean,
    folders,
    has_wildcards,
    match,
    terms,
)
from reorder.context.tree import Context, ContextError, ContextTooLarge, Entry, Kind

__all__ = [
    "Bringing",
    "Brought",
    "Context",
    "ContextError",
    "ContextTooLarge",
    "Entry",
    "Kind",
    "PatternError",
    "bring",
]


class Brought(Struct, frozen=True):
    """One entry of the context and the path that it gets below the destination folder.

    `root`: the source folder itself, with path "": the destination folder is made when missing,
    but does not get this mode.
    """

    path: str
    entry: Entry
    root: bool = False


class Bringing(Struct, frozen=True):
    """What a COPY brings, sorted by path; of two sources of one name the last.

    `missing`: sources for which the build fails: not there, ignored, or a malformed pattern.
    `empty`: globs that match nothing, which the build passes over.
    `folder`: whether the destination is a folder then. None: only if one is there already; if not,
    each file is written in turn at the destination itself, and a folder among them fails.
    False: nothing is brought or made.
    """

    files: tuple[Brought, ...]
    missing: tuple[str, ...]
    empty: tuple[str, ...]
    folder: bool | None


class Source(Struct, frozen=True):
    """A source word: `kept` has the patterns that paths below a folder must match (--parents)."""

    word: str
    path: str
    kept: Patterns | None
    required: str | None


def bring(
    context: Context,
    sources: Sequence[str],
    *,
    to_folder: bool,
    parents: bool = False,
    exclude: Sequence[str] = (),
) -> Bringing:
    """What `COPY sources... destination` brings; `to_folder`: the destination ends in `/` or `.`.

    The sources are local paths after expansion. As in BuildKit, --exclude is compared with
    paths below a source folder, never with a source itself. ContextError when the context cannot
    be read as far as needed.
    """
    files: dict[str, Brought] = {}
    missing: list[str] = []
    empty: list[str] = []
    first: Kind | None = None
    for word in sources:
        try:
            found = _bring(context, read_source(word, parents), Patterns.of(exclude))
        except PatternError:
            found = None
        if found is None:
            missing.append(word)
            continue
        if not any(not item.root for item in found) and has_wildcards(word):
            empty.append(word)
        first = first or next((item.entry.kind for item in found), None)
        files |= {item.path: item for item in found}
    brought = tuple(files[path] for path in sorted(files))
    folder = (True if to_folder or first == "dir" else None) if brought else False
    return Bringing(brought, tuple(missing), tuple(empty), folder)


def read_source(word: str, parents: bool) -> Source:
    """`/a/./b/*.c` with --parents: from folder `a` what matches `b/*.c`."""
    if not parents:
        return Source(word, _rooted(word), None, None)
    before, pivot, after = word.partition("/./")
    pattern = _below(after if pivot else before)
    required = None if has_wildcards(word) else pattern
    return Source(word, _rooted(before if pivot else ""), Patterns.of([pattern]), required)


def _rooted(word: str) -> str:
    """`../a/./b/` -> `a/b`, `.` -> ``: no source leaves the context."""
    return clean(f"/{word}")[1:]


def _below(word: str) -> str:
    """As `_rooted`, but that `/../a` stays above the folder, where nothing matches."""
    found = clean(word[1:] or ".") if word.startswith("/") else _rooted(word)
    return "" if found == "." else found


def _bring(context: Context, source: Source, excluded: Patterns) -> list[Brought] | None:
    """None when the build fails for this source."""
    names = names_of(context, source.path)
    if names is None:
        return None
    found: list[Brought] = []
    for name in names:
        target = context.resolve(name)
        entry = None if target is None else context.entry(target)
        if entry is None:
            return None
        found += _copied(context, name, entry, source.kept, excluded)
    wanted = source.required
    if wanted is not None and not any(inside(item.path, wanted) for item in found):
        return None
    return found


def inside(path: str, folder: str) -> bool:
    return bool(folder) and (path == folder or path.startswith(f"{folder}/"))


def names_of(context: Context, path: str) -> list[str] | None:
    """The paths that a glob matches, in the builder's order; None when its folder is missing."""
    folder, pattern = split_glob(path)
    if not pattern:
        return [path]
    terms(pattern)
    base = context.resolve(folder)
    return None if base is None else list(_glob(context, base, "", pattern))


def split_glob(path: str) -> tuple[str, str]:
    """`a/b*/c` -> `a`, `b*/c`: the folder above the first wildcard, and the rest."""
    parts = path.split("/")
    first = next((n for n, part in enumerate(parts) if has_wildcards(part)), len(parts))
    return "/".join(parts[:first]), "/".join(parts[first:])


def _glob(context: Context, base: str, below: str, pattern: str) -> Iterator[str]:
    """Nothing is looked for in a folder that matches; links are not followed."""
    for entry in context.children(posixpath.join(base, below)):
        path = posixpath.join(below, posixpath.basename(entry.path))
        if match(pattern, path):
            yield entry.path
        elif entry.kind == "dir" and path.count("/") < _depth(pattern):
            yield from _glob(context, base, path, pattern)


def _depth(pattern: str) -> int:
    """The most slashes in a name that matches: a class such as `[^a]` matches one too."""
    return pattern.count("/") + pattern.count("[")


def _copied(
    context: Context, name: str, entry: Entry, kept: Patterns | None, excluded: Patterns
) -> Iterator[Brought]:
    if entry.kind != "dir":
        yield Brought(posixpath.basename(name), entry)
        return
    yield Brought("", entry, root=True)
    yield from _tree(context, Walk(kept, excluded), entry.path, "")


class Walk(Struct, frozen=True):
    """The patterns of a copied tree, and what of them matched so far on the way down."""

    kept: Patterns | None
    excluded: Patterns
    kept_hits: Hits = ()
    excluded_hits: Hits = ()

    def step(self, path: str) -> Walk:
        kept_hits = self.kept.step(path, self.kept_hits) if self.kept else ()
        excluded_hits = self.excluded.step(path, self.excluded_hits)
        return Walk(self.kept, self.excluded, kept_hits, excluded_hits)

    def down(self, path: str) -> Walk:
        """Step by step: `a/b` -> `a`, `a/b`."""
        walk = self
        for folder in folders(path):
            walk = walk.step(folder)
        return walk

    @property
    def takes(self) -> bool:
        kept = self.kept is None or self.kept.takes(self.kept_hits)
        return kept and not self.excluded.takes(self.excluded_hits)


def _tree(context: Context, above: Walk, folder: str, path: str) -> Iterator[Brought]:
    """A folder that is left out comes along with what is taken below it."""
    for entry in context.children(folder):
        name = posixpath.join(path, posixpath.basename(entry.path))
        walk = above.step(name)
        inner = list(_tree(context, walk, entry.path, name)) if entry.kind == "dir" else []
        if walk.takes or inner:
            yield Brought(name, entry)
        yield from inner
