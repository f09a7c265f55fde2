"""RUN -> what its commands read and write, with its mounts, shell and user."""

from __future__ import annotations

import posixpath
from collections.abc import Callable

from msgspec import Struct
from msgspec.structs import replace

from reorder.effects.accounts import all_run
from reorder.effects.command import command_effect
from reorder.effects.effect import Access, Effect, Extent, Footprint, opaque
from reorder.effects.paths import STANDARD_FOLDERS, UNKNOWN_PATH, canonical, join, parents
from reorder.effects.place import Place, Step, account_reads, env_read, folders_made
from reorder.effects.put import named_in_text, text_of_run, texts_of
from reorder.effects.world import ELSEWHERE, World, not_root, union
from reorder.syntax.dockerfile import Instruction, heredoc_marker
from reorder.syntax.shell import Arg, Use

# Starting a container takes about this long even when the command does nothing.
RUN_SECONDS = 0.2


def run_step(instruction: Instruction, place: Place, origin: Callable[[str], int | None]) -> Step:
    """The step of a RUN: opaque with a reason when one of its commands is not understood."""
    mounts = [_mount(flag.value) for flag in instruction.flags if flag.name == "mount"]
    effect = _commands(instruction, place, mounts)
    below = replace(place, earlier=(*place.earlier, Step(instruction, place.scope, effect)))
    through = [
        f.name for f in effect.footprints if f.resource == "path" and below.through_link(f.name)
    ]
    if through:
        reason = f"a part of `{through[0]}` is a symbolic link: it leads elsewhere"
        effect = opaque(reason, effect.seconds)
    led = place.led(effect)
    if led is None:
        effect = opaque(
            "it uses a symbolic link, and where that leads is not known", effect.seconds
        )
    if effect.homes and (instruction.is_json or not all_run(_shell_text(instruction))):
        effect = replace(effect, homes=())
    footprints = [*effect.footprints, *(led or ())]
    footprints += named_in_text(instruction, place.earlier, place.scope, footprints)
    footprints += _always(instruction, place)
    for mount in mounts:
        footprints += _mount_footprints(mount, place)
    footprints = list(dict.fromkeys(footprints))
    if place.user != "root":
        footprints = [*not_root(footprints), *_permissions(footprints)]
    seconds = max(effect.seconds, RUN_SECONDS)
    sources = tuple(m.source for m in mounts if m.kind == "bind" and not m.origin)
    found = (origin(mount.origin) for mount in mounts if mount.origin)
    indices = tuple(index for index in found if index is not None)
    effect = replace(effect, footprints=tuple(footprints), seconds=seconds)
    return Step(instruction, place.scope, effect, sources=sources, stages=indices)


def _always(instruction: Instruction, place: Place) -> list[Footprint]:
    """What every RUN looks at: its user, its shell."""
    reads = [Footprint("user", "", Access.READ, why="runs as the user that USER sets")]
    if not instruction.is_json:
        reads.append(Footprint("shell", "", Access.READ, why="runs by the shell that SHELL sets"))
    if place.user != "root":
        reads += account_reads(place.scope.user)
        reads.append(Footprint("cwd", "", Access.READ, why="must be allowed to enter its folder"))
    return reads


def _permissions(footprints: list[Footprint]) -> list[Footprint]:
    """Who is not root may enter and fill a folder only as its mode and owner allow."""
    folders = {
        parent
        for f in footprints
        if f.resource == "path" and f.extent is not Extent.MODULES and f.name.startswith("/")
        for parent in parents(f.name)
    }
    return [
        Footprint("path", folder, Access.READ, why=f"needs the rights to use {folder}")
        for folder in sorted(folders - STANDARD_FOLDERS)
    ]


def _commands(instruction: Instruction, place: Place, mounts: list[_Mount]) -> Effect:
    text = text_of_run(instruction, place.scope)
    world = replace(_world(place, mounts), text=text)
    if instruction.is_json:
        return _used([_literal(word) for word in instruction.words], place, world)
    text = _shell_text(instruction)
    shell = place.scope.shell
    if shell is not None:
        return _used([*map(_literal, shell), _literal(text)], place, world)
    # The shell of an unknown base image: both readings must be right.
    readings = [
        _used([_literal("/bin/" + name), _literal("-c"), _literal(text)], place, world)
        for name in (("sh", "bash") if "{" in text else ("sh",))
    ]
    effect = union(readings)
    return replace(effect, seconds=readings[0].seconds)


def _literal(text: str) -> Arg:
    return Arg(text=text, glob=False, source=text, prefix=text)


