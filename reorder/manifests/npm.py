"""package.json and its lock file: what an install of the whole project reads, and what it writes.

Facts: npm 11, lib/commands/ci.js and install.js, @npmcli/config (loadLocalPrefix), @npmcli/arborist
(shrinkwrap.js, reify.js: a lock file that is saved is always written anew).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from reorder.manifests import Followed, Request
from reorder.manifests.node.config import check_npmrc
from reorder.manifests.node.lock import Lock, read_lock
from reorder.manifests.node.package import Package, Unfollowed
from reorder.manifests.node.project import (
    MANIFEST,
    check_place,
    check_words,
    look_above,
    look_at_bins,
    read_packages,
    read_root,
)
from reorder.manifests.node.scripts import asks_for, follow_scripts
from reorder.manifests.node.sight import Sight

_LOCKS = ("package-lock.json", "npm-shrinkwrap.json")
_OTHER_LOCK = "yarn.lock"
_NO_LOCK = frozenset(["--no-package-lock", "--package-lock=false", "--no-save", "--dry-run"])
_GLOBAL = frozenset(["-g", "--global", "--location=global", "--global=true"])
_PLACE = frozenset(["--prefix", "-C"])  # the folder is the project, whatever is above it
_NO_SCRIPTS = frozenset(["--ignore-scripts", "--ignore-scripts=true"])


def follow(request: Request) -> Followed:
    """A use that writes the lock file anew."""
    return followed(request, frozen=False)


def followed(request: Request, *, frozen: bool) -> Followed:
    """`frozen`: the use fails where it would have to change the lock file."""
    try:
        sight = Sight(request)
        check_words(request)
        if request.flags & _GLOBAL:
            raise Unfollowed("packages of the whole system are put below another folder")
        if request.words and sight.look(f"{request.cwd.rstrip('/')}/{MANIFEST}") is None:
            _look_fresh(sight)
        else:
            _look(sight, frozen=frozen)
    except Unfollowed as reason:
        return Followed(opaque=str(reason))
    return sight.followed()


def _look(sight: Sight, *, frozen: bool) -> None:
    flags = sight.request.flags
    root = read_root(sight)
    found = [(root.below(name), sight.look(root.below(name))) for name in _LOCKS]
    locks = [read_lock(path, content) for path, content in found if content is not None]
    other = sight.look(root.below(_OTHER_LOCK))
    config = sight.look(root.below(".npmrc"))
    if config is not None:
        check_npmrc(root.below(".npmrc"), config)
    packages = read_packages(sight, root, root.workspaces)
    if not flags & _PLACE:
        look_above(sight, [MANIFEST])
    look_at_bins(sight, packages[1:])
    for lock in locks:
        _look_at_local(sight, lock, packages)
    if not flags & _NO_SCRIPTS:
        named = _named(packages, locks, [c for _, c in found if c], frozen=frozen)
        follow_scripts(sight, packages, "npm", named)
    if not frozen and not flags & _NO_LOCK:
        there = [path for path, content in found if content is not None]
        sight.rewrites.update(dict.fromkeys(there or [found[0][0]]))
        if other is not None:
            sight.rewrites[root.below(_OTHER_LOCK)] = None
    if sight.request.words and "--no-save" not in flags:
        sight.rewrites.update(dict.fromkeys(package.path for package in packages))


def _look_fresh(sight: Sight) -> None:
    """Packages are added where no project is: one is begun."""
    check_place(sight.request)
    folder = sight.request.cwd.rstrip("/")
    for name in (*_LOCKS, _OTHER_LOCK, ".npmrc"):
        if sight.look(f"{folder}/{name}") is not None:
            raise Unfollowed(f"{folder}/{name} stands beside no {MANIFEST}")
    if not sight.request.flags & _PLACE:
        look_above(sight, [MANIFEST], none=True)
    sight.rewrites.update(dict.fromkeys(f"{folder}/{name}" for name in (MANIFEST, _LOCKS[0])))


def _look_at_local(sight: Sight, lock: Lock, packages: Sequence[Package]) -> None:
    folders = {package.folder for package in packages}
    for path in lock.archives:
        sight.look(path)
    for path in lock.folders:
        if path not in folders:
            raise Unfollowed(f"{lock.path} names the folder {path}, which no manifest asks for")


def _named(
    packages: Sequence[Package], locks: Sequence[Lock], texts: Sequence[bytes], *, frozen: bool
) -> Callable[[str], bool]:
    """A lock file says which packages have install scripts, from its version 2 on."""
    scripted: set[str] = set()
    for lock in locks:
        if lock.scripted is None:
            return asks_for(packages, texts)
        scripted |= lock.scripted
    manifest = asks_for([] if frozen and locks else packages, [])
    return lambda name: name in scripted or manifest(name)
