"""Builds two Dockerfiles, compares the images and times rebuilds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from reorder.engine.builds import Builds
from reorder.engine.compare import Difference, differences, sift
from reorder.engine.fault import BuildFailed


class Seconds(NamedTuple):
    """What one thing took in each file."""

    before: float
    after: float


class Pair(NamedTuple):
    """Two Dockerfiles of one context, and what they are called."""

    before: bytes
    after: bytes
    names: tuple[str, str] = ("the original", "the rewritten file")


class Verdict(NamedTuple):
    """`same` when no difference counts; `failed` is the log of an `after` that does not build.

    `noise` are differences that two builds of `before` show as well; `paths` were compared.
    """

    differences: tuple[Difference, ...] = ()
    noise: tuple[Difference, ...] = ()
    paths: int = 0
    clean: Seconds | None = None
    rebuild: Seconds | None = None
    failed: str = ""

    @property
    def same(self) -> bool:
        return not self.differences and not self.failed


def compared(builds: Builds, pair: Pair, runs: int = 2) -> Verdict:
    """The verdict on a pair.

    Noise is looked for only when the images differ, for it can only explain that; `runs` builds
    of `before` at most. Raises EngineError when `before` does not build or the engine fails.
    """
    original, rewritten = pair.names
    first = builds.clean(original, pair.before)
    try:
        second = builds.clean(rewritten, pair.after)
    except BuildFailed as error:
        return Verdict(failed=error.log or str(error))
    found = differences(first.image, second.image)
    again: tuple[Difference, ...] = ()
    sifted = sift(found, again)
    for _ in range(runs - 1):
        if not sifted.real:
            break
        third = builds.clean(f"{original} again, for noise", pair.before)
        again += differences(first.image, third.image)
        sifted = sift(found, again)
    paths = len(first.image.files.keys() | second.image.files.keys())
    return Verdict(sifted.real, sifted.noise, paths, Seconds(first.seconds, second.seconds))


def rebuilt(builds: Builds, pair: Pair, paths: Sequence[str]) -> Seconds:
    """What a rebuild takes after a change of context files; the user's files stay as they are.

    Each file gets blank lines at its end, another number of them for each build: no build finds
    in the cache what the other made. Raises EngineError.
    """
    context = builds.copied_context()
    dockerfiles = (pair.before, pair.after)
    for dockerfile in dockerfiles:
        builds.again("filling the cache", dockerfile, context)
    taken = []
    for dockerfile, name in zip(dockerfiles, pair.names, strict=True):
        for path in paths:
            _change(context / path)
        taken.append(builds.again(f"{name} after a change", dockerfile, context))
    return Seconds(*taken)


def _change(file: Path) -> None:
    with file.open("ab") as opened:
        opened.write(b"\n")
