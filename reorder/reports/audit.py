"""`reorder audit`: four questions on the order of a Dockerfile, with verdicts and evidence."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from functools import partial
from typing import Any

from msgspec import Struct

from reorder.effects.place import Step
from reorder.plan import StagePlan
from reorder.reports.bearing import (
    OFTEN,
    SLOW,
    Bearing,
    bearings,
    is_code,
    is_eased,
    is_slow,
    needs,
    own_share,
    readers,
)
from reorder.reports.paint import BOLD, DIM, GREEN, RED, painted
from reorder.reports.touched import sets
from reorder.reports.why import named
from reorder.reports.words import barrier, legible, seconds, short, shown, timed
from reorder.result import Result
from reorder.syntax.dockerfile import Dockerfile, parse

VERSION = 1
_VARIABLES = "Are the variables that a download needs set before it?"
# What a comment says of when a line makes the reader think before moving it.
_WHY = re.compile(
    r"\b(order|cach\w*|layers?|before|after|above|below|first|last|re-?builds?|re-?runs?|"
    r"invalidat\w*|bust\w*|rarely|often|seldom|every|chang\w*|slow\w*|must|"
    r"so that|because|needs?)\b",
    re.IGNORECASE,
)


class Verdict(StrEnum):
    """The answer to a question."""

    yes = "yes"
    no = "no"
    not_applicable = "not applicable"


_SHADES = {Verdict.yes: GREEN, Verdict.no: RED, Verdict.not_applicable: DIM}


class Evidence(Struct, frozen=True):
    """A fact about the instruction of a line; `holds` False: it makes the verdict a no."""

    line: int
    text: str
    holds: bool


class Answer(Struct, frozen=True):
    """A question with its verdict and what shows it."""

    id: str
    question: str
    evidence: tuple[Evidence, ...]

    @property
    def verdict(self) -> Verdict:
        if not self.evidence:
            return Verdict.not_applicable
        return Verdict.yes if all(fact.holds for fact in self.evidence) else Verdict.no


def audit(result: Result) -> tuple[Answer, ...]:
    """The four questions of the file as it is."""
    plans = result.plans
    explained = partial(_explained, result=result)
    return (
        _answer("slow-first", "Are expensive operations before the code copy?", _slow_first, plans),
        _answer("often-last", "Are often-changing files near the end?", _often_last, plans),
        _answer("variables-set", _VARIABLES, _variables_set, plans),
        _answer("order-explained", "Does a comment say why the order matters?", explained, plans),
    )


def _answer(
    id: str,
    question: str,
    find: Callable[[StagePlan], Iterator[Evidence]],
    plans: Sequence[StagePlan],
) -> Answer:
    facts = sorted((fact for plan in plans for fact in find(plan)), key=lambda fact: fact.line)
    return Answer(id, question, tuple(facts))


def _slow_first(plan: StagePlan) -> Iterator[Evidence]:
    steps = plan.stage.steps
    code = [at for at, step in enumerate(steps) if is_code(plan, at, step)]
    for at in (at for at in range(len(steps)) if is_slow(plan, at) and code):
        above = [n for n in code if n < at]
        what = f"{short(steps[at].instruction)} ({timed(plan, at)}) stands"
        if not above:
            yield _fact(steps[at], f"{what} above {named(steps[code[0]])}")
            continue
        what += f" below {named(steps[above[0]])}"
        if not any(n in needs(plan, at) for n in above):
            yield _fact(steps[at], f"{what} and does not need it{_remedy(plan, at)}", holds=False)
        elif is_eased(plan, at):
            yield _fact(
                steps[at], f"{what} and needs not all of it{_remedy(plan, at)}", holds=False
            )
        else:
            yield _fact(steps[at], f"{what}: {barrier(steps[at].effect) or 'it needs it'}")


def _often_last(plan: StagePlan) -> Iterator[Evidence]:
    steps = plan.stage.steps
    for at, step in enumerate(steps):
        share = own_share(plan, at)
        if share < OFTEN:
            continue
        below = range(at + 1, len(steps))
        free = [n for n in below if at not in needs(plan, n) or is_eased(plan, n)]
        took = sum(plan.cost.seconds(n) for n in free)
        what = f"{short(step.instruction)} changes with {round(share * 100)} % of rebuilds"
        if took < SLOW:
            yield _fact(step, f"{what}; nothing slow stands below it that does not need it")
            continue
        slowest = max(free, key=plan.cost.seconds)
        told = f"below it stand {seconds(took)} that do not need all of it"
        most = f"most of it {named(steps[slowest])}{_remedy(plan, slowest)}"
        yield _fact(step, f"{what}; {told}, {most}", holds=False)


def _remedy(plan: StagePlan, at: int) -> str:
    return "; `reorder --write` mends that" if is_eased(plan, at) else ""


def _variables_set(plan: StagePlan) -> Iterator[Evidence]:
    steps = plan.stage.steps
    for at, step in enumerate(steps):
        for name in sets(step) if step.instruction.keyword in ("ENV", "ARG") else ():
            line = step.instruction.line
            for reader in readers(plan, at, name):
                what = f"{short(steps[reader].instruction)} looks at {name}"
                yield _fact(steps[reader], f"{what}, which line {line} sets above it")
            if any(name in sets(other) for other in steps[:at]):
                continue
            for reader in readers(plan, at, name, below=False):
                what = f"{short(steps[reader].instruction)} looks at {name}"
                late = f"which line {line} sets too late; set it above"
                yield _fact(steps[reader], f"{what}, {late}", holds=False)


def _explained(plan: StagePlan, result: Result) -> Iterator[Evidence]:
    dockerfile = parse(result.before)
    for bearing in bearings(plan):
        step = plan.stage.steps[bearing.at]
        found = explanations(dockerfile, plan, bearing)
        what = f"{short(step.instruction)}: {bearing.why}"
        if found:
            yield _fact(step, f"{what}; a comment says: {found[0]}")
        else:
            remedy = "`reorder audit --write --annotate` adds one"
            yield _fact(step, f"{what}; no comment says so: {remedy}", holds=False)


def _fact(step: Step, text: str, *, holds: bool = True) -> Evidence:
    return Evidence(step.instruction.line, text, holds)


def explanations(dockerfile: Dockerfile, plan: StagePlan, bearing: Bearing) -> tuple[str, ...]:
    """The comments above one of its instructions that say why it stands there."""
    steps = plan.stage.steps
    said: dict[int, list[str]] = {}
    end = 0
    for instruction in dockerfile.instructions:
        above = dockerfile.source.span(end, instruction.line - 1)
        rows = legible(above.decode("utf-8", "surrogateescape")).split("\n")
        comments = [row.strip("# \t\r") for row in rows if row.lstrip().startswith("#")]
        said[instruction.line] = [text for text in comments if _WHY.search(text)]
        end = instruction.end_line
    own = (steps[at].instruction.line for at in (bearing.at, *bearing.others))
    return tuple(text for line in own for text in said[line])


def told(path: str, answers: Sequence[Answer], *, color: bool = False) -> str:
    """The answers as text."""
    lines = []
    for answer in answers:
        question = painted(BOLD, answer.question, color)
        lines.append(f"{question} {painted(_SHADES[answer.verdict], answer.verdict, color)}")
        for fact in answer.evidence:
            mark = "" if fact.holds else f"{painted(RED, 'no:', color)} "
            lines.append(f"  {shown(path)}:{fact.line}: {mark}{fact.text}")
    return "\n".join((*lines, ""))


def document(path: str, answers: Sequence[Answer]) -> str:
    """The answers as JSON, version 1 (docs/audit.md)."""
    body: dict[str, Any] = {
        "version": VERSION,
        "path": legible(path),
        "answers": [
            {
                "id": answer.id,
                "question": answer.question,
                "verdict": str(answer.verdict),
                "evidence": [
                    {"line": fact.line, "text": legible(fact.text), "holds": fact.holds}
                    for fact in answer.evidence
                ],
            }
            for answer in answers
        ],
    }
    return json.dumps(body, indent=2) + "\n"
