"""Splits: a narrow COPY that stands above the RUNs which need no more than its files.

COPY . .           COPY a.txt ./
RUN use a.txt  ->  RUN use a.txt
                   COPY . .
"""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Sequence

from msgspec.structs import replace

from reorder.check.copied import Copy, less
from reorder.check.overlap import parse
from reorder.check.pairs import Actor
from reorder.check.reader import Instruction
from reorder.effects.effect import Access

_PLAIN = {"chown", "chmod"}


def part_files(
    narrow: Instruction, part: Copy, broad: Instruction, whole: Copy, brought: Sequence[str] | None
) -> tuple[str, ...] | str:
    """The image paths that the narrow COPY writes, each as the broad one does; or why not."""
    # ADD of a folder is COPY: only an archive that is named itself is unpacked.
    if narrow.keyword != "COPY" or broad.keyword not in ("COPY", "ADD"):
        return "only a COPY or ADD has parts, and they are COPYs"
    if narrow.flags != broad.flags or any(name not in _PLAIN for name, _ in narrow.flags):
        return "a part has the flags of the COPY, and these are --chown and --chmod only"
    if not brought:
        return "the files that the COPY brings are not known"
    if whole.dest is None or part.dest is None:
        return "the destination is not known"
    if len(whole.sources) != 1 or not _is_plain(whole.sources[0]):
        return "only a COPY of one folder, named without `*`, has parts"
    if len(part.sources) > 1 and not part.slash:
        return "a part with several files needs a folder as its destination"
    known = frozenset(map(parse, brought))
    files: list[str] = []
    for source in part.sources:
        place = _place(source, part)
        inside = _inside(source, whole) if _is_plain(source) else None
        if inside is None or parse(place) != parse(inside):
            return f"`{source}` would not stand where the COPY puts it"
        if parse(place) not in known:
            return f"`{source}` is no file that the COPY surely brings"
        files.append(place)
    return tuple(files)


def _is_plain(source: str) -> bool:
    return not any(char in source for char in "*?[$<\\\"':") and ".." not in source.split("/")


def _context(source: str) -> str:
    return posixpath.normpath("/" + source).lstrip("/")


def _place(source: str, part: Copy) -> str:
    """Where the narrow COPY puts a file."""
    assert part.dest is not None
    return f"{part.dest}/{posixpath.basename(source)}" if part.slash else part.dest


def _inside(source: str, whole: Copy) -> str | None:
    """Where the broad COPY puts a file of its folder."""
    assert whole.dest is not None
    folder, path = _context(whole.sources[0]), _context(source)
    if folder in ("", "."):
        return f"{whole.dest}/{path}"
    if not path.startswith(folder + "/"):
        return None
    return f"{whole.dest}/{path[len(folder) + 1 :]}"


def without(copy: Actor, files: Collection[str]) -> Actor:
    """The COPY as if it did not bring the files."""
    return replace(copy, touches=tuple(less(touch, files) for touch in copy.touches))


def seen_past(
    broad: Actor, other: Actor, files: Collection[str]
) -> tuple[tuple[Actor, Actor], ...]:
    """The pairs that must commute when `other` has the parts above it and the COPY below.

    For `other` only the rest of the COPY comes later; what it writes meets the whole COPY.
    """
    writes = tuple(touch for touch in other.touches if touch.access is Access.WRITE)
    return (without(broad, files), other), (broad, replace(other, touches=writes))
