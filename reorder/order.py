"""The cheapest legal order of items, as ints and bitmasks; the proofs are in `docs/order.md`.

Problem -> reduced -> pieces, each searched exactly or descended -> Order
"""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache

from msgspec import Struct

from reorder.search.bound import bound_of
from reorder.search.descent import descend
from reorder.search.exact import search
from reorder.search.problem import (
    Problem,
    cost_of,
    inversions,
    objective_of,
    reduced,
    relabelled,
    scale_of,
    touched_by,
)

__all__ = ["Order", "Problem", "cost_of", "inversions", "lowered", "solve"]


class Order(Struct, frozen=True):
    """A legal order, its cost without the inversions, and a proven bound of the objective.

    `exact`: no legal order has a smaller objective; `bound` is then the objective itself.
    """

    items: tuple[int, ...]
    cost: int
    bound: int
    exact: bool


class _Piece(Struct, frozen=True):
    """The items of some consecutive places, which stand after the events `touched`."""

    items: tuple[int, ...]
    touched: int
    exact: bool


@lru_cache(maxsize=64)  # a stage that a trial leaves alone is the same problem again
def solve(problem: Problem, *, states: int = 50_000) -> Order:
    """Return a legal order with the least objective, or a good one when that is too wide.

    Of equal objectives the order with the fewest inversions wins, then the first in dictionary
    order. `states` limits the sets of items that one exact search holds; past it the order is
    the result of a descent from the author's order, and `bound` says how good it is.
    """
    simpler = reduced(problem)
    pieces = _arranged(simpler, states)
    items = _joined(pieces)
    bound = sum(_bound(simpler, piece) for piece in pieces) // scale_of(problem)
    while not all(piece.exact for piece in pieces):
        pieces = _arranged(reduced(relabelled(problem, items)), states)
        again = tuple(items[place] for place in _joined(pieces))
        if again == items:
            break
        items = again
    exact = objective_of(problem, items) == bound
    return Order(items, cost_of(problem, items), bound, exact)


def lowered(problem: Problem, items: tuple[int, ...], new: Collection[int]) -> tuple[int, ...]:
    """Return the order with each `new` item directly above the first that must follow it.

    An item stays where the order would cost more; those that end up together keep their order.
    """
    for item in [item for item in reversed(items) if item in new]:
        at = items.index(item)
        below = items[at + 1 :]
        end = next((n for n, other in enumerate(below) if problem.before[other] >> item & 1), 0)
        while end and below[end - 1] in new:
            end -= 1
        lower = (*items[:at], *below[:end], item, *below[end:])
        if cost_of(problem, lower) <= cost_of(problem, items):
            items = lower
    return items


def _arranged(problem: Problem, states: int) -> tuple[_Piece, ...]:
    """Cut where all items above precede all items below, and order each piece by itself."""
    count = len(problem.costs)
    pieces = []
    start = touched = 0
    for end in range(1, count + 1):
        above = (1 << end) - 1
        if any(above & ~mask for mask in problem.before[end:]):
            continue
        items = tuple(range(start, end))
        best = search(problem, items, touched, states)
        order = descend(problem, items, touched) if best is None else best
        pieces.append(_Piece(order, touched, best is not None))
        touched = touched_by(problem, items, touched)
        start = end
    return tuple(pieces)


def _joined(pieces: tuple[_Piece, ...]) -> tuple[int, ...]:
    return tuple(i for piece in pieces for i in piece.items)


def _bound(problem: Problem, piece: _Piece) -> int:
    """Return what the items of a piece cost at least in any order."""
    if piece.exact:
        return objective_of(problem, piece.items, piece.touched)
    return bound_of(problem, piece.items, piece.touched)
