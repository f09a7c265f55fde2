"""Regions of the file system, and whether two of them may hold a common path.

A path is a root and parts: `/app/x` has the root "", `?cwd/x` the root `?cwd`, a folder that is
not known. Parts with `*`, `?` or `[` are patterns.
"""

from __future__ import annotations

import posixpath
from fnmatch import fnmatchcase
from functools import lru_cache

from msgspec import Struct

Parts = tuple[str, ...]

# Links of the usual images: both names are one place.
_SAME = {
    ("bin",): ("usr", "bin"),
    ("sbin",): ("usr", "sbin"),
    ("lib",): ("usr", "lib"),
    ("lib32",): ("usr", "lib32"),
    ("lib64",): ("usr", "lib64"),
    ("var", "run"): ("run",),
    ("var", "lock"): ("run", "lock"),
}


class Region(Struct, frozen=True):
    """A path; with all below it when `deep`."""

    root: str
    parts: Parts
    deep: bool


class Listing(Struct, frozen=True):
    """Exactly the paths in `members`; `above` are the folders on the way to them.

    `lost` are the members below a folder that is not known.
    `deep`: what is below a member counts, too: a write may change its type.
    """

    members: frozenset[tuple[str, Parts]]
    above: frozenset[tuple[str, Parts]]
    lost: frozenset[tuple[str, Parts]]
    deep: bool


class Modules(Struct, frozen=True):
    """The Python modules `names` directly in a folder."""

    root: str
    folder: Parts
    names: frozenset[str]


Place = Region | Listing | Modules
ANYWHERE = Region("", (), True)


@lru_cache(maxsize=4096)
def parse(path: str) -> tuple[str, Parts]:
    """`/bin/../lib/x` -> no root, (usr, lib, x); `?cwd/x` -> `?cwd`, (x,)."""
    root = ""
    if path.startswith("?"):
        root, _, path = path.partition("/")
    parts = tuple(p for p in posixpath.normpath("/" + path).split("/") if p)
    for size in (1, 2):
        if not root and parts[:size] in _SAME:
            return root, _SAME[parts[:size]] + parts[size:]
    return root, parts


def region(path: str, deep: bool) -> Region:
    """`**` inside a path stands for all below."""
    root, parts = parse(path)
    if "**" in parts:
        return Region(root, parts[: parts.index("**")], True)
    return Region(root, parts, deep)


@lru_cache(maxsize=256)
def listing(paths: tuple[str, ...], deep: bool) -> Listing:
    members = frozenset(parse(path) for path in paths)
    above = frozenset((r, p[:n]) for r, p in members for n in range(len(p)))
    return Listing(members, above, frozenset(m for m in members if m[0]), deep)


def meet(a: Place, b: Place) -> bool:
    """Whether some path may belong to both."""
    if isinstance(a, Listing):
        return _listing_meets(a, b)
    if isinstance(b, Listing):
        return _listing_meets(b, a)
    if isinstance(a, Region) and isinstance(b, Region):
        return _regions_meet(a, b)
    if isinstance(a, Modules) and isinstance(b, Region):
        return _modules_meet(a, b)
    return isinstance(a, Region) and isinstance(b, Modules) and _modules_meet(b, a)


@lru_cache(maxsize=65536)
def _is_pattern(part: str) -> bool:
    return any(char in part for char in "*?[")


@lru_cache(maxsize=65536)
def _part_meets(x: str, y: str) -> bool:
    if x == y:
        return True
    if _is_pattern(x) and _is_pattern(y):
        return not (_differ(_before(x), _before(y)) or _differ(_behind(x), _behind(y)))
    return fnmatchcase(y, x) if _is_pattern(x) else _is_pattern(y) and fnmatchcase(x, y)


def _before(pattern: str) -> str:
    return pattern[: min(pattern.index(char) for char in "*?[" if char in pattern)]


def _behind(pattern: str) -> str:
    """Backwards, so that it begins like all names that match."""
    return pattern[max(pattern.rfind(char) for char in "*?[]") + 1 :][::-1]


def _differ(x: str, y: str) -> bool:
    return any(a != b for a, b in zip(x, y, strict=False))


def _along(a: Parts, b: Parts) -> bool:
    """Whether one may be a path to the other."""
    return all(map(_part_meets, a, b))


def _regions_meet(a: Region, b: Region) -> bool:
    if a.root == b.root:
        if not _along(a.parts, b.parts):
            return False
        short, long = (a, b) if len(a.parts) <= len(b.parts) else (b, a)
        return short.deep or len(short.parts) == len(long.parts)
    if a.root and b.root:
        return True
    lost, known = (a, b) if a.root else (b, a)
    return known.deep or _may_be(lost, known.parts)


def _may_be(lost: Region, path: Parts) -> bool:
    """Whether the path may be in a region below a folder that is not known."""
    last = len(path) - len(lost.parts)
    first = 0 if lost.deep else max(last, 0)
    return any(_along(lost.parts, path[start:]) for start in range(first, last + 1))


def _listing_meets(a: Listing, b: Place) -> bool:
    if isinstance(b, Listing):
        return _listings_meet(a, b)
    if isinstance(b, Region) and not b.root and not any(map(_is_pattern, b.parts)):
        return _holds(a, b) or any(_one_meets(*path, a.deep, b) for path in a.lost)
    return any(_one_meets(*path, a.deep, b) for path in a.members)


def _listings_meet(a: Listing, b: Listing) -> bool:
    if not a.members.isdisjoint(b.members):
        return True
    if (a.deep and not a.members.isdisjoint(b.above)) or (
        b.deep and not b.members.isdisjoint(a.above)
    ):
        return True
    lost = [(path, b) for path in a.lost] + [(path, a) for path in b.lost]
    return any(_listing_meets(other, Region(*path, False)) for path, other in lost)


def _one_meets(root: str, parts: Parts, deep: bool, other: Region | Modules) -> bool:
    """A listed path is a file: a folder that is not known cannot be below it."""
    if other.root != root and isinstance(other, Region):
        deep = False
    return meet(Region(root, parts, deep), other)


def _holds(a: Listing, b: Region) -> bool:
    path = (b.root, b.parts)
    if path in a.members or (b.deep and path in a.above):
        return True
    return a.deep and any((b.root, b.parts[:n]) in a.members for n in range(len(b.parts)))


def _modules_meet(a: Modules, b: Region) -> bool:
    """Whether the region may hold `NAME`, `NAME.py`, `NAME.*.so` of one of the names."""
    if a.root != b.root:
        if a.root and (b.root or b.deep):
            return True
        if b.deep and _may_be(b, a.folder):
            return True
        return any(_is_module(part, a.names) for part in b.parts)
    if not _along(a.folder, b.parts):
        return False
    if len(b.parts) <= len(a.folder):
        return b.deep
    return _is_module(b.parts[len(a.folder)], a.names)


def _is_module(part: str, names: frozenset[str]) -> bool:
    if _is_pattern(part):
        return True
    stem, _, suffix = part.partition(".")
    return stem in names and (suffix in ("", "py", "pyc", "so") or suffix.endswith(".so"))
