"""A result and what it claims -> the check's verdict."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

from msgspec.structs import replace

from reorder.effects.instruction import Analysis
from reorder.effects.place import Step
from reorder.result import Result, as_written, by_position, first_position
from reorder.syntax.dockerfile import parse
from reorder.syntax.stages import Scope

if TYPE_CHECKING:
    from reorder.check import Image, Part


def checked(result: Result) -> Result:
    """The last word has a check that shares nothing with what came before."""
    # Most runs change nothing: start-up is a budget.
    from reorder.check import check, check_cut

    numbered = _numbered(result)
    volatile = result.changes.volatile.names(numbered.values())
    text = result.cut.dockerfile.source.data if result.cut else result.before
    lines = _lines(result)
    claims = {line: step.effect for line, step in numbered.items()}
    refusals = check_cut(result.before, text, volatile, claims) or check(
        text,
        result.after,
        claims,
        parts=_parts(result),
        brought={line: tuple(step.brought) or None for line, step in numbered.items()},
        images={lines[at]: image for at, image in images(result.analysis).items()},
        volatile=volatile,
    )
    return replace(as_written(result), refusals=refusals) if refusals else result


def _numbered(result: Result) -> dict[int, Step]:
    """The steps by the lines of the text that is checked."""
    lines = _lines(result)
    return {lines[n]: step for n, step in by_position(result.analysis).items()}


def _lines(result: Result) -> tuple[int, ...]:
    dockerfile = result.cut.dockerfile if result.cut else result.analysis.dockerfile
    return tuple(instruction.line for instruction in dockerfile.instructions)


def images(analysis: Analysis) -> dict[int, Image]:
    """What is known of each external image, by the position of its FROM."""
    from reorder.check import Image

    def known(scope: Scope) -> Image:
        return Image(scope.cwd, scope.values if scope.known_base else None)

    return {
        first_position(analysis.dockerfile, analysed.stage) - 1: known(analysed.first.scope)
        for analysed in analysis.stages
        if analysed.stage.base_stage is None
    }


def _parts(result: Result) -> tuple[Part, ...]:
    """Where the new COPYs stand in the result, and which COPY each is a part of."""
    from reorder.check import Part

    if not any(plan.parts for plan in result.plans):
        return ()
    lines = iter([i.line for i in parse(result.after).instructions])
    for _ in takewhile(lambda i: i.keyword != "FROM", result.analysis.dockerfile.instructions):
        next(lines)
    written = _lines(result)
    parts: list[Part] = []
    for plan in result.plans:
        next(lines)  # its FROM
        first = first_position(result.analysis.dockerfile, plan.stage.stage)
        own = plan.stage.steps
        for item in plan.items:
            line = next(lines)
            if item >= len(own):
                broad = plan.parts[item - len(own)].broad
                parts.append(Part(line, written[first + broad]))
    return tuple(parts)
