"""Results as JSON, version 1 (the fields are in docs/json.md)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from reorder.effects.effect import Effect, Extent, Footprint
from reorder.effects.place import Step
from reorder.graph import Edge
from reorder.plan import StagePlan
from reorder.reports.causes import Cause, Room, causes, pinned, room
from reorder.reports.outcome import Done, Failed, Outcome
from reorder.reports.passing import may_pass
from reorder.reports.reasons import direct, sentence
from reorder.reports.text import diff
from reorder.reports.words import (
    Move,
    added,
    barrier,
    code_change,
    legible,
    moves,
    remarks,
    share_of_rebuilds,
)
from reorder.result import Result

VERSION = 1


def render(outcomes: Sequence[Outcome]) -> str:
    """The document for a run over files."""
    return document({"files": [_file(outcome) for outcome in outcomes]})


def _file(outcome: Outcome) -> dict[str, Any]:
    return _failed(outcome) if isinstance(outcome, Failed) else _done(outcome)


def _done(done: Done) -> dict[str, Any]:
    """One file: what changes, what it saves, and the ways in which it is built."""
    result = done.result
    change = code_change(result)
    steps = [step for plan in result.plans for step in plan.stage.steps]
    return {
        "path": legible(done.path),
        "changed": result.changed,
        "seconds": {"before": _s(result.seconds_before), "after": _s(result.seconds_after)},
        "measured": _measured(result),
        "code_change": change and {"before": _s(change[0]), "after": _s(change[1])},
        "moves": [_move(move) for move in moves(result)],
        "added": [
            {"text": legible(new.text), "of_line": new.broad.line, "for_line": new.reader.line}
            for new in added(result)
        ],
        "opaque": [
            {"line": step.instruction.line, "reason": barrier(step.effect)}
            for step in steps
            if step.effect.opaque is not None
        ],
        "contexts": list(done.contexts),
        "notes": [legible(note) for note in (*done.notes, *remarks(result))],
        "diff": legible(diff(done.path, result)),
        "error": None,
    }


def _failed(failure: Failed) -> dict[str, Any]:
    """One file that could not be read, parsed, written or proved."""
    return {
        "path": legible(failure.path),
        "changed": False,
        "seconds": None,
        "measured": None,
        "code_change": None,
        "moves": [],
        "added": [],
        "opaque": [],
        "contexts": [],
        "notes": [],
        "diff": "",
        "error": {
            "message": legible(failure.message),
            "line": failure.line,
            "status": failure.status,
        },
    }


def explanation(path: str, result: Result) -> str:
    """`reorder why FILE --format json`: every instruction and every edge, stage by stage."""
    stages = [_stage(result, plan) for plan in result.plans]
    return document({"path": legible(path), "stages": stages})


def document(body: Mapping[str, Any]) -> str:
    """A document of this version."""
    return json.dumps({"version": VERSION, **body}, indent=2) + "\n"


def _move(move: Move) -> dict[str, Any]:
    return {
        "line": move.instruction.line,
        "end_line": move.instruction.end_line,
        "keyword": move.instruction.keyword,
        "direction": "up" if move.upwards else "down",
        "passes": [other.instruction.line for other in move.passes],
        "reasons": [legible(reason) for reason in may_pass(move)],
    }


def _stage(result: Result, plan: StagePlan) -> dict[str, Any]:
    stage, steps = plan.stage.stage, plan.stage.steps
    pins = pinned(result)
    near = set(direct(plan.edges))
    return {
        "index": stage.index,
        "name": stage.name,
        "base": legible(stage.base),
        "line": stage.from_.line,
        "instructions": [
            {
                **_instruction(plan, at),
                "reruns": _reruns(plan, at),
                "causes": [_cause(cause) for cause in causes(plan, at, result.changes)],
                "room": _room(room(plan, at, pins)),
            }
            for at in range(len(steps))
        ],
        "edges": [_edge(edge, steps, edge in near) for edge in plan.edges],
        "order": [_placed(plan, item) for item in plan.items],
        "refused": [
            {
                "of_line": steps[refused.broad].instruction.line,
                "for_line": steps[refused.reader].instruction.line,
                "reason": legible(refused.reason),
            }
            for refused in plan.refused
        ],
        "seconds": {"before": _s(plan.before), "after": _s(plan.after), "gap": _s(plan.gap)},
    }


def _placed(plan: StagePlan, item: int) -> int | str:
    """The line of an instruction of the file, the text of a new one."""
    own = plan.stage.steps
    return own[item].instruction.line if item < len(own) else plan.parts[item - len(own)].text


def _measured(result: Result) -> list[int]:
    """The lines of the instructions whose seconds come from a build log."""
    return [
        step.instruction.line
        for plan in result.plans
        for at, step in enumerate(plan.stage.steps)
        if plan.cost.measured >> at & 1
    ]


def _instruction(plan: StagePlan, at: int) -> dict[str, Any]:
    step = plan.stage.steps[at]
    return {
        "keyword": step.instruction.keyword,
        "line": step.instruction.line,
        "end_line": step.instruction.end_line,
        "reads": _footprints(step.effect.reads),
        "writes": _footprints(step.effect.writes),
        "seconds": _s(plan.cost.seconds(at)),
        "measured": bool(plan.cost.measured >> at & 1),
        "opaque": _opaque(step.effect),
    }


def _reruns(plan: StagePlan, at: int) -> dict[str, float]:
    new = plan.items[: plan.items.index(at) + 1]
    return {
        "before": _s(share_of_rebuilds(plan, range(at + 1))),
        "after": _s(share_of_rebuilds(plan, new)),
    }


def _cause(cause: Cause) -> dict[str, Any]:
    return {
        "kind": cause.kind,
        "what": legible(cause.what),
        "line": cause.line,
        "share": None if cause.share is None else _s(cause.share),
        "commits": cause.commits,
    }


def _room(found: Room | None) -> dict[str, int | None] | None:
    return None if found is None else {"below": found.below, "above": found.above}


def _opaque(effect: Effect) -> str | None:
    return None if effect.opaque is None else legible(effect.opaque)


def _footprints(footprints: Sequence[Footprint]) -> list[dict[str, Any]]:
    """Each resource once for a way it is touched, with the first reason."""
    first: dict[tuple[Any, ...], Footprint] = {}
    for f in footprints:
        first.setdefault((f.resource, f.name, f.access, f.extent, f.members), f)
    return [_footprint(f) for f in first.values()]


def _footprint(footprint: Footprint) -> dict[str, Any]:
    found: dict[str, Any] = {
        "resource": footprint.resource,
        "name": legible(footprint.name),
        "access": footprint.access.value,
        "why": legible(footprint.why),
    }
    if footprint.resource == "path":
        found["extent"] = footprint.extent.value
    if footprint.extent in (Extent.LISTED, Extent.MODULES):
        found["members"] = [legible(member) for member in footprint.members]
    return found


def _edge(edge: Edge, steps: Sequence[Step], is_direct: bool) -> dict[str, Any]:
    return {
        "from_line": steps[edge.before].instruction.line,
        "to_line": steps[edge.after].instruction.line,
        "resource": legible(edge.resource),
        "reason": legible(sentence(edge, steps)),
        "direct": is_direct,
    }


def _s(value: float) -> float:
    return round(value, 3)
