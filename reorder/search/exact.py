"""The exact search: a dynamic programme over the down-sets of the precedence order."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

from reorder.search.problem import Problem, bits, mask_of, successors, weigher

# placed items -> (least objective, events, their weight, items that may come next)
Level = dict[int, tuple[int, int, int, int]]


def search(
    problem: Problem, items: tuple[int, ...], touched: int, states: int
) -> tuple[int, ...] | None:
    """Return the first best order of the items, or None when they have over `states` down-sets.

    The items stand together, after the events `touched`; their other predecessors stand above.
    `before` of the problem is closed.
    """
    if 1 << _width(problem, items) > states:
        return None
    others = mask_of(range(len(problem.costs))) & ~mask_of(items)
    ready = mask_of(i for i in items if not problem.before[i] & ~others)
    start = weigher(problem.weights)(touched)
    levels: list[Level] = [{others: (0, touched, start, ready)}]
    covers = _covers(problem, items)
    for _ in items:
        states -= len(levels[-1])
        level = _grown(problem, covers, levels[-1], states)
        if level is None:
            return None
        levels.append(level)
    return _walk(problem, levels)


def _width(problem: Problem, items: tuple[int, ...]) -> int:
    """Return the size of a set of items without precedence, each subset of which is a state."""
    depth: dict[int, int] = {}
    for i in sorted(items):
        depth[i] = 1 + max((depth[j] for j in bits(problem.before[i]) if j in depth), default=0)
    return max(Counter(depth.values()).values())


def _covers(problem: Problem, items: tuple[int, ...]) -> dict[int, tuple[int, ...]]:
    """Return for each item the items that follow it with none between: a<b<c -> a: b, b: c."""
    after = successors(problem)
    among = mask_of(items)
    covers = {}
    for i in items:
        beyond = 0
        for j in bits(after[i] & among):
            beyond |= after[j]
        covers[i] = tuple(bits(after[i] & among & ~beyond))
    return covers


def _grown(
    problem: Problem, covers: dict[int, tuple[int, ...]], level: Level, room: int
) -> Level | None:
    """Return the sets with one item more, or None when there are more than `room` of them."""
    weigh = weigher(problem.weights)
    grown: Level = {}
    for placed, (value, events, _, ready) in level.items():
        for i in bits(ready):
            longer = placed | 1 << i
            known = grown.get(longer)
            if known is None:
                union = events | problem.touches[i]
                weight = weigh(union)
                free = mask_of(j for j in covers[i] if not problem.before[j] & ~longer)
                total = value + _price(problem, placed, i, weight)
                grown[longer] = (total, union, weight, ready & ~(1 << i) | free)
                continue
            total = value + _price(problem, placed, i, known[2])
            if total < known[0]:
                grown[longer] = (total, *known[1:])
        if len(grown) > room:
            return None
    return grown


def _price(problem: Problem, placed: int, i: int, weight: int) -> int:
    """Return what item i adds to the objective right after the items of `placed`."""
    passed = ~placed & ((1 << i) - 1)
    return problem.costs[i] * weight + problem.move * passed.bit_count()


def _walk(problem: Problem, levels: list[Level]) -> tuple[int, ...]:
    """Return the first best order in dictionary order: mark best sets backwards, then go down."""
    marks = [set(levels[-1])]
    for level, longer in zip(levels[-2::-1], levels[:0:-1], strict=True):
        marks.append(
            {
                placed
                for mark in marks[-1]
                for i in bits(mark)
                if (placed := mark & ~(1 << i)) in level
                and _leads(problem, level, placed, i, longer)
            }
        )
    items: list[int] = []
    (placed,) = marks.pop()
    for level, longer in pairwise(levels):
        good = marks.pop()
        i = next(
            i
            for i in bits(level[placed][3])
            if placed | 1 << i in good and _leads(problem, level, placed, i, longer)
        )
        items.append(i)
        placed |= 1 << i
    return tuple(items)


def _leads(problem: Problem, level: Level, placed: int, i: int, longer: Level) -> bool:
    """Tell whether item i after `placed` reaches the least objective of the set of both."""
    least, _, weight, _ = longer[placed | 1 << i]
    return level[placed][0] + _price(problem, placed, i, weight) == least
