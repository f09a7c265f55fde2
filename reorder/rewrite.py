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
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reorder.source import Source
from reorder.syntax.dockerfile import Dockerfile, Instruction

# `# check=skip=X`, `# linter ignore=X`: about the next instruction, whatever stands between.
_PRAGMA = re.compile(rb"#\s*(check\s*=|[\w-]+[\s:]+(ignore|disable|skip|keep|off|on)\b)", re.I)


@dataclass(frozen=True, slots=True)
class Block:
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


def rewrite(dockerfile: Dockerfile, order: Mapping[int, Sequence[int]]) -> bytes:
    """`order`: position of the first moved instruction -> the positions that now stand there.

    Positions count the instructions of the file from 0; each value permutes a run of them that
    begins at the key.
    """
    all_blocks = blocks(dockerfile)
    bodies = [block.body for block in all_blocks]
    for first, positions in order.items():
        for slot, position in enumerate(positions):
            bodies[first + slot] = all_blocks[position].body
    source = dockerfile.source
    end = dockerfile.instructions[-1].end_line
    tail = source.span(end, len(source.lines))
    pieces = [block.header + body for block, body in zip(all_blocks, bodies, strict=True)]
    return _joined(pieces, tail, source)


def _joined(pieces: Sequence[bytes], tail: bytes, source: Source) -> bytes:
    """Only the last line of the file may lack its line end, as it did before."""
    newline = source.newline
    ended = [piece if piece.endswith(b"\n") else piece + newline for piece in pieces]
    text = b"".join(ended) + tail
    if source.data.endswith(b"\n") or tail:
        return text
    return text.removesuffix(b"\n").removesuffix(b"\r")
