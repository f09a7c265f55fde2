"""The role of a word -> what the command does with the file, package or address that it names."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping, Sequence

from msgspec.structs import replace

from reorder.effects.effect import (
    ENVIRONMENT,
    GONE,
    LINK,
    NEW_FOLDER,
    PRESENT,
    RIGHTS,
    Access,
    Extent,
)
from reorder.effects.found import Found
from reorder.effects.paths import STANDARD_FOLDERS, join
from reorder.effects.words import Unmodelled, UnseenCode
from reorder.effects.world import folder_of, paths_of
from reorder.syntax.shell import Arg

# A longer word is not held against a pattern, which may take time.
_LONGEST = 4000
_ARCHIVES = (".whl", ".tar.gz", ".tgz", ".tar.bz2", ".zip", ".deb", ".rpm", ".apk", ".gem")


def apply_role(done: Found, role: str, arg: Arg, cwds: Sequence[str], why: str) -> None:
    """Adds what the word does. Raises Unmodelled or UnseenCode."""
    if role in ("text", "cd", "url"):
        text = arg.text or ""
        if role == "url" and text.startswith("file:"):
            raise Unmodelled(f"{why} reads a file: address")
        if role == "url" and any(done.is_ours(join(cwd, text)) for cwd in cwds if text):
            raise Unmodelled(f"{why} reads files in the place of an address")
        if role != "cd":  # what is read below that folder stands in the model
            done.mentions(text, f"{why} names it")
        return
    if role in ("opaque", "code"):
        _plain(done, arg, why, code=role == "code")
        return
    if role in _SPECIAL:
        _SPECIAL[role](done, arg, cwds, why)
        return
    # Of a link the name must be known, or the folder that it is in.
    _touch(done, role, replace(arg, form="") if role == "link" else arg, cwds, why)


def _touch(done: Found, role: str, arg: Arg, cwds: Sequence[str], why: str) -> None:
    """A file or folder that is named: who reads, writes, makes or removes it."""
    access, deep = _ROLES[role]
    if access is Access.READ and arg.text is None and not arg.prefix:
        done.anything(f"{why} reads a file whose name is not known: {arg.source}")
        return
    for path, extent in paths_of(arg, cwds):
        if deep and extent is Extent.POINT:
            extent = Extent.TREE
        rights = RIGHTS if role.startswith("meta") else _OWNERS.get(role, "")
        if role == "present" and extent is not Extent.POINT:
            rights = ""
        done.add(path, access, extent, f"{why} {access.value}s {arg.source}", rights)
        if role in ("make", "environment"):
            done.ensure_parents(path, why)
        elif role in _IN_A_FOLDER:
            done.found += folder_of(path, why)
        if role == "link":
            _link(done, path, arg, why)


def _link(done: Found, path: str, arg: Arg, why: str) -> None:
    """`ln -s /a/b /c` makes /c, or /c/b where /c is a folder."""
    targets = [a.text for _, a in done.words.operands][:-1]
    folder = (arg.text or "").endswith("/") or path in STANDARD_FOLDERS
    done.links += [] if folder and len(targets) == 1 and targets[0] else [path]
    for target in filter(None, targets):
        done.add(
            join(posixpath.dirname(path), target),
            Access.READ,
            Extent.POINT,
            f"{why} leads there",
        )
        inside = join(path, posixpath.basename(target.rstrip("/")))
        done.links.append(inside)
        done.leads.append((inside, join(posixpath.dirname(inside), target)))
        if not folder:
            done.leads.append((path, join(posixpath.dirname(path), target)))


def _plain(done: Found, arg: Arg, why: str, *, code: bool = False) -> None:
    """A word that must have one of the plain forms of the model; `code`: else it is run."""
    plain = done.words.model.plain
    known = arg.text is not None and len(arg.text) <= _LONGEST
    if plain is None or not known or not re.fullmatch(plain, arg.text or ""):
        if code:
            raise UnseenCode(f"{why} builds or runs `{arg.source}`, which may do anything")
        raise Unmodelled(f"no model for {why} with `{arg.source}`")


def _package(done: Found, arg: Arg, cwds: Sequence[str], why: str) -> None:
    text = arg.text
    if text is None and arg.form[:1].isalnum() and not arg.form.endswith(("*", *_ARCHIVES)):
        text = arg.form.replace("*", "x")
    if text is None:
        raise Unmodelled(f"{why}: the package `{arg.source}` is not known before the build")
    if text.startswith("file:"):
        raise Unmodelled(f"{why} installs from a file: address")
    if text.endswith(_ARCHIVES) and "://" not in text:
        for path, extent in paths_of(arg, cwds):
            done.add(path, Access.READ, extent, f"{why} reads {arg.source}")
    elif text.startswith((".", "/", "~", "?")) or " @ file:" in text or _has_slash(text):
        raise UnseenCode(f"{why} builds the project in `{arg.source}`: its code may do anything")


def _url_file(done: Found, arg: Arg, cwds: Sequence[str], why: str) -> None:
    """`wget URL/name` writes `name`, or `name.1` when that is there."""
    place = (arg.text or arg.form).split("://")[-1]
    name = posixpath.basename(place) if "/" in place else ""
    for cwd in cwds:
        path = join(cwd, f"{name.rstrip('*')}*")
        done.add(path, Access.WRITE, Extent.GLOB, f"{why} downloads {arg.source}")


def _url_folder(done: Found, arg: Arg, cwds: Sequence[str], why: str) -> None:
    """`git://host/tool.git` alone fills the folder `tool`."""
    _plain(done, arg, why)
    if len(done.words.operands) > 1:
        return
    name = re.split(r"[/:]", (arg.text or "").rstrip("/"))[-1].removesuffix(".git")
    for cwd in cwds:
        done.add(join(cwd, name), Access.WRITE, Extent.TREE, f"{why} makes {name}")


def _destination(done: Found, arg: Arg, cwds: Sequence[str], why: str) -> None:
    sources = [a for role, a in done.words.operands if role in ("read-tree", "remove")]
    text = arg.text or ""
    folder = text.endswith("/") or posixpath.basename(text) in (".", "..") or len(sources) > 1
    names = [posixpath.basename((a.text or "").rstrip("/")) for a in sources]
    exact = all(n not in ("", ".", "..") for n in names) and not any(a.glob for a in sources)
    for path, extent in paths_of(arg, cwds):
        done.add(path, Access.READ, extent, f"{why} looks at {arg.source}")
        known = extent is not Extent.TREE  # of `/opt/$NAME` only `/opt` is
        inside = folder or path in STANDARD_FOLDERS
        places = [join(path, n) for n in names] if known and inside and exact else [path]
        done.found += folder_of(path, why)
        deep = Extent.TREE if extent is Extent.POINT else extent
        for place in places:
            done.add(place, Access.WRITE, deep, f"{why} writes {arg.source}")


def _has_slash(text: str) -> bool:
    """`libs/foo` may be a folder; `@scope/name` and addresses are packages."""
    return "/" in text and "://" not in text and not text.startswith(("@", "git+"))


_OWNERS = {
    "link": LINK,
    "remove": GONE,
    "folder": NEW_FOLDER,
    "environment": ENVIRONMENT,
    "present": PRESENT,
}
_IN_A_FOLDER = ("write", "folder", "link", "remove", "meta", "meta-tree")
_SPECIAL: Mapping[str, Callable[[Found, Arg, Sequence[str], str], None]] = {
    "package": _package,
    "url-file": _url_file,
    "url-folder": _url_folder,
    "dest": _destination,
}
_ROLES: Mapping[str, tuple[Access, bool]] = {
    "read": (Access.READ, False),
    "read-tree": (Access.READ, True),
    "present": (Access.READ, False),
    "write": (Access.WRITE, True),
    "make": (Access.WRITE, True),
    "environment": (Access.WRITE, True),
    "ensure": (Access.ENSURE, False),
    "link": (Access.WRITE, True),
    "remove": (Access.WRITE, True),
    "folder": (Access.WRITE, True),
    "meta": (Access.WRITE, False),
    "meta-tree": (Access.WRITE, True),
}
