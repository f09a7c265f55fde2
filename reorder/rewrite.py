"""A new order of instructions -> text, as a permutation of the author's lines.

    # code              RUN slow
    COPY . .      ->    # code
    RUN slow            COPY . .

An instruction takes along the comments directly above it and the blank lines above those. A
comment with a blank line under it is a header: it keeps its place. What stands above a FROM,
directives among it, stays there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from reorder.source import Source
from reorder.syntax.dockerfile import Dockerfile, Instruction

# `# check=skip=X`, `# linter ignore=X`: about the next instruction, whatever stands between.
_PRAGMA = re.compile(rb"#\s*(check\s*=|[\w-]+[\s:]+(ignore|disable|skip|keep|off|on)\b)", re.I)


class Block(Struct, frozen=True):
    """The lines of one instruction: `header` stays, `body` moves with the instruction."""

    instruction: Instruction
    header: bytes
    body: bytes


def blocks(dockerfile: Dockerfile) -> tuple[Block, ...]:
    """One block an instruction; together with `tail` they tile the file."""
    source = dockerfile.source
    found: list[Block] = []
    start = 0
    for instruction in dockerfile.instructions:
        head = _header_end(source, start, instruction.line - 1)
        found.append(
            Block(
                instruction,
                source.span(start, head),
                source.span(head, instruction.end_line),
            )
        )
        start = instruction.end_line
    return tuple(found)


def _header_end(source: Source, start: int, stop: int) -> int:
    """The line behind the last blank line that has a comment, but no pragma, above it."""
    end = start
    comment = False
    for at in range(start, stop):
        line = source.lines[at].strip()
        if _PRAGMA.match(line):
            return end
        if line:
            comment = True
        elif comment:
            end = at + 1
    return end


def rewrite(dockerfile: Dockerfile, order: Mapping[int, Sequence[int | str]]) -> bytes:
    """`order`: position of the first instruction of a stage -> what now stands there.

    A string is the text of a new instruction.
    Positions count the instructions of the file from 0, those in a sequence from its key. A
    header keeps its place among the author's instructions.
    """
    source = dockerfile.source
    all_blocks = blocks(dockerfile)
    pieces: list[bytes] = []
    at = 0
    while at < len(all_blocks):
        if order.get(at):
            stage = _stage(all_blocks, at, order[at], source.newline)
            pieces += stage
            at += sum(not isinstance(item, str) for item in order[at])
        else:
            pieces.append(all_blocks[at].header + all_blocks[at].body)
            at += 1
    tail = source.span(dockerfile.instructions[-1].end_line, len(source.lines))
    return _joined(pieces, tail, source)


def _stage(
    all_blocks: Sequence[Block], first: int, items: Sequence[int | str], newline: bytes
) -> Iterator[bytes]:
    """A new instruction takes the blank lines of the one that it stands above."""
    slot = first
    new = b""
    for item in items:
        if isinstance(item, str):
            new += item.encode("utf-8", "surrogateescape") + newline
        else:
            body = all_blocks[first + item].body
            blank = _blank_above(body) if new else b""
            yield all_blocks[slot].header + blank + new + body[len(blank) :]
            new = b""
            slot += 1
    if new:
        yield new


def _blank_above(body: bytes) -> bytes:
    """The blank lines at the top."""
    space = body[: len(body) - len(body.lstrip())]
    return space[: space.rfind(b"\n") + 1]


def _joined(pieces: Sequence[bytes], tail: bytes, source: Source) -> bytes:
    """Only the last line of the file may lack its line end, as it did before."""
    newline = source.newline
    ended = [piece if piece.endswith(b"\n") else piece + newline for piece in pieces]
    text = b"".join(ended) + tail
    if source.data.endswith(b"\n") or tail:
        return text
    return text.removesuffix(b"\n").removesuffix(b"\r")
