"""An analysed stage and its costs -> the order to write, with new COPYs, and what it saves."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import combinations

from msgspec import Struct
from msgspec.structs import replace

from reorder.cost import MOVE_SECONDS, Costing, StageCost
from reorder.effects.instruction import AnalysedStage
from reorder.effects.place import Step
from reorder.graph import Edge, edges
from reorder.order import Order, Problem, cost_of, inversions, lowered, solve
from reorder.split import Narrow, Refused, candidates

# What a freed RUN has to save more, and each further line of its split.
SPLIT_SECONDS = 1.0
LINE_SECONDS = 0.1
_ALL_SUBSETS = 4


class StagePlan(Struct, frozen=True):
    """`steps`: those of the file, then the new ones; `items`: their order, as places in `steps`.

    `before` and `after` are the expected seconds that a rebuild re-runs in this stage; `gap` is
    how many seconds the order may be above the best one (0 when the search was exact). `edges`
    and `refused` are about the file as it is; `parts` tell of each new step where it comes from.
    """

    stage: AnalysedStage
    steps: tuple[Step, ...]
    parts: tuple[Narrow, ...]
    cost: StageCost
    edges: tuple[Edge, ...]
    refused: tuple[Refused, ...]
    items: tuple[int, ...]
    before: float
    after: float
    gap: float

    @property
    def moves(self) -> bool:
        return self.items != tuple(range(len(self.stage.steps)))

    def as_written(self) -> StagePlan:
        """The same stage in the author's order."""
        own = len(self.stage.steps)
        return replace(
            self, steps=self.stage.steps, parts=(), cost=self.cost.first(own),
            items=tuple(range(own)), after=self.before, gap=0.0,
        )  # fmt: skip

    def then(self, more: StagePlan) -> StagePlan:
        """This plan, followed by a plan made from its result."""
        known = len(more.stage.steps)
        new = len(self.steps)
        items = tuple(
            self.items[item] if item < known else new + item - known for item in more.items
        )
        parts = tuple(
            replace(part, broad=self.items[part.broad], reader=self.items[part.reader])
            for part in more.parts
        )
        return replace(
            self,
            steps=(*self.steps, *more.steps[known:]),
            parts=(*self.parts, *parts),
            cost=self.cost.plus(more.cost, known),
            items=items,
            after=more.after,
            gap=more.gap,
        )


def plan_stage(stage: AnalysedStage, costing: Costing, pinned: Collection[int]) -> StagePlan:
    """The cheapest legal order of one stage; `pinned` positions keep all their neighbours."""
    narrow, refused = candidates(stage)
    plain = _plan(stage, (), costing, pinned, refused)
    choices = [plain]
    if narrow and not pinned:
        choices += [_plan(stage, chosen, costing, pinned, refused) for chosen in _subsets(narrow)]
    best = min(choices, key=_objective)
    return replace(best, edges=plain.edges, before=plain.before)


def _objective(plan: StagePlan) -> tuple[float, int]:
    """Seconds with a price for each freed RUN and each new line; the smaller edit wins a tie."""
    order = [item for item in plan.items if item < len(plan.stage.steps)]
    freed = len({part.reader for part in plan.parts})
    edit = MOVE_SECONDS * inversions(_ranks(order)) + SPLIT_SECONDS * freed
    edit += LINE_SECONDS * (len(plan.parts) - freed)
    return round(plan.after + edit, 6), len(plan.parts)


def _ranks(items: Sequence[int]) -> tuple[int, ...]:
    ranks = {item: rank for rank, item in enumerate(sorted(items))}
    return tuple(ranks[item] for item in items)


def _subsets(narrow: Sequence[Narrow]) -> list[tuple[Narrow, ...]]:
    """Every choice of the RUNs to free, or with many of them all and all but one."""
    pairs = sorted({(part.broad, part.reader) for part in narrow})
    if len(pairs) <= _ALL_SUBSETS:
        sizes: Sequence[int] = range(1, len(pairs) + 1)
    else:
        sizes = (1, len(pairs) - 1, len(pairs))
    return [_unique(narrow, set(some)) for size in sizes for some in combinations(pairs, size)]


