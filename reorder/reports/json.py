"""Results as JSON, version 1 (the fields are in docs/json.md)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from reorder.effects.effect import Footprint
from reorder.effects.place import Step
from reorder.graph import Edge
from reorder.pipeline import Result
from reorder.plan import StagePlan
from reorder.reports.text import diff
from reorder.reports.words import code_change, moves

VERSION = 1


def render(entries: Sequence[Mapping[str, Any]]) -> str:
    """The document for a run over files."""
    return json.dumps({"version": VERSION, "files": list(entries)}, indent=2) + "\n"


def entry(path: str, result: Result) -> dict[str, Any]:
    """One file: what changes and what it saves."""
    change = code_change(result)
    return {
        "path": path,
        "changed": result.changed,
        "seconds": {"before": _s(result.seconds_before), "after": _s(result.seconds_after)},
        "code_change": change and {"before": _s(change[0]), "after": _s(change[1])},
        "moves": [
            {
                "line": move.instruction.line,
                "end_line": move.instruction.end_line,
                "keyword": move.instruction.keyword,
                "passes": [other.line for other in move.passes],
                "direction": "up" if move.upwards else "down",
                "reason": move.why,
            }
            for move in moves(result)
        ],
        "diff": diff(path, result),
        "error": None,
    }


def failure(path: str, message: str, line: int | None = None) -> dict[str, Any]:
    """One file that could not be read, parsed or proved."""
    return {"path": path, "changed": False, "error": {"message": message, "line": line}}


def explanation(path: str, result: Result) -> str:
    """`reorder why FILE --format json`: every instruction and every edge, stage by stage."""
    stages = [_stage(plan) for plan in result.plans]
    return json.dumps({"version": VERSION, "path": path, "stages": stages}, indent=2) + "\n"


def _stage(plan: StagePlan) -> dict[str, Any]:
    stage, steps = plan.stage.stage, plan.stage.steps
    return {
        "index": stage.index,
        "name": stage.name,
        "base": stage.base,
        "line": stage.from_.line,
        "instructions": [_instruction(step) for step in steps],
        "edges": [_edge(edge, steps) for edge in plan.edges],
        "order": [steps[item].instruction.line for item in plan.items],
        "seconds": {"before": _s(plan.before), "after": _s(plan.after), "gap": _s(plan.gap)},
    }


def _instruction(step: Step) -> dict[str, Any]:
    return {
        "keyword": step.instruction.keyword,
        "line": step.instruction.line,
        "end_line": step.instruction.end_line,
        "reads": [_footprint(f) for f in step.effect.reads],
        "writes": [_footprint(f) for f in step.effect.writes],
        "seconds": _s(step.effect.seconds),
        "opaque": step.effect.opaque,
    }


def _footprint(footprint: Footprint) -> dict[str, Any]:
    found: dict[str, Any] = {
        "resource": footprint.resource,
        "name": footprint.name,
        "access": footprint.access.value,
        "why": footprint.why,
    }
    if footprint.resource == "path":
        found["extent"] = footprint.extent.value
    if footprint.members and footprint.resource == "path" and footprint.extent.value == "listed":
        found["members"] = list(footprint.members)
    return found


def _edge(edge: Edge, steps: Sequence[Step]) -> dict[str, Any]:
    return {
        "from_line": steps[edge.before].instruction.line,
        "to_line": steps[edge.after].instruction.line,
        "resource": edge.resource,
        "reason": edge.reason,
    }


def _s(value: float) -> float:
    return round(value, 3)
