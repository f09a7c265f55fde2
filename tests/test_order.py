"""The exact order against every legal order, and the laws that hold when it is too wide."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reorder.order import Order, Problem, cost_of, inversions, lowered, solve
from reorder.search.bound import bound_of
from reorder.search.descent import descend
from reorder.search.exact import search
from reorder.search.problem import closed, dominated, merged, reduced, relabelled

DESCENT = 1  # a number of states at which nothing is searched exactly


def test_refuses_lists_of_different_length() -> None:
    with pytest.raises(ValueError, match="one entry for each item"):
        Problem(costs=(1, 2), before=(0,), touches=(0, 0), weights=(), move=0)


@pytest.mark.parametrize(
    ("costs", "weights", "move"), [((-1,), (1,), 0), ((1,), (-1,), 0), ((1,), (1,), -1)]
)
def test_refuses_negative_numbers(
    costs: tuple[int, ...], weights: tuple[int, ...], move: int
) -> None:
    with pytest.raises(ValueError, match="must not be negative"):
        Problem(costs=costs, before=(0,), touches=(0,), weights=weights, move=move)


@pytest.mark.parametrize("touches", [0b10, -1])
def test_refuses_an_event_without_a_weight(touches: int) -> None:
    with pytest.raises(ValueError, match="item 0 is touched by an event that has no weight"):
        Problem(costs=(1,), before=(0,), touches=(touches,), weights=(1,), move=0)


@pytest.mark.parametrize("mask", [0b010, 0b100, 0b1000, -1])
def test_refuses_a_predecessor_that_is_not_above(mask: int) -> None:
    with pytest.raises(ValueError, match="item 1 may only follow items"):
        Problem(costs=(1, 1, 1), before=(0, mask, 0), touches=(0, 0, 0), weights=(), move=0)


# what, Problem(costs, before, touches, weights, move) -> items, cost
CASES = [
    ("nothing", Problem((), (), (), (), 0), (), 0),
    ("one item", Problem((7,), (0,), (1,), (2,), 0), (0,), 14),
    ("costly goes above volatile", Problem((1, 9), (0, 0), (1, 0), (5,), 0), (1, 0), 5),
    ("but not when it needs it", Problem((1, 9), (0, 1), (1, 0), (5,), 0), (0, 1), 50),
    ("nor when the move costs all it wins", Problem((1, 9), (0, 0), (1, 0), (5,), 45), (0, 1), 50),
    ("but when it costs less", Problem((1, 9), (0, 0), (1, 0), (5,), 44), (1, 0), 5),
    ("rarely goes above often", Problem((4, 4), (0, 0), (1, 2), (5, 3), 0), (1, 0), 44),
    ("equals stay", Problem((4, 4, 4), (0, 0, 0), (1, 1, 1), (5,), 0), (0, 1, 2), 60),
    ("untouched stays", Problem((9, 0, 9), (0, 0, 0), (0, 0, 0), (5,), 0), (0, 1, 2), 0),
    ("fewest turns win", Problem((0, 0, 9), (0, 0, 0), (0, 1, 0), (5,), 0), (0, 2, 1), 0),
    ("an event is paid once", Problem((3, 3, 3), (0,) * 3, (1, 1, 2), (5, 1), 0), (2, 0, 1), 39),
    ("weight 0 is no event", Problem((3, 9), (0, 0), (1, 0), (0,), 0), (0, 1), 0),
    ("a chain moves together", Problem((1, 2, 9), (0, 1, 0), (1, 0, 0), (4,), 1), (2, 0, 1), 12),
    ("a dear item passes its cheap like",
     Problem((0, 0, 0, 9), (0,) * 4, (1, 1, 0, 0), (5,), 0), (3, 0, 1, 2), 0),
    ("an item that a dear one needs passes its like",
     Problem((0, 0, 0, 0, 0, 9), (0,) * 5 + (0b10000,), (1,) * 3 + (0,) * 3, (5,), 0),
     (4, 5, 0, 1, 2, 3), 0),
    ("a free item passes its like that needs much",
     Problem((0,) * 6 + (15, 15), (0,) * 6 + (0b111000, 0), (1,) * 3 + (0,) * 5, (1,), 2),
     (7, 0, 1, 2, 3, 4, 5, 6), 15),
]  # fmt: skip


@pytest.mark.parametrize(
    ("problem", "items", "cost"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_finds_the_best_order(problem: Problem, items: tuple[int, ...], cost: int) -> None:
    bound = cost + problem.move * inversions(items)
    assert solve(problem) == Order(items, cost, bound, exact=True)


@pytest.mark.parametrize(
    ("items", "count"), [((), 0), ((0,), 0), ((0, 1, 2), 0), ((1, 2, 0), 2), ((2, 1, 0), 3)]
)
def test_counts_turned_pairs(items: tuple[int, ...], count: int) -> None:
    assert inversions(items) == count


@pytest.mark.parametrize(("states", "found"), [(7, None), (8, (0, 1, 2))])
def test_gives_up_past_the_number_of_states(states: int, found: tuple[int, ...] | None) -> None:
    problem = Problem((1, 2, 3), (0, 0, 0), (1, 1, 1), (1,), 1)
    assert search(problem, (0, 1, 2), 0, states) == found


@pytest.mark.parametrize(("states", "found"), [(5, None), (6, (0, 1, 2, 3))])
def test_gives_up_late_when_the_items_look_narrow(
    states: int, found: tuple[int, ...] | None
) -> None:
    problem = Problem((1, 1, 1, 1), (0, 1, 1, 7), (0, 0, 0, 0), (), 1)
    assert search(problem, (0, 1, 2, 3), 0, states) == found


def test_the_descent_sorts_forty_free_items_and_the_bound_proves_it() -> None:
    problem = Problem(tuple(range(40)), (0,) * 40, tuple(1 << i for i in range(40)), (1,) * 40, 0)
    order = solve(problem)
    assert order == Order(tuple(reversed(range(40))), order.cost, order.cost, exact=True)


def test_solves_again_until_the_result_stays() -> None:
    problem = Problem(
        costs=(10, 7, 5, 28, 29, 12, 18, 28),
        before=(0, 0, 0, 0, 9, 20, 16, 6),
        touches=(0, 0, 64, 0, 266, 416, 162, 264),
        weights=(4, 5, 7, 6, 7, 5, 8, 2, 4),
        move=1,
    )
    once = solve(problem, states=32)
    twice = solve(relabelled(problem, once.items), states=32)
    assert twice.items == tuple(range(8))


def test_the_descent_slides_a_chain_as_one() -> None:
    chain = (0, 0, 0, 0b100, 0b1100, 0b11100, 0b111100)
    problem = Problem((0, 0, 0, 0, 0, 0, 9), chain, (1, 1, 0, 0, 0, 0, 0), (5,), 4)
    assert descend(problem, tuple(range(7)), 0) == (2, 3, 4, 5, 6, 0, 1)


def masks(size: int) -> st.SearchStrategy[int]:
    return st.integers(0, 2**size - 1)


@st.composite
def problems(draw: st.DrawFn, most: int) -> Problem:
    """Problems of up to `most` items with few distinct numbers, so that ties and twins happen."""
    count = draw(st.integers(0, most))
    events = draw(st.integers(0, 5))
    sparse = draw(st.booleans())
    return Problem(
        costs=tuple(draw(st.integers(0, 4)) for _ in range(count)),
        before=tuple(
            draw(masks(i)) & (draw(masks(i)) & draw(masks(i)) if sparse else -1)
            for i in range(count)
        ),
        touches=tuple(draw(masks(events)) for _ in range(count)),
        weights=tuple(draw(st.integers(0, 3)) for _ in range(events)),
        move=draw(st.sampled_from((0, 0, 1, 3))),
    )


def legal_orders(problem: Problem, start: tuple[int, ...] = ()) -> Iterator[tuple[int, ...]]:
    left = [i for i in range(len(problem.costs)) if i not in start]
    if not left:
        yield start
    for i in left:
        if not any(problem.before[i] >> j & 1 for j in left):
            yield from legal_orders(problem, (*start, i))


def price(problem: Problem, items: tuple[int, ...]) -> int:
    """The cost, said once more: item i pays for each event that touches it or an item above."""
    total = 0
    for place, i in enumerate(items):
        above = items[: place + 1]
        for event, weight in enumerate(problem.weights):
            if any(problem.touches[j] >> event & 1 for j in above):
                total += problem.costs[i] * weight
    return total


def oracle(problem: Problem) -> Order:
    """The best of all legal orders: least objective, then fewest inversions, then the first."""

    def rank(items: tuple[int, ...]) -> tuple[int, int, tuple[int, ...]]:
        turned = sum(j > i for place, i in enumerate(items) for j in items[:place])
        return price(problem, items) + problem.move * turned, turned, items

    objective, _, items = min(map(rank, legal_orders(problem)))
    return Order(items, price(problem, items), objective, exact=True)


def objective(problem: Problem, items: tuple[int, ...]) -> int:
    return cost_of(problem, items) + problem.move * inversions(items)


@settings(max_examples=150, deadline=None)
@given(problems(most=6))
def test_agrees_with_all_legal_orders(problem: Problem) -> None:
    assert solve(problem) == oracle(problem)


@settings(max_examples=15, deadline=None)
@given(problems(most=7))
def test_agrees_with_all_legal_orders_of_seven(problem: Problem) -> None:
    assert solve(problem) == oracle(problem)


@settings(max_examples=100, deadline=None)
@given(problems(most=5))
def test_each_reduction_keeps_the_best_order(problem: Problem) -> None:
    best = oracle(problem)
    steps = (closed(problem), merged(problem), dominated(closed(problem)))
    assert [oracle(step) for step in steps] == [best] * 3
    assert oracle(reduced(problem)).items == best.items


@settings(max_examples=150, deadline=None)
@given(problems(most=9))
def test_the_bound_holds_and_the_descent_is_not_below_the_best(problem: Problem) -> None:
    best, found = solve(problem), solve(problem, states=DESCENT)
    assert found.bound <= best.bound <= objective(problem, found.items)
    assert found.exact == (found.bound == objective(problem, found.items))


@settings(max_examples=150, deadline=None)
@given(problems(most=6))
def test_any_order_gives_a_bound(problem: Problem) -> None:
    simple = closed(problem)
    best = oracle(problem)
    for items in islice(legal_orders(problem), 0, 60, 7):
        assert bound_of(simple, items, 0) <= best.bound


@settings(max_examples=150, deadline=None)
@given(problems(most=24), st.sampled_from((DESCENT, 12, 300)))
def test_the_result_is_a_legal_order_never_worse_than_the_authors(
    problem: Problem, states: int
) -> None:
    order = solve(problem, states=states)
    seen = 0
    for i in order.items:
        assert problem.before[i] & ~seen == 0
        seen |= 1 << i
    assert sorted(order.items) == list(range(len(problem.costs)))
    assert order.cost == price(problem, order.items)
    author = tuple(range(len(problem.costs)))
    assert order.bound <= objective(problem, order.items) <= objective(problem, author)


@settings(max_examples=150, deadline=None)
@given(problems(most=24), st.sampled_from((DESCENT, 12, 300)))
def test_solving_the_result_again_changes_nothing(problem: Problem, states: int) -> None:
    once = solve(problem, states=states)
    twice = solve(relabelled(problem, once.items), states=states)
    assert twice.items == tuple(range(len(problem.costs)))


@settings(max_examples=50, deadline=None)
@given(problems(most=12), st.randoms(use_true_random=False), st.sampled_from((DESCENT, 5_000)))
def test_the_numbers_of_the_events_do_not_matter(
    problem: Problem, random: Random, states: int
) -> None:
    events = list(range(len(problem.weights)))
    random.shuffle(events)
    renamed = Problem(
        problem.costs,
        problem.before,
        tuple(sum((mask >> old & 1) << new for new, old in enumerate(events))
              for mask in problem.touches),
        tuple(problem.weights[old] for old in events),
        problem.move,
    )  # fmt: skip
    assert solve(renamed, states=states).items == solve(problem, states=states).items


@given(problems(most=9), st.integers(min_value=0, max_value=511))
def test_new_items_are_lowered_legally_at_no_cost(problem: Problem, mask: int) -> None:
    items = solve(problem).items
    new = {item for item in items if mask >> item & 1}
    found = lowered(problem, items, new)
    placed = 0
    for item in found:
        assert not problem.before[item] & ~placed
        placed |= 1 << item
    assert cost_of(problem, found) <= cost_of(problem, items)
    assert [i for i in found if i not in new] == [i for i in items if i not in new]


LOWERED = {
    "directly above the first that must follow": ((0, 0, 1), (0, 0, 0), (1, 0, 2)),
    "not at all when none must follow": ((0, 0, 0), (0, 0, 0), (0, 1, 2)),
    "not when it would run again with what it passes": ((0, 0, 1), (0, 1, 0), (0, 1, 2)),
}


@pytest.mark.parametrize(("before", "touches", "expected"), LOWERED.values(), ids=LOWERED)
def test_a_new_item_stands_above_the_first_that_must_follow(
    before: tuple[int, ...], touches: tuple[int, ...], expected: tuple[int, ...]
) -> None:
    problem = Problem(costs=(1, 1, 1), before=before, touches=touches, weights=(1,), move=0)
    assert expected == lowered(problem, (0, 1, 2), {0})
