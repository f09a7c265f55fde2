"""The descent: a good order of items that are too wide for the exact search."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate
from operator import mul, or_

from reorder.search.problem import Problem, mask_of, objective_of, touched_by, weigher

BLOCKS = (5, 2, 1)  # how many neighbours slide as one
REACH = 16  # how far a block of several items slides; one item slides as far as it may


def descend(problem: Problem, items: tuple[int, ...], touched: int) -> tuple[int, ...]:
    """Improve a legal order after the events `touched` until no slide makes it better."""
    greedy = _greedy(problem, items, touched)
    best = min(items, greedy, key=lambda order: objective_of(problem, order, touched))
    while True:
        better = best
        for size in BLOCKS:
            for start in range(len(items) - size + 1):
                better = _slide(problem, better, touched, start, size)
        if better == best:
            return best
        best = better


def _greedy(problem: Problem, items: tuple[int, ...], touched: int) -> tuple[int, ...]:
    """Put next what adds the least weight of events for its cost."""
    weigh = weigher(problem.weights)
    left = list(items)
    order = []
    while left:
        missing = mask_of(left)
        i = min(
            (i for i in left if not problem.before[i] & missing),
            key=lambda i: (weigh(problem.touches[i] & ~touched) << 64) // (problem.costs[i] or 1),
        )
        left.remove(i)
        order.append(i)
        touched |= problem.touches[i]
    return tuple(order)


def _slide(
    problem: Problem, items: tuple[int, ...], touched: int, start: int, size: int
) -> tuple[int, ...]:
    """Move the block of `size` items at `start` to its best place: a [b c] d e -> a d e [b c]."""
    end = start + size
    block = items[start:end]
    first, last = _reach(problem, items, start, end)
    if last - first == size:
        return items
    others = items[first:start] + items[end:last]
    above = touched_by(problem, items[:first], touched)
    values = list(_values(problem, block, others, above))
    best = min(values)
    if values[start - first] == best:
        return items
    place = values.index(best)
    return items[:first] + others[:place] + block + others[place:] + items[last:]


def _reach(problem: Problem, items: tuple[int, ...], start: int, end: int) -> tuple[int, int]:
    """Return the first place of the items from start to end, and the end of their last place."""
    reach = REACH if end - start > 1 else len(items)
    needs = 0
    for i in items[start:end]:
        needs |= problem.before[i]
    first = start
    while first > max(0, start - reach) and not needs >> items[first - 1] & 1:
        first -= 1
    block = mask_of(items[start:end])
    last = end
    while last < min(len(items), end + reach) and not problem.before[items[last]] & block:
        last += 1
    return first, last


def _values(
    problem: Problem, block: tuple[int, ...], others: tuple[int, ...], above: int
) -> Iterator[int]:
    """Yield the objective, up to a constant, with the block after 0, 1, ... of the others."""
    weigh = weigher(problem.weights)
    costs = [problem.costs[i] for i in block]
    inside = list(accumulate((problem.touches[i] for i in block), or_))
    whole = sum(costs)
    members = mask_of(block)
    weight = weigh(above)
    shift = 0
    added = [weigh(events & ~above) for events in inside]
    yield whole * weight + sum(map(mul, costs, added))
    for j in others:
        weight += weigh(problem.touches[j] & ~above)
        above |= problem.touches[j]
        added = [weigh(events & ~above) for events in inside]
        turned = 2 * (members & ((1 << j) - 1)).bit_count() - len(block)
        shift += problem.move * turned - problem.costs[j] * added[-1]
        yield shift + whole * weight + sum(map(mul, costs, added))
