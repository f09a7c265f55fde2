"""Two texts -> the instruction of `after` for each one of `before`, stage by stage."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from reorder.check.reader import Instruction, Text
from reorder.check.verdict import Part, Refusal

_LINT = re.compile(rb"\s*#\s*check\s*=", re.I)


class Item(Struct, frozen=True):
    """An instruction of a stage. `line` is its line in `before`, `at` its place in `after`.

    A part stands directly above the COPY at `broad`; its `line` is minus the one in `after`.
    """

    instruction: Instruction
    line: int
    at: int
    after_line: int
    broad: int = 0


class Stage(Struct, frozen=True):
    """`items` in the order of `before`; `from_` is the same in both texts."""

    from_: Instruction
    items: tuple[Item, ...]


class Matched(Struct, frozen=True):
    """The instructions above the first FROM, and the stages."""

    above: tuple[Instruction, ...]
    stages: tuple[Stage, ...]


def compare(before: Text, after: Text, parts: Sequence[Part]) -> Matched | tuple[Refusal, ...]:
    """Rule 1: the same instructions, comments, directives and line ends."""
    refusals = [*_frame(before, after), *_outside(before, after)]
    if refusals:
        return tuple(refusals)
    first, second = _split(before.instructions), _split(after.instructions)
    if [x.raw for x in first[0]] != [x.raw for x in second[0]]:
        return (Refusal(1, "the lines above the first FROM differ", "FROM may mean another image"),)
    if [stage[0].raw for stage in first[1]] != [stage[0].raw for stage in second[1]]:
        fact = "the FROM lines differ"
        return (Refusal(second[1][0][0].line, fact, "stages must keep their order and images"),)
    wanted = {part.after_line: part.before_line for part in parts}
    stages: list[Stage] = []
    for old, new in zip(first[1], second[1], strict=True):
        found = _stage(old, new, wanted)
        if isinstance(found, Refusal):
            return (found,)
        stages.append(found)
    return Matched(first[0], tuple(stages))


def _frame(before: Text, after: Text) -> Iterator[Refusal]:
    if before.head != after.head or before.bom != after.bom:
        yield Refusal(1, "the directives at the top differ", "they decide how the text is read")
    if before.ended != after.ended:
        yield Refusal(1, "the line end of the last line differs", "the text must keep its bytes")


def _outside(before: Text, after: Text) -> Iterator[Refusal]:
    had = Counter(line for _, line in before.outside)
    for number, line in after.outside:
        if not had[line]:
            yield Refusal(number, "a comment or blank line is new", "the text must keep its bytes")
            return
        had[line] -= 1
    if +had:
        lost = next(iter(+had)).decode("utf-8", "replace").strip()
        yield Refusal(1, f"the line `{lost}` is lost", "the text must keep its bytes")
    if _lint_comments(before) != _lint_comments(after):
        fact = "a `# check=` comment stands above another instruction"
        yield Refusal(1, fact, "the build may fail by a rule that was switched off there")


def _lint_comments(text: Text) -> Counter[tuple[bytes, bytes]]:
    found: Counter[tuple[bytes, bytes]] = Counter()
    for number, line in text.outside:
        if number > len(text.head) and _LINT.match(line):
            below = [x.raw for x in text.instructions if x.line > number]
            found[line, below[0] if below else b""] += 1
    return found


_Stages = tuple[tuple[Instruction, ...], list[list[Instruction]]]


def _split(instructions: Sequence[Instruction]) -> _Stages:
    above: list[Instruction] = []
    stages: list[list[Instruction]] = []
    for instruction in instructions:
        if instruction.keyword == "FROM":
            stages.append([instruction])
        else:
            (stages[-1] if stages else above).append(instruction)
    return tuple(above), stages


def _stage(
    old: Sequence[Instruction], new: Sequence[Instruction], parts: Mapping[int, int]
) -> Stage | Refusal:
    """The k-th of equal texts is matched with the k-th: that swaps no more than it must."""
    places: dict[bytes, list[tuple[int, Instruction]]] = defaultdict(list)
    narrow: dict[int, list[tuple[int, Instruction]]] = defaultdict(list)
    for at, instruction in enumerate(new[1:]):
        if instruction.line in parts:
            narrow[parts[instruction.line]].append((at, instruction))
        else:
            places[instruction.raw].append((at, instruction))
    items: list[Item] = []
    for instruction in old[1:]:
        for at, part in narrow.pop(instruction.line, ()):
            items.append(Item(part, -part.line, at, part.line, instruction.line))
        if not places[instruction.raw]:
            fact = f"the {instruction.keyword} of line {instruction.line} is lost or changed"
            return Refusal(new[0].line, fact, "the same instructions must stand in each stage")
        at, twin = places[instruction.raw].pop(0)
        items.append(Item(instruction, instruction.line, at, twin.line))
    extra = [x for left in (*places.values(), *narrow.values()) for _, x in left]
    if extra:
        fact = f"this {extra[0].keyword} is not in the stage before"
        return Refusal(extra[0].line, fact, "the same instructions must stand in each stage")
    return Stage(old[0], tuple(items))
