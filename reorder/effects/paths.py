"""Do two footprints meet? Paths as regions, and the names of the other resources as patterns."""

from __future__ import annotations

import posixpath
import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from functools import lru_cache

from reorder.effects.effect import NEW_FOLDER, PRESENT, Access, Extent, Footprint

# On merged-/usr systems the left is a link to the right; elsewhere taking both for one is strict.
_ALIASES = (
    ("/bin", "/usr/bin"),
    ("/sbin", "/usr/sbin"),
    ("/lib", "/usr/lib"),
    ("/lib32", "/usr/lib32"),
    ("/lib64", "/usr/lib64"),
    ("/var/run", "/run"),
    ("/var/lock", "/run/lock"),
)

_WILD = re.compile(r"[][*?]")

# PATH of an image of which nothing is known: a prefix with its `bin`, and folders of any name.
UNKNOWN_PATH = "?path/bin:?folder"

# The folders of the Filesystem Hierarchy Standard 3.0 that an image with a shell surely has.
STANDARD_FOLDERS = frozenset(
    (
        *("/", "/dev", "/etc", "/home", "/media", "/mnt", "/opt", "/proc", "/root", "/run", "/srv"),
        *("/sys", "/tmp", "/usr", "/usr/bin", "/usr/lib", "/usr/local", "/usr/local/bin"),
        *("/usr/local/lib", "/usr/local/sbin", "/usr/local/share", "/usr/sbin", "/usr/share"),
        *("/var", "/var/cache", "/var/lib", "/var/log", "/var/tmp"),
    )
)

# What the kernel shows there is no file of the image; but programs do keep files in /dev/shm.
_KERNEL = ("/dev", "/proc")
# What Python imports: `requests.txt` and `pytest.ini` are no modules.
_SUFFIXES = ("", "py", "pyc")
_SHARED = ("/dev/shm", "/dev/mqueue")


def of_kernel(path: str) -> bool:
    """`/dev/null`, `/proc/cpuinfo`."""
    return _is_in(path, _KERNEL) and not _is_in(path, _SHARED)


def _is_in(path: str, folders: Sequence[str]) -> bool:
    return any(path == folder or path.startswith(f"{folder}/") for folder in folders)


def canonical(path: str) -> str:
    """`/bin/../lib/x/` -> `/usr/lib/x`; a `?root/...` path keeps its root."""
    path = posixpath.normpath(path)
    if path.startswith("//"):
        path = path[1:]
    for link, target in _ALIASES:
        if path == link or path.startswith(link + "/"):
            return target + path[len(link) :]
    return path


def join(cwd: str, path: str) -> str:
    """`path` as seen from `cwd`, absolute and canonical; `?home/x` is where it says."""
    if path == "?home" or path.startswith("?home/"):
        return canonical(path)
    found = canonical(posixpath.join(cwd, path))
    if found.startswith(("/", "?")):
        return found
    # Above a folder that is not known.
    return "/".join(["?above", *(part for part in found.split("/") if part not in ("..", "."))])


def parents(path: str) -> tuple[str, ...]:
    """`/a/b/c` -> `/a`, `/a/b`; of `?r/a/b`: `?r`, `?r/a`."""
    parts = path.split("/")
    first = 1 if path.startswith("?") else 2
    return tuple("/".join(parts[:n]) for n in range(first, len(parts)))


def conflict(a: Footprint, b: Footprint) -> bool:
    """True when the order of the two may matter; folders made when missing are `graph.py`'s.

    So is who needs a folder to be there, and a SETDIR that would make it.
    """
    if a.resource != b.resource or (a.access is Access.READ and b.access is Access.READ):
        return False
    if a.kind in b.apart or b.kind in a.apart:
        return False
    if a.resource == "path":
        apart = _is_in_new_folder(a, b) or _is_in_new_folder(b, a)
        return not apart and _paths_conflict(a, b)
    return a.name == b.name or fnmatchcase(a.name, b.name) or fnmatchcase(b.name, a.name)


def _is_in_new_folder(read: Footprint, made: Footprint) -> bool:
    """A read below a folder that is made, which is empty: there is nothing before and after."""
    below = read.access is Access.READ and made.owner == NEW_FOLDER
    plain = below and not _is_pattern(made.name) and read.extent is not Extent.LISTED
    return plain and read.name.startswith(made.name + "/")


