"""Instruction -> the places that it touches: RUN by its claim, the others by their own text."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

from reorder.check.overlap import ANYWHERE, Modules, Place, listing, parse, region
from reorder.effects.effect import NEW_FOLDER, PRESENT, USERLESS, Access, Effect, Extent, Footprint

# Every image with a shell has these folders, so that making them is nothing.
STANDARD = frozenset(
    (
        *("/", "/dev", "/etc", "/home", "/media", "/mnt", "/opt", "/proc", "/root", "/run"),
        *("/srv", "/sys", "/tmp", "/usr", "/usr/bin", "/usr/lib", "/usr/local"),
        *("/usr/local/bin", "/usr/local/lib", "/usr/local/share", "/usr/sbin", "/usr/share"),
        *("/var", "/var/cache", "/var/lib", "/var/log", "/var/tmp"),
    )
)
_ROOT = frozenset(["root", "0", "0:0", "root:root", "root:0", "0:root", ""])


class Touch(Struct, frozen=True):
    """One place and how it is touched.

    `owner`: what a folder that is made or set gets, in one spelling. `folder`: the path of a
    folder that is made when missing, or that a reader only needs to be there; `sure`: after this
    instruction it is there. `kind` and `apart` are those of the claim. `empty`: the path is made as
    a folder without anything below it.
    """

    access: Access
    place: Place
    what: str
    owner: str = ""
    folder: str = ""
    sure: bool = False
    kind: str = ""
    apart: tuple[str, ...] = ()
    empty: bool = False


def read(path: str, *, deep: bool = False) -> Touch:
    return Touch(Access.READ, region(path, deep), f"reads {path}")


def accounts() -> list[Touch]:
    """A name is looked up: packages without an account of their own leave it as it is."""
    return [replace(read(path), apart=USERLESS) for path in ("/etc/passwd", "/etc/group")]


def write(path: str) -> Touch:
    return Touch(Access.WRITE, region(path, True), f"writes {path}")


def everything(why: str) -> tuple[Touch, ...]:
    return (Touch(Access.READ, ANYWHERE, why), Touch(Access.WRITE, ANYWHERE, why))


def spelled(path: str) -> str:
    """One spelling for one place: `/bin/x` -> `/usr/bin/x`."""
    root, parts = parse(path)
    return "/".join([root, *parts]) or "/"


def folders(path: str) -> tuple[str, ...]:
    """`/a/b` -> `/a`, `/a/b`, without those that are always there; of `?r/a`: `?r/a`."""
    root, parts = parse(path)
    found = ("/".join([root, *parts[:n]]) for n in range(1, len(parts) + 1))
    return tuple(folder for folder in found if folder not in STANDARD)


def made(path: str, owner: str, *, sure: bool) -> list[Touch]:
    """The folders down to `path` that are made when missing."""
    return [
        Touch(Access.ENSURE, region(f, False), f"makes {f}", owner, f, sure) for f in folders(path)
    ]


def signature(who: str, mode: str) -> str:
    """One spelling for one owner and mode: `root`, `755` -> `0:0 0755`; `7` -> `7:7 0755`."""
    if who in _ROOT:
        who = "0:0"
    if who.isdigit():
        who = f"{who}:{who}"
    return f"{who} {mode.zfill(4)}"


def claimed(effect: Effect, *, links: frozenset[str]) -> tuple[Touch, ...]:
    """The footprints of a claim."""
    if effect.opaque is not None:
        return everything("is opaque: " + effect.opaque)
    paths = (footprint for footprint in effect.footprints if footprint.resource == "path")
    return tuple(touch for footprint in paths for touch in _touches(footprint, links))


def needed_folders(effect: Effect) -> tuple[Touch, ...]:
    """A RUN also needs the folders above what it writes, whatever their mode."""
    return tuple(
        replace(read(folder), folder=folder, apart=f.apart)
        for f in effect.footprints
        if f.resource == "path" and f.access is Access.WRITE and f.extent is not Extent.LISTED
        for folder in folders(f.name)[:-1]
    )


def _touches(footprint: Footprint, links: frozenset[str]) -> list[Touch]:
    if behind_link([footprint.name, *footprint.members], footprint.extent, links):
        return [Touch(footprint.access, ANYWHERE, f"goes through a link to {footprint.name}")]
    what = f"{_VERBS[footprint.access]} {footprint.name}"
    place = _place(footprint)
    if footprint.access is Access.ENSURE:
        return _ensured(footprint)
    kind, apart = footprint.kind, footprint.apart
    if footprint.owner == PRESENT:
        folder = spelled(footprint.name)
        return [Touch(footprint.access, place, what, what, folder, kind=kind, apart=apart)]
    owner = signature(*_parted(footprint.owner)) if footprint.owner else what
    empty = footprint.owner == NEW_FOLDER
    return [Touch(footprint.access, place, what, owner, kind=kind, apart=apart, empty=empty)]


_VERBS = {
    Access.READ: "reads",
    Access.WRITE: "writes",
    Access.ENSURE: "makes",
    Access.SETDIR: "sets the mode of",
}


def _ensured(footprint: Footprint) -> list[Touch]:
    paths = footprint.members if footprint.extent is Extent.LISTED else (footprint.name,)
    owner = signature(*_parted(footprint.owner))
    return [
        Touch(Access.ENSURE, region(path, False), f"makes {path}", owner, spelled(path))
        for path in paths
        if spelled(path) not in STANDARD
    ]


def _parted(owner: str) -> tuple[str, str]:
    who, _, mode = owner.rpartition(":")
    return who, mode


def _place(footprint: Footprint) -> Place:
    writes = footprint.access is Access.WRITE
    if footprint.extent is Extent.LISTED:
        return listing(footprint.members, writes)
    if footprint.extent is Extent.MODULES:
        return Modules(*parse(footprint.name), frozenset(footprint.members))
    deep = writes or footprint.extent in (Extent.TREE, Extent.GLOB)
    return region(footprint.name, deep)


def behind_link(names: Iterable[str], extent: Extent, links: frozenset[str]) -> bool:
    """Whether a path lies below a link that an instruction makes, so is somewhere else."""
    if not links:
        return False
    inside = 0 if extent is Extent.MODULES else 1
    for name in names:
        root, parts = parse(name)
        above = ("/".join([root, *parts[:n]]) for n in range(1, len(parts) + 1 - inside))
        if any(folder in links for folder in above):
            return True
    return False
