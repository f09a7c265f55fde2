"""The whole tool on one screen.

bytes -> Dockerfile -> Analysis -> StagePlans -> bytes -> check -> Result
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import pairwise, takewhile
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from reorder.config import Config
from reorder.context.files import Context
from reorder.controls import kept, skips_file
from reorder.cost import Changes, Costing, average
from reorder.cut.text import Cut, Wish
from reorder.cut.text import cut as cut_text
from reorder.cut.wishes import separable, used, wishes
from reorder.effects.instruction import Analysis, analyse
from reorder.effects.model import Models, builtin
from reorder.effects.place import Step
from reorder.plan import SPLIT_SECONDS, StagePlan, plan_stage
from reorder.rewrite import rewrite
from reorder.syntax.dockerfile import Dockerfile, parse
from reorder.syntax.stages import Scope, Stage
from reorder.volatile import Volatile, placeholders

if TYPE_CHECKING:
    from reorder.check import Image, Part, Refusal
    from reorder.timings.match import Matched
    from reorder.timings.timed import Timed

# A moved instruction may open the way for another; real files settle at once.
_MAX_ROUNDS = 6


class Result(Struct, frozen=True):
    """`before` and `after` are the text; `plans` describe the author's file, stage by stage.

    With a `cut` the plans are about the text in which an ENV is cut, with the author's lines.
    `matched`: what build logs tell of it, None without any.
    `refusals` is empty, or the check found a fault of ours: then `after` equals `before`.
    """

    before: bytes
    after: bytes
    analysis: Analysis
    plans: tuple[StagePlan, ...]
    changes: Changes
    refusals: tuple[Refusal, ...] = ()
    cut: Cut | None = None
    matched: Matched | None = None

    @property
    def changed(self) -> bool:
        return self.before != self.after

    @property
    def seconds_before(self) -> float:
        """Expected seconds that a rebuild re-runs, all stages together."""
        return sum(plan.before for plan in self.plans)

    @property
    def seconds_after(self) -> float:
        return sum(plan.after for plan in self.plans)


def reorder(
    source: bytes,
    *,
    context: Context | None = None,
    config: Config | None = None,
    models: Models | None = None,
    build_args: Mapping[str, str | None] | None = None,
    changes: Changes | None = None,
    named: Collection[str] = (),
) -> Result:
    """Rewrites a Dockerfile into its cheapest legal order, or returns it byte for byte.

    `build_args`: None for a value that is not known. `named`: the contexts of their own.
    Raises ParseError when the text is not a Dockerfile that BuildKit would accept.
    """
    config = config or Config()
    args = {**config.build_args, **(build_args or {})}
    unset = placeholders(parse(source))
    volatile = Volatile((*config.volatile, *unset), config.not_volatile)
    changes = replace(changes or average(), volatile=volatile)
    models = models or builtin()
    view = _View(context, models, args, changes, config.unsafe, named, config.timings)
    first = _plan(source, view)
    if skips_file(first.analysis.dockerfile):
        return as_written(first)
    settled = _with_cuts(first, _settle(first, view), view)
    settled = _with_places(first, settled, view)
    if not settled.changed or not _pays(settled, config):
        return as_written(first)
    return _checked(settled)


class _View(Struct, frozen=True):
    """What the effects are computed from, beside the text."""

    context: Context | None
    models: Models
    build_args: Mapping[str, str | None]
    changes: Changes
    unsafe: bool
    named: Collection[str]
    timed: Sequence[Timed]


def _plan(source: bytes, view: _View, cut: Cut | None = None) -> Result:
    """One pass: the text as written, or with the ENVs cut, with a plan for every stage."""
    dockerfile = cut.dockerfile if cut else parse(source)
    analysis = _analysed(cut.shown if cut else dockerfile, view)
    matched = _matched(analysis, view)
    costing = Costing(view.changes, timings=matched.timings if matched else {})
    pinned = kept(dockerfile)
    plans = []
    for stage in analysis.stages:
        first = _first_position(analysis.dockerfile, stage.stage)
        own = {p - first for p in pinned if 0 <= p - first < len(stage.steps)}
        base = stage.stage.base_stage
        if base is not None and analysis.stages[base].end.triggers:
            # What its ONBUILD triggers do to files is not followed.
            own = set(range(len(stage.steps)))
        plans.append(plan_stage(stage, costing, own))
        costing = costing.below(stage)
    found = tuple(plans)
    return Result(source, source, analysis, found, view.changes, cut=cut, matched=matched)


def _analysed(dockerfile: Dockerfile, view: _View) -> Analysis:
    return analyse(
        dockerfile,
        context=view.context,
        models=view.models,
        build_args=view.build_args,
        unsafe=view.unsafe,
        named=view.named,
    )


def _matched(analysis: Analysis, view: _View) -> Matched | None:
    if not view.timed:
        return None
    from reorder.timings.match import matched

    return matched(view.timed, analysis.stages)


def _settle(first: Result, view: _View) -> Result:
    """Plans again from its own result until nothing moves, so that a second run changes nothing."""
    if not any(plan.moves for plan in first.plans):
        return as_written(first)
    settled = _written(first, first.plans)
    for _ in range(_MAX_ROUNDS):
        again = _plan(settled.after, view)
        if not any(plan.moves for plan in again.plans):
            return settled
        pairs = zip(settled.plans, again.plans, strict=True)
        settled = _written(first, tuple(plan.then(more) for plan, more in pairs))
    return as_written(first)


def applied(result: Result, plans: tuple[StagePlan, ...]) -> Result:
    """The file of a result under other plans, checked; as it is when the check refuses them."""
    return _checked(_written(result, plans))


def _written(first: Result, plans: tuple[StagePlan, ...]) -> Result:
    dockerfile = first.analysis.dockerfile
    order = {_first_position(dockerfile, plan.stage.stage): tuple(_pieces(plan)) for plan in plans}
    text = first.cut.dockerfile if first.cut else dockerfile
    return replace(first, after=rewrite(text, order), plans=plans)


def _with_cuts(first: Result, settled: Result, view: _View) -> Result:
    """The result in which instructions are cut whose parts then stand apart, if that pays."""
    own = _wishes(first)
    if own:
        own = _separable(first, own, view)
    while own:
        cut = cut_text(first.analysis.dockerfile, own)
        if cut is None:
            break
        found = _settle(_plan(first.before, view, cut), view)
        kept = used(cut, own, _apart(found, cut))
        if kept != own:
            own = kept
            continue
        more = SPLIT_SECONDS * sum(len(group) - 1 for group in cut.groups.values())
        return found if found.seconds_after + more < settled.seconds_after else settled
    return settled


def _with_places(first: Result, settled: Result, view: _View) -> Result:
    """The result in which COPYs name an absolute place, where that lets them pass a WORKDIR."""
    from reorder.anchor import anchored, moved, places

    dockerfile = first.analysis.dockerfile
    pinned = kept(dockerfile)
    loose = (at for at, _ in places(dockerfile) if at not in pinned)
    chosen = frozenset(at for at in loose if _blocks(first, at))
    while chosen:
        cut = anchored(dockerfile, chosen)
        if cut is None:
            break
        planned = _plan(first.before, view, cut)
        other = _with_cuts(planned, _settle(planned, view), view)
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
        first = _first_position(result.analysis.dockerfile, plan.stage.stage)
        if first <= position < first + len(plan.stage.steps):
            below = plan.stage.steps[position - first :]
            runs = [step for step in below if step.instruction.keyword == "RUN"]
            return any(run.effect.seconds >= SPLIT_SECONDS for run in runs)
    return False


def _standing(result: Result) -> dict[int, int]:
    """The author's position of an instruction that is not cut -> where it stands in its stage."""
    groups = result.cut.groups if result.cut else {}
    places = {
        _first_position(result.analysis.dockerfile, plan.stage.stage) + item: place
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
        for first in (_first_position(dockerfile, plan.stage.stage),)
        for at, wish in wishes(plan, result.changes.volatile)
        if wish and first + at not in pinned
    }


