"""Files that two COPYs bring alike: the second one changes nothing of them.

COPY a.txt ./        COPY a.txt ./
COPY . .        ->   RUN use a.txt
RUN use a.txt        COPY . .
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase

from msgspec import Struct
from msgspec.structs import replace

from reorder.check.copied import Copy
from reorder.check.overlap import Region, meet, parse
from reorder.check.pairs import Actor
from reorder.check.parts import part_files
from reorder.check.reader import Instruction
from reorder.effects.effect import Access


class Again(Struct, frozen=True):
    """The actors of a stage, and their places in the new order.

    `alike`: two COPYs, the upper first -> the files that both bring.
    """

    actors: tuple[Actor, ...]
    places: tuple[int, ...]
    alike: Mapping[tuple[int, int], frozenset[str]]

    def files(self, copy: int, run: int) -> frozenset[str]:
        """What the COPY brings that is there already for both, in both orders."""
        return frozenset(
            path
            for (first, second), paths in self.alike.items()
            if second == copy and self._above(first, copy, run)
            for path in paths
            if not any(self._changes(k, first, path) for k in self._between(first, copy, run))
        )

    def _above(self, first: int, copy: int, run: int) -> bool:
        return first < min(copy, run) and self.places[first] < min(
            self.places[copy], self.places[run]
        )

    def _between(self, first: int, copy: int, run: int) -> list[int]:
        """Who stands below the first COPY and above the lower of the two, in one of the orders."""
        last = max(self.places[copy], self.places[run])
        return [
            k
            for k, place in enumerate(self.places)
            if k not in (first, copy)
            and (first < k <= max(copy, run) or self.places[first] < place <= last)
        ]

    def _changes(self, k: int, first: int, path: str) -> bool:
        """Whether it writes the file, and not as the first COPY does."""
        if path in self.alike.get((first, k), ()):
            return False
        place = Region(*parse(path), False)
        return any(
            t.access is Access.WRITE and meet(t.place, place) for t in self.actors[k].touches
        )


class Laid(Struct, frozen=True):
    """A COPY of the author, or a part of one: `files` are the image paths that it surely brings."""

    instruction: Instruction
    copy: Copy
    files: tuple[str, ...]


def same_files(upper: Laid, lower: Laid) -> frozenset[str]:
    """The files of `upper`, when `lower` surely brings each from the same place, in the same way.

    Both in the other order: `upper` names files, `lower` one folder.
    """
    if upper.copy.names_owner or not lower.files:
        return frozenset()
    sources = tuple(_plain_sources(upper, lower))
    part = replace(upper.copy, sources=sources)
    found = part_files(upper.instruction, part, lower.instruction, lower.copy, lower.files)
    if isinstance(found, str) or {*map(parse, found)} != {*map(parse, upper.files)}:
        return frozenset()
    return frozenset(found)


def _plain_sources(upper: Laid, lower: Laid) -> Iterator[str]:
    """`package*.json` -> `package.json`, `package-lock.json`; itself when that is not known."""
    for source in upper.copy.sources:
        folder, name = posixpath.split(source)
        if not any(char in name for char in "*?") or "[" in name or not upper.copy.slash:
            yield source
            continue
        dest = parse(upper.copy.dest or "")
        names = (path[-1] for root, path in map(parse, upper.files) if (root, path[:-1]) == dest)
        if _names_a_folder(dest, name, lower):
            yield source
        yield from (posixpath.join(folder, n) for n in names if fnmatchcase(n, name))


def _names_a_folder(dest: tuple[str, tuple[str, ...]], pattern: str, lower: Laid) -> bool:
    """What is in a folder would come without it."""
    root, above = dest
    return any(
        fnmatchcase(path[len(above)], pattern)
        for lower_root, path in map(parse, lower.files)
        if lower_root == root and path[: len(above)] == above and len(path) > len(above) + 1
    )