def _used(argv: list[Arg], place: Place, world: World) -> Effect:
    use = Use(
        argv=tuple(argv),
        cwds=(place.scope.cwd,),
        redirects=(),
        stdin=None,
        piped=None,
        assigns=(),
        line=0,
    )
    effect = command_effect(use, world)
    # The folder matters when the command would do something else in another one.
    if command_effect(replace(use, cwds=(ELSEWHERE,)), world) == effect:
        return effect
    cwd = Footprint("cwd", "", Access.READ, why=f"runs in {place.scope.cwd}")
    return replace(effect, footprints=(*effect.footprints, cwd))


def _shell_text(instruction: Instruction) -> str:
    """What the shell is given: a lone heredoc's body, or the line with its heredocs."""
    docs = instruction.heredocs
    if not docs:
        return instruction.rest
    if len(docs) == 1 and heredoc_marker(instruction.rest):
        return docs[0].text
    bodies = "".join(f"{doc.body}{doc.name}\n" for doc in docs)
    return f"{instruction.rest}\n{bodies}"


def _world(place: Place, mounts: list[_Mount]) -> World:
    bound = {
        canonical(join(place.scope.cwd, m.target)): m.source
        for m in mounts
        if m.kind == "bind" and not m.origin
    }

    def read_file(path: str) -> bytes | None:
        for target, source in bound.items():
            if path == target or path.startswith(target + "/"):
                inside = posixpath.normpath(posixpath.join(source, path[len(target) + 1 :] or "."))
                return place.context.read(inside) if place.context else None
        return place.read_file(path)

    def brought(path: str) -> bool:
        mounted = any(path.startswith(target.rstrip("/") + "/") for target in bound)
        return mounted or place.brought(path)

    path = place.scope.lookup("PATH") or UNKNOWN_PATH
    return World(
        models=place.models,
        lookup=place.lookup,
        partly=place.scope.partly.get,
        read_file=read_file,
        exists=place.exists,
        below=place.below,
        brought_below=place.brought_below,
        brought=brought,
        may_bring=place.may_bring,
        home=place.home,
        user=place.user,
        path=tuple(path.split(":")),
        named={name: value for name, value in place.scope.values.items() if value},
        posix=place.base is not None and place.base.posix,
        unread=_unread(place, path),
        unsafe=place.unsafe,
        writer=place.writer,
        unpackaged=place.unpackaged,
        environment=place.environment,
        settings=texts_of(place.earlier, place.context),
    )


def _unread(place: Place, path: str) -> frozenset[str]:
    """Nothing where other programs may come before those of the base image."""
    base = place.base
    if base is None or not base.unread or path != base.env.get("PATH"):
        return frozenset()
    first = path.partition(":")[0]
    return frozenset() if place.unpackaged(first) else base.unread


class _Mount(Struct, frozen=True):
    """The options of one `--mount`."""

    kind: str
    target: str
    source: str
    origin: str
    id: str


def _mount(value: str) -> _Mount:
    options: dict[str, str] = {}
    for part in value.split(","):
        key, _, text = part.partition("=")
        options[key.strip().lower()] = text.strip().strip("\"'")
    target = next((options[k] for k in ("target", "dst", "destination") if k in options), "")
    source = options.get("source", options.get("src", ""))
    source = posixpath.normpath("/" + source).lstrip("/")
    kind = options.get("type", "bind")
    return _Mount(kind, target, source, options.get("from", "").lower(), options.get("id", target))


def _mount_footprints(mount: _Mount, place: Place) -> list[Footprint]:
    found: list[Footprint] = []
    text = f"{mount.target} {mount.source} {mount.id}"
    if "$" in text:
        found += [env_read("*")]
    if mount.kind == "cache":
        name = canonical(mount.id) if mount.id.startswith("/") else mount.id
        why = f"shares the cache mount {mount.id}"
        found += [
            Footprint("cache", name, access, why=why) for access in (Access.READ, Access.WRITE)
        ]
    if not mount.target:
        return found
    if not mount.target.startswith("/"):
        found.append(Footprint("cwd", "", Access.READ, why="mounts below the working directory"))
    elif mount.kind == "bind":
        # Where it cannot be made, a RUN needs its working directory to be there.
        found.append(Footprint("cwd", "", Access.READ, why="may mount over the working directory"))
    target = join(place.scope.cwd, mount.target)
    found.append(Footprint("path", target, Access.READ, why=f"mounts over {target}"))
    return found + folders_made(target, "0:0:0755", "is a mount point", standard_exist=True)
