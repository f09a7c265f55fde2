"""A text -> its effects and a plan for each stage; again and again, until nothing moves."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from reorder.context.files import Context
from reorder.controls import kept
from reorder.cost import Changes, Costing
from reorder.cut.text import Cut
from reorder.effects.instruction import Analysis, analyse
from reorder.effects.model import Models
from reorder.plan import StagePlan, plan_stage
from reorder.result import Result, as_written, first_position
from reorder.rewrite import rewrite
from reorder.syntax.dockerfile import Dockerfile, parse

if TYPE_CHECKING:
    from reorder.timings.match import Matched
    from reorder.timings.timed import Timed

# A moved instruction may open the way for another; real files settle at once.
_MAX_ROUNDS = 6


class View(Struct, frozen=True):
    """What the effects are computed from, beside the text."""

    context: Context | None
    models: Models
    build_args: Mapping[str, str | None]
    changes: Changes
    unsafe: bool
    named: Collection[str]
    timed: Sequence[Timed]


def one_pass(source: bytes, view: View, cut: Cut | None = None) -> Result:
    """One pass: the text as written, or with the ENVs cut, with a plan for every stage."""
    dockerfile = cut.dockerfile if cut else parse(source)
    analysis = analysed_as(cut.shown if cut else dockerfile, view)
    matched = _matched(analysis, view)
    costing = Costing(view.changes, timings=matched.timings if matched else {})
    pinned = kept(dockerfile)
    plans = []
    for stage in analysis.stages:
        first = first_position(analysis.dockerfile, stage.stage)
        own = {p - first for p in pinned if 0 <= p - first < len(stage.steps)}
        base = stage.stage.base_stage
        if base is not None and analysis.stages[base].end.triggers:
            # What its ONBUILD triggers do to files is not followed.
            own = set(range(len(stage.steps)))
        plans.append(plan_stage(stage, costing, own))
        costing = costing.below(stage)
    found = tuple(plans)
    return Result(source, source, analysis, found, view.changes, cut=cut, matched=matched)


def analysed_as(dockerfile: Dockerfile, view: View) -> Analysis:
    return analyse(
        dockerfile,
        context=view.context,
        models=view.models,
        build_args=view.build_args,
        unsafe=view.unsafe,
        named=view.named,
    )


def _matched(analysis: Analysis, view: View) -> Matched | None:
    if not view.timed:
        return None
    from reorder.timings.match import matched

    return matched(view.timed, analysis.stages)


def settle(first: Result, view: View) -> Result:
    """Plans again from its own result until nothing moves, so that a second run changes nothing."""
    if not any(plan.moves for plan in first.plans):
        return as_written(first)
    settled = written(first, first.plans)
    for _ in range(_MAX_ROUNDS):
        again = one_pass(settled.after, view)
        if not any(plan.moves for plan in again.plans):
            return settled
        pairs = zip(settled.plans, again.plans, strict=True)
        settled = written(first, tuple(plan.then(more) for plan, more in pairs))
    return as_written(first)


def written(first: Result, plans: tuple[StagePlan, ...]) -> Result:
    dockerfile = first.analysis.dockerfile
    order = {first_position(dockerfile, plan.stage.stage): tuple(_pieces(plan)) for plan in plans}
    text = first.cut.dockerfile if first.cut else dockerfile
    return replace(first, after=rewrite(text, order), plans=plans)


def _pieces(plan: StagePlan) -> Iterator[int | str]:
    own = len(plan.stage.steps)
    return (item if item < own else plan.parts[item - own].text for item in plan.items)
