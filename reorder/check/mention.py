"""Paths that the text of a RUN names, held against its claim: has the claim forgotten one?

A word counts when it has a `/` or a suffix (`.txt`), and when it is, seen from the working
directory, a file that the COPY brings or a folder that it makes. Bare words may be anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from reorder.check.look import goes_elsewhere, run_text
from reorder.check.overlap import Region, meet, region
from reorder.check.reader import Instruction
from reorder.check.simulate import joined
from reorder.check.touch import Touch
from reorder.effects.effect import Access

_ENDS = re.compile(r"[\s\"'`=:,;|&()<>{}$\\]+")
# Of a mount; a path of the context or of another stage.
_SOURCE = re.compile(r"\b(?:source|src|from)=[^,\s]*")
_PATH = re.compile(r"/?[\w.*?@+\[\]-]+(/|/[\w.*?@+\[\]/-]+|\.\w+)?")


def forgotten_path(
    run: Instruction, claim: tuple[Touch, ...], copy: tuple[Touch, ...], cwd: str
) -> str | None:
    """A path that the text of the RUN and the COPY name, and the claim of the RUN does not."""
    for path, relative in sorted(set(_named(run, cwd))):
        here, below = region(path, False), region(path, True)
        brought = any(
            meet(touch.place, here)
            for touch in copy
            if touch.access is Access.ENSURE
            or (touch.access is Access.WRITE and not (relative and _is_tree(touch)))
        )
        if brought and not any(meet(touch.place, below) for touch in claim):
            return path
    return None


def _is_tree(touch: Touch) -> bool:
    """All below a folder: whether a file of a name is there is not known."""
    return isinstance(touch.place, Region)


def _named(run: Instruction, cwd: str) -> Iterator[tuple[str, bool]]:
    """The paths, and whether each was written as a relative one."""
    text = run_text(run)
    for _, option in run.flags:
        text = text.replace(option, _SOURCE.sub("", option), 1)
    elsewhere = goes_elsewhere(text)
    for word in _ENDS.split(text):
        if not _PATH.fullmatch(word) or word.startswith("//"):
            continue
        if word.startswith("/"):
            yield word, False
        elif not elsewhere and ("/" in word or "." in word.strip(".")):
            path = joined(cwd, word)
            if path is not None:
                yield path, not word.startswith("./")
