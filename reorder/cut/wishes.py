"""Which instructions to cut, and where: all that might help, then those that a plan made use of."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import accumulate, combinations

from reorder.cut.run import boundaries, entered
from reorder.cut.text import Cut, Wish
from reorder.effects.effect import (
    GONE,
    INSTALLS,
    NEW_FOLDER,
    RIGHTS,
    Access,
    Effect,
    Extent,
    Footprint,
)
from reorder.effects.paths import conflict, join
from reorder.effects.place import Step
from reorder.plan import StagePlan
from reorder.syntax.dockerfile import Instruction
from reorder.volatile import Volatile

# What a RUN takes at least for a cut of it to be worth a thought.
LEAST_SECONDS = 1.0
_OF_THE_SYSTEM = frozenset(INSTALLS) - {"language"}
# The builder mounts these anew for every RUN.
_MOUNTED = tuple(
    Footprint("path", path, Access.READ, Extent.TREE)
    for path in ("/dev", "/proc", "/sys", "/etc/hosts", "/etc/resolv.conf", "/etc/hostname")
)


def wishes(plan: StagePlan, volatile: Volatile) -> Iterator[tuple[int, Wish]]:
    """Position in a stage -> how its ENVs and RUNs could be cut."""
    touched = False
    for at, step in enumerate(plan.stage.steps):
        if step.instruction.keyword == "ENV" and len(step.instruction.pairs) > 1:
            yield at, volatile.part(step)
        elif step.instruction.keyword == "RUN" and touched:
            # Where lines continue by another character, the shell is not one of POSIX.
            slow = plan.cost.seconds(at) >= LEAST_SECONDS and step.scope.escape == "\\"
            yield at, boundaries(step.instruction) if slow else ()
        touched |= plan.cost.touches[at] != 0


def separable(
    whole: Instruction, steps: Sequence[Step], wish: tuple[int, ...], *, shipped: bool
) -> tuple[int, ...]:
    """Those of the boundaries between the parts of a RUN at which two RUNs do the same as one.

    `shipped`: the layers are part of an image, which shall not grow.
    """
    bound: set[int] = set()
    parts = [step.effect for step in steps]
    folders = list(accumulate((steps[0].scope.cwd, *entered(whole)), join))[1:]
    lost = [any(_may_lose(f, place) for f in e.writes for place in folders) for e in parts]
    for first, then in combinations(range(len(parts)), 2):
        if lost[first] or _belong(parts[first], parts[then], parts[first + 1 : then], shipped):
            bound |= set(range(first, then))
    return tuple(boundary for at, boundary in enumerate(wish) if at not in bound)


def _may_lose(written: Footprint, folder: str) -> bool:
    """Whether a folder may be another one afterwards, or none; what fills it leaves it there."""
    if written.kind or written.access is not Access.WRITE:
        return False
    fills = written.extent is Extent.TREE and not written.owner and written.name == folder
    return not fills and conflict(written, Footprint("path", folder, Access.READ))


def _belong(first: Effect, then: Effect, between: Sequence[Effect], shipped: bool) -> bool:
    """Whether `then` may need what `first` leaves beside files, or changes what it has made."""
    if first.opaque:
        return True
    made = [f for f in first.footprints if f.access is Access.WRITE and f.resource == "path"]
    if any(not f.kind and conflict(f, mounted) for f in made for mounted in _MOUNTED):
        return True
    if first.fetches and not any(f.kind for f in made) and _uses(then, made, between):
        return True
    if shipped and _removes(then, made):
        return True
    new = [f for f in made if not f.kind and f.owner != GONE]
    if (then.opaque or then.clock) and not all(first.fetches and _is_state(f) for f in new):
        return True  # it may compare times, which a layer may round
    if then.opaque:
        return False
    changed = then.writes
    return any(conflict(a, b) for a in made for b in changed if _cleans(a, b, shipped))


def _removes(then: Effect, made: Sequence[Footprint]) -> bool:
    """Whether packages are taken away: a layer of their own would keep them."""
    changed = then.writes if then.removes else ()
    return any(f.kind and conflict(f, b) for f in made for b in changed)


def _is_state(made: Footprint) -> bool:
    """Where package lists are kept: no build compares their times."""
    return made.name.startswith(("/var/lib", "/var/cache", "/var/log", "/run"))


def _cleans(made: Footprint, changed: Footprint, shipped: bool) -> bool:
    """`rm -r`, `chmod -R`, the emptying of a cache: a layer of its own leaves a copy below it.

    A file that is changed in place may be a hard link of another one that was installed; a pattern
    stands for new files somewhere, such as byte code; a folder with files in it is no file.
    """
    if changed.owner in (GONE, RIGHTS):
        return shipped or changed.owner == RIGHTS
    if changed.access is not Access.WRITE or changed.kind or changed.extent is Extent.GLOB:
        return False
    if changed.extent is Extent.POINT and made.name.startswith(f"{changed.name}/"):
        return False
    if made.kind in _OF_THE_SYSTEM:
        return _is_packaged(changed)
    return made.owner not in (GONE, NEW_FOLDER)


def _is_packaged(changed: Footprint) -> bool:
    """Where packages of the system have files of which some are hard links of others."""
    if changed.name in ("/", "/usr") or changed.name.startswith("?"):
        return True
    return changed.name.startswith("/usr/") and not changed.name.startswith("/usr/local/")


def _uses(then: Effect, fetched: Sequence[Footprint], between: Sequence[Effect]) -> bool:
    """Whether it may look at what was fetched, and would find it grown old."""
    if then.compiles:
        return False
    if then.opaque:
        gone = [f for effect in between for f in effect.writes if f.owner == GONE]
        return not any(conflict(a, b) for a in fetched for b in gone)
    return any(conflict(a, b) for a in fetched for b in then.reads)


def used(cut: Cut, own: Mapping[int, Wish], apart: Collection[int]) -> dict[int, Wish]:
    """The wishes whose parts do not stand together: `apart` has the places of the lower ones."""
    found: dict[int, Wish] = {}
    for position, group in cut.groups.items():
        wish = own[position]
        if isinstance(wish, frozenset):
            kept: Wish = wish if group[1] in apart else ()
        else:
            kept = tuple(b for b, place in zip(wish, group[1:], strict=True) if place in apart)
        if kept:
            found[position] = kept
    return found
