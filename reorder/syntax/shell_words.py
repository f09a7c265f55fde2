"""The pieces of a word to the words that a command sees.

    a <unknown, unquoted> "b c"    ->    Arg(None, prefix="a", many=True)
    p <break> q*                   ->    Arg("p"), Arg("q*", glob=True)

An `Arg` inside the reader marks an unknown home with `HOME`; `outward` writes it as `?home`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import and_

from msgspec.structs import replace

from reorder.syntax.scope import HIDDEN
from reorder.syntax.shell_braces import alternatives
from reorder.syntax.shell_shapes import FULL, NAME, NOTHING, PART, WORDS, shape_of
from reorder.syntax.shell_simple import assigned
from reorder.syntax.shell_state import State
from reorder.syntax.shell_tree import Word
from reorder.syntax.shell_uses import Arg
from reorder.syntax.shell_values import HOME, Chunk, Values

LONGEST = 10_000  # characters of a word that grew by expansion and is still followed


def expand(word: Word, values: Values, state: State) -> tuple[list[Arg], State]:
    """The words that `word` becomes where words split."""
    options = alternatives(word.parts)
    if len(options) > 1 and not values.bash:
        chunks, state = values.chunks(word.parts, state, splits=True)
        (arg, *_) = [*fields(chunks, word.source), Arg(None)]
        known = arg.prefix if arg.text is None else arg.text
        return [Arg(None, arg.glob, word.source, known.partition("{")[0], many=True)], state
    args: list[Arg] = []
    for parts in options:
        chunks, state = values.chunks(parts, state, splits=True)
        found = fields(chunks, word.source)
        if values.bash and assigned(word) and ("=~" in word.source or ":~" in word.source):
            found = [replace(arg, text=None, prefix=prefix_of(arg, "~")) for arg in found]
        args += found
    return args, state


def expand_all(
    words: Sequence[Word], values: Values, state: State
) -> tuple[tuple[Arg, ...], State]:
    args: list[Arg] = []
    for word in words:
        found, state = expand(word, values, state)
        args += found
    return tuple(args), state


def value(word: Word, values: Values, state: State) -> tuple[Arg, State]:
    """The one text that `word` is where words do not split: an assignment, a here-document."""
    chunks, state = values.chunks(word.parts, state, splits=False)
    return replace(field([replace(c, live=False) for c in chunks], word.source), many=False), state


def fields(chunks: Sequence[Chunk], source: str) -> list[Arg]:
    groups: list[list[Chunk]] = [[]]
    for chunk in chunks:
        if chunk.cut:
            groups.append([])
        elif chunk.text != "" or not chunk.live:
            groups[-1].append(chunk)
    return [field(group, source) for group in groups if group]


def field(chunks: Sequence[Chunk], source: str) -> Arg:
    """One word; a pattern is known only when no quoted character could be taken for one of it."""
    texts = [chunk.text for chunk in chunks]
    known = [text for text in texts if text is not None]
    glob = is_pattern(chunks)
    shape, many = shaped(chunks)
    if sum(map(len, known)) > max(LONGEST, 2 * len(source)):
        return Arg(None, glob, source, "", many)
    if len(known) < len(texts):
        head = chunks[: texts.index(None)]
        prefix = start("".join(known[: len(head)]), glob)
        return Arg(None, glob, source, prefix, many, shape, "" if many or glob else form(chunks))
    text = "".join(known)
    quoted = "".join(chunk.text or "" for chunk in chunks if not chunk.live)
    special = "*?[" if "[" not in text else "*?[]!^-"
    if glob and ("\\" in text or any(char in quoted for char in special)):
        return Arg(None, glob, source, start(text, glob), many=True)
    return Arg(text, glob, source, "", many)


def shaped(chunks: Sequence[Chunk]) -> tuple[int, bool]:
    """What is known of a word in which something is not, and whether it may be any number."""
    unknown = [chunk for chunk in chunks if chunk.text is None]
    several = any(chunk.many for chunk in chunks)
    if not unknown:
        return NOTHING, several
    if len(chunks) == 1:
        shape = unknown[0].shape
        return shape, several or (unknown[0].live and not shape & FULL)
    shapes = [chunk.shape if chunk.text is None else shape_of(chunk.text) for chunk in chunks]
    if several:
        return NOTHING, True
    kept = reduce(and_, shapes) & (PART | NAME)
    full = any(s & FULL or c.text or not c.live for s, c in zip(shapes, chunks, strict=True))
    if not full:
        return NOTHING, True
    return kept | (FULL | WORDS if kept and shapes[0] & FULL else NOTHING), False


def form(chunks: Sequence[Chunk]) -> str:
    """`a-*.b` when what is not known stays inside one name that is not empty, else nothing."""
    unknown = [chunk.shape for chunk in chunks if chunk.text is None]
    found = "".join(HIDDEN if chunk.text is None else chunk.text for chunk in chunks)
    names = [name.replace(HIDDEN, "") for name in found.split("/") if HIDDEN in name]
    sure = all(shape & FULL for shape in unknown) or all(name.strip(".") for name in names)
    plain = not any(char in found for char in "*?[\0")
    inside = all(shape & NAME for shape in unknown)
    return found.replace(HIDDEN, "*") if sure and plain and inside else ""


def is_pattern(chunks: Sequence[Chunk]) -> bool:
    live = "".join((chunk.text or "") if chunk.live else "" for chunk in chunks)
    return "*" in live or "?" in live or ("[" in live and "]" in live.partition("[")[2])


def start(text: str, glob: bool) -> str:
    """The beginning that is sure, before anything that may be part of a pattern."""
    stops = [text.find(char) for char in "*?[" if glob and char in text]
    return text[: min(stops)] if stops else text


def prefix_of(arg: Arg, stop: str) -> str:
    return (arg.prefix if arg.text is None else arg.text).partition(stop)[0]


def outward(arg: Arg) -> Arg:
    """`arg` for the world: an unknown home at a place where a path starts is `?home`."""
    shown = arg.prefix if arg.text is None else arg.text
    if HOME not in shown:
        return arg
    heads = shown.split(HOME)[:-1]
    tails = shown.split(HOME)[1:]
    if all(not head or head[-1] in "=:" for head in heads) and all(
        not tail or tail[0] in "/:" for tail in tails
    ):
        shown = shown.replace(HOME, "?home")
        return replace(arg, prefix=shown) if arg.text is None else replace(arg, text=shown)
    return replace(arg, text=None, prefix=heads[0])
