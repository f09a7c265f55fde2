"""Files that two COPYs bring: the second one changes nothing of them."""

from __future__ import annotations

from collections.abc import Sequence

from reorder.effects.effect import Access, Footprint
from reorder.effects.paths import conflict, meets
from reorder.effects.place import Step, same_file, writes_file

# What the check takes for no plain name of a file.
_HARD = "[$<\\\"':"


def brought_before(steps: Sequence[Step], copy: int, run: int) -> frozenset[str]:
    """Files of the COPY that an earlier one brings, above the RUN too, and none has changed since.

    The RUN itself must leave it as it is; who changes it further down conflicts with both.
    """
    found: set[str] = set()
    for first in range(min(copy, run)):
        own_part = steps[first].instruction.line == steps[copy].instruction.line
        if _accounts(steps[first : copy + 1]) or not (own_part or alike(steps, first, copy)):
            continue
        between = steps[first + 1 : max(copy, run)]
        for path in steps[first].brought:
            if same_file(steps[first], steps[copy], path) and _kept(between, steps[copy], path):
                found.add(path)
    own = [f for f in steps[run].effect.writes if f.resource == "path"]
    return frozenset(p for p in found if not any(meets(f, _point(p)) for f in own))


def _point(path: str) -> Footprint:
    return Footprint("path", path, Access.READ)


def alike(steps: Sequence[Step], first: int, copy: int) -> bool:
    """True when the check can tell that the folder of a COPY has all files of the first one."""
    one, whole = steps[first].instruction, steps[copy].instruction
    plain = all(
        flag.name == "chmod" or (flag.name == "chown" and flag.value.replace(":", "").isdigit())
        for flag in (*one.flags, *whole.flags)
    )
    words = "".join((*one.words[:-1], *whole.words[:-1]))
    return (
        plain
        and one.line != whole.line
        and one.keyword == "COPY"
        and whole.keyword in ("COPY", "ADD")
        and len(whole.words) == 2
        and not any(char in words for char in _HARD)
        and not steps[first].effect.links
        and all(same_file(steps[first], steps[copy], path) for path in steps[first].brought)
        and not any(step.effect.clock for step in steps)
    )


def _accounts(steps: Sequence[Step]) -> list[Footprint]:
    """What changes the accounts that the first step looks up for its --chown."""
    if not any(flag.name == "chown" for flag in steps[0].instruction.flags):
        return []
    reads = [
        f for f in steps[0].effect.reads if f.resource == "path" and f.name.startswith("/etc/")
    ]
    return [f for step in steps for f in step.effect.writes if any(conflict(r, f) for r in reads)]


def _kept(between: Sequence[Step], copy: Step, path: str) -> bool:
    return not any(
        writes_file(f, path)
        for step in between
        if not same_file(step, copy, path)
        for f in step.effect.writes
    )
