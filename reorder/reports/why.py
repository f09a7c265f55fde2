"""`reorder why`: why each instruction stands where it stands, in words."""

from __future__ import annotations

from collections.abc import Iterator

from reorder.effects.place import Step
from reorder.graph import Edge
from reorder.pipeline import Result
from reorder.plan import StagePlan
from reorder.reports.words import seconds, short


def explain(path: str, result: Result, line: int | None = None) -> str:
    """Every instruction, or the one that holds the line; empty when no instruction does."""
    paragraphs = [
        paragraph
        for plan in result.plans
        for at, step in enumerate(plan.stage.steps)
        if line is None or step.instruction.line <= line <= step.instruction.end_line
        for paragraph in ["\n".join(_lines(path, plan, at, step))]
    ]
    return "\n\n".join(paragraphs) + "\n" if paragraphs else ""


def _lines(path: str, plan: StagePlan, at: int, step: Step) -> Iterator[str]:
    took = f"  ({seconds(step.effect.seconds)})" if step.effect.seconds else ""
    yield f"{path}:{step.instruction.line}: {short(step.instruction)}{took}"
    if step.effect.opaque:
        yield f"  stays where it is among files and variables: {step.effect.opaque}"
    needs = [edge for edge in plan.edges if edge.after == at]
    for edge in _nearest(needs):
        other = plan.stage.steps[edge.before].instruction
        yield f"  below line {other.line}, {short(other)}: {edge.reason}"
    if not needs:
        yield "  needs none of the instructions above it"
    new = plan.items.index(at)
    if new != at and plan.moves:
        yield f"  would stand at place {new + 1} of its stage, now {at + 1}"


def _nearest(needs: list[Edge]) -> list[Edge]:
    """At most eight, the lowest first: what keeps it from going higher."""
    return sorted(needs, key=lambda edge: -edge.before)[:8]