@lru_cache(maxsize=1 << 16)
def _paths_conflict(a: Footprint, b: Footprint) -> bool:
    one, other = a.access, b.access
    if one is not Access.WRITE and other is not Access.WRITE:
        if one is Access.ENSURE or other is Access.ENSURE:
            return False
        if one is other and a.owner == b.owner:  # both SETDIR: two reads never come here
            return False
        if PRESENT in (a.owner, b.owner):  # a SETDIR leaves a folder there
            return False
    return meets(a, b)


def meets(a: Footprint, b: Footprint) -> bool:
    """True when some path may belong to the regions of both."""
    if a.extent is Extent.LISTED:
        return _listed_meets(a, b)
    if b.extent is Extent.LISTED:
        return _listed_meets(b, a)
    if a.extent is Extent.MODULES:
        return _modules_meet(a, b)
    if b.extent is Extent.MODULES:
        return _modules_meet(b, a)
    return _patterns_meet(a.name, _deep(a), b.name, _deep(b))


def _deep(footprint: Footprint) -> bool:
    """True when the region holds what is below the path, too: a write may change its type."""
    return footprint.extent in (Extent.TREE, Extent.GLOB) or footprint.access is Access.WRITE


def _patterns_meet(a: str, a_deep: bool, b: str, b_deep: bool) -> bool:
    if a.startswith("?") or b.startswith("?"):
        return _unknown_meets(a, a_deep, b, b_deep)
    return _parts_meet(_parts(a), a_deep, _parts(b), b_deep)


@lru_cache(maxsize=8192)
def _parts(path: str) -> tuple[str, ...]:
    return tuple(part for part in path.split("/") if part)


def _parts_meet(a: Sequence[str], a_deep: bool, b: Sequence[str], b_deep: bool) -> bool:
    for x, y in zip(a, b, strict=False):
        if x != y and not _part_meets(x, y):
            return False
    if len(a) == len(b):
        return True
    return a_deep if len(a) < len(b) else b_deep


def _part_meets(a: str, b: str) -> bool:
    """Two different names, or patterns of names."""
    a_pattern, b_pattern = _is_pattern(a), _is_pattern(b)
    if a_pattern and b_pattern:
        return _both_match(a, b)
    return (a_pattern and fnmatchcase(b, a)) or (b_pattern and fnmatchcase(a, b))


def _both_match(a: str, b: str) -> bool:
    """Some name may match both patterns: `a*` and `b*` have none, nor `*.a` and `*.b`."""
    (a_head, a_tail), (b_head, b_tail) = _ends(a), _ends(b)
    heads = a_head.startswith(b_head) or b_head.startswith(a_head)
    return heads and (a_tail.endswith(b_tail) or b_tail.endswith(a_tail))


def _ends(pattern: str) -> tuple[str, str]:
    """What stands before and behind all that may match more than one text."""
    pieces = _WILD.split(pattern)
    return pieces[0], pieces[-1]


def _is_pattern(text: str) -> bool:
    return "*" in text or "?" in text or "[" in text


def _unknown_meets(a: str, a_deep: bool, b: str, b_deep: bool) -> bool:
    a_root, _, a_rest = a.partition("/")
    b_root, _, b_rest = b.partition("/")
    if a_root == b_root and a_root:
        return _parts_meet(_parts(a_rest), a_deep, _parts(b_rest), b_deep)
    if a.startswith("?") and b.startswith("?"):
        return True
    if a.startswith("?"):
        return b_deep or _occurs(_parts(a_rest), a_deep, _parts(b))
    return a_deep or _occurs(_parts(b_rest), b_deep, _parts(a))


def _occurs(tail: Sequence[str], deep: bool, path: Sequence[str]) -> bool:
    """True when `path` may be `ANY/tail`, or lie below it when `deep`."""
    starts: Iterator[int] | range = range(len(path) - len(tail) + 1)
    if not deep:
        starts = iter([len(path) - len(tail)] if len(tail) <= len(path) else [])
    return any(_parts_meet(tail, deep, path[start:], True) for start in starts)