def _separable(first: Result, own: dict[int, Wish], view: _View) -> dict[int, Wish]:
    """The cuts at which two RUNs do the same as one, by what each part does."""
    cut = cut_text(first.analysis.dockerfile, own)
    if cut is None:
        return {}
    steps = _by_position(_analysed(cut.shown, view))
    found: dict[int, Wish] = {}
    for position, group in cut.groups.items():
        wish = own[position]
        if isinstance(wish, tuple):
            wish = separable([steps[place].effect for place in group], wish)
        if wish:
            found[position] = wish
    return found


def _apart(result: Result, cut: Cut) -> frozenset[int]:
    """The places of the parts that do not stand directly below the part before them."""
    lower = {place for group in cut.groups.values() for place in group[1:]}
    together: set[int] = set()
    for plan in result.plans:
        first = _first_position(result.analysis.dockerfile, plan.stage.stage)
        pairs = pairwise(plan.items)
        together |= {first + below for above, below in pairs if below == above + 1}
    return frozenset(lower - together)


def _pieces(plan: StagePlan) -> Iterator[int | str]:
    own = len(plan.stage.steps)
    return (item if item < own else plan.parts[item - own].text for item in plan.items)


def _first_position(dockerfile: Dockerfile, stage: Stage) -> int:
    """The position of the first instruction below the FROM of a stage."""
    return 1 + dockerfile.instructions.index(stage.from_)


