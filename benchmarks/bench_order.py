"""How long an order takes, and how far from the best it may be.

    python benchmarks/bench_order.py

`states` are the down-sets that an exact search of the reduced problem holds, counted up to the
default limit; `gap` is (objective - bound) / objective.
"""

from __future__ import annotations

import platform
from collections.abc import Callable
from os import cpu_count
from random import Random
from time import perf_counter

from reorder.order import Problem, cost_of, inversions, solve
from reorder.search.problem import mask_of, reduced

LIMIT = 50_000
Shape = Callable[[Random, int], tuple[int, ...]]


def antichain(random: Random, count: int) -> tuple[int, ...]:
    return (0,) * count


def chains_of_two(random: Random, count: int) -> tuple[int, ...]:
    return tuple(1 << i - count // 2 if i >= count // 2 else 0 for i in range(count))


def ten_chains(random: Random, count: int) -> tuple[int, ...]:
    return tuple(1 << i - 10 if i >= 10 else 0 for i in range(count))


def sparse(random: Random, count: int) -> tuple[int, ...]:
    return tuple(mask_of(j for j in range(i) if random.random() < 2 / count) for i in range(count))


def layered(random: Random, count: int) -> tuple[int, ...]:
    return tuple(
        mask_of(j for j in range(i - i % 20 - 20, i - i % 20) if j >= 0 and random.random() < 0.15)
        for i in range(count)
    )


def dockerfile(random: Random, count: int) -> tuple[int, ...]:
    """Nearly each item needs one of the three above it."""
    return tuple(
        1 << random.randrange(max(0, i - 3), i) if i and random.random() < 0.9 else 0
        for i in range(count)
    )


# name, shape, items, events, most events of an item (0: an event of its own)
ROWS: list[tuple[str, Shape, int, int, int]] = [
    ("like a real stage", dockerfile, 15, 20, 4),
    ("like a real stage", dockerfile, 30, 40, 4),
    ("antichain", antichain, 10, 60, 4),
    ("antichain", antichain, 16, 60, 4),
    ("antichain, own events", antichain, 200, 200, 0),
    ("antichain, 60 events", antichain, 200, 60, 4),
    ("antichain, 500 events", antichain, 200, 500, 30),
    ("100 chains of 2, own events", chains_of_two, 200, 200, 0),
    ("100 chains of 2", chains_of_two, 200, 60, 4),
    ("10 chains of 20", ten_chains, 200, 60, 4),
    ("random sparse", sparse, 200, 60, 4),
    ("10 layers of 20", layered, 200, 60, 4),
]


def problem_of(shape: Shape, count: int, events: int, most: int) -> Problem:
    random = Random(count + events)
    return Problem(
        costs=tuple(random.randint(0, 60_000) for _ in range(count)),
        before=shape(random, count),
        touches=tuple(
            mask_of(random.sample(range(events), random.randint(1, most))) if most else 1 << i
            for i in range(count)
        ),
        weights=tuple(random.randint(1, 1000) for _ in range(events)),
        move=1000,
    )


def states_of(problem: Problem) -> str:
    """Return the number of down-sets, counted up to LIMIT."""
    level, total = {0}, 1
    while level:
        grown: set[int] = set()
        for placed in level:
            for i, before in enumerate(problem.before):
                if not before & ~placed and not placed >> i & 1:
                    grown.add(placed | 1 << i)
            if total + len(grown) > LIMIT:
                return f"> {LIMIT:,}"
        total += len(grown)
        level = grown
    return f"{total:,}"


def row(name: str, shape: Shape, count: int, events: int, most: int) -> str:
    problem = problem_of(shape, count, events, most)
    start = perf_counter()
    order = solve(problem, states=LIMIT)
    milliseconds = 1000 * (perf_counter() - start)
    objective = order.cost + problem.move * inversions(order.items)
    gap = 100 * (objective - order.bound) / objective
    kept = 100 * order.cost / cost_of(problem, range(count))
    states = states_of(reduced(problem))
    return f"| {name} | {count} | {states} | {milliseconds:.0f} | {gap:.2f} % | {kept:.1f} % |"


def main() -> None:
    print(f"{cpu_count()} cores, {platform.machine()}, {platform.python_implementation()}", end=" ")
    print(platform.python_version())
    print("\n| shape | items | states | ms | gap | cost, author's = 100 % |")
    print("|---|--:|--:|--:|--:|--:|")
    for entry in ROWS:
        print(row(*entry), flush=True)


if __name__ == "__main__":
    main()
