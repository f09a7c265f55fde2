"""Why one instruction needs another, and why it may pass another: footprints -> sentences."""

from __future__ import annotations

import re
from collections.abc import Sequence

from reorder.effects.effect import Access, Footprint
from reorder.effects.place import Step
from reorder.graph import Edge
from reorder.plan import StagePlan
from reorder.reports.words import barrier, path_of, short
from reorder.split import Refused

# A reason that names its own subject; all others continue "it ...".
_SUBJECTS = ("`", "/", "a ", "the ", "its ", "later ", "Python ", "downloads ")
_TEMPLATE = re.compile(r"@\S+")
_UNKNOWN = re.compile(r"\?\w+(/?)")


def direct(edges: Sequence[Edge]) -> tuple[Edge, ...]:
    """The edges that do not follow from others: a-b, b-c, a-c -> a-b, b-c."""
    above: dict[int, int] = {}
    for edge in sorted(edges, key=lambda e: e.after):
        reach = above.get(edge.before, 0) | 1 << edge.before
        above[edge.after] = above.get(edge.after, 0) | reach
    implied: dict[int, int] = {}
    for edge in edges:
        implied[edge.after] = implied.get(edge.after, 0) | above.get(edge.before, 0)
    return tuple(e for e in edges if not implied[e.after] >> e.before & 1)


def sentence(edge: Edge, steps: Sequence[Step]) -> str:
    """`it runs in /app, and line 3 sets the working directory`."""
    if edge.first is None or edge.then is None:
        return edge.reason
    earlier, later = steps[edge.before], steps[edge.after]
    variable = edge.then.name if edge.first.access is Access.READ else edge.first.name
    own = _clause(later, edge.then, variable)
    other = _clause(earlier, edge.first, variable)
    line = earlier.instruction.line
    told = f"in line {line} {other}" if other.startswith(_SUBJECTS) else f"line {line} {other}"
    return f"{own if own.startswith(_SUBJECTS) else f'it {own}'}, and {told}"


def _clause(step: Step, footprint: Footprint, variable: str) -> str:
    # `?cwd/x` -> `x`
    why = _UNKNOWN.sub(lambda m: "" if m[1] else "a folder that is not known", footprint.why)
    if step.effect.opaque is not None and footprint.why == step.effect.opaque:
        return f"may do anything ({why})"
    if footprint.resource == "env":
        return why.removesuffix(" it") + f" {variable}" if why.endswith("looks at it") else why
    if footprint.resource == "path" and "@" in why:
        return _TEMPLATE.sub(path_of(footprint).replace("\\", r"\\"), why)
    return why or f"touches {footprint.name or footprint.resource}"


def held(refused: Refused, steps: Sequence[Step]) -> str:
    """Why a RUN cannot do with a part of a COPY above it."""
    copy = steps[refused.broad]
    short_copy = f"{_line(copy)} ({short(copy.instruction)})"
    return f"cannot be freed from {short_copy} by a COPY of its own: {refused.reason}"


def kept_by(plan: StagePlan, at: int) -> tuple[str, ...]:
    """What holds a step where it is: nothing is known of it, or of what it needs of a COPY."""
    steps = plan.stage.steps
    if steps[at].effect.opaque is not None:
        return barrier(steps[at].effect), *ahead(plan, at)
    found = tuple(held(refused, steps) for refused in plan.refused if refused.reader == at)
    return (*found, *ahead(plan, at)) if found else ()


def ahead(plan: StagePlan, at: int) -> tuple[str, ...]:
    """The command that its author could run above the code, for a part of what this RUN does."""
    run, above = plan.stage.steps[at], plan.stage.steps[:at]
    command = run.effect.ahead
    copy = next((step for step in above if _brings_code(step)), None)
    if not command or copy is None or plan.stage.stage.base_stage is not None:
        return ()
    told = any(step.effect.ahead == command for step in above)
    if told or any(_runs(step, command) for step in (run, *above)):
        return ()
    place = f"{_line(copy)} ({short(copy.instruction)})"
    needs = "below a COPY of the files that it needs"
    return (f"a part of it could stay cached: `RUN {command}` above {place}, {needs}",)


def _brings_code(copy: Step) -> bool:
    """Whether it brings a folder, and none in which what it needs may lie already."""
    named = {word.removeprefix("./") for word in copy.instruction.words}
    inside = not named.issuperset(copy.brought.values())
    return inside and not any("/vendor/" in path for path in copy.brought)


def _runs(step: Step, command: str) -> bool:
    """Whether it runs the command, or keeps what that would fetch in a folder of the builder."""
    mounted = any(flag.name == "mount" for flag in step.instruction.flags)
    return mounted or command.rpartition(" ")[2] in step.instruction.rest


def _line(step: Step) -> str:
    return f"line {step.instruction.line}"
