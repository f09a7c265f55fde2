"""The independent check: before, after and claims -> refusals; none means the image is the same.

It shares with the rest of the tool only the vocabulary of claims; see docs/check.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reorder.check.actors import Told
from reorder.check.cuts import cut_refusals
from reorder.check.match import Matched, compare
from reorder.check.prove import prove
from reorder.check.reader import read
from reorder.check.verdict import Image, Part, Refusal, Unreadable
from reorder.effects.effect import Effect

__all__ = ["Image", "Part", "Refusal", "check", "check_cut"]


def check(
    before: bytes,
    after: bytes,
    claims: Mapping[int, Effect],
    *,
    parts: Sequence[Part] = (),
    brought: Mapping[int, Sequence[str] | None] | None = None,
    images: Mapping[int, Image] | None = None,
    volatile: frozenset[str] = frozenset(),
) -> tuple[Refusal, ...]:
    """Empty when the image of `after` is proved to be that of `before`.

    `claims`: what each instruction does, by its first line in `before`. `brought`: the absolute
    image paths of the files that a COPY or ADD surely brings, None when not known. `images`: what
    is known of the image of a FROM, by its line in `before`. `volatile`: variables whose place in
    the environment of the image is free.
    """
    if before == after:
        return ()
    try:
        first, second = read(before), read(after)
        matched = compare(first, second, parts)
        if not isinstance(matched, Matched):
            return matched
        told = Told(claims, brought or {})
        return prove(matched, first.escape, told, volatile, images or {})
    except Unreadable as problem:
        return (Refusal(problem.line, problem.fact, "the check does not read this for sure"),)


def check_cut(
    before: bytes, after: bytes, volatile: frozenset[str], claims: Mapping[int, Effect]
) -> tuple[Refusal, ...]:
    """Empty when `after` is `before` with some instructions cut, and does the same.

    An ENV is cut by its `volatile` names, a RUN between its commands. `claims`: what each
    instruction does, by its first line in `after`.
    """
    if before == after:
        return ()
    try:
        return tuple(cut_refusals(read(before), read(after), volatile, claims))
    except Unreadable as problem:
        return (Refusal(problem.line, problem.fact, "the check does not read this for sure"),)