def as_written(result: Result) -> Result:
    """The result that leaves the file as it is."""
    return replace(
        result, after=result.before, plans=tuple(plan.as_written() for plan in result.plans)
    )


def _pays(result: Result, config: Config) -> bool:
    gain = result.seconds_before - result.seconds_after
    return gain >= max(config.min_gain, config.min_gain_share * result.seconds_before)


def _checked(result: Result) -> Result:
    """The last word has a check that shares nothing with what came before."""
    # Most runs change nothing: start-up is a budget.
    from reorder.check import check, check_cut

    numbered = _numbered(result)
    volatile = result.changes.volatile.names(numbered.values())
    text = result.cut.dockerfile.source.data if result.cut else result.before
    lines = _lines(result)
    claims = {line: step.effect for line, step in numbered.items()}
    refusals = check_cut(result.before, text, volatile, claims) or check(
        text,
        result.after,
        claims,
        parts=_parts(result),
        brought={line: tuple(step.brought) or None for line, step in numbered.items()},
        images={lines[at]: image for at, image in images(result.analysis).items()},
        volatile=volatile,
    )
    return replace(as_written(result), refusals=refusals) if refusals else result


def _numbered(result: Result) -> dict[int, Step]:
    """The steps by the lines of the text that is checked."""
    lines = _lines(result)
    return {lines[n]: step for n, step in _by_position(result.analysis).items()}


def _by_position(analysis: Analysis) -> dict[int, Step]:
    return {
        n: step
        for stage in analysis.stages
        for n, step in enumerate(stage.steps, _first_position(analysis.dockerfile, stage.stage))
    }


def _lines(result: Result) -> tuple[int, ...]:
    dockerfile = result.cut.dockerfile if result.cut else result.analysis.dockerfile
    return tuple(instruction.line for instruction in dockerfile.instructions)


def images(analysis: Analysis) -> dict[int, Image]:
    """What is known of each external image, by the position of its FROM."""
    from reorder.check import Image

    def known(scope: Scope) -> Image:
        return Image(scope.cwd, scope.values if scope.known_base else None)

    return {
        _first_position(analysis.dockerfile, analysed.stage) - 1: known(analysed.first.scope)
        for analysed in analysis.stages
        if analysed.stage.base_stage is None
    }


def _parts(result: Result) -> tuple[Part, ...]:
    """Where the new COPYs stand in the result, and which COPY each is a part of."""
    from reorder.check import Part

    if not any(plan.parts for plan in result.plans):
        return ()
    lines = iter([i.line for i in parse(result.after).instructions])
    for _ in takewhile(lambda i: i.keyword != "FROM", result.analysis.dockerfile.instructions):
        next(lines)
    written = _lines(result)
    parts: list[Part] = []
    for plan in result.plans:
        next(lines)  # its FROM
        first = _first_position(result.analysis.dockerfile, plan.stage.stage)
        own = plan.stage.steps
        for item in plan.items:
            line = next(lines)
            if item >= len(own):
                broad = plan.parts[item - len(own)].broad
                parts.append(Part(line, written[first + broad]))
    return tuple(parts)