def _listed_meets(listed: Footprint, other: Footprint) -> bool:
    if other.extent is Extent.LISTED:
        small, large = sorted((listed, other), key=lambda f: len(f.members))
        return _lists_meet(small, large)
    if other.extent is Extent.MODULES:
        return any(_is_module(path, other) for path in listed.members)
    if not listed.members:
        return False
    if _root(other.name) and not _root(listed.members[0]) and not _is_pattern(other.name[1:]):
        return _may_hold(listed.members, other.name.partition("/")[2], _deep(other))
    if other.extent is not Extent.GLOB and not _root(other.name) and not _root(listed.members[0]):
        return _member_meets(listed, other.name, _deep(other))
    # A listed path is a file of the context: nothing can lie below it.
    folder = _ends(other.name)[0].rpartition("/")[0]
    anywhere = not folder or _root(folder) or _root(listed.members[0])
    near = listed.members if anywhere else below(listed.members, folder)
    return any(_patterns_meet(path, False, other.name, _deep(other)) for path in near)


def below(paths: Sequence[str], folder: str) -> Sequence[str]:
    """Of sorted paths those below a folder."""
    prefix = folder.rstrip("/")
    start = bisect_left(paths, f"{prefix}/")
    return paths[start : bisect_left(paths, f"{prefix}0", start)]  # "0" follows "/"


def _may_hold(members: Sequence[str], tail: str, deep: bool) -> bool:
    """Whether a member may be `tail` in a folder that is not known, or below that when `deep`."""
    return not tail or any(
        (f"/{tail}/" in f"{path}/" if deep else path.endswith(f"/{tail}"))
        or (_is_pattern(path) and _occurs(_parts(tail), deep, _parts(path)))
        for path in members
    )


def _lists_meet(small: Footprint, large: Footprint) -> bool:
    if not small.members or _root(small.members[0]) == _root(large.members[0]):
        return any(_member_meets(large, path, _deep(small)) for path in small.members)
    named: dict[str, list[str]] = {}
    for path in large.members:
        named.setdefault(posixpath.basename(path), []).append(path)
    return any(
        _patterns_meet(path, False, same, False)
        for path in small.members
        for same in named.get(posixpath.basename(path), ())
    )


def _root(path: str) -> str:
    """`?cwd` of `?cwd/x`, nothing of `/x`."""
    return path.partition("/")[0]


def _member_meets(listed: Footprint, path: str, deep: bool) -> bool:
    """True when `path` is a member, or below one that is written, or above one when `deep`."""
    members = listed.members
    at = bisect_left(members, path)
    if at < len(members) and members[at] == path:
        return True
    if deep:
        prefix = path.rstrip("/") + "/"
        below = bisect_left(members, prefix)
        if below < len(members) and members[below].startswith(prefix):
            return True
    return _deep(listed) and any(_contains(members, parent) for parent in parents(path))


def _contains(members: tuple[str, ...], path: str) -> bool:
    at = bisect_left(members, path)
    return at < len(members) and members[at] == path


def _modules_meet(modules: Footprint, other: Footprint) -> bool:
    """May `other` put a module of one of the names into the folder?"""
    if _deep(other) and _patterns_meet(other.name, True, modules.name, False):
        return True
    if not _patterns_meet(modules.name, True, other.name, False):
        return False
    parts = _parts(other.name)
    if _root(modules.name) != _root(other.name):
        return any(_names_module(part, modules) for part in parts)
    depth = len(_parts(modules.name))
    return depth < len(parts) and _names_module(parts[depth], modules)


def _is_module(path: str, modules: Footprint) -> bool:
    if _root(modules.name) != _root(path):
        return any(_names_module(part, modules) for part in _parts(path))
    folder = modules.name.rstrip("/") + "/"
    return path.startswith(folder) and _names_module(path[len(folder) :].split("/")[0], modules)


def _names_module(part: str, modules: Footprint) -> bool:
    """`open_clip.py`, `open_clip`, `_x.cpython-311.so`, but not `open_clip.txt`."""
    if _is_pattern(part):
        return any(
            fnmatchcase(name, part) or fnmatchcase(name + ".py", part) for name in modules.members
        )
    name, _, suffix = part.partition(".")
    if suffix not in _SUFFIXES and not suffix.endswith(".so"):
        return False
    return _contains(modules.members, name)
