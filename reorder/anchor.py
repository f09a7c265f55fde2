"""A COPY to a relative place that stands above a later WORKDIR is given the absolute place.

    WORKDIR /app            WORKDIR /app
    COPY . .          ->    COPY . /app/
    WORKDIR /app/web        WORKDIR /app/web
    RUN npm ci              RUN npm ci

The builder joins folder and place before it looks at any file, so that both lines are the same
step; but the second may stand below the next WORKDIR.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterator, Mapping

from reorder.cut.text import Cut
from reorder.syntax.dockerfile import Dockerfile, Instruction, ParseError, parse

_PLAIN = re.compile(r"(?!.*\.\.)[\w./][\w./-]*", re.ASCII)


def anchored(dockerfile: Dockerfile, chosen: Collection[int]) -> Cut | None:
    """The text with the absolute place for the `chosen` instructions; None when it is odd."""
    source = dockerfile.source
    pieces: list[bytes] = []
    at = 0
    found = dict(places(dockerfile))
    for position, instruction in enumerate(dockerfile.instructions):
        body = source.span(instruction.line - 1, instruction.end_line)
        pieces.append(source.span(at, instruction.line - 1))
        at = instruction.end_line
        place = found.get(position) if position in chosen else None
        pieces.append(_with_place(body, place) if place else body)
    try:
        after = parse(b"".join([*pieces, source.span(at, len(source.lines))]))
    except ParseError:
        return None
    same = [i.line for i in after.instructions] == [i.line for i in dockerfile.instructions]
    return Cut(after, after, {}) if same else None


def places(dockerfile: Dockerfile) -> Iterator[tuple[int, str]]:
    """Positions of COPYs above a WORKDIR of their stage, with the absolute place of each."""
    folder: str | None = None
    waiting: list[tuple[int, str]] = []
    for position, instruction in enumerate(dockerfile.instructions):
        if instruction.keyword == "FROM":
            folder, waiting = None, []
        elif instruction.keyword == "WORKDIR":
            yield from waiting
            waiting = []
            word = instruction.words[0] if instruction.words else ""
            folder = word if word.startswith("/") and _PLAIN.fullmatch(word) else None
        elif instruction.keyword in ("COPY", "ADD") and folder:
            place = _place(instruction, folder)
            waiting += [(position, place)] if place else []


def _place(instruction: Instruction, folder: str) -> str | None:
    """`.` below `/app` -> `/app/`."""
    word = instruction.words[-1] if instruction.words else "/"
    plain = _PLAIN.fullmatch(word) and not word.startswith("/")
    one = instruction.line == instruction.end_line and not instruction.is_json
    if not (plain and one) or instruction.heredocs or instruction.dangling:
        return None
    joined = posixpath.normpath(posixpath.join("/", folder, word)).replace("//", "/")
    is_folder = word == "." or word.endswith(("/", "/."))
    return f"{joined.rstrip('/')}/" if is_folder else joined


def _with_place(body: bytes, place: str) -> bytes:
    """The line with another last word."""
    kept = body.rstrip()
    return re.sub(rb"\S+$", place.encode(), kept) + body[len(kept) :]


def moved(
    dockerfile: Dockerfile, chosen: Collection[int], order: Mapping[int, int]
) -> frozenset[int]:
    """The chosen ones that stand below a WORKDIR in `order` which stood below them."""
    found: set[int] = set()
    for position in chosen:
        for later, instruction in enumerate(dockerfile.instructions[position:], position):
            if later > position and instruction.keyword == "FROM":
                break
            if instruction.keyword == "WORKDIR" and order[later] < order[position]:
                found.add(position)
    return frozenset(found)