def _unique(narrow: Sequence[Narrow], pairs: Collection[tuple[int, int]]) -> tuple[Narrow, ...]:
    """Two RUNs that need the same files need one COPY of them."""
    chosen: dict[str, Narrow] = {}
    for part in narrow:
        if (part.broad, part.reader) in pairs:
            chosen.setdefault(part.text, part)
    return tuple(chosen.values())


def _plan(
    stage: AnalysedStage,
    parts: Sequence[Narrow],
    costing: Costing,
    pinned: Collection[int],
    refused: tuple[Refused, ...],
) -> StagePlan:
    steps = (*stage.steps, *(part.step for part in parts))
    layout = _layout(len(stage.steps), parts)
    expanded = replace(stage, steps=tuple(steps[item] for item in layout))
    found = edges(expanded, costing.changes.volatile)
    cost = costing.of(expanded.steps, stage.stage.base_stage)
    problem = _problem(cost, found, pinned)
    order = solve(problem)
    new = frozenset(place for place, item in enumerate(layout) if item >= len(stage.steps))
    placed = lowered(problem, order.items, new)
    unit = 1000.0 * cost.total
    return StagePlan(
        stage=stage,
        steps=steps,
        parts=tuple(parts),
        cost=costing.of(steps, stage.stage.base_stage),
        edges=found,
        refused=refused,
        items=tuple(layout[place] for place in placed),
        before=cost_of(problem, tuple(range(len(steps)))) / unit,
        after=cost_of(problem, placed) / unit,
        gap=_gap(order, problem) / unit,
    )


def _layout(own: int, parts: Sequence[Narrow]) -> tuple[int, ...]:
    """Each new step stands directly above the COPY that it is a part of."""
    layout: list[int] = []
    for position in range(own):
        layout += [own + n for n, part in enumerate(parts) if part.broad == position]
        layout.append(position)
    return tuple(layout)


def _problem(cost: StageCost, found: Sequence[Edge], pinned: Collection[int]) -> Problem:
    before = [0] * len(cost.milliseconds)
    for edge in found:
        before[edge.after] |= 1 << edge.before
    for pin in pinned:
        before[pin] |= (1 << pin) - 1
        for later in range(pin + 1, len(before)):
            before[later] |= 1 << pin
    return Problem(
        costs=cost.milliseconds,
        before=tuple(before),
        touches=cost.touches,
        weights=cost.weights,
        move=round(MOVE_SECONDS * 1000) * cost.total,
    )


def _gap(order: Order, problem: Problem) -> int:
    objective = order.cost + problem.move * inversions(order.items)
    return 0 if order.exact else objective - order.bound


def seconds_of_event(cost: StageCost, items: Sequence[int], bit: int) -> float:
    """Seconds that one event re-runs in a stage: all from the first step that it touches."""
    for at, item in enumerate(items):
        if cost.touches[item] >> bit & 1:
            return sum(cost.milliseconds[i] for i in items[at:]) / 1000.0
    return 0.0


def expected(cost: StageCost, items: Sequence[int]) -> float:
    """Seconds that an average rebuild re-runs in a stage of this order."""
    bits = enumerate(cost.weights)
    return sum(w * seconds_of_event(cost, items, bit) for bit, w in bits) / cost.total


def moved(items: Sequence[int]) -> tuple[int, ...]:
    """The fewest positions that have to be lifted out to get the new order from the old.

    (0, 2, 3, 1, 4) -> (1,)
    """
    best: list[tuple[int, ...]] = []
    for at, item in enumerate(items):
        earlier = [best[n] for n in range(at) if items[n] < item]
        best.append((*_longest(earlier), item))
    stay = set(_longest(best))
    return tuple(item for item in items if item not in stay)


def _longest(chains: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    return max(chains, key=len, default=())
