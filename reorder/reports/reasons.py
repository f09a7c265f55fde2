"""Why one instruction needs another, and why it may pass another: footprints -> sentences."""

from __future__ import annotations

import re
from collections.abc import Sequence

from reorder.effects.effect import Access, Extent, Footprint
from reorder.effects.paths import conflict
from reorder.effects.place import Step
from reorder.graph import Edge
from reorder.plan import StagePlan
from reorder.reports.touched import sets, telling
from reorder.reports.words import Move, barrier, listed, path_of, short
from reorder.split import Refused

# A reason that names its own subject; all others continue "it ...".
_SUBJECTS = ("`", "/", "a ", "the ", "its ", "later ", "Python ", "downloads ")
_TEMPLATE = re.compile(r"@\S+")
_UNKNOWN = re.compile(r"\?\w+(/?)")
_COPIES = ("COPY", "ADD")
_NAMES = ("ENV", "ARG")


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


def may_pass(move: Move) -> tuple[str, ...]:
    """One sentence for every instruction that is passed: why the two commute."""
    return tuple(
        _freed(move.step, other)
        if other.instruction.line in move.freed
        else _pair(move.step, other)
        for other in move.passes
    )


def _freed(a: Step, b: Step) -> str:
    copy, reader = sorted((a, b), key=lambda step: step.instruction.keyword == "RUN")
    text = f"{_line(reader)} reads of what {_line(copy)} brings only what is copied above it"
    return f"{text}: {_work(reader)}"


def _pair(a: Step, b: Step) -> str:
    """The two commute: the sentence says by what each of them does."""
    for one, other in ((a, b), (b, a)):
        kinds = one.instruction.keyword, other.instruction.keyword
        if kinds[0] in _NAMES:
            return f"{_line(other)} does not look at {listed(sets(one), 8)}"
        if kinds[0] == "RUN" and kinds[1] in _COPIES:
            return _freed(one, other) if _meet(one, other) else _run_and_copy(one, other)
        if kinds[0] not in ("RUN", *_COPIES):
            only = next((f.why for f in one.effect.writes if f.why), "changes the image config")
            return f"{_line(one)} only {only}, which {_line(other)} does not look at"
    if a.instruction.keyword == "RUN":
        return f"neither reads or writes what the other writes: {_work(a)}; {_work(b)}"
    what = "the same file where they meet" if _meet(a, b) else "different files"
    return f"they bring {what}: {_line(a)} {_files(a)}, {_line(b)} {_files(b)}"


def _meet(one: Step, copy: Step) -> bool:
    """Whether the two may swap only because another COPY brings the same files."""
    return any(
        conflict(f, written)
        for f in one.effect.footprints
        for written in copy.effect.writes
        if written.extent is Extent.LISTED and written.access is Access.WRITE
    )


def _run_and_copy(run: Step, copy: Step) -> str:
    text = f"{_line(run)} neither reads nor writes what {_line(copy)} brings ({_files(copy)})"
    if any(f.extent is Extent.MODULES for f in run.effect.reads):
        text += ", and imports no module of such a name"
    return f"{text}: {_work(run)}"


def _work(run: Step) -> str:
    """`line 8 runs only what has a model (`python`), and writes /cache/**`."""
    written = list(telling(run.effect.writes))
    work = f", and writes {listed(written)}" if written else ""
    return f"{_line(run)} runs only what has a model ({listed(_modelled(run), 2)}){work}"


def _modelled(run: Step) -> list[str]:
    """The commands and calls that its reasons name: "`pip install -r` reads x" -> `pip install`."""
    reasons = (f.why for f in run.effect.footprints if f.resource == "path")
    named = (why.split("`")[1].partition(" -")[0] for why in reasons if why.startswith("`"))
    return [f"`{name}`" for name in named] or ["shell commands"]


def _files(copy: Step) -> str:
    for f in copy.effect.writes:
        if f.resource == "path" and f.access is Access.WRITE:
            return listed(f.members) if f.extent is Extent.LISTED else path_of(f)
    return "no file"


def _line(step: Step) -> str:
    return f"line {step.instruction.line}"
