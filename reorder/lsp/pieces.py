"""A result in independent pieces: each of them may be taken without the others.

A B C D E -> B A C E D    is    B A | C | E D    two pieces: A with B, D with E.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from reorder.pipeline import applied
from reorder.plan import StagePlan, expected
from reorder.result import Result


class Piece(Struct, frozen=True):
    """`result` has this change only; `first` and `last` are its lines, 1-based, inclusive.

    `saves`: seconds that an average rebuild gains by it alone.
    """

    result: Result
    first: int
    last: int
    saves: float


def pieces(result: Result) -> tuple[Piece, ...]:
    """The changes that save something by themselves, in the order of the file; each is checked."""
    if not result.changed:
        return ()
    if result.cut is not None:  # the halves of an ENV are no pieces of the author's text
        return (_whole(result),)
    return tuple(
        piece
        for number, plan in enumerate(result.plans)
        for span in _spans(plan)
        for piece in _piece(result, number, span)
    )


def within(result: Result, first: int, last: int) -> Result | None:
    """The pieces that lie between two lines, together and checked; None when there are none."""
    if result.cut is not None and result.changed:
        whole = _whole(result)
        return result if first <= whole.first and whole.last <= last else None
    plans = tuple(
        _only(plan, [span for span in _spans(plan) if _lies(plan, span, first, last)])
        for plan in result.plans
    )
    if not any(plan.moves for plan in plans):
        return None
    part = applied(result, plans)
    return part if part.changed else None


def _whole(result: Result) -> Piece:
    plans = [plan for plan in result.plans if plan.moves]
    ends = [_lines(plan, span) for plan in plans for span in _spans(plan)]
    saves = result.seconds_before - result.seconds_after
    return Piece(result, min(top for top, _ in ends), max(last for _, last in ends), saves)


# From one place in `items` to another, the second excluded.
_Span = tuple[int, int]


def _spans(plan: StagePlan) -> Iterator[_Span]:
    """The parts of the new order that have the instructions of the same part of the old one."""
    own = len(plan.stage.steps)
    start, top, seen = 0, -1, 0
    below: set[int] = set()  # the broad COPYs of new ones that are still to come
    for at, item in enumerate(plan.items):
        if item >= own:
            below.add(plan.parts[item - own].broad)
            continue
        top, seen = max(top, item), seen + 1
        below.discard(item)
        if top + 1 == seen and not below:
            if at > start:
                yield start, at + 1
            start = at + 1


def _own(plan: StagePlan, span: _Span) -> list[int]:
    return sorted(i for i in plan.items[slice(*span)] if i < len(plan.stage.steps))


def _lines(plan: StagePlan, span: _Span) -> tuple[int, int]:
    own = _own(plan, span)
    steps = plan.stage.steps
    return steps[own[0]].instruction.line, steps[own[-1]].instruction.end_line


def _lies(plan: StagePlan, span: _Span, first: int, last: int) -> bool:
    top, bottom = _lines(plan, span)
    return first <= top and bottom <= last


def _only(plan: StagePlan, spans: list[_Span]) -> StagePlan:
    """The author's order, but for these spans."""
    items = list(range(len(plan.stage.steps)))
    for span in reversed(spans):
        own = _own(plan, span)
        items[own[0] : own[-1] + 1] = plan.items[slice(*span)]
    return replace(plan, items=tuple(items), after=expected(plan.cost, items))


def _piece(result: Result, number: int, span: _Span) -> Iterator[Piece]:
    own = [p.as_written() for p in result.plans]
    plan = _only(result.plans[number], [span])
    own[number] = plan
    saves = plan.before - plan.after
    if saves <= 0:
        return
    part = applied(result, tuple(own))
    if part.changed:
        yield Piece(part, *_lines(plan, span), saves)
