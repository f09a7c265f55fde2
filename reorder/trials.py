"""Other texts that do the same, tried for what they save: instructions cut, COPYs anchored."""

from __future__ import annotations

from itertools import pairwise

from reorder.anchor import anchored, moved, places
from reorder.controls import kept
from reorder.cut.text import Cut, Wish
from reorder.cut.text import cut as cut_text
from reorder.cut.wishes import separable, used, wishes
from reorder.passes import View, analysed_as, one_pass, settle
from reorder.plan import SPLIT_SECONDS
from reorder.result import Result, by_position, first_position


def with_cuts(first: Result, settled: Result, view: View) -> Result:
    """The result in which instructions are cut whose parts then stand apart, if that pays."""
    own = _wishes(first)
    if own:
        own = _separable(first, own, view)
    while own:
        cut = cut_text(first.analysis.dockerfile, own)
        if cut is None:
            break
        found = settle(one_pass(first.before, view, cut), view)
        needed = used(cut, own, _apart(found, cut))
        if needed != own:
            own = needed
            continue
        more = SPLIT_SECONDS * sum(len(group) - 1 for group in cut.groups.values())
        return found if found.seconds_after + more < settled.seconds_after else settled
    return settled


def with_places(first: Result, settled: Result, view: View) -> Result:
    """The result in which COPYs name an absolute place, where that lets them pass a WORKDIR."""
    dockerfile = first.analysis.dockerfile
    pinned = kept(dockerfile)
    loose = (at for at, _ in places(dockerfile) if at not in pinned)
    chosen = frozenset(at for at in loose if _blocks(first, at))
    while chosen:
        cut = anchored(dockerfile, chosen)
        if cut is None:
            break
        planned = one_pass(first.before, view, cut)
        other = with_cuts(planned, settle(planned, view), view)
        needed = moved(dockerfile, chosen, _standing(other))
        if needed != chosen:
            chosen = needed
            continue
        more = SPLIT_SECONDS * len(chosen)
        return other if other.seconds_after + more < settled.seconds_after else settled
    return settled


def _blocks(result: Result, position: int) -> bool:
    """Whether a RUN below it in its stage takes long."""
    for plan in result.plans:
        first = first_position(result.analysis.dockerfile, plan.stage.stage)
        if first <= position < first + len(plan.stage.steps):
            below = plan.stage.steps[position - first :]
            runs = [step for step in below if step.instruction.keyword == "RUN"]
            return any(run.effect.seconds >= SPLIT_SECONDS for run in runs)
    return False


def _standing(result: Result) -> dict[int, int]:
    """The author's position of an instruction that is not cut -> where it stands in its stage."""
    groups = result.cut.groups if result.cut else {}
    places = {
        first_position(result.analysis.dockerfile, plan.stage.stage) + item: place
        for plan in result.plans
        for place, item in enumerate(plan.items)
        if item < len(plan.stage.steps)
    }
    count = len(result.analysis.dockerfile.instructions)
    moved = {n: n + sum(len(g) - 1 for p, g in groups.items() if p < n) for n in range(count)}
    return {n: places[at] for n, at in moved.items() if n not in groups and at in places}


def _wishes(result: Result) -> dict[int, Wish]:
    """All cuts that might help, by the position of the instruction."""
    dockerfile = result.analysis.dockerfile
    pinned = kept(dockerfile)
    return {
        first + at: wish
        for plan in result.plans
        for first in (first_position(dockerfile, plan.stage.stage),)
        for at, wish in wishes(plan, result.changes.volatile)
        if wish and first + at not in pinned
    }


def _separable(first: Result, own: dict[int, Wish], view: View) -> dict[int, Wish]:
    """The cuts at which two RUNs do the same as one, by what each part does."""
    if not any(isinstance(wish, tuple) for wish in own.values()):
        return own
    cut = cut_text(first.analysis.dockerfile, own)
    if cut is None:
        return {}
    steps = by_position(analysed_as(cut.shown, view))
    shipped = _shipped(first)
    found: dict[int, Wish] = {}
    for position, group in cut.groups.items():
        wish = own[position]
        if isinstance(wish, tuple):
            whole = first.analysis.dockerfile.instructions[position]
            parts = [steps[place] for place in group]
            wish = separable(whole, parts, wish, shipped=position in shipped)
        if wish:
            found[position] = wish
    return found


def _shipped(result: Result) -> frozenset[int]:
    """The positions whose layers an image has: of a stage that is built for itself, or below it."""
    stages = [plan.stage for plan in result.plans]
    used = {index for stage in stages for step in stage.steps for index in step.stages}
    used |= {s.stage.base_stage for s in stages if s.stage.base_stage is not None}
    kept = {stage.stage.index for stage in stages} - used
    found: set[int] = set()
    for stage in reversed(stages):
        if stage.stage.index in kept:
            if stage.stage.base_stage is not None:
                kept.add(stage.stage.base_stage)
            start = first_position(result.analysis.dockerfile, stage.stage)
            found |= set(range(start, start + len(stage.steps)))
    return frozenset(found)


def _apart(result: Result, cut: Cut) -> frozenset[int]:
    """The places of the parts that do not stand directly below the part before them."""
    lower = {place for group in cut.groups.values() for place in group[1:]}
    together: set[int] = set()
    for plan in result.plans:
        first = first_position(result.analysis.dockerfile, plan.stage.stage)
        pairs = pairwise(plan.items)
        together |= {first + below for above, below in pairs if below == above + 1}
    return frozenset(lower - together)
