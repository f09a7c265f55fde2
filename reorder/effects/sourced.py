"""Files that a shell reads into itself: what they hold, or what stands for them.

. ./env.sh             ->    the file of the context
. venv/bin/activate    ->    PATH and VIRTUAL_ENV, as the model of such files says
"""

from __future__ import annotations

import posixpath
import re

from reorder.effects.effect import Access, Effect, Footprint
from reorder.effects.model import Model
from reorder.effects.paths import canonical, join
from reorder.effects.usage import Usage, redirects
from reorder.effects.words import UnseenCode, Words
from reorder.effects.world import World
from reorder.syntax.shell import Use

# A path that means the same in the text of a model, quoted or not.
_PLAIN = re.compile(r"/[\w./+@-]+", re.ASCII)


def text_of(path: str, world: World) -> str | None:
    """What a shell reads from the file, if it is what its name says; None when not known."""
    path = canonical(path)
    content = world.read_file(path)
    if content is not None:
        return None if b"\0" in content else content.decode("utf-8", "replace")
    model = _model(path, world)
    if model is None or not model.text or not _PLAIN.fullmatch(path):
        return None
    folder = posixpath.dirname(path)
    parent = posixpath.dirname(folder)
    if world.brought(path) or world.may_bring(path):
        return None
    return model.text.replace("{folder}", folder).replace("{parent}", parent)


def _model(path: str, world: World) -> Model | None:
    """`source:bin/activate`, or by the name alone: `source:nvm.sh`."""
    names = path.split("/")
    return world.models.get("source:" + "/".join(names[-2:])) or world.models.get(
        "source:" + names[-1]
    )


def source_effect(use: Use, world: World) -> Effect:
    """The file must still hold what the reader of the script took it to."""
    name = use.argv[1].text or ""
    path = join(use.cwds[0], name)
    model = None if world.read_file(path) is not None else _model(path, world)
    folder = posixpath.dirname(posixpath.dirname(path))
    moved = model is not None and model.environment and not world.environment(folder)
    if moved or text_of(path, world) != use.sourced:
        raise UnseenCode(f"`{name}` may have been changed above: what it sets is not known")
    read = Footprint("path", path, Access.READ, why=f"reads `{name}` into the shell")
    found = [*redirects(use), read]
    if model is not None:
        found += Usage(use, Words(model, (), ()), world).footprints(None)
    return Effect(tuple(found))
