"""The texts that the Dockerfile has put where programs look: files of the context, RUNs that write.

COPY pip.conf /etc/  ->  what pip.conf says
RUN echo "x=1" >> /etc/x.conf  ->  that line
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Sequence

from reorder.context.files import Context
from reorder.effects.effect import GONE, INSTALLS, RIGHTS, Access, Footprint
from reorder.effects.place import Step
from reorder.syntax.dockerfile import Instruction
from reorder.syntax.stages import Scope

_NAME = re.compile(r"\$\{?(\w+)")


def texts_of(
    steps: Sequence[Step], context: Context | None
) -> Callable[[Footprint], tuple[tuple[str, bool], ...]]:
    """For a read: the files of the context at its paths (True), and RUNs that write just these."""
    known = [(step, _paths(step)) for step in steps]

    def texts(read: Footprint) -> tuple[tuple[str, bool], ...]:
        found: list[tuple[str, bool]] = []
        for step, paths in known:
            here = _within(paths, read.name)
            if here and step.instruction.keyword == "RUN":
                found.append((text_of_run(step.instruction, step.scope), False))
                continue
            for path in here:
                content = (context and context.read(step.brought[path])) or b""
                found.append((content.decode("utf-8", "replace"), True))
        return tuple(found)

    return texts


def _paths(step: Step) -> Sequence[str]:
    """Sorted: those that a COPY brings, or a RUN writes."""
    if step.instruction.keyword != "RUN":
        return sorted(step.brought)
    return sorted({f.name for f in step.effect.footprints if _is_made(f)})


def _within(paths: Sequence[str], place: str) -> list[str]:
    """Of sorted paths the place itself and what is below it."""
    folder = place.rstrip("/")
    start = bisect_left(paths, f"{folder}/")
    below = paths[start : bisect_left(paths, f"{folder}0", start)]  # "0" follows "/"
    at = bisect_left(paths, place)
    return [*(path for path in paths[at : at + 1] if path == place), *below]


def text_of_run(instruction: Instruction, scope: Scope) -> str:
    """Its text, here-documents and the values of the variables that it names included."""
    text = "\n".join((instruction.text, *(doc.body for doc in instruction.heredocs)))
    values = (scope.values.get(name) for name in set(_NAME.findall(text)))
    return "\n".join((text, *filter(None, values)))


def makes(footprint: Footprint, read: Footprint) -> bool:
    """True when it writes what is read, or a part of it, and not all that is around."""
    return _is_made(footprint) and bool(_within([footprint.name], read.name))


def _is_made(footprint: Footprint) -> bool:
    own = footprint.access is Access.WRITE and footprint.kind not in INSTALLS
    return own and footprint.owner not in (RIGHTS, GONE)
