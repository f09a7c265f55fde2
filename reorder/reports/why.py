"""`reorder why`: why each instruction stands where it stands, in words."""

from __future__ import annotations

from collections.abc import Iterator

from reorder.effects.place import Step
from reorder.pipeline import Result
from reorder.plan import StagePlan, moved
from reorder.reports.reasons import direct, held, sentence
from reorder.reports.words import barrier, own_items, seconds, share_of_rebuilds, short, shown


def explain(path: str, result: Result, line: int | None = None) -> str:
    """Every instruction, or the one that holds the line; empty when no instruction does.

    For one line also what has to stay below it.
    """
    paragraphs = [
        "\n".join(_lines(shown(path), plan, at, both=line is not None))
        for plan in result.plans
        for at, step in enumerate(plan.stage.steps)
        if line is None or step.instruction.line <= line <= step.instruction.end_line
    ]
    return "\n\n".join(paragraphs) + "\n" if paragraphs else ""


def _lines(path: str, plan: StagePlan, at: int, *, both: bool) -> Iterator[str]:
    steps = plan.stage.steps
    step = steps[at]
    time = plan.cost.seconds(at)
    measured = plan.cost.measured >> at & 1
    took = f"  ({seconds(time)}{', measured' if measured else ''})" if time or measured else ""
    yield f"{path}:{step.instruction.line}: {short(step.instruction)}{took}"
    if step.effect.opaque is not None:
        yield f"  {barrier(step.effect)}"
    if time:
        yield f"  {_reruns(plan, at)}"
    edges = direct(plan.edges)
    needs = sorted((e for e in edges if e.after == at), key=lambda e: -e.before)
    for edge in needs:
        yield f"  below {_named(steps[edge.before])}: {sentence(edge, steps)}"
    if not needs:
        yield "  needs none of the instructions above it"
    for edge in edges if both else ():
        if edge.before == at:
            yield f"  above {_named(steps[edge.after])}: there {sentence(edge, steps)}"
    for refused in plan.refused:
        if refused.reader == at and step.effect.opaque is None:
            yield f"  {held(refused, steps)}"
    if at in moved(own_items(plan)):
        yield f"  would stand {_place(plan, at)}"


def _reruns(plan: StagePlan, at: int) -> str:
    now = share_of_rebuilds(plan, range(at + 1))
    new = share_of_rebuilds(plan, plan.items[: plan.items.index(at) + 1])
    text = f"re-runs in {round(now * 100)} % of rebuilds"
    return text if now == new else f"{text}, in {round(new * 100)} % in the new order"


def _named(step: Step) -> str:
    return f"line {step.instruction.line} ({short(step.instruction)})"


def _place(plan: StagePlan, at: int) -> str:
    """Below which instruction the new order puts it."""
    items = own_items(plan)
    new = items.index(at)
    return f"below {_named(plan.stage.steps[items[new - 1]])}" if new else "first"
