"""An ENV that is cut: the same variables from the same values, volatile ones further down.

ENV A=1 X=$X B=2    ->    ENV A=1 B=2
                          ENV X=$X
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from reorder.check.reader import Instruction, Text
from reorder.check.verdict import Refusal
from reorder.check.words import pairs

_Pairs = tuple[tuple[str, str | None], ...]


def cut_refusals(before: Text, after: Text, volatile: frozenset[str]) -> Iterator[Refusal]:
    """Why `after` may be more than `before` with some ENVs in two halves; at most one reason."""
    frames = [
        (t.bom, t.head, t.escape, t.ended, Counter(c for _, c in t.outside))
        for t in (before, after)
    ]
    if frames[0] != frames[1]:
        yield Refusal(1, "more than an ENV differs", "the text must keep its bytes")
        return
    rest = list(after.instructions)
    for old in before.instructions:
        if rest and rest[0].raw.rstrip(b"\r\n") == old.raw.rstrip(b"\r\n"):
            rest.pop(0)
            continue
        fault = _fault(old, rest[:2], before.escape, volatile)
        if fault:
            yield Refusal(
                rest[0].line if rest else 1, fault, "an ENV is cut for volatile names only"
            )
            return
        del rest[:2]
    if rest:
        yield Refusal(rest[0].line, "this instruction is new", "nothing but an ENV is cut")


def _frame(text: Text) -> tuple[object, ...]:
    outside = Counter(line for _, line in text.outside)
    return text.bom, text.head, text.escape, text.ended, outside


def _fault(
    old: Instruction, halves: list[Instruction], escape: str, volatile: frozenset[str]
) -> str | None:
    if len(halves) < 2 or {i.keyword for i in (old, *halves)} != {"ENV"}:
        return f"the {old.keyword} of line {old.line} is lost or changed"
    whole, first, second = (pairs("ENV", i.rest, escape) for i in (old, *halves))
    names = {name for name, _ in second}
    if len({name for name, _ in whole}) < len(whole):
        return "it sets a name twice"
    if first != tuple(p for p in whole if p[0] not in names) or second != tuple(
        p for p in whole if p[0] in names
    ):
        return "its halves do not set what it sets"
    if not names <= volatile:
        return "its second half sets more than volatile names"
    if _looks(first, second) or _looks(second, first):
        return "one half looks at a name of the other"
    return None


def _looks(values: _Pairs, names: _Pairs) -> bool:
    """Whether a value mentions one of the names in any way."""
    words = {word for _, value in values for word in re.findall(r"\w+", value or "")}
    return any(name in words for name, _ in names)
