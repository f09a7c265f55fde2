"""The text of a Dockerfile in which some instructions are cut."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from msgspec.structs import replace

from reorder.cut import env, run
from reorder.syntax.dockerfile import Dockerfile, Instruction, ParseError, parse

# Of an ENV the names that get one of their own; of a RUN, below which of its commands to cut.
Wish: TypeAlias = frozenset[str] | tuple[int, ...]


class Cut(NamedTuple):
    """`dockerfile` is the text with the cuts, `shown` the same with the author's line numbers.

    `groups`: position of an instruction in the author's text -> the positions of its parts.
    """

    dockerfile: Dockerfile
    shown: Dockerfile
    groups: Mapping[int, tuple[int, ...]]


def cut(dockerfile: Dockerfile, wishes: Mapping[int, Wish]) -> Cut | None:
    """The text with the instructions at these positions cut, each as wished.

    None when nothing can be cut; an instruction that cannot be is left as it is.
    """
    source = dockerfile.source
    lines: list[bytes] = []
    shown: list[Instruction] = []
    groups: dict[int, tuple[int, ...]] = {}
    at = 0
    for position, instruction in enumerate(dockerfile.instructions):
        lines.append(source.span(at, instruction.line - 1))
        at = instruction.end_line
        body = source.span(instruction.line - 1, at)
        parts = _parts(instruction, body, wishes.get(position, ()), source.newline)
        lines += parts or (body,)
        if parts:
            groups[position] = tuple(range(len(shown), len(shown) + len(parts)))
        shown += (instruction,) * len(parts or (body,))
    if not groups:
        return None
    try:
        after = parse(b"".join([*lines, source.span(at, len(source.lines))]))
    except ParseError:
        return None
    if not _reads_as(after.instructions, dockerfile.instructions, groups):
        return None
    lined = tuple(
        replace(new, line=old.line, end_line=old.end_line)
        for new, old in zip(after.instructions, shown, strict=True)
    )
    return Cut(after, replace(after, instructions=lined), groups)


def _parts(
    instruction: Instruction, body: bytes, wish: Wish, newline: bytes
) -> tuple[bytes, ...] | None:
    if not wish:
        return None
    if isinstance(wish, frozenset):
        return env.halves(instruction, body, wish, newline)
    return run.pieces(instruction, body, wish, newline)


def _reads_as(
    after: Sequence[Instruction], before: Sequence[Instruction], groups: Mapping[int, Sequence[int]]
) -> bool:
    """Whether the new text has the author's instructions, and the parts of those that are cut."""
    new: Iterator[Instruction] = iter(after)
    if len(after) != len(before) + sum(len(group) - 1 for group in groups.values()):
        return False
    for position, old in enumerate(before):
        parts = [next(new) for _ in groups.get(position, (0,))]
        if position not in groups:
            if parts[0].text != old.text:
                return False
        elif not (env if old.keyword == "ENV" else run).reads_as(old, parts):
            return False
    return True
