"""What a command still knows of the files once others of its RUN have run.

RUN echo x > .npmrc && npm ci    ->    of .npmrc, `npm ci` knows nothing
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec.structs import replace

from reorder.effects.effect import OF_THE_IMAGE, RIGHTS, Access, Effect, Extent, Footprint
from reorder.effects.paths import meets
from reorder.effects.place import added, environment, unpackaged
from reorder.effects.put import makes
from reorder.effects.world import World
from reorder.syntax.shell import Script, Use


def after(world: World, parts: Sequence[Effect]) -> World:
    """The world in which what the parts may have changed is not known."""
    writes = [
        f
        for part in parts
        for f in part.footprints
        if f.resource == "path"
        and f.access is Access.WRITE
        and f.owner not in (RIGHTS, OF_THE_IMAGE)
    ]
    if not writes:
        return world

    def changed(path: str, extent: Extent = Extent.POINT) -> bool:
        probe = Footprint("path", path, Access.READ, extent)
        return any(meets(write, probe) for write in writes)

    def replaced(path: str) -> bool:
        probe = Footprint("path", path, Access.READ, Extent.TREE)
        return any(unpackaged(write, probe) for write in writes)

    def read_file(path: str) -> bytes | None:
        if not changed(path):
            return world.read_file(path)
        lines = added(parts, path)
        before = b"" if world.exists(path) is False else world.read_file(path)
        return before + lines if lines and before is not None else None

    def is_environment(folder: str) -> bool:
        made = environment(parts, folder)
        return world.environment(folder) if made is None else made

    def settings(read: Footprint) -> tuple[tuple[str, bool], ...]:
        own = any(makes(write, read) for write in writes)
        return (*world.settings(read), *([(world.text, False)] if own else []))

    return replace(
        world,
        settings=settings,
        read_file=read_file,
        exists=lambda path: None if changed(path) else world.exists(path),
        unpackaged=lambda path: replaced(path) or world.unpackaged(path),
        below=lambda path: None if changed(path, Extent.TREE) else world.below(path),
        writer=lambda path: "a command above it" if changed(path) else world.writer(path),
        environment=is_environment,
    )


def in_turn(script: Script, world: World, effect: Callable[[Use, World], Effect]) -> list[Effect]:
    """The effect of each use after those above it, and after all that may run beside it."""
    found: list[Effect] = []
    for use in script.uses:
        found.append(effect(use, after(world, found)))
    for at, use in enumerate(script.uses):
        beside = {
            n
            for start, end in script.together
            if start <= at < end
            for n in range(start, min(end, len(found)))
        }
        if any(n > at for n in beside):
            others = [f for n, f in enumerate(found) if n < at or n in beside - {at}]
            found[at] = effect(use, after(world, others))
    return found
