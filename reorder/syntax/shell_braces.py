"""Brace expansion of bash, which comes before every other expansion.

a{b,c{d,e}}    ->    ab acd ace
x{1..3}        ->    x1 x2 x3
"""

from __future__ import annotations

from collections.abc import Sequence

from reorder.syntax.shell_scan import merged
from reorder.syntax.shell_tree import Literal, Part, Unread

MOST_WORDS = 256
MOST_BRACES = 32
OPEN, CLOSE, COMMA = (Literal(char, False) for char in "{},")


def alternatives(parts: Sequence[Part]) -> list[tuple[Part, ...]]:
    """The words that one word becomes; itself when it has no braces to expand."""
    if not any(isinstance(part, Literal) and "{" in part.text for part in parts):
        return [tuple(parts)]
    items: list[Part] = []
    for part in parts:
        if isinstance(part, Literal) and not part.quoted and part.text:
            items.extend(Literal(char, False) for char in part.text)
        else:
            items.append(part)
    if items.count(OPEN) > MOST_BRACES:
        raise Unread(f"a word holds more than {MOST_BRACES} braces")
    return [merged(found) for found in expanded(items)]


def expanded(items: list[Part]) -> list[list[Part]]:
    for start in range(len(items)):
        found = group(items, start) if items[start] == OPEN else None
        if not found:
            continue
        stop, options = found
        heads = [items[:start] + head for option in options for head in expanded(option)]
        tails = expanded(items[stop:])
        if len(heads) * len(tails) > MOST_WORDS:
            raise Unread(f"braces stand for more than {MOST_WORDS} words")
        return [head + tail for head in heads for tail in tails]
    return [items]


def group(items: list[Part], start: int) -> tuple[int, list[list[Part]]] | None:
    """The end and the options of the braces that open at `start`; None when they are plain text."""
    depth = 0
    options: list[list[Part]] = [[]]
    for i in range(start + 1, len(items)):
        item = items[i]
        if item == CLOSE and not depth:
            found = options if len(options) > 1 else sequence(options[0])
            return (i + 1, found) if found else None
        depth += {OPEN: 1, CLOSE: -1}.get(item, 0) if isinstance(item, Literal) else 0
        if item == COMMA and not depth:
            options.append([])
        else:
            options[-1].append(item)
    return None


def sequence(items: list[Part]) -> list[list[Part]] | None:
    """`1..3` as its numbers; None for what is no sequence."""
    texts = [item.text if isinstance(item, Literal) else "?" for item in items]
    first, dots, last = "".join(texts).partition("..")
    if not dots:
        return None
    plain = all(text.isdecimal() and (text == "0" or text[0] != "0") for text in (first, last))
    if not plain or abs(int(last) - int(first)) >= MOST_WORDS:
        raise Unread(f"the braces `{{{''.join(texts)}}}` are not followed")
    step = 1 if int(first) <= int(last) else -1
    return [[Literal(str(n), False)] for n in range(int(first), int(last) + step, step)]
