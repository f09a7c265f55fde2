"""Do two instructions that changed their order commute on the file system?"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable

from msgspec import Struct

from reorder.check.look import is_opaque
from reorder.check.mention import forgotten_path
from reorder.check.overlap import Region, meet
from reorder.check.reader import Instruction
from reorder.check.touch import Touch
from reorder.check.words import pairs
from reorder.effects.effect import Access, Effect

_BARRED = frozenset(["RUN", "COPY", "ADD", "WORKDIR", "ENV", "ARG", "USER", "SHELL"])
_CACHE = re.compile(r"type=cache\b", re.I)


class Actor(Struct, frozen=True):
    """An instruction with what it touches, and where it runs; `claim` is what the tool says."""

    instruction: Instruction
    claim: Effect | None
    touches: tuple[Touch, ...]
    cwd: str

    @property
    def changes(self) -> tuple[Touch, ...]:
        return tuple(touch for touch in self.touches if touch.access is not Access.READ)


def obstacle(
    a: Actor, b: Actor, volatile: frozenset[str], there: Callable[[str], bool], escape: str
) -> str | None:
    """Why the two do not commute, or None; `there`: a folder surely is there for both."""
    x, y = a.instruction, b.instruction
    if {x.keyword, y.keyword} <= {"ENV", "ARG"}:
        kept = not any(_names(i, escape) <= volatile for i in (x, y))
        return "variables keep their order" if kept else None
    for one, other in ((a, b), (b, a)):
        opaque = one.instruction.keyword == "RUN" and is_opaque(one.claim)
        if opaque and other.instruction.keyword in _BARRED:
            return "nothing is known of what the RUN reads and writes"
    if _share_cache(a, b):
        return "both use one cache mount"
    return _common_place(a, b, there)


def forgotten(a: Actor, b: Actor) -> str | None:
    """A path that the text of a RUN and a COPY name, and the claim of the RUN does not."""
    return _forgotten(a, b) or _forgotten(b, a)


def _forgotten(run: Actor, copy: Actor) -> str | None:
    if run.instruction.keyword != "RUN" or copy.instruction.keyword not in ("COPY", "ADD"):
        return None
    path = forgotten_path(run.instruction, run.touches, copy.touches, run.cwd)
    return f"the claim of the RUN does not admit {path}, which its text names" if path else None


def _names(instruction: Instruction, escape: str) -> frozenset[str]:
    return frozenset(name for name, _ in pairs(instruction.keyword, instruction.rest, escape))


def _share_cache(a: Actor, b: Actor) -> bool:
    """By the text of the mounts, and by the claims."""
    first, second = _cache_ids(a.instruction), _cache_ids(b.instruction)
    if first & second or (first and second and None in first | second):
        return True
    return not _claimed_caches(a.claim).isdisjoint(_claimed_caches(b.claim))


def _cache_ids(instruction: Instruction) -> frozenset[str | None]:
    """The ids of its cache mounts; None for one that is not known."""
    mounts = [v for name, v in instruction.flags if name == "mount" and _CACHE.search(v)]
    return frozenset(_cache_id(mount) for mount in mounts)


def _cache_id(mount: str) -> str | None:
    options = dict(part.strip().partition("=")[::2] for part in mount.split(","))
    lower = {key.lower(): value for key, value in options.items()}
    found = [lower[key] for key in ("id", "target", "dst", "destination") if lower.get(key)]
    if not found or "$" in mount:
        return None
    return posixpath.normpath(found[0])


def _claimed_caches(claim: Effect | None) -> frozenset[str]:
    footprints = claim.footprints if claim else ()
    return frozenset(f.name for f in footprints if f.resource == "cache")


def _common_place(a: Actor, b: Actor, there: Callable[[str], bool]) -> str | None:
    changes = b.changes
    for x in a.touches:
        for y in b.touches if x.access is not Access.READ else changes:
            if clash(x, y, there):
                return f"one {x.what}, the other {y.what}"
    return None


def clash(x: Touch, y: Touch, there: Callable[[str], bool]) -> bool:
    """Whether the order of two touches may matter; at least one of them changes something."""
    if x.kind in y.apart or y.kind in x.apart or not meet(x.place, y.place):
        return False
    kinds = (x.access, y.access)
    if Access.WRITE in kinds:
        return not (_inside(x, y) or _inside(y, x))
    if Access.READ in kinds:
        return not _any_there(x, y, there)
    if x.access is not y.access:
        return False  # the mode that is set is the same before and after the folder is made
    if x.owner == y.owner:
        return False
    return not _any_there(x, y, there)


def _inside(read: Touch, made: Touch) -> bool:
    """Whether a read is below a folder that is made empty: nothing is there before and after."""
    if read.access is not Access.READ or not made.empty:
        return False
    if not isinstance(read.place, Region) or not isinstance(made.place, Region):
        return False
    size = len(made.place.parts)
    same = read.place.root == made.place.root and read.place.parts[:size] == made.place.parts
    plain = not any(char in part for part in made.place.parts for char in "*?[")
    return same and plain and len(read.place.parts) > size


def _any_there(x: Touch, y: Touch, there: Callable[[str], bool]) -> bool:
    return there(x.folder) or there(y.folder)
