"""Where a command runs, and what several commands do together."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from reorder.effects.accounts import joined
from reorder.effects.effect import ANYWHERE, PRESENT, Access, Effect, Extent, Footprint, opaque
from reorder.effects.model import Models
from reorder.effects.paths import STANDARD_FOLDERS, UNKNOWN_PATH, canonical, join
from reorder.effects.words import Unmodelled
from reorder.syntax.shell import Arg, Use

_MAX_DEPTH = 8
# What a shell calls its folder: who looks at these reads the cwd.
FOLDER_NAMES = frozenset(("PWD", "OLDPWD"))
# What programs take for more than one name that match names themselves: `a/**`, `{b,c}`, `@(d)`.
_MATCHED = re.compile(r"\*\*|\{[^}]*(?:,|\.\.)|[@!+?*]\(")
# Another folder than that in which a RUN runs: an effect that differs there looks at its folder.
ELSEWHERE = "?elsewhere"
CWD_READ = Footprint("cwd", "", Access.READ, why="looks at the name of its folder")


class World(Struct, frozen=True):
    """What a command may ask about the place where it runs.

    `user` is the USER as written, "root" when it surely is root, None when not known.
    `owner` signs the folders that the user makes: `0:0:0755`.
    `path` are the parts of PATH as written; `home` is None when not known.
    `posix`: the base image has the shell and the programs of POSIX.
    `unsafe`: installers are taken to leave manifests and lock files as they are.
    `given` are the variables of the user who became another one: they may be kept.
    `partly` gives a value in which only parts of a platform are not known (`scope.HIDDEN`).
    `unread`: paths of models that the programs of the base image leave alone, where these run.
    `feed` is the address whose content comes from standard input, `fed` the shape of what comes.
    `brought`, `may_bring`: whether a COPY surely, or perhaps, put a file of the context there.
    `read_file` gives the content of an image file that surely is a file of the context.
    `named` are the variables whose values may name paths; None is a value that the script has set
    and that is not known, of any name when `*` is among them.
    `writer` names who may have changed an image file since.
    `unpackaged`: whether something that is no part of a package may have been put there.
    `environment`: whether the folder surely is a virtual environment of Python that was made there,
    with packages at most added.
    `settings` gives texts of what the Dockerfile has put at the paths of a read, True with those
    that are contents of files, False with those of RUNs that wrote them; `text` is that of the RUN.
    """

    models: Models
    lookup: Callable[[str], str | None]
    read_file: Callable[[str], bytes | None]
    exists: Callable[[str], bool | None]
    below: Callable[[str], tuple[str, ...] | None]
    brought_below: Callable[[str], tuple[str, ...]]
    brought: Callable[[str], bool]
    may_bring: Callable[[str], bool]
    home: str | None
    user: str | None
    path: tuple[str, ...]
    named: Mapping[str, str | None] = {}
    posix: bool = False
    unsafe: bool = False
    feed: str = ""
    fed: int = 0
    given: Callable[[str], str | None] | None = None
    depth: int = 0
    writer: Callable[[str], str | None] = lambda _: None
    unpackaged: Callable[[str], bool] = lambda _: True
    environment: Callable[[str], bool] = lambda _: False
    umask: str = "0022"
    partly: Callable[[str], str | None] = lambda _: None
    settings: Callable[[Footprint], tuple[tuple[str, bool], ...]] = lambda _: ()
    text: str = ""
    unread: frozenset[str] = frozenset()

    @property
    def owner(self) -> str:
        mode = f"{0o777 & ~int(self.umask, 8):04o}"
        return f"{'0:0' if self.user == 'root' else self.user or '?'}:{mode}"

    def programs(self, cwds: Sequence[str]) -> tuple[str, ...]:
        """The folders of PATH as seen from the working directories: a part may be relative."""
        found = (
            canonical(folder) if folder.startswith(("/", "?")) else join(cwd, folder or ".")
            for folder in self.path
            for cwd in cwds
        )
        return tuple(dict.fromkeys(found))

    def unsure(self, name: str) -> bool:
        """Whether the script has set the variable to what is not known."""
        return "*" in self.named or (name in self.named and self.named[name] is None)

    def deeper(self) -> World:
        if self.depth >= _MAX_DEPTH:
            raise Unmodelled("commands that run commands are nested too deeply")
        return replace(self, depth=self.depth + 1)


def union(parts: Sequence[Effect]) -> Effect:
    """All footprints and seconds together; the first reason to be opaque wins."""
    seconds = sum(part.seconds for part in parts)
    clock = tuple(dict.fromkeys(name for part in parts for name in part.clock))
    links = tuple(dict.fromkeys(link for part in parts for link in part.links))
    fetches = tuple(dict.fromkeys(thing for part in parts for thing in part.fetches))
    leads = tuple(dict.fromkeys(lead for part in parts for lead in part.leads))
    adds = tuple(add for part in parts for add in part.adds)
    reason = next((part.opaque for part in parts if part.opaque), None)
    footprints = tuple(dict.fromkeys(f for part in parts for f in part.footprints))
    whole = opaque(reason, seconds) if reason else Effect(footprints, seconds)
    root = any(part.root for part in parts)
    made = () if reason else joined(parts)
    removes = any(part.removes for part in parts)
    ahead = next((part.ahead for part in parts if part.ahead), "")
    compiles = _compile(parts)
    whole = replace(whole, links=links, leads=leads, root=root, clock=clock, homes=made, adds=adds)
    return replace(whole, fetches=fetches, compiles=compiles, removes=removes, ahead=ahead)


def _compile(parts: Sequence[Effect]) -> bool:
    """Whether those that may look at anything build the project."""
    if not any(part.compiles for part in parts):
        return False
    anything = [part for part in parts if any(f.name == ANYWHERE for f in part.footprints)]
    return bool(anything) and all(part.compiles for part in anything)


def _overlaid(
    own: Mapping[str, str | None], outer: Callable[[str], str | None]
) -> Callable[[str], str | None]:
    """Variables of the script first; once any name may be set, the outer ones tell nothing."""

    def lookup(name: str) -> str | None:
        if name in own:
            return own[name]
        return None if "*" in own else outer(name)

    return lookup


def adjusted(use: Use, world: World) -> World:
    """The variables and the umask as the script has set them for this command."""
    if use.umask:
        world = replace(world, umask=use.umask)
    own = {name: value.text for name, value in use.assigns}
    if own:
        # What activates an environment may set any name, but none that names files of the project.
        named = {name: value for name, value in own.items() if name != "*"}
        lookup, partly = _overlaid(own, world.lookup), _overlaid(dict.fromkeys(own), world.partly)
        world = replace(world, lookup=lookup, partly=partly, named={**world.named, **named})
    if "*" in own:
        own = {"HOME": None, "PATH": None, **own}
    if "HOME" in own:
        world = replace(world, home=own["HOME"] or None)
    if "PATH" in own:
        path = own["PATH"] or UNKNOWN_PATH
        found = tuple(part for part in path.split(":") if part)
        world = replace(world, path=found, unread=frozenset())
    return world


def folder_of(path: str, why: str) -> list[Footprint]:
    """Who writes a file needs its folder to be there."""
    folder = posixpath.dirname(path)
    if folder in STANDARD_FOLDERS or "/" not in folder:
        return []
    told = f"needs the folder of {path}: {why}"
    return [Footprint("path", folder, Access.READ, owner=PRESENT, why=told)]


def not_root(footprints: Sequence[Footprint]) -> tuple[Footprint, ...]:
    """Who needs a folder to be there must be allowed to use it, too."""
    return tuple(replace(f, owner="") if f.owner == PRESENT else f for f in footprints)


def paths_of(arg: Arg, cwds: Sequence[str]) -> list[tuple[str, Extent]]:
    """The image paths that a word may name; Unmodelled when nothing bounds them."""
    text, extent = arg.text, Extent.POINT
    if arg.form:
        return [(join(cwd, arg.form), Extent.GLOB) for cwd in cwds]
    if text is None:
        head, slash, tail = arg.prefix.rpartition("/")
        if not arg.prefix or tail in (".", "..") or (not slash and arg.prefix[0] in "?~"):
            raise Unmodelled(f"the path `{arg.source}` is not known before the build")
        text, extent = head or slash or ".", Extent.TREE
    elif arg.glob:
        extent = Extent.GLOB
    if not text:
        return []
    if matched := _MATCHED.search(text):
        head, slash, _ = text[: matched.start()].rpartition("/")
        text, extent = head or slash or ".", Extent.TREE
    return [(join(cwd, text), extent) for cwd in cwds]
