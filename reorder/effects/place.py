"""Where an instruction stands: what it sees of the stage, the image so far and the context."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from reorder.context.files import Context
from reorder.effects.accounts import home_of
from reorder.effects.base import Base
from reorder.effects.effect import (
    ENVIRONMENT,
    GONE,
    INSTALLS,
    LINK,
    NEW_FOLDER,
    OF_THE_IMAGE,
    RIGHTS,
    USERLESS,
    Access,
    Effect,
    Extent,
    Footprint,
)
from reorder.effects.model import Models
from reorder.effects.paths import STANDARD_FOLDERS, meets, parents
from reorder.syntax.dockerfile import Instruction
from reorder.syntax.expand import ExpandError, expand
from reorder.syntax.stages import Scope

ROOT_NAMES = frozenset(["root", "0", "0:0", "root:root", "root:0", "0:root"])
ROOT_OWNER = "0:0:0755"


class Step(Struct, frozen=True):
    """One instruction with what it sees and does.

    `brought`: image path -> context path, for the files that surely come from the context.
    `sources`: patterns of context files whose change re-runs it.
    `stage`: the index of the stage it copies from, whose change re-runs it.
    """

    instruction: Instruction
    scope: Scope
    effect: Effect
    brought: Mapping[str, str] = field(default_factory=dict)
    sources: tuple[str, ...] = ()
    stages: tuple[int, ...] = ()


class Place(Struct, frozen=True):
    """`earlier`: all steps before this one, those of the stage's base stages first.

    `unsafe`: what is likely, but not proved, is taken for granted.
    """

    scope: Scope
    models: Models
    context: Context | None
    base: Base | None
    earlier: tuple[Step, ...] = ()
    unsafe: bool = False

    @property
    def user(self) -> str | None:
        """ "root" when it surely is root, None when not known."""
        user = self.scope.user
        return "root" if user in ROOT_NAMES or user == "" else user

    @property
    def home(self) -> str | None:
        """The home folder of the user, None when not known."""
        explicit = self.scope.values.get("HOME")
        if explicit:
            return explicit
        if self.user == "root":
            return "/root"
        name = (self.user or "").partition(":")[0]
        made = home_of(name, [step.effect for step in self.earlier]) if name else None
        return made or (self.base.users.get(name) if self.base else None)

    def lookup(self, name: str) -> str | None:
        """The value of a variable as a RUN sees it; None when not known."""
        if name == "HOME":
            return self.home
        if name == "PWD":
            return None if self.scope.cwd.startswith("?") else self.scope.cwd
        return self.scope.lookup(name)

    def expand(self, text: str, *, quotes: bool = True) -> tuple[str | None, list[Footprint]]:
        """The value of a builder-expanded word, and the variables that it looks at."""
        try:
            expansion = expand(text, self.scope.lookup, escape=self.scope.escape, quotes=quotes)
        except ExpandError:
            return None, [Footprint("env", "*", Access.READ, why="expands variables")]
        return expansion.text, [env_read(name) for name in sorted(expansion.names)]

    def read_file(self, path: str) -> bytes | None:
        """The content of an image file that surely still is a file of the context."""
        since: list[Effect] = []
        for step in reversed(self.earlier):
            if path in step.brought:
                content = self.context.read(step.brought[path]) if self.context else None
                lines = added(since, path)
                return None if content is None or lines is None else content + lines
            since.insert(0, step.effect)
        return added(since, path) or None

    def writer(self, path: str) -> str | None:
        """The last instruction that may have changed what an image file is."""
        probe = Footprint("path", path, Access.READ)
        for step in reversed(self.earlier):
            if path in step.brought:
                return None
            if any(_changes(f, probe) for f in step.effect.footprints):
                return f"line {step.instruction.line}"
        return None

    def environment(self, folder: str) -> bool:
        """Whether an instruction made a virtual environment there, and it is one still."""
        return bool(environment([step.effect for step in self.earlier], folder))

    def source_of(self, path: str) -> str | None:
        """The context file that surely stands at the image path."""
        probe = Footprint("path", path, Access.READ)
        for step in reversed(self.earlier):
            if path in step.brought:
                return step.brought[path]
            if any(_changes(f, probe) for f in step.effect.footprints):
                return None
        return None

    def brought(self, path: str) -> bool:
        """Whether a COPY put a file of the context there, whatever became of it."""
        return any(path in step.brought for step in self.earlier)

    def may_bring(self, path: str) -> bool:
        """Whether a COPY from the context may have put something there."""
        probe = Footprint("path", path, Access.READ)
        return any(
            _changes(f, probe)
            for step in self.earlier
            if _copies_context(step.instruction)
            for f in step.effect.footprints
        )

    def is_folder(self, path: str) -> bool:
        """Whether a folder surely stands there: a standard one, or one made above and kept."""
        if path in STANDARD_FOLDERS:
            return True
        probe = Footprint("path", path, Access.READ)
        for step in reversed(self.earlier):
            for f in step.effect.footprints:
                if f.resource == "path" and f.name == path and f.access is Access.ENSURE:
                    return True
                if _changes(f, probe):
                    return False
        return False

    def below(self, folder: str) -> tuple[str, ...] | None:
        """All files below a folder that surely come from the context; None when others may be."""
        probe = Footprint("path", folder, Access.READ, Extent.TREE)
        prefix = folder.rstrip("/") + "/"
        filled = False
        for step in self.earlier:
            others = [f for f in step.effect.footprints if _changes(f, probe)]
            if not filled:
                others = [f for f in others if f.owner != GONE]
            if any(f.extent is not Extent.LISTED for f in others) or step.effect.links:
                return None
            filled = filled or any(path.startswith(prefix) for path in step.brought)
        return self.brought_below(folder)

    def brought_below(self, folder: str) -> tuple[str, ...]:
        """All files below a folder that came from the context, whatever became of them."""
        prefix = folder.rstrip("/") + "/"
        found = {p for step in self.earlier for p in step.brought if p.startswith(prefix)}
        return tuple(sorted(found))

    def through_link(self, path: str) -> bool:
        """Whether a folder above the path is a symbolic link that an instruction has made."""
        links = {link for step in self.earlier for link in step.effect.links}
        return bool(links) and any(parent in links for parent in parents(path))

    def led(self, effect: Effect) -> list[Footprint] | None:
        """What the footprints on a link touch where it leads; None when that is not known.

        A tree is gone through without following the links in it.
        """
        steps = [*(step.effect for step in self.earlier), effect]
        links = {link for other in steps for link in other.links}
        leads = {lead for other in steps for lead in other.leads}
        found: list[Footprint] = []
        made = {link for step in self.earlier for link in step.effect.links}
        todo = [
            f
            for f in effect.footprints
            if links and f.resource == "path" and (f.owner != LINK or f.name in made)
        ]
        while todo:
            footprint = todo.pop()
            for link in (link for link in links if _names(footprint, link)):
                ends = [end for start, end in leads if start == link]
                if not ends:
                    return None
                more = [
                    replace(footprint, name=end, extent=_END[footprint.extent], members=())
                    for end in ends
                ]
                todo += [f for f in more if f not in found]
                found += [f for f in more if f not in found]
        return found

    def exists(self, path: str) -> bool | None:
        """Whether an instruction above has put something there; None when not known."""
        probe = Footprint("path", path, Access.READ)
        removed = False
        for step in reversed(self.earlier):
            if path in step.brought:
                return None if removed else True
            changes = [f for f in step.effect.footprints if _changes(f, probe)]
            if any(f.owner != GONE for f in changes):
                return None
            removed = removed or bool(changes)
        return False

    def unpackaged(self, path: str) -> bool:
        """Whether something that is no part of a package may have been put there."""
        probe = Footprint("path", path, Access.READ, Extent.TREE)
        return any(
            path in step.brought or any(unpackaged(f, probe) for f in step.effect.footprints)
            for step in self.earlier
        )


def unpackaged(footprint: Footprint, probe: Footprint) -> bool:
    """True when what is there may change, other than by an install of packages."""
    return footprint.kind not in INSTALLS and _changes(footprint, probe)


def _copies_context(instruction: Instruction) -> bool:
    own = not instruction.flag("from") and "://" not in instruction.rest
    return own and instruction.keyword in ("COPY", "ADD")


_END = {e: Extent.TREE if e is Extent.TREE else Extent.POINT for e in Extent}


def added(effects: Sequence[Effect], path: str) -> bytes | None:
    """What effects in their order add to a file; None when they may change it in another way."""
    probe = Footprint("path", path, Access.READ)
    lines = ""
    for effect in effects:
        own = {f for f, _ in effect.adds if f.name == path}
        if any(f not in own and _changes(f, probe) for f in effect.footprints):
            return None
        lines += "".join(line + "\n" for f, line in effect.adds if f in own)
    return lines.encode()


def environment(effects: Sequence[Effect], folder: str) -> bool | None:
    """True when one of them made a virtual environment that is whole; None when none touches it.

    What is installed into it, or runs unread, leaves its own programs alone, as it does those of
    the system.
    """
    probe = Footprint("path", folder + "/bin/activate", Access.READ)
    for effect in reversed(effects):
        if effect.opaque or not any(_changes(f, probe) for f in effect.footprints):
            continue
        own = [f for f in effect.footprints if f.owner == ENVIRONMENT and f.name == folder]
        others = [f for f in effect.footprints if f not in own and f.kind not in INSTALLS]
        changed = any(_changes(f, probe) for f in others)
        if own or changed:
            return not changed
    return None


def _names(footprint: Footprint, link: str) -> bool:
    """True when the footprint is on the link itself."""
    point = replace(footprint, access=Access.READ)
    if footprint.extent in (Extent.TREE, Extent.MODULES):
        point = replace(point, extent=Extent.POINT)
    return meets(point, Footprint("path", link, Access.READ))


def _changes(footprint: Footprint, probe: Footprint) -> bool:
    """True when content may change, or what there is; below a new folder there was nothing."""
    if footprint.owner == NEW_FOLDER and probe.name.startswith(footprint.name + "/"):
        return False
    return footprint.owner not in (RIGHTS, OF_THE_IMAGE) and _writes(footprint, probe)


def _writes(footprint: Footprint, probe: Footprint) -> bool:
    return (
        footprint.resource == "path"
        and footprint.access is Access.WRITE
        and meets(footprint, probe)
    )


def writes_file(footprint: Footprint, path: str) -> bool:
    """True when what stands at the path may change, its rights among it."""
    return _writes(footprint, Footprint("path", path, Access.READ))


def same_file(one: Step, other: Step, path: str) -> bool:
    """True when both COPYs put the same file of the context there, with the same flags."""
    return (
        path in one.brought
        and one.brought[path] == other.brought.get(path)
        and one.instruction.flags == other.instruction.flags
    )


def without(step: Step, paths: frozenset[str]) -> Step:
    """The COPY as if it did not bring the files."""
    footprints = tuple(
        replace(f, members=tuple(m for m in f.members if m not in paths))
        if f.resource == "path" and f.extent is Extent.LISTED and f.access is Access.WRITE
        else f
        for f in step.effect.footprints
    )
    return replace(step, effect=replace(step.effect, footprints=footprints))


def env_read(name: str) -> Footprint:
    return Footprint("env", name, Access.READ, why=f"expands ${name}")


def folders_made(path: str, owner: str, why: str, *, standard_exist: bool) -> list[Footprint]:
    """The folders down to `path` that are made when they are missing."""
    known = STANDARD_FOLDERS if standard_exist else frozenset(["/"])
    return [
        Footprint("path", folder, Access.ENSURE, Extent.POINT, owner=owner, why=why)
        for folder in (*parents(path), path)
        if folder not in known and not is_root(folder)
    ]


def is_root(path: str) -> bool:
    """`?cwd` itself exists, whatever it is."""
    return path == "/" or (path.startswith("?") and "/" not in path)


def account_reads(names: str | None) -> list[Footprint]:
    """`app:staff` is looked up in the user database; numbers and root are not."""
    parts = [p for p in (names or "?").split(":") if p]
    if all(part.isdigit() or part == "root" for part in parts):
        return []
    return [
        Footprint("path", file, Access.READ, why=f"looks up `{names}` in {file}", apart=USERLESS)
        for file in ("/etc/passwd", "/etc/group")
    ]
