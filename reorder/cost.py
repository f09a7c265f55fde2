"""Seconds and change events -> the cost problem of a stage, in whole numbers.

Milliseconds and event weights are integers, so that every comparison of orders is exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

from reorder.effects.instruction import AnalysedStage, Analysis
from reorder.effects.place import Step

# An order with one inversion more must save at least this much: the smallest edit wins.
MOVE_SECONDS = 0.3
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


@cache
def _data() -> dict[str, Any]:
    import tomllib

    return tomllib.loads((Path(__file__).parent / "context" / "kinds.toml").read_text("utf-8"))


@cache
def prior_events() -> tuple[ChangeEvent, ...]:
    """Events without a history: kinds nested by how often they change.

    Who edits a manifest edits other files in the same commit, so the rarer event is taken to be
    part of the more frequent one; that never overstates what a move saves.
    """
    shares = {kind: round(share * _SCALE) for kind, share in _data()["share"].items()}
    ranked = sorted(shares, key=lambda kind: (-shares[kind], kind))
    events = []
    for n, kind in enumerate(ranked):
        rarer = shares[ranked[n + 1]] if n + 1 < len(ranked) else 0
        events.append(ChangeEvent(shares[kind] - rarer, frozenset(ranked[: n + 1])))
    return tuple(events)


def total_weight() -> int:
    """The weight of all rebuilds, those that touch no file of the image among them."""
    return _SCALE


def stage_costs(analysis: Analysis, events: Sequence[ChangeEvent]) -> tuple[StageCost, ...]:
    """The cost problem of every stage; a COPY from a stage is touched by all that touches it."""
    of_stage: list[int] = []
    costs: list[StageCost] = []
    for analysed in analysis.stages:
        touches = tuple(_touches(step, events, of_stage) for step in analysed.steps)
        costs.append(StageCost(_milliseconds(analysed), touches))
        inherited = analysed.stage.base_stage
        mask = 0 if inherited is None else of_stage[inherited]
        for touch in touches:
            mask |= touch
        of_stage.append(mask)
    return tuple(costs)


def _milliseconds(analysed: AnalysedStage) -> tuple[int, ...]:
    return tuple(round(step.effect.seconds * 1000) for step in analysed.steps)


def _touches(step: Step, events: Sequence[ChangeEvent], of_stage: Sequence[int]) -> int:
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
        for kind, patterns in _data()["patterns"].items()
        if any(fnmatchcase(name, p) or fnmatchcase(p, name) for p in patterns)
    )
    if found:
        return found
    is_file = source in step.brought.values() if step.brought else "." in name.lstrip(".")
    return frozenset(["named" if is_file else "other"])
