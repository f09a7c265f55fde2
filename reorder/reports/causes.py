"""What re-runs an instruction, what does not, and where it could stand: data for the reports."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from msgspec import Struct

from reorder.controls import kept
from reorder.cost import Changes
from reorder.effects.effect import Access
from reorder.effects.place import Step
from reorder.plan import StagePlan
from reorder.reports.touched import sets
from reorder.reports.words import listed
from reorder.result import Result

# BuildKit runs and caches these only; all others are settings.
LAYERS = frozenset(("RUN", "COPY", "ADD", "WORKDIR"))
# Settings that are part of the key of each RUN below.
IN_KEYS = frozenset(("ENV", "ARG", "USER", "SHELL"))
_METADATA = "a line above (metadata such as LABEL excepted)"
_PINNED = ("@sha256:", "scratch")


class Cause(Struct, frozen=True):
    """Something that re-runs a step; `line` is the instruction that looks at it.

    `kind` is files, stage, value, image or edit. `share` is the part of all rebuilds, 0 to 1, and
    `commits` how many of the commits that are looked at; None where nobody counts.
    """

    kind: str
    what: str
    line: int
    share: float | None = None
    commits: int | None = None


class Room(Struct, frozen=True):
    """The lines between which an instruction may stand; None: the top or the end of the stage."""

    below: int | None
    above: int | None


def causes(plan: StagePlan, at: int, changes: Changes) -> tuple[Cause, ...]:
    """What re-runs the step where it stands, the most frequent first; nothing for a setting."""
    steps = plan.stage.steps
    if steps[at].instruction.keyword not in LAYERS:
        return ()
    counted = [cause for n in range(at + 1) for cause in _of_step(plan, n, at, changes)]
    counted.sort(key=lambda cause: -(cause.share or 0.0))
    return (*counted, *_image(plan), _edit(steps, at))


def without_effect(plan: StagePlan, at: int, changes: Changes) -> tuple[Cause, ...]:
    """What changes further down in the stage and does not re-run the step."""
    steps = plan.stage.steps
    if steps[at].instruction.keyword not in LAYERS:
        return ()
    run_by = {cause.what for cause in causes(plan, at, changes)}
    below = range(at + 1, len(steps))
    found = [cause for n in below for cause in _of_step(plan, n, len(steps) - 1, changes)]
    return tuple(cause for cause in found if cause.what not in run_by)


def room(plan: StagePlan, at: int, pinned: Collection[int] = ()) -> Room | None:
    """Where it may stand while all others stay; None when the author has pinned it."""
    steps = plan.stage.steps
    line = steps[at].instruction.line
    pins = [step.instruction.line for step in steps if step.instruction.line in pinned]
    if line in pins:
        return None
    needs = [steps[e.before].instruction.line for e in plan.edges if e.after == at]
    needed = [steps[e.after].instruction.line for e in plan.edges if e.before == at]
    return Room(
        max((*needs, *(pin for pin in pins if pin < line)), default=None),
        min((*needed, *(pin for pin in pins if pin > line)), default=None),
    )


def pinned(result: Result) -> frozenset[int]:
    """Lines of the instructions that a comment of the author keeps where they are."""
    dockerfile = result.analysis.dockerfile
    return frozenset(dockerfile.instructions[position].line for position in kept(dockerfile))


def _of_step(plan: StagePlan, n: int, until: int, changes: Changes) -> Iterator[Cause]:
    """What comes into the stage with the step `n` and reaches the step `until`."""
    step = plan.stage.steps[n]
    line = step.instruction.line
    if step.sources:
        mask = changes.mask(step)
        names = listed(dict.fromkeys(source or "." for source in step.sources))
        what = f"a change of {names}"
        yield Cause("files", what, line, _share(plan, mask), _commits(changes, mask))
    for index in step.stages:
        # Files of its own, as of a bind mount, are told above.
        name = plan.stage.stages[index].name or str(index)
        mask = plan.cost.touches[n] & ~changes.mask(step)
        what = f"a change of what it takes from the stage {name}"
        yield Cause("stage", what, line, _share(plan, mask), _commits(changes, mask))
    if step.instruction.keyword == "ARG":
        yield from _values(plan, n, until, changes)


def _values(plan: StagePlan, n: int, until: int, changes: Changes) -> Iterator[Cause]:
    """A RUN has every ARG above it in its key, other instructions those that they name."""
    steps = plan.stage.steps
    every = (1 << len(changes.events)) - 1
    for name in sets(steps[n]):
        share = _share(plan, every) if changes.volatile.has(name) else None
        if any(_keyed(step, name) for step in steps[n + 1 : until + 1]):
            yield Cause("value", f"a new value of ARG {name}", steps[n].instruction.line, share)


def _keyed(step: Step, name: str) -> bool:
    if step.instruction.keyword == "RUN":
        return True
    return step.instruction.keyword in ("COPY", "ADD", "WORKDIR") and any(
        f.resource == "env" and f.name == name and f.access is Access.READ
        for f in step.effect.footprints
    )


def _image(plan: StagePlan) -> Iterator[Cause]:
    stage = plan.stage.stage
    if stage.base_stage is not None:
        yield Cause("stage", f"a change of the stage {stage.base} below it", stage.from_.line)
    elif not any(part in stage.base for part in _PINNED):
        yield Cause("image", f"a new image {stage.base}", stage.from_.line)


def _edit(steps: Sequence[Step], at: int) -> Cause:
    other = f" or of {_METADATA}" if at else ""
    return Cause("edit", f"an edit of it{other}", steps[at].instruction.line)


def _share(plan: StagePlan, mask: int) -> float:
    touched = (w for bit, w in enumerate(plan.cost.weights) if mask >> bit & 1)
    return sum(touched) / plan.cost.total


def _commits(changes: Changes, mask: int) -> int | None:
    return mask.bit_count() if changes.note else None
