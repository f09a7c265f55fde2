"""The commits of a context replayed against the layer cache, as BuildKit looks its steps up.

A step re-runs when the one above it in its stage does, or any of the stage that it starts from.
Else a COPY, an ADD or a mount does when a file changes that it brings, or when a stage re-runs
anything that it takes files from; a RUN when a variable in its scope has a new value, the others
when they name such a variable. A `COPY --link` does not look at what is above it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import fmean, median
from typing import NamedTuple

from reorder.context.cover import Cover, cover
from reorder.context.files import Context
from reorder.context.history import Event
from reorder.cost import ChangeEvent, Changes, StageCost
from reorder.effects.effect import Access
from reorder.effects.place import Step
from reorder.plan import StagePlan
from reorder.result import Result
from reorder.syntax.stages import reachable

_LAYERS = frozenset(["RUN", "COPY", "ADD", "WORKDIR"])
# What a COPY of the repository itself brings with every commit.
_REPOSITORY = ".git/HEAD"


class Cause(NamedTuple):
    """What a rebuild begins with; `file` is None for a new value of what `step` sets."""

    step: Step
    file: str | None


class Rebuild(NamedTuple):
    """What one commit re-runs: the seconds of each stage, and of all when they run side by side.

    `ran`: the items of the plans that re-run, by stage.
    """

    seconds: Mapping[int, float]
    wall: float
    ran: Mapping[int, tuple[int, ...]]
    cause: Cause | None

    @property
    def total(self) -> float:
        return sum(self.seconds.values())

    @property
    def hits(self) -> bool:
        """Every step is found in the cache."""
        return not any(self.ran.values())


class Replay(NamedTuple):
    """The rebuilds of `events`, the oldest first; `after` is None when nothing would change.

    `stages`: those that are built; the seconds of `measured` of `timed` steps are measured.
    """

    events: tuple[Event, ...]
    before: tuple[Rebuild, ...]
    after: tuple[Rebuild, ...] | None
    stages: tuple[StagePlan, ...]
    measured: int
    timed: int


class Figures(NamedTuple):
    """Seconds of some rebuilds; `p90`: nine of ten take no longer; `hits`: that re-run nothing."""

    mean: float
    median: float
    p90: float
    total: float
    hits: int


class _Stage(NamedTuple):
    """A stage in one order."""

    plan: StagePlan
    items: tuple[int, ...]
    cost: StageCost


class _State(NamedTuple):
    """A stage in one rebuild, as far as it is done; `fresh`: variables with a new value."""

    ran: tuple[int, ...] = ()
    stale: bool = False
    finish: float = 0.0
    fresh: Mapping[str, Step] = {}
    cause: Cause | None = None


class _Commit(NamedTuple):
    """One event, as number `bit` of the changes; `covers` are known by the sources of a COPY."""

    event: Event
    bit: int
    changes: Changes
    context: Context
    covers: dict[tuple[str, ...], Cover]

    def file(self, step: Step) -> str | None:
        """A file of the commit that the step brings; None when there is none."""
        if not self.changes.mask(step) >> self.bit & 1:
            return None
        excluded = step.instruction.flag("exclude")
        key = (*step.sources, "", *excluded)
        if key not in self.covers:
            self.covers[key] = cover(self.context, step.sources, exclude=excluded)
        found = filter(self.covers[key].has, sorted(self.event.files))
        return next(found, _REPOSITORY)


def replay(
    result: Result, context: Context, events: Sequence[Event], target: str | None = None
) -> Replay:
    """The rebuild of each of some commits, the newest first.

    Raises ValueError when no stage is called `target`.
    """
    needed = sorted(reachable([plan.stage.stage for plan in result.plans], target))
    ordered = tuple(reversed(events))
    found = tuple(ChangeEvent(1, files=event.files, id=event.id) for event in ordered)
    changes = Changes(found, len(found), context=context, volatile=result.changes.volatile)
    covers: dict[tuple[str, ...], Cover] = {}
    commits = [_Commit(e, bit, changes, context, covers) for bit, e in enumerate(ordered)]
    written = {n: _written(result.plans[n]) for n in needed}
    moved = {n: _Stage(plan, plan.items, plan.cost) for n, (plan, _, _) in written.items()}
    marks = [
        (stage.cost.measured >> item & 1, bool(stage.cost.milliseconds[item]))
        for stage in written.values()
        for item in stage.items
    ]
    return Replay(
        ordered,
        tuple(_rebuild(written, commit) for commit in commits),
        tuple(_rebuild(moved, commit) for commit in commits) if result.changed else None,
        tuple(stage.plan for stage in written.values()),
        sum(measured for measured, _ in marks),
        sum(bool(measured or takes) for measured, takes in marks),
    )


def _written(plan: StagePlan) -> _Stage:
    return _Stage(plan, tuple(range(len(plan.stage.steps))), plan.cost)


def figures(
    rebuilds: Sequence[Rebuild], stage: int | None = None, *, wall: bool = False
) -> Figures:
    """Of the whole image, of one stage, or of the image with stages side by side."""
    if stage is None:
        seconds = [rebuild.wall if wall else rebuild.total for rebuild in rebuilds]
        hits = sum(rebuild.hits for rebuild in rebuilds)
    else:
        seconds = [rebuild.seconds[stage] for rebuild in rebuilds]
        hits = sum(not rebuild.ran[stage] for rebuild in rebuilds)
    ninth = sorted(seconds)[math.ceil(0.9 * len(seconds)) - 1]
    return Figures(fmean(seconds), median(seconds), ninth, math.fsum(seconds), hits)


def _rebuild(stages: Mapping[int, _Stage], commit: _Commit) -> Rebuild:
    ends: dict[int, _State] = {}
    for index, stage in stages.items():
        ends[index] = _end(stage, ends, commit)
    seconds = {
        index: sum(stages[index].cost.milliseconds[item] for item in end.ran) / 1000.0
        for index, end in ends.items()
    }
    worst = max(seconds, key=lambda index: (bool(ends[index].ran), seconds[index]))
    return Rebuild(
        seconds,
        max(end.finish for end in ends.values()),
        {index: end.ran for index, end in ends.items()},
        ends[worst].cause if ends[worst].ran else None,
    )


def _end(stage: _Stage, ends: Mapping[int, _State], commit: _Commit) -> _State:
    base = stage.plan.stage.stage.base_stage
    state = _State() if base is None else ends[base]._replace(ran=())
    for item in stage.items:
        step = stage.plan.steps[item]
        if step.instruction.keyword in ("ENV", "ARG"):
            state = state._replace(fresh=_fresh(state.fresh, step, commit.changes))
        elif step.instruction.keyword in _LAYERS:
            above = [ends[n] for n in step.stages if n in ends]
            state = _after(state, step, item, stage.cost.seconds(item), above, commit)
    return state


def _after(
    state: _State, step: Step, item: int, seconds: float, above: Sequence[_State], commit: _Commit
) -> _State:
    """The state below a step; `above`: the stages that it takes files from."""
    cause = _cause(state, step, above, commit)
    runs = cause is not None or (state.stale and not _stands_alone(step))
    return state._replace(
        ran=(*state.ran, item) if runs else state.ran,
        stale=state.stale or cause is not None,
        finish=max([state.finish, *(end.finish for end in above)]) + (seconds if runs else 0.0),
        cause=state.cause or cause,
    )


def _cause(state: _State, step: Step, above: Sequence[_State], commit: _Commit) -> Cause | None:
    """Why a step re-runs by itself, whatever is above it."""
    file = commit.file(step)
    if file is not None:
        return Cause(step, file)
    for end in above:
        if end.stale:
            return end.cause
    seen = state.fresh if step.instruction.keyword == "RUN" else state.fresh.keys() & _reads(step)
    return next((Cause(state.fresh[name], None) for name in sorted(seen)), None)


def _stands_alone(step: Step) -> bool:
    """`COPY --link` fills an empty layer; with --chmod it does not."""
    flags = {flag.name: flag.value for flag in step.instruction.flags}
    return flags.get("link", "false").lower() != "false" and "chmod" not in flags


def _fresh(fresh: Mapping[str, Step], step: Step, changes: Changes) -> Mapping[str, Step]:
    """The variables with a new value below an ENV or ARG."""
    new = changes.volatile.part(step)
    if changes.volatile.of(step) or _reads(step) & fresh.keys():
        new = frozenset(
            f.name
            for f in step.effect.footprints
            if f.resource == "env" and f.access is Access.WRITE
        )
    return {**fresh, **dict.fromkeys(new, step)}


def _reads(step: Step) -> frozenset[str]:
    return frozenset(
        f.name for f in step.effect.footprints if f.resource == "env" and f.access is Access.READ
    )
