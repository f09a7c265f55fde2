"""package.json, bun.lock and bunfig.toml: what an install reads, and what it writes.

Facts: bun 1.2, https://bun.sh/docs/install, /install/lockfile, /runtime/bunfig.
"""

from __future__ import annotations

from typing import Any

import tomli

from reorder.manifests import Followed, Request
from reorder.manifests.node.config import check_key, check_npmrc, check_variables
from reorder.manifests.node.package import Package, Unfollowed
from reorder.manifests.node.project import (
    MANIFEST,
    look_above,
    look_at_bins,
    read_packages,
    read_root,
)
from reorder.manifests.node.scripts import asks_for, follow_scripts
from reorder.manifests.node.sight import Sight

_LOCKS = ("bun.lock", "bun.lockb")
# Lock files of others are taken over when it has none.
_FOREIGN = ("package-lock.json", "yarn.lock", "pnpm-lock.yaml")
_SETTINGS = "bunfig.toml"
_MODES = ("", ".local", ".production", ".production.local", ".development", ".test")
_ENVIRONMENT = tuple(f".env{mode}" for mode in (*_MODES, ".development.local", ".test.local"))
_NO_LOCK = frozenset(["--frozen-lockfile", "--no-save"])


def follow(request: Request) -> Followed:
    """An install of the root and its workspaces."""
    return followed(request, frozen=False)


def followed(request: Request, *, frozen: bool) -> Followed:
    """`frozen`: the use fails where it would have to change the lock file."""
    try:
        sight = Sight(request)
        if request.words or request.flags & {"-g", "--global"}:
            raise Unfollowed("it adds packages")
        _look(sight, frozen=frozen)
    except Unfollowed as reason:
        return Followed(opaque=str(reason))
    return sight.followed()


def _look(sight: Sight, *, frozen: bool) -> None:
    flags = sight.request.flags
    root = read_root(sight)
    locks = [sight.look(root.below(name)) for name in _LOCKS]
    foreign = [sight.look(root.below(name)) for name in _FOREIGN]
    if not any(locks) and any(foreign):
        raise Unfollowed("it takes over the lock file of another installer")
    _settings(sight, root)
    for name in _ENVIRONMENT:
        sight.look(root.below(name))
    look_above(sight, [MANIFEST])
    packages = read_packages(sight, root, root.workspaces)
    look_at_bins(sight, packages)
    if "--ignore-scripts" not in flags:
        named = asks_for(packages, [lock for lock in locks if lock is not None])
        follow_scripts(sight, packages, "bun", named)
    if not frozen and not flags & _NO_LOCK:
        sight.rewrites.update(dict.fromkeys(root.below(name) for name in _LOCKS))


def _settings(sight: Sight, root: Package) -> None:
    npmrc = sight.look(root.below(".npmrc"))
    if npmrc is not None:
        check_npmrc(root.below(".npmrc"), npmrc)
    path = root.below(_SETTINGS)
    content = sight.look(path)
    if content is None:
        return
    try:
        text = content.decode("utf-8-sig")
        install: dict[str, Any] = dict(tomli.loads(text).get("install", {}))
    except (ValueError, TypeError, RecursionError):
        raise Unfollowed(f"{path} is no table of settings that can be read") from None
    check_variables(path, text)
    for key in install:
        check_key(path, "bunfig", key)
