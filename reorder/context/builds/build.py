"""One way in which a Dockerfile is built, and the place that says so."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

# Name and value of each, None when it is not known before the build.
Args = tuple[tuple[str, str | None], ...]


class Place(NamedTuple):
    """`line` counts from 1."""

    file: Path
    line: int


class Build(NamedTuple):
    """`file` None: the one of the default name in `context`. Both are as written, not resolved.

    `named`: the contexts of their own
    (`COPY --from=name`). `place` None: no file says so, but `origin` does.
    """

    context: Path
    file: Path | None = None
    args: Args = ()
    named: frozenset[str] = frozenset()
    target: str | None = None
    place: Place | None = None
    origin: str = "the nearest folder with all that is copied"


class Builds(NamedTuple):
    """What a file, or a folder, says of builds; `notes`: what of it is not understood."""

    found: tuple[Build, ...] = ()
    notes: tuple[str, ...] = ()


def is_local(path: str) -> bool:
    """Whether a word names a place below a folder of this machine that is known now."""
    remote = "://" in path or path.startswith(("git@", "github.com/"))
    return bool(path) and not remote and not path.startswith("-") and not set(path) & set("$`\0")


def pairs(lines: Iterable[str]) -> Args:
    """`A=1`, `B` -> A: 1, B: not known, as is what has a `$` in it; the last of a name wins."""
    found: dict[str, str | None] = {}
    for line in lines:
        name, equals, value = line.partition("=")
        if name.strip():
            found[name.strip()] = value if equals and "$" not in value else None
    return tuple(sorted(found.items()))


def names(lines: Iterable[str]) -> frozenset[str]:
    """`src=../x` -> src."""
    return frozenset(name for name, _ in pairs(lines))
