"""An analysed stage and its costs -> the order to write, and what it saves."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from reorder.cost import MOVE_SECONDS, ChangeEvent, StageCost, total_weight
from reorder.effects.instruction import AnalysedStage
from reorder.graph import Edge, edges
from reorder.order import Order, Problem, cost_of, inversions, solve


@dataclass(frozen=True, slots=True)
class StagePlan:
    """`items`: positions of the stage's instructions in their new order.

    `before` and `after` are the expected seconds that a rebuild re-runs in this stage; `gap` is
    how many seconds the order may be above the best one (0 when the search was exact).
    """

    stage: AnalysedStage
    cost: StageCost
    edges: tuple[Edge, ...]
    items: tuple[int, ...]
    before: float
    after: float
    gap: float

    @property
    def moves(self) -> bool:
        return self.items != tuple(range(len(self.items)))

    def as_written(self) -> StagePlan:
        """The same stage in the author's order."""
        author = tuple(range(len(self.items)))
        return replace(self, items=author, after=self.before, gap=0.0)

    def then(self, more: StagePlan) -> StagePlan:
        """This plan, followed by a plan made from its result."""
        items = tuple(self.items[item] for item in more.items)
        return replace(self, items=items, after=more.after, gap=more.gap)


def plan_stage(
    stage: AnalysedStage,
    cost: StageCost,
    events: Sequence[ChangeEvent],
    pinned: Collection[int],
) -> StagePlan:
    """The cheapest legal order of one stage; `pinned` positions keep all their neighbours."""
    found = edges(stage)
    problem = _problem(cost, events, found, pinned)
    author = tuple(range(len(stage.steps)))
    order = solve(problem)
    unit = 1000.0 * total_weight()
    return StagePlan(
        stage,
        cost,
        found,
        order.items,
        cost_of(problem, author) / unit,
        order.cost / unit,
        _gap(order, problem) / unit,
    )


def _problem(
    cost: StageCost, events: Sequence[ChangeEvent], found: Sequence[Edge], pinned: Collection[int]
) -> Problem:
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
        weights=tuple(event.weight for event in events),
        move=round(MOVE_SECONDS * 1000) * total_weight(),
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
