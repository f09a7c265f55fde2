"""An ENV of several variables, some of which are new with every build, becomes two.

    ENV A=1 GIT_SHA=$GIT_SHA B=2    ->    ENV A=1 B=2
                                          ENV GIT_SHA=$GIT_SHA

All values of one ENV see the variables above it, so that it is cut only when no value of one half
looks at a name of the other.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from reorder.syntax.dockerfile import Instruction


def halves(
    instruction: Instruction, body: bytes, names: Collection[str], newline: bytes
) -> tuple[bytes, bytes] | None:
    """The lines of the ENV without `names`, and those of one that sets just them."""
    pairs = dict(zip(instruction.words, instruction.pairs, strict=False))
    own = [name for name, _ in instruction.pairs]
    if instruction.keyword != "ENV" or not set(names) & set(own) or set(names) >= set(own):
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


def reads_as(whole: Instruction, parts: Sequence[Instruction]) -> bool:
    """Whether the parts set what the whole does."""
    return {pair for part in parts for pair in part.pairs} == {*whole.pairs}


def _without(body: bytes, words: Sequence[str]) -> bytes | None:
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
