"""`reorder why`: why each instruction stands where it stands, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reorder.cost import Changes
from reorder.effects.place import Step
from reorder.graph import Edge
from reorder.plan import StagePlan, moved
from reorder.reports.causes import (
    IN_KEYS,
    LAYERS,
    Cause,
    Room,
    causes,
    pinned,
    room,
    without_effect,
)
from reorder.reports.reasons import ahead, direct, held, sentence
from reorder.reports.touched import read_by, written_by
from reorder.reports.words import barrier, own_items, share_of_rebuilds, short, shown, timed
from reorder.result import Result


def explain(path: str, result: Result, line: int | None = None) -> str:
    """Every instruction in short, or all of the one that holds the line; empty when none does."""
    paragraphs = [
        "\n".join(_lines(shown(path), result, plan, at, whole=line is not None))
        for plan in result.plans
        for at, step in enumerate(plan.stage.steps)
        if line is None or step.instruction.line <= line <= step.instruction.end_line
    ]
    return "\n\n".join(paragraphs) + "\n" if paragraphs else ""


def _lines(path: str, result: Result, plan: StagePlan, at: int, *, whole: bool) -> Iterator[str]:
    steps = plan.stage.steps
    step = steps[at]
    took = timed(plan, at)
    yield f"{path}:{step.instruction.line}: {short(step.instruction)}{took and f'  ({took})'}"
    if step.effect.opaque is not None:
        yield f"  {barrier(step.effect)}"
    if took:
        yield f"  {_reruns(plan, at)}"
    if whole:
        yield from _events(plan, at, result.changes)
        yield from _touched(plan, at)
    edges = direct(plan.edges)
    yield from _needs(edges, steps, at)
    for edge in edges if whole else ():
        if edge.before == at:
            yield f"  above {named(steps[edge.after])}: there {sentence(edge, steps)}"
    for refused in plan.refused:
        if refused.reader == at and step.effect.opaque is None:
            yield f"  {held(refused, steps)}"
    for told in ahead(plan, at):
        yield f"  {told}"
    if whole:
        yield f"  {_room(room(plan, at, pinned(result)))}"
    if at in moved(own_items(plan)):
        yield f"  would stand {_place(plan, at)}"


def _needs(edges: Sequence[Edge], steps: Sequence[Step], at: int) -> Iterator[str]:
    needs = sorted((e for e in edges if e.after == at), key=lambda e: -e.before)
    for edge in needs:
        yield f"  below {named(steps[edge.before])}: {sentence(edge, steps)}"
    if not needs:
        yield "  needs none of the instructions above it"


def _reruns(plan: StagePlan, at: int) -> str:
    now = share_of_rebuilds(plan, range(at + 1))
    new = share_of_rebuilds(plan, plan.items[: plan.items.index(at) + 1])
    text = f"re-runs in {round(now * 100)} % of rebuilds"
    return text if now == new else f"{text}, in {round(new * 100)} % in the new order"


def _events(plan: StagePlan, at: int, changes: Changes) -> Iterator[str]:
    if plan.stage.steps[at].instruction.keyword not in LAYERS:
        yield f"  is a setting: nothing of it runs{_edited(plan.stage.steps, at)}"
        return
    count = len(changes.events)
    for cause in causes(plan, at, changes):
        yield f"  re-run by {told(cause, count)}"
    for cause in without_effect(plan, at, changes):
        yield f"  not by {told(cause, count)}"
    if at + 1 < len(plan.stage.steps):
        yield "  not by an edit of a line below"


def _edited(steps: Sequence[Step], at: int) -> str:
    runs = [str(step.instruction.line) for step in steps[at:] if step.instruction.keyword == "RUN"]
    if steps[at].instruction.keyword not in IN_KEYS or not runs:
        return ", and an edit of it re-runs nothing"
    return f"; an edit of it re-runs each RUN below it, from line {runs[0]} on"


def told(cause: Cause, events: int) -> str:
    """`a change of src (line 3): 188 of the last 200 commits`."""
    text = cause.what if cause.kind == "edit" else f"{cause.what} (line {cause.line})"
    if cause.share is None:
        return text
    if cause.commits is None:
        return f"{text}: {round(cause.share * 100)} % of rebuilds"
    return f"{text}: {cause.commits} of the last {events} commits"


def _touched(plan: StagePlan, at: int) -> Iterator[str]:
    step = plan.stage.steps[at]
    if step.effect.opaque is not None:
        return
    for verb, names in (("reads", read_by(plan, at)), ("writes", written_by(step))):
        if names:
            yield f"  {verb} {names}"


def _room(found: Room | None) -> str:
    if found is None:
        return "stays where it is: a comment `# reorder:` pins it"
    if found.below is None and found.above is None:
        return "could stand anywhere in the stage"
    upper = f"below line {found.below}" if found.below else "the top of the stage"
    lower = f"above line {found.above}" if found.above else "the end of the stage"
    holds = f"; line {found.below} keeps it from going higher" if found.below else ""
    return f"could stand anywhere from {upper} to {lower}{holds}"


def named(step: Step) -> str:
    """`line 3 (WORKDIR /app)`."""
    return f"line {step.instruction.line} ({short(step.instruction)})"


def _place(plan: StagePlan, at: int) -> str:
    """Below which instruction the new order puts it."""
    items = own_items(plan)
    new = items.index(at)
    return f"below {named(plan.stage.steps[items[new - 1]])}" if new else "first"
