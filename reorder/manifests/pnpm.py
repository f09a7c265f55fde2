"""package.json, pnpm-lock.yaml and pnpm-workspace.yaml: what an install reads, and what it writes.

Facts: pnpm 9 and 10, https://pnpm.io/cli/install, /settings, /scripts, /pnpmfile.
"""

from __future__ import annotations

import re

from msgspec.structs import replace

from reorder.manifests import Followed, Request
from reorder.manifests.node.config import check_key, check_npmrc, check_variables
from reorder.manifests.node.package import Package, Unfollowed, leaves, table_of
from reorder.manifests.node.pin import UNPINNED, may_pin
from reorder.manifests.node.project import (
    MANIFEST,
    look_above,
    look_at_bins,
    read_packages,
    read_root,
)
from reorder.manifests.node.scripts import asks_for, follow_scripts
from reorder.manifests.node.sight import Sight
from reorder.manifests.node.yaml import Value, read_yaml

_LOCK = "pnpm-lock.yaml"
_WORKSPACE = "pnpm-workspace.yaml"
_MANIFESTS = (MANIFEST, "package.yaml", "package.json5")
_OTHER = (*_MANIFESTS[1:], ".corepack.env", "pnpm-workspace.yml", ".pnpmfile.mjs", "pnpmfile.js")
_HOOKS = ".pnpmfile.cjs"
_CODE = re.compile(rb"\b(require|import|process|eval|Function|constructor|global\w*|Reflect)\b")
_NO_LOCK = frozenset(["--frozen-lockfile", "--frozen-lockfile=true", "--no-lockfile", "--no-save"])


def follow(request: Request) -> Followed:
    """An install of all projects of the workspace."""
    return followed(request, scripts=True)


def followed(request: Request, *, scripts: bool) -> Followed:
    """`scripts`: the project's own hooks run, and the lock file may be written."""
    try:
        sight = Sight(request)
        if request.words:
            raise Unfollowed("it adds packages to the project")
        _look(sight, scripts=scripts)
    except Unfollowed as reason:
        return Followed(opaque=str(reason))
    return sight.followed()


def _look(sight: Sight, *, scripts: bool) -> None:
    flags = sight.request.flags
    root = read_root(sight)
    lock = sight.look(root.below(_LOCK))
    root, patterns = _workspace(sight, root)
    npmrc = sight.look(root.below(".npmrc"))
    if npmrc is not None:
        check_npmrc(root.below(".npmrc"), npmrc)
    _look_at_code(sight, root)
    for name in _OTHER:
        if sight.look(root.below(name)) is not None:
            raise Unfollowed(f"{root.below(name)} is not read")
    look_above(sight, [_WORKSPACE, "pnpm-workspace.yml", MANIFEST, ".corepack.env"])
    packages = read_packages(sight, root, patterns, _MANIFESTS)
    look_at_bins(sight, packages)
    for package in packages[1:]:
        own = sight.look(package.below(".npmrc"))
        if own is not None:
            check_npmrc(package.below(".npmrc"), own)
    named = asks_for(packages, [lock] if lock is not None else [])
    if "--ignore-scripts" not in flags:
        follow_scripts(sight, packages, "pnpm" if scripts else "none", named)
    if may_pin(sight.request, root.data):
        sight.rewrites[root.path] = UNPINNED
    if scripts and not flags & _NO_LOCK:
        sight.rewrites[root.below(_LOCK)] = None


def _workspace(sight: Sight, root: Package) -> tuple[Package, tuple[str, ...]]:
    """The root with what the workspace file asks for, and the patterns of the workspaces."""
    path = root.below(_WORKSPACE)
    for key in table_of(root.data.get("pnpm")):
        check_key(root.path, "pnpm", key)
    content = sight.look(path)
    if content is None:
        return root, ()
    table = read_yaml(path, content)
    check_variables(path, content.decode("utf-8", "replace"))
    for key in table:
        check_key(path, "pnpm", key)
    tables = ("overrides", "packageExtensions", "catalog", "catalogs")
    specs = [found for key in tables for found in leaves("", table.get(key))]
    patches = [text for _, text in leaves("", table.get("patchedDependencies"))]
    root = replace(root, specs=(*root.specs, *specs), patches=(*root.patches, *patches))
    return root, _patterns(path, table)


def _patterns(path: str, table: dict[str, Value]) -> tuple[str, ...]:
    """Earlier versions take every package below for a workspace when no pattern is given."""
    patterns = table.get("packages", ["**"])
    if not isinstance(patterns, list) or not all(isinstance(item, str) for item in patterns):
        raise Unfollowed(f"the packages of {path} are no list of patterns")
    return tuple(str(item) for item in patterns)


def _look_at_code(sight: Sight, root: Package) -> None:
    """Hooks that name nothing outside themselves read no other file."""
    content = sight.look(root.below(_HOOKS))
    if content is not None and _CODE.search(content):
        raise Unfollowed(f"{root.below(_HOOKS)} is code that may use any file")
