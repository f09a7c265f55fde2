"""package.json and yarn.lock: what an install of the whole project reads, and what it writes.

Facts: yarn 1.22 (src/cli/commands/install.js, src/rc.js); yarn 4 (Project.persist writes every
package.json in its own form, with --immutable as well).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from reorder.manifests import Followed, Request
from reorder.manifests.node.berry import (
    is_kept,
    look_at_release,
    look_at_settings,
    look_at_state,
)
from reorder.manifests.node.config import check_npmrc, check_yarnrc
from reorder.manifests.node.package import Package, Unfollowed
from reorder.manifests.node.pin import UNPINNED, front_may_run, may_pin
from reorder.manifests.node.project import (
    MANIFEST,
    look_above,
    look_at_bins,
    read_packages,
    read_root,
)
from reorder.manifests.node.scripts import asks_for, follow_scripts
from reorder.manifests.node.sight import Sight
from reorder.manifests.node.yarn_lock import in_step

_LOCK = "yarn.lock"
_PROGRAM = "yarn"
_ALSO = (
    ".corepack.env",
    "yarn.json",
    ".yarnclean",
    ".yarn-metadata.json",
    "package-lock.json",
    "npm-shrinkwrap.json",
)
_ABOVE = (MANIFEST, ".corepack.env", "yarn.json", _LOCK, ".yarnrc", ".yarnrc.yml", ".npmrc")
_FROZEN = frozenset(["--frozen-lockfile", "--immutable"])
_NO_LOCK = frozenset(["--pure-lockfile", "--no-lockfile", *_FROZEN])
_SECOND = re.compile(rb"^__metadata:", re.MULTILINE)
_PINNED = re.compile(r"yarn@1\..*")


def follow(request: Request) -> Followed:
    """Of both lines of yarn: which one it is, the lock file and the settings tell."""
    try:
        sight = Sight(request)
        _look(sight)
    except Unfollowed as reason:
        return Followed(opaque=str(reason))
    return sight.followed()


def _look(sight: Sight) -> None:
    root = read_root(sight)
    lock = sight.look(root.below(_LOCK))
    second = _settings(sight, root)
    for name in _ALSO:
        sight.look(root.below(name))
    second = second or bool(lock and _SECOND.search(lock)) or not _is_first(root)
    look_above(sight, _ABOVE)
    packages = read_packages(sight, root, root.workspaces)
    look_at_bins(sight, packages)
    look_at_state(sight, root)
    _scripts(sight, packages, lock, second=second)
    _rewrites(sight, packages, lock, second=second)


def _settings(sight: Sight, root: Package) -> bool:
    """True when they are those of yarn 2 or later."""
    npmrc = sight.look(root.below(".npmrc"))
    if npmrc is not None:
        check_npmrc(root.below(".npmrc"), npmrc)
    first = sight.look(root.below(".yarnrc"))
    program = check_yarnrc(root.below(".yarnrc"), first) if first is not None else None
    if program is not None:
        look_at_release(sight, root, program)
    later = sight.look(root.below(".yarnrc.yml"))
    if later is not None:
        look_at_settings(sight, root, root.below(".yarnrc.yml"), later)
    return later is not None


def _is_first(root: Package) -> bool:
    pinned = root.data.get("packageManager")
    return pinned is None or bool(_PINNED.fullmatch(str(pinned)))


def _scripts(
    sight: Sight, packages: Sequence[Package], lock: bytes | None, *, second: bool
) -> None:
    skipped = sight.request.values.get("--mode") == "skip-build"
    if skipped or sight.request.flags & {"--ignore-scripts", "--skip-builds"}:
        return
    # Without a lock file of its form, yarn 2 is not sure to be the one that runs.
    sure = second and lock is not None and _SECOND.search(lock)
    named = asks_for(packages, [lock] if lock is not None else [])
    follow_scripts(sight, packages, "berry" if sure else "yarn", named)


def _rewrites(
    sight: Sight, packages: Sequence[Package], lock: bytes | None, *, second: bool
) -> None:
    """The lock file, unless it is in step; every package.json that is not in the later form."""
    flags = sight.request.flags
    if second or lock is None:
        for package in packages:
            content = sight.look(package.path)
            if content is None or not is_kept(package, content):
                sight.rewrites[package.path] = None
    front = second or front_may_run(sight.request, _PROGRAM)
    if front and may_pin(sight.request, packages[0].data):
        sight.rewrites[packages[0].path] = UNPINNED
    first = not second and (not front or packages[0].data.get("packageManager"))
    kept = flags & (_NO_LOCK if first else _FROZEN)
    stays = first and lock is not None and "--force" not in flags and in_step(packages, lock)
    if not kept and not stays:
        sight.rewrites[packages[0].below(_LOCK)] = None
