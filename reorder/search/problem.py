"""The order problem as a value, and the reductions that keep its best order.

    Problem -> closed -> merged events -> dominance -> scaled

Why each step is exact is proved in `docs/order.md`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from operator import getitem

from msgspec import Struct
from msgspec.structs import replace


class Problem(Struct, frozen=True):
    """Items 0..n-1 in the author's order, with costs and weights as whole numbers.

    `before[i]` is the mask of items that must precede item i, `touches[i]` the mask of events that
    touch it, `weights[k]` the weight of event k, `move` the price of one inversion. Item i placed
    after the set S costs `costs[i]` times the weight of the events that touch S or i.
    """

    costs: tuple[int, ...]
    before: tuple[int, ...]
    touches: tuple[int, ...]
    weights: tuple[int, ...]
    move: int

    def __post_init__(self) -> None:
        """Raise ValueError when sizes disagree, a number is negative or a predecessor is late."""
        if not len(self.costs) == len(self.before) == len(self.touches):
            raise ValueError("costs, before and touches need one entry for each item")
        if min((*self.costs, *self.weights, self.move)) < 0:
            raise ValueError("costs, weights and move must not be negative")
        for i, mask in enumerate(self.touches):
            if mask < 0 or mask >> len(self.weights):
                raise ValueError(f"item {i} is touched by an event that has no weight")
        for i, mask in enumerate(self.before):
            if mask < 0 or mask >> i:
                raise ValueError(f"item {i} may only follow items that the author put above it")


def inversions(items: Iterable[int]) -> int:
    """Return the number of pairs that stand the other way round than in the author's order."""
    seen = pairs = 0
    for i in items:
        pairs += (seen >> i).bit_count()
        seen |= 1 << i
    return pairs


def cost_of(problem: Problem, items: Iterable[int], touched: int = 0) -> int:
    """Return the cost of items in this order after the events `touched`, without inversions."""
    weigh = weigher(problem.weights)
    cost = 0
    for i in items:
        touched |= problem.touches[i]
        cost += problem.costs[i] * weigh(touched)
    return cost


def objective_of(problem: Problem, items: tuple[int, ...], touched: int = 0) -> int:
    """Return the cost of items in this order, and `move` for each inversion."""
    return cost_of(problem, items, touched) + problem.move * inversions(items)


def reduced(problem: Problem) -> Problem:
    """Return a problem with the same best order, fewer legal orders and no ties by inversions."""
    return scaled(closed(dominated(closed(merged(closed(problem))))))


def closed(problem: Problem) -> Problem:
    """Give each item the predecessors and events of its predecessors: a<b<c -> a<b, a<c, b<c."""
    before = list(problem.before)
    touches = list(problem.touches)
    for i, mask in enumerate(problem.before):
        for j in bits(mask):
            before[i] |= before[j]
            touches[i] |= touches[j]
    return replace(problem, before=tuple(before), touches=tuple(touches))


def merged(problem: Problem) -> Problem:
    """Join events that touch the same items; drop those without weight or items."""
    columns = [0] * len(problem.weights)
    for i, mask in enumerate(problem.touches):
        for k in bits(mask):
            columns[k] |= 1 << i
    weights: dict[int, int] = {}
    for column, weight in zip(columns, problem.weights, strict=True):
        if column and weight:
            weights[column] = weights.get(column, 0) + weight
    touches = [0] * len(problem.costs)
    for k, column in enumerate(weights):
        for i in bits(column):
            touches[i] |= 1 << k
    return replace(problem, touches=tuple(touches), weights=tuple(weights.values()))


def dominated(problem: Problem) -> Problem:
    """Put i before j in a closed problem where exchanging `j ... i` never costs anything."""
    costs, touches = problem.costs, problem.touches
    after = successors(problem)
    before = list(problem.before)
    for j, earlier in enumerate(problem.before):
        for i in range(j):
            if (
                costs[i] >= costs[j]
                and not touches[i] & ~touches[j]
                and not problem.before[i] & ~earlier
                and not after[j] & ~after[i]
            ):
                before[j] |= 1 << i
    return replace(problem, before=tuple(before))


def scaled(problem: Problem) -> Problem:
    """Make the tie rule part of the objective: objective -> objective * scale + inversions."""
    scale = scale_of(problem)
    costs = tuple(cost * scale for cost in problem.costs)
    return replace(problem, costs=costs, move=problem.move * scale + 1)


def scale_of(problem: Problem) -> int:
    """Return a number above every possible count of inversions."""
    count = len(problem.costs)
    return count * (count - 1) // 2 + 1


def relabelled(problem: Problem, items: tuple[int, ...]) -> Problem:
    """Return the problem in which `items` is the author's order."""
    place = {item: position for position, item in enumerate(items)}
    return replace(
        problem,
        costs=tuple(problem.costs[i] for i in items),
        before=tuple(mask_of(place[j] for j in bits(problem.before[i])) for i in items),
        touches=tuple(problem.touches[i] for i in items),
    )


def successors(problem: Problem) -> list[int]:
    """Return for each item the mask of items that must follow it."""
    after = [0] * len(problem.costs)
    for j, mask in enumerate(problem.before):
        for i in bits(mask):
            after[i] |= 1 << j
    return after


def touched_by(problem: Problem, items: Iterable[int], touched: int = 0) -> int:
    """Return the events `touched` and those of the items."""
    for i in items:
        touched |= problem.touches[i]
    return touched


def mask_of(members: Iterable[int]) -> int:
    """Return the mask of its members: 0, 3 -> 0b1001."""
    mask = 0
    for member in members:
        mask |= 1 << member
    return mask


def bits(mask: int) -> Iterator[int]:
    """Yield the members of a mask, smallest first: 0b1001 -> 0, 3."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


@lru_cache(maxsize=2)
def weigher(weights: tuple[int, ...]) -> Callable[[int], int]:
    """Return the function from a mask of events to the sum of their weights."""
    tables = []  # one for each byte of a mask: its weight by the value of that byte
    for start in range(0, len(weights), 8):
        table = [0]
        for weight in weights[start : start + 8]:
            table += [weight + known for known in table]
        tables.append(table)

    @lru_cache(maxsize=1 << 16)
    def weigh(mask: int) -> int:
        size = mask.bit_length() // 8 + 1
        return sum(map(getitem, tables, mask.to_bytes(size, "little")))

    return weigh
