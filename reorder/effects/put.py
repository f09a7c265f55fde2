"""The texts that the Dockerfile has put where programs look: files of the context, RUNs that write.

COPY pip.conf /etc/  ->  what pip.conf says
RUN echo "x=1" >> /etc/x.conf  ->  that line
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Sequence

from reorder.context.files import Context
from reorder.effects.effect import GONE, INSTALLS, RIGHTS, Access, Extent, Footprint
from reorder.effects.paths import below, join, meets
from reorder.effects.place import Step
from reorder.syntax.dockerfile import Instruction
from reorder.syntax.stages import Scope

_NAME = re.compile(r"\$\{?(\w+)")
_WORD_ENDS = re.compile(r"[\s\"'`=:,;|&()<>{}$\\]+")


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
    at = bisect_left(paths, place)
    return [*(path for path in paths[at : at + 1] if path == place), *below(paths, place)]


def text_of_run(instruction: Instruction, scope: Scope) -> str:
    """Its text, here-documents and the values of the variables that it names included."""
    text = "\n".join((instruction.text, *(doc.body for doc in instruction.heredocs)))
    values = (scope.values.get(name) for name in set(_NAME.findall(text)))
    return "\n".join((text, *filter(None, values)))


def named_in_text(
    instruction: Instruction, above: Sequence[Step], scope: Scope, known: Sequence[Footprint]
) -> list[Footprint]:
    """What a COPY has brought and a RUN names, though no command is `known` to touch it.

    RUN echo "see package.json" && ...  ->  it reads package.json: who reads the text alone, as the
    check does, cannot tell.
    """
    brought = sorted(path for step in above for path in step.brought)
    words = set(_WORD_ENDS.split(text_of_run(instruction, scope))) if brought else ()
    found: list[Footprint] = []
    for word in sorted(word for word in words if "/" in word or "." in word.strip(".")):
        path = join(scope.cwd, word)
        named = Footprint("path", path, Access.READ, Extent.TREE, why=f"names {path}")
        touched = (f for f in known if f.resource == "path" and meets(f, named))
        if _within(brought, path) and next(touched, None) is None:
            found.append(named)
    return found


def makes(footprint: Footprint, read: Footprint) -> bool:
    """True when it writes what is read, or a part of it, and not all that is around."""
    return _is_made(footprint) and bool(_within([footprint.name], read.name))


def _is_made(footprint: Footprint) -> bool:
    own = footprint.access is Access.WRITE and footprint.kind not in INSTALLS
    return own and footprint.owner not in (RIGHTS, GONE)
