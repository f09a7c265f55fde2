"""A proven lower bound of the objective, from pairs of items of which one must wait."""

from __future__ import annotations

from itertools import combinations

from reorder.search.problem import Problem, bits, weigher


def bound_of(problem: Problem, items: tuple[int, ...], touched: int) -> int:
    """Return what every legal order of the items after the events `touched` costs at least.

    `touches` of the problem is closed. Any order gives a bound, a better order a better one.
    """
    weigh = weigher(problem.weights)
    own = {i: problem.touches[i] | touched for i in items}
    total = sum(problem.costs[i] * weigh(own[i]) for i in items)
    turn = len(problem.weights)  # the slot for the price of turning the pair at hand
    dues = {i: [*(problem.costs[i] * weight for weight in problem.weights), 0] for i in items}
    events = touched
    for place, i in enumerate(items, 1):
        events |= own[i]
        for j in items[place:]:
            dues[j][turn] = problem.move if j < i else 0
            dues[i][turn] = problem.move if i < j else 0
            turned = 1 << turn
            total += _meet(dues[j], own[i] & ~own[j] | turned, dues[i], own[j] & ~events | turned)
    for i, j in combinations(items, 2):
        total += _meet(dues[j], own[i] & ~own[j], dues[i], own[j] & ~own[i])
    return total


def _meet(dues: list[int], events: int, others: list[int], other_events: int) -> int:
    """Take equal amounts out of both lists of dues, as much as there is, and return the amount."""
    met = 0
    left = [k for k in bits(other_events) if others[k]]
    for k in bits(events):
        if not left:
            break
        while left and dues[k]:
            amount = min(dues[k], others[left[-1]])
            dues[k] -= amount
            others[left[-1]] -= amount
            met += amount
            if not others[left[-1]]:
                left.pop()
    return met
