"""Seconds, instructions and reasons in words, the same in every report."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reorder.cost import prior_events
from reorder.effects.effect import Access, Effect, Extent, Footprint
from reorder.pipeline import Result
from reorder.plan import StagePlan, moved, seconds_of_event
from reorder.syntax.dockerfile import Instruction

_WIDTH = 60


def seconds(value: float) -> str:
    """0.53 -> `0.5 s`, 75 -> `75 s`, 750 -> `12.5 min`."""
    if value < 9.95:
        return f"{value:.1f} s"
    if value < 120:
        return f"{value:.0f} s"
    minutes = f"{value / 60:.1f}".removesuffix(".0")
    return f"{minutes} min"


def short(instruction: Instruction) -> str:
    """`RUN apt-get update && apt-get install -y ...` in one short line."""
    text = " ".join(f"{instruction.keyword} {instruction.text}".split())
    return text if len(text) <= _WIDTH else text[: _WIDTH - 1] + "…"


@dataclass(frozen=True, slots=True)
class Move:
    """An instruction that changed its place: now before (or after) the ones it passes."""

    instruction: Instruction
    passes: tuple[Instruction, ...]
    upwards: bool
    why: str


def moves(result: Result) -> tuple[Move, ...]:
    """The fewest moves that explain the new order, each with the reason why it may."""
    return tuple(move for plan in result.plans if plan.moves for move in _moves(plan))


def _moves(plan: StagePlan) -> Iterator[Move]:
    place = {item: at for at, item in enumerate(plan.items)}
    for item in moved(plan.items):
        passed = [n for n in plan.items if (n < item) != (place[n] < place[item])]
        others = tuple(plan.stage.steps[n].instruction for n in sorted(passed))
        step = plan.stage.steps[item]
        yield Move(
            step.instruction, others, all(n < item for n in passed), _why(step.effect, others)
        )


def _why(effect: Effect, others: tuple[Instruction, ...]) -> str:
    lines = ", ".join(str(other.line) for other in others)
    reads = _paths(effect.reads) or "nothing that they bring"
    writes = _paths(effect.writes) or "nothing that they look at"
    return f"reads {reads}; writes {writes}; nothing in common with line {lines}"


def _paths(footprints: tuple[Footprint, ...]) -> str:
    """The paths that tell most: not the system's own folders."""
    names = []
    for f in footprints:
        if f.resource != "path" or f.name.startswith(("/usr/lib", "/usr/local/lib", "/etc/ld.so")):
            continue
        if f.access is Access.ENSURE or f.extent is Extent.MODULES:
            continue
        names.append(f.name + ("/**" if f.extent is Extent.TREE else ""))
    unique = list(dict.fromkeys(names))
    return ", ".join(unique[:4]) + (f" and {len(unique) - 4} more" if len(unique) > 4 else "")


def code_change(result: Result) -> tuple[float, float] | None:
    """Seconds that a change of code re-runs, before and after; None when no code is copied."""
    event = next(n for n, e in enumerate(prior_events()) if e.kinds == frozenset(["other"]))
    before = after = 0.0
    for plan in result.plans:
        before += seconds_of_event(plan.cost, range(len(plan.items)), event)
        after += seconds_of_event(plan.cost, plan.items, event)
    return (before, after) if before else None
