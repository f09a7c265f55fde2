"""Seconds and change events -> the cost problem of a stage, in whole numbers.

Milliseconds and event weights are integers, so that every comparison of orders is exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache

from reorder.effects.instruction import AnalysedStage
from reorder.effects.place import Step
from reorder.volatile import is_volatile, kinds

# An order with one inversion more must save at least this much: the smallest edit wins. It is the
# time of a COPY (FACTS), so that two COPYs are never swapped for their own sake.
MOVE_SECONDS = 0.5
_SCALE = 1000


@dataclass(frozen=True, slots=True)
class ChangeEvent:
    """A kind of rebuild: `weight` in parts of the total; `kinds` of files that changed."""

    weight: int
    kinds: frozenset[str]


@dataclass(frozen=True, slots=True)
class StageCost:
    """Milliseconds and event mask of each step of a stage."""

    milliseconds: tuple[int, ...]
    touches: tuple[int, ...]

    def first(self, count: int) -> StageCost:
        """The cost of the first steps."""
        return StageCost(self.milliseconds[:count], self.touches[:count])

    def after(self, count: int) -> StageCost:
        """The cost of the steps behind the first ones."""
        return StageCost(self.milliseconds[count:], self.touches[count:])

    def plus(self, more: StageCost) -> StageCost:
        """The cost of these steps, then those."""
        return StageCost(self.milliseconds + more.milliseconds, self.touches + more.touches)


@dataclass(frozen=True, slots=True)
class Costing:
    """`of_stage`: the mask of all events that touch each stage above."""

    events: Sequence[ChangeEvent]
    of_stage: tuple[int, ...] = ()

    def of(self, steps: Sequence[Step]) -> StageCost:
        """The cost problem of some steps of a stage."""
        touches = tuple(_touches(step, self.events, self.of_stage) for step in steps)
        return StageCost(tuple(round(step.effect.seconds * 1000) for step in steps), touches)

    def below(self, analysed: AnalysedStage) -> Costing:
        """The costing of the next stage: what copies from this one is touched by all that
        touches it."""
        parent = analysed.stage.base_stage
        mask = 0 if parent is None else self.of_stage[parent]
        for touch in self.of(analysed.steps).touches:
            mask |= touch
        return Costing(self.events, (*self.of_stage, mask))


@cache
def prior_events() -> tuple[ChangeEvent, ...]:
    """Events without a history: kinds nested by how often they change.

    Who edits a manifest edits other files in the same commit, so the rarer event is taken to be
    part of the more frequent one; that never overstates what a move saves.
    """
    shares = {kind: round(share * _SCALE) for kind, share in kinds()["share"].items()}
    ranked = sorted(shares, key=lambda kind: (-shares[kind], kind))
    events = []
    for n, kind in enumerate(ranked):
        rarer = shares[ranked[n + 1]] if n + 1 < len(ranked) else 0
        events.append(ChangeEvent(shares[kind] - rarer, frozenset(ranked[: n + 1])))
    return tuple(events)


def total_weight() -> int:
    """The weight of all rebuilds, those that touch no file of the image among them."""
    return _SCALE


def _touches(step: Step, events: Sequence[ChangeEvent], of_stage: Sequence[int]) -> int:
    if is_volatile(step):
        return (1 << len(events)) - 1
    mask = 0
    for stage in step.stages:
        mask |= of_stage[stage] if stage < len(of_stage) else 0
    kinds = {kind for source in step.sources for kind in _kinds(source, step)}
    for bit, event in enumerate(events):
        if event.kinds & kinds:
            mask |= 1 << bit
    return mask


def _kinds(source: str, step: Step) -> frozenset[str]:
    """`package*.json` -> manifest and lock; a folder or a glob of code -> other."""
    name = source.rpartition("/")[2]
    if not name or name.startswith("*"):
        return frozenset(["other"])
    found = frozenset(
        kind
        for kind, patterns in kinds()["patterns"].items()
        if any(fnmatchcase(name, p) or fnmatchcase(p, name) for p in patterns)
    )
    if found:
        return found
    is_file = source in step.brought.values() if step.brought else "." in name.lstrip(".")
    return frozenset(["named" if is_file else "other"])
