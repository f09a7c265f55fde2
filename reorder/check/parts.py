"""Splits: a narrow COPY that stands above the RUNs which need no more than its files.

COPY . .           COPY a.txt ./
RUN use a.txt  ->  RUN use a.txt
                   COPY . .
"""

from __future__ import annotations

import posixpath
from collections.abc import Sequence

from reorder.check.copied import Copy
from reorder.check.overlap import Listing, listing, parse
from reorder.check.reader import Instruction
from reorder.check.touch import Touch
from reorder.effects.effect import Access

_PLAIN = {"chown", "chmod"}


def part_files(
    narrow: Instruction, part: Copy, broad: Instruction, whole: Copy, brought: Sequence[str] | None
) -> tuple[str, ...] | str:
    """The image paths that the narrow COPY writes, each as the broad one does; or why not."""
    if narrow.keyword != "COPY" or broad.keyword != "COPY":
        return "only a COPY has parts"
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
    files: list[str] = []
    for source in part.sources:
        place = _place(source, part)
        if not _is_plain(source) or place != _inside(source, whole):
            return f"`{source}` would not stand where the COPY puts it"
        if place not in brought:
            return f"`{source}` is no file that the COPY surely brings"
        files.append(place)
    return tuple(files)


def _is_plain(source: str) -> bool:
    return not any(char in source for char in "*?[$<\\\"'") and ".." not in source.split("/")


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


def without(touches: Sequence[Touch], files: Sequence[str]) -> tuple[Touch, ...]:
    """What a broad COPY changes for one who has seen its parts: these files stay as they are."""
    parts = frozenset(parse(path) for path in files)
    return tuple(_less(touch, parts) for touch in touches)


def _less(touch: Touch, parts: frozenset[tuple[str, tuple[str, ...]]]) -> Touch:
    if touch.access is not Access.WRITE or not isinstance(touch.place, Listing):
        return touch
    rest = ("/".join([root, *path]) for root, path in touch.place.members - parts)
    return Touch(touch.access, listing(tuple(sorted(rest)), touch.place.deep), touch.what)
