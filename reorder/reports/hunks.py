"""A new order as edits that can be taken one by one: each alone leaves the image the same.

COPY . .                        COPY package.json ./
RUN npm ci              ->      RUN npm ci
RUN npm run build               COPY . .
                                RUN npm run build       lines 1-2 -> three lines
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from reorder.plan import StagePlan
from reorder.result import Result
from reorder.source import Source


class Hunk(Struct, frozen=True):
    """Lines `line` to `end_line`, from 1, become `text`, which has no line end of its own.

    `old` is what they were. `text` is None when no text can say it: bytes that are no UTF-8, or
    another line end. `first` and `last` are the lines whose instructions have new neighbours.
    """

    line: int
    end_line: int
    old: str
    text: str | None
    first: int
    last: int


def hunks(result: Result) -> tuple[Hunk, ...]:
    """The smallest edits of which each moves instructions only past such that it holds itself."""
    if not result.changed:
        return ()
    before, after = Source.of(result.before).lines, Source.of(result.after).lines
    shown = result.analysis.dockerfile.instructions
    # What is permuted: the author's text, or that in which an ENV is cut.
    text = result.cut.dockerfile.instructions if result.cut else shown
    found: list[Hunk] = []
    new = 0
    for plan in result.plans:
        from_ = shown.index(plan.stage.stage.from_)
        for start, stop, added in _blocks(plan):
            first, last = from_ + start, from_ + stop
            old = before[shown[first].end_line : shown[last].end_line]
            come = after[text[first].end_line + new : text[last].end_line + new + added]
            found.append(_hunk(shown[first].end_line + 1, old, come))
            new += added
    return tuple(found)


def _blocks(plan: StagePlan) -> Iterator[tuple[int, int, int]]:
    """From step `start` to before step `stop`, with so many new lines, all is permuted in itself.

    Above and below a block stand the same instructions as before: taken alone, it keeps every
    edge. A new COPY is in one block with the COPY that it is a part of and with its reader, and so
    are the halves of an ENV that is cut: both have the author's lines.
    """
    steps = plan.stage.steps
    own = len(steps)
    start = at = needed = added = 0
    for item in plan.items:
        if item >= own:
            part = plan.parts[item - own]
            needed = max(needed, *(min(n + 1, own) for n in (part.broad, part.reader)))
            added += 1
            continue
        at += 1
        needed = max(needed, item + 1)
        halved = at < own and steps[at].instruction.line == steps[at - 1].instruction.line
        if needed > at or halved:
            continue
        if at - start > 1 or added:
            yield start, at, added
        start, added = at, 0


def _hunk(first: int, old: tuple[bytes, ...], new: tuple[bytes, ...]) -> Hunk:
    """Lines that stay at either end are left out, but one line is named in any case."""
    head = tail = 0
    least = min(len(old), len(new)) - 1
    while head < least and old[head] == new[head]:
        head += 1
    while tail < least - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    gone, come = old[head : len(old) - tail], new[head : len(new) - tail]
    text = _text(come) if _end(gone) == _end(come) else None
    shown = b"".join(gone).decode("utf-8", "replace")
    line = first + head
    return Hunk(line, line + len(gone) - 1, shown, text, first, first + len(old) - 1)


def _end(lines: tuple[bytes, ...]) -> bytes:
    r"""The last line end: `\r\n`, `\n` or none."""
    last = lines[-1]
    return last[len(last.rstrip(b"\r\n")) :]


def _text(lines: tuple[bytes, ...]) -> str | None:
    data = b"".join(lines)
    try:
        return data[: len(data) - len(_end(lines))].decode("utf-8")
    except UnicodeDecodeError:
        return None
