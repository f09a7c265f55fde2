"""Comments of our own where an order is load-bearing, kept up to date.

COPY . .   ->   # reorder: order matters: 36 s of steps above do not re-run when this changes
                COPY . .
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from reorder.controls import skips_file
from reorder.reports.audit import explanations
from reorder.reports.bearing import bearings
from reorder.result import Result
from reorder.syntax.dockerfile import Dockerfile, parse

_PREFIX = "# reorder: order matters: "
_OWN = re.compile(rb"\s*# reorder: order matters: ")


def annotated(result: Result) -> bytes:
    """The text with a comment at each such place that the author does not explain already.

    Ours of an earlier run go; all other lines stay byte for byte. A second run changes nothing.
    """
    dockerfile = parse(result.before)
    if skips_file(dockerfile):
        return result.before
    text = _written(dockerfile, _wanted(result, dockerfile))
    if _meaning(parse(text)) != _meaning(dockerfile):
        raise AssertionError("a comment has changed an instruction")
    return text


def _wanted(result: Result, dockerfile: Dockerfile) -> dict[int, str]:
    """Line of an instruction -> the comment above it."""
    found: dict[int, str] = {}
    for plan in result.plans:
        for bearing in bearings(plan):
            said = explanations(dockerfile, plan, bearing)
            if all(text.startswith(_PREFIX.strip("# ")) for text in said):
                found[plan.stage.steps[bearing.at].instruction.line] = _PREFIX + bearing.why
    return found


def _written(dockerfile: Dockerfile, wanted: Mapping[int, str]) -> bytes:
    source = dockerfile.source
    pieces: list[bytes] = []
    end = 0
    for instruction in dockerfile.instructions:
        start = instruction.line - 1
        pieces += [row for row in source.lines[end:start] if not _OWN.match(row)]
        if instruction.line in wanted:
            pieces.append(wanted[instruction.line].encode() + source.newline)
        end = instruction.end_line
        pieces += source.lines[start:end]
    pieces += [row for row in source.lines[end:] if not _OWN.match(row)]
    return b"".join(pieces)


def _meaning(dockerfile: Dockerfile) -> tuple[object, ...]:
    said = [(i.keyword, i.text, i.flags, i.heredocs) for i in dockerfile.instructions]
    return dict(dockerfile.directives), said
