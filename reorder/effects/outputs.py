"""What a pipeline prints, as far as the models of its commands say.

uname -m                       ->    one name
pkg list | sort                ->    words, as its first command prints them
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence

from reorder.effects.which import project_program
from reorder.effects.words import Unmodelled, read_words
from reorder.effects.world import World
from reorder.syntax.shell import Use
from reorder.syntax.shell_shapes import NAME, NOTHING, PART, WORDS

# Each line begins with plain words, of which none begins with a dash, up to a colon.
_LINES = 16
_OF_INPUT = ("input", "first", "parts")
_SHAPES: Mapping[str, int] = {
    "name": PART | WORDS | NAME,
    "word": PART | WORDS,
    "words": WORDS,
    "lines": _LINES,
}


def printed(uses: Sequence[Use], world: World) -> int:
    """The shape (shell_shapes) of what the last of the commands prints, each feeding the next.

    One that fails may print nothing.
    """
    shape = NOTHING
    for use in uses:
        prints = _prints(use, world)
        if prints == "first":
            shape = WORDS if shape & (WORDS | _LINES) else NOTHING
        elif prints == "parts":
            shape &= PART | NAME
        elif prints != "input":
            shape = _SHAPES.get(prints, NOTHING)
    return shape & (PART | WORDS | NAME)


def _prints(use: Use, world: World) -> str:
    program = use.argv[0].text if use.argv else None
    if program is None or use.redirects:
        return ""
    model = world.models.get(posixpath.basename(program))
    try:
        if model is None or project_program(program, model, use, world) is not None:
            return ""
        words = read_words(model, use.argv[1:])
    except Unmodelled:
        return ""
    if words.rest_role in ("command", "command-stdin"):
        return _prints(Use(words.rest, use.cwds), world)
    if words.rest_role or words.anything:
        return ""
    first = words.operands[0][1].text if words.operands else None
    if words.model.parts and re.fullmatch(words.model.parts, first or ""):
        return "parts" if len(words.operands) == 1 else ""
    if words.model.heads and re.fullmatch(words.model.heads, first or ""):
        return "first" if len(words.operands) == 1 else ""
    named = any(role.startswith("read") for role, _ in words.operands)
    return "" if named and words.model.prints in _OF_INPUT else words.model.prints
