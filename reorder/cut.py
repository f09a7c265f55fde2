"""An ENV of several variables, some of which are new with every build, becomes two.

    ENV A=1 GIT_SHA=$GIT_SHA B=2    ->    ENV A=1 B=2
                                          ENV GIT_SHA=$GIT_SHA

All values of one ENV see the variables above it, so that it is cut only when no value of one half
looks at a name of the other.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from reorder.syntax.dockerfile import Dockerfile, Instruction, ParseError, parse


class Cut(NamedTuple):
    """`dockerfile` is the text with the cuts; `places`: where its new instructions stand.

    `shown` is the same with the line numbers of the author's text.
    """

    dockerfile: Dockerfile
    shown: Dockerfile
    places: tuple[int, ...]


def cut(dockerfile: Dockerfile, volatile: Mapping[int, frozenset[str]]) -> Cut | None:
    """`volatile`: position of an ENV -> the names that get an ENV of their own below it.

    None when nothing can be cut; an ENV that cannot be is left as it is.
    """
    source = dockerfile.source
    pieces: list[bytes] = []
    shown: list[Instruction] = []
    places: list[int] = []
    at = 0
    for position, instruction in enumerate(dockerfile.instructions):
        pieces.append(source.span(at, instruction.line - 1))
        at = instruction.end_line
        body = source.span(instruction.line - 1, at)
        halves = _halves(instruction, body, volatile.get(position, frozenset()), source.newline)
        pieces += halves or (body,)
        shown += (instruction,) * (2 if halves else 1)
        if halves:
            places.append(len(shown) - 1)
    try:
        after = parse(b"".join([*pieces, source.span(at, len(source.lines))]))
    except ParseError:
        return None
    if not places or not _reads_as(after, shown, places):
        return None
    lined = tuple(
        replace(new, line=old.line, end_line=old.end_line)
        for new, old in zip(after.instructions, shown, strict=True)
    )
    return Cut(after, replace(after, instructions=lined), tuple(places))


def _halves(
    instruction: Instruction, body: bytes, names: frozenset[str], newline: bytes
) -> tuple[bytes, bytes] | None:
    pairs = dict(zip(instruction.words, instruction.pairs, strict=False))
    own = [name for name, _ in instruction.pairs]
    if instruction.keyword != "ENV" or not names & set(own) or names >= set(own):
        return None
    if instruction.dangling or len(set(own)) < len(own) or len(pairs) < len(own):
        return None
    for _, (name, value) in pairs.items():
        others = (other for other in own if (other in names) != (name in names))
        if any(re.search(rf"\$\{{?{re.escape(other)}\b", value or "") for other in others):
            return None
    moved = [word for word, (name, _) in pairs.items() if name in names]
    rest = _without(body, moved)
    if rest is None:
        return None
    keyword = body.lstrip()[: len(instruction.keyword)]
    line = b" ".join([keyword, *(word.encode("utf-8", "surrogateescape") for word in moved)])
    ended = rest if rest.endswith(b"\n") else rest + newline
    return ended, line + (newline if body.endswith(b"\n") else b"")


def _without(body: bytes, words: list[str]) -> bytes | None:
    """The lines of an ENV without some of its words; None where they are not found for sure."""
    lines = body.splitlines(keepends=True)
    if any(line.lstrip().startswith(b"#") for line in lines):
        return None
    for word in words:
        text = re.escape(word.encode("utf-8", "surrogateescape"))
        found = re.compile(rb"[ \t]+" + text + rb"(?=\s|$)")
        holding = [n for n, line in enumerate(lines) if found.search(line)]
        if len(holding) != 1 or len(found.findall(lines[holding[0]])) != 1:
            return None
        lines[holding[0]] = found.sub(b"", lines[holding[0]])
    last = lines[-1].strip()
    kept = [line for line in lines if line.strip(b" \t\r\n") not in (b"", b"\\", b"`")]
    if not last and kept:
        kept[-1] = re.sub(rb"[ \t]*[\\`][ \t]*(?=\r?\n?$)", b"", kept[-1])
    return b"".join(kept)


def _reads_as(after: Dockerfile, shown: Sequence[Instruction], places: Collection[int]) -> bool:
    """Whether the new text has the author's instructions, and the pairs of each ENV that is cut."""
    new = after.instructions
    if len(new) != len(shown):
        return False
    halves = {*places, *(place - 1 for place in places)}
    kept = all(new[n].text == old.text for n, old in enumerate(shown) if n not in halves)
    return kept and all(
        {*new[place - 1].pairs, *new[place].pairs} == {*shown[place].pairs} for place in places
    )
