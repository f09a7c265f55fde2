"""An outcome -> what an editor shows: marks, hints, a total, the story of a line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from msgspec import Struct

from reorder.lsp.project import Outcome
from reorder.lsp.text import line_spans
from reorder.plan import StagePlan
from reorder.reports.passing import may_pass
from reorder.reports.reasons import kept_by
from reorder.reports.why import explain
from reorder.reports.words import (
    Move,
    added,
    basis,
    moves,
    seconds,
    share_of_rebuilds,
    short,
    timed,
)
from reorder.result import Result
from reorder.syntax.dockerfile import Instruction

Code = Literal["misplaced", "broad-copy", "barrier", "unreadable"]
Severity = Literal["warning", "information", "hint"]
# Each code has a paragraph there.
DOCUMENT = Path(__file__).with_name("codes.md")


class Mark(Struct, frozen=True):
    """A diagnostic from character `start` to `stop`; `related`: places and what is told there."""

    start: int
    stop: int
    code: Code
    severity: Severity
    message: str
    related: tuple[tuple[int, int, str], ...] = ()


class Hint(Struct, frozen=True):
    """A few words behind the line of an instruction, which ends at the character `offset`."""

    offset: int
    label: str
    tooltip: str


def marks(outcome: Outcome, *, barriers: bool = False) -> tuple[Mark, ...]:
    """The diagnostics, from first to last; with `barriers` also what holds an instruction."""
    lines = line_spans(outcome.text)
    found: list[Mark] = []
    if outcome.problem is not None:
        start, stop = lines[min(max(outcome.problem.line, 1), len(lines)) - 1]
        found.append(Mark(start, stop, "unreadable", "warning", outcome.problem.message))
    if outcome.result is not None:
        found += _changes(outcome.result, lines)
        found += _barriers(outcome.result, lines) if barriers else ()
    return tuple(sorted(found, key=lambda mark: mark.start))


_Lines = tuple[tuple[int, int], ...]


def _span(instruction: Instruction, lines: _Lines) -> tuple[int, int]:
    return lines[instruction.line - 1][0], lines[instruction.end_line - 1][1]


def _changes(result: Result, lines: _Lines) -> Iterator[Mark]:
    for move in moves(result):
        others = zip(move.passes, may_pass(move), strict=True)
        related = tuple((*_span(step.instruction, lines), why) for step, why in others)
        text = f"{short(move.instruction)} {_way(move)}: {total(result)}"
        start, stop = _span(move.instruction, lines)
        yield Mark(start, stop, "misplaced", "information", text, related)
    for new in added(result):
        text = (
            f"line {new.reader.line} ({short(new.reader)}) needs only a part of it: `{new.text}`"
            f" above it would do: {total(result)}"
        )
        related = ((*_span(new.reader, lines), "it re-runs with every file of the broad COPY"),)
        start, stop = _span(new.broad, lines)
        yield Mark(start, stop, "broad-copy", "information", text, related)


def _way(move: Move) -> str:
    if move.upwards:
        first = move.passes[0].instruction
        return f"may stand above line {first.line} ({short(first)})"
    last = move.passes[-1].instruction
    return f"may stand below line {last.line} ({short(last)})"


def _barriers(result: Result, lines: _Lines) -> Iterator[Mark]:
    for plan in result.plans:
        for at, step in enumerate(plan.stage.steps):
            if reasons := kept_by(plan, at):
                start, stop = _span(step.instruction, lines)
                yield Mark(start, stop, "barrier", "hint", "\n".join(reasons))


def total(result: Result) -> str:
    """`a rebuild takes 103 s instead of 11.7 min on average (estimated)`."""
    before, after = seconds(result.seconds_before), seconds(result.seconds_after)
    note = f"on average ({basis(result)})"
    if not result.changed:
        return f"a rebuild takes {before} {note}"
    return f"a rebuild takes {after} instead of {before} {note}"


def hints(outcome: Outcome) -> tuple[Hint, ...]:
    """Seconds of each instruction that takes some, and how often it re-runs."""
    if outcome.result is None:
        return ()
    lines = line_spans(outcome.text)
    return tuple(
        Hint(lines[step.instruction.line - 1][1], *_hint(plan, at))
        for plan in outcome.result.plans
        for at, step in enumerate(plan.stage.steps)
        if plan.cost.seconds(at)
    )


def _hint(plan: StagePlan, at: int) -> tuple[str, str]:
    now = _percent(share_of_rebuilds(plan, range(at + 1)))
    new = _percent(share_of_rebuilds(plan, plan.items[: plan.items.index(at) + 1]))
    shares = now if now == new else f"{now} → {new}"
    took = seconds(plan.cost.seconds(at))
    tooltip = f"takes {timed(plan, at)}; re-runs in {now} of rebuilds"
    return f"{took}, {shares}", tooltip if now == new else f"{tooltip}, in {new} in the new order"


def _percent(share: float) -> str:
    return f"{round(share * 100)} %"


def lens(outcome: Outcome) -> tuple[int, str] | None:
    """The place of the first stage and the total; None when nothing is known."""
    if outcome.planned is None or outcome.result is None or not outcome.result.plans:
        return None
    line = outcome.result.plans[0].stage.stage.from_.line
    note = " · without the build context" if outcome.planned.warning else ""
    return line_spans(outcome.text)[line - 1][0], total(outcome.result) + note


def hover(outcome: Outcome, name: str, line: int) -> tuple[int, int, str] | None:
    """Why the instruction on a 1-based line stands there, with its place; None: there is none."""
    if outcome.result is None:
        return None
    text = explain(name, outcome.result, line)
    steps = [step for plan in outcome.result.plans for step in plan.stage.steps]
    found = (s.instruction for s in steps if s.instruction.line <= line <= s.instruction.end_line)
    instruction = next(found, None)
    if instruction is None or not text:
        return None
    return (*_span(instruction, line_spans(outcome.text)), text)
