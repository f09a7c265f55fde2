"""The commands that a command runs: which words they get, and in which world.

find /srv -exec rm {} ;   ->   rm <a path below /srv>
sudo -u web cmd           ->   cmd, as a user of whom nothing is known
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from reorder.effects.model import Models
from reorder.effects.outputs import printed
from reorder.effects.paths import UNKNOWN_PATH
from reorder.effects.words import Unmodelled, Words
from reorder.effects.world import World
from reorder.syntax.shell import Arg, Use
from reorder.syntax.shell_shapes import NOTHING, WORDS

_FOUND = "{}"
_FROM_INPUT = Arg(None, source="words of its input", many=True)


def each_found(words: Words) -> Iterator[tuple[Arg, ...]]:
    """The commands that run on each path below the folders that are searched."""
    starts = [arg for role, arg in words.operands if role in ("read-tree", "remove")]
    if not starts:
        raise Unmodelled(f"no model for the folders of `{words.model.name}`")
    for command in words.each:
        for start in starts:
            if start.text is None:
                raise Unmodelled(f"the folder `{start.source}` is not known before the build")
            folder = start.text
            if start.glob:
                folder = posixpath.dirname(re.split(r"[*?[]", folder)[0]) or "."
            yield tuple(_found(word, folder) for word in command)


def _found(word: Arg, start: str) -> Arg:
    """`{}` is `start` or a path below it; inside a longer word nothing is known."""
    if word.text == _FOUND:
        return replace(word, text=None, prefix=start.rstrip("/") + "/")
    return _hidden(word) if _holds(word, _FOUND) else word


def _holds(word: Arg, marker: str) -> bool:
    return any(marker in known for known in (word.text or "", word.prefix, word.form))


def _hidden(word: Arg) -> Arg:
    return replace(word, text=None, prefix="", form="", shape=NOTHING)


def with_input(words: Words, shape: int) -> tuple[Arg, ...]:
    """The command with words from its input: at its end, or where the marker stands."""
    marker = next((f.value for f in words.flags if f.role == "text" and f.name == "-I"), None)
    if marker is None:
        return (*words.rest, replace(_FROM_INPUT, shape=shape & WORDS))
    if not marker.text:
        raise Unmodelled(f"the marker `{marker.source}` is not known before the build")
    return tuple(_hidden(word) if _holds(word, marker.text) else word for word in words.rest)


def parameters(args: Sequence[Arg]) -> tuple[str | None, ...] | None:
    """`$1` and on of a script; None when even their number is not known."""
    if any(arg.many or arg.glob for arg in args):
        return None
    return tuple(arg.text for arg in args)


def fed(use: Use, uses: Sequence[Use], world: World) -> World:
    """The world of a command that another one feeds."""
    if use.piped is None:
        return replace(world, feed="", fed=NOTHING)
    chain: list[Use] = []
    at: int | None = use.piped
    while at is not None and at >= 0:
        chain.insert(0, uses[at])
        at = uses[at].piped
    shape = NOTHING if at is not None else printed(chain, world)
    return replace(world, feed=fed_address(use, uses, world.models), fed=shape)


def fed_address(use: Use, uses: Sequence[Use], models: Models) -> str:
    """The one address that the download names whose output feeds this command."""
    if use.piped is None or use.piped < 0:
        return ""
    texts = [arg.text or "" for arg in uses[use.piped].argv]
    model = models.get(posixpath.basename(texts[0])) if texts else None
    if model is None or not model.network:
        return ""
    found = [text for text in texts if text.startswith("https://")]
    return found[0] if len(found) == 1 and not any("http:" in text for text in texts) else ""


def as_another_user(use: Use, words: Words, world: World) -> tuple[Use, World]:
    """The variables are those of that user, and not known."""
    if world.umask != "0022":
        raise Unmodelled("the umask of what another user runs is not known")
    behind = words.rest[1:] if words.rest_role == "shell" else ()
    if any((word.text or "-").startswith("-") for word in behind):
        raise Unmodelled("the words behind the text of the other user's shell are not read")
    path = (*world.path, *UNKNOWN_PATH.split(":"))
    user = "root" if words.model.becomes == "root" else None
    given = world.given or world.lookup
    world = replace(world, lookup=lambda _: None, given=given, home=None, user=user, path=path)
    world = replace(world, partly=lambda _: None, unread=frozenset())
    return replace(use, argv=words.rest, assigns=(), redirects=()), world
