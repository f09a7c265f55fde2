"""Projects of yarn 2 and later: .yarnrc.yml, what stands below .yarn, the form of package.json."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from reorder.manifests.node.config import check_key, check_variables
from reorder.manifests.node.package import Package, Unfollowed, leaves, table_of
from reorder.manifests.node.project import target_of
from reorder.manifests.node.sight import Sight
from reorder.manifests.node.yaml import Value, read_yaml

_TABLES = ("dependencies", "devDependencies", "peerDependencies")
# Fields that it may write in another way than they stand; an empty or false value it may drop.
_CHANGED = (
    "bin",
    "dependenciesMeta",
    "optionalDependencies",
    "peerDependenciesMeta",
    "preferUnplugged",
    "publishConfig",
    "resolutions",
)
_KEPT = re.compile(r"(releases|patches|sdks|versions)/.*")
_OFFICIAL = re.compile(r"@yarnpkg/plugin-[a-z-]+")
_RELEASE = re.compile(r"(\./)?\.yarn/releases/yarn-[\w.-]+\.c?js")
_PLUGIN = re.compile(r"(\./)?\.yarn/plugins/@yarnpkg/plugin-[a-z-]+\.c?js")
_OUTPUTS = (".pnp.cjs", ".pnp.js", ".pnp.loader.mjs", ".pnp.data.json")
_VARIABLES = ".env.yarn"  # yarn 4, injectEnvironmentFiles


def look_at_release(sight: Sight, root: Package, program: str) -> None:
    """The program that takes over must be a release as it was published."""
    if not _RELEASE.fullmatch(program):
        raise Unfollowed(f"the project runs {program} in place of the installer")
    sight.look(root.below(program))


def look_at_settings(sight: Sight, root: Package, path: str, content: bytes) -> None:
    """What .yarnrc.yml names is looked at; Unfollowed for a setting that is not known."""
    check_variables(path, content.decode("utf-8", "replace"))
    for key, value in read_yaml(path, content).items():
        if key == "yarnPath":
            look_at_release(sight, root, str(value))
        elif key == "plugins":
            _look_at_plugins(sight, root, value)
        elif key in ("packageExtensions", "catalog", "catalogs"):
            _check_specs(path, value)
        else:
            check_key(path, "berry", key)


def _check_specs(path: str, value: Value) -> None:
    """What the settings add to packages comes from elsewhere."""
    for name, spec in leaves("", value):
        try:
            local = target_of(spec) is not None or spec.startswith("patch:")
        except ValueError:
            local = True
        if local:
            raise Unfollowed(f"{path} asks for {name} by `{spec}`")


def _look_at_plugins(sight: Sight, root: Package, plugins: Value) -> None:
    for plugin in plugins if isinstance(plugins, list) else [plugins]:
        table = plugin if isinstance(plugin, dict) else {"path": plugin}
        path, spec = str(table.get("path", "")), table.get("spec")
        if not _PLUGIN.fullmatch(path) or not _OFFICIAL.fullmatch(str(spec or "@yarnpkg/plugin-x")):
            raise Unfollowed(f"the project brings the plugin {path}, whose code is not read")
        sight.look(root.below(path))


def look_at_state(sight: Sight, root: Package) -> None:
    """What an install leaves, or takes variables from, must not come from the context."""
    if sight.there(root.below(_VARIABLES)):
        raise Unfollowed(f"{root.below(_VARIABLES)} sets variables of the install: ignore it")
    folder = root.below(".yarn")
    for path in sight.inside(folder):
        place = path[len(folder) + 1 :]
        if not _KEPT.fullmatch(place) and not place.startswith("plugins/"):
            raise Unfollowed(f"{path} is kept by the install itself: list it in .dockerignore")
    for name in _OUTPUTS:
        if sight.there(root.below(name)):
            raise Unfollowed(f"{root.below(name)} is an output of the install")


def is_kept(package: Package, content: bytes) -> bool:
    """True only when the install would write package.json as it stands."""
    data: Mapping[str, Any] = package.data
    text = content.decode("utf-8", "replace")
    indent = re.match(r"\{\n([ \t]+)", text)
    if indent is None or any(key in data for key in _CHANGED):
        return False
    if not all(data.values()) or re.search(r"\d[.eE]\d*[,\n]", text):
        return False
    tables = [table_of(data.get(key)) for key in _TABLES]
    if any(list(table) != sorted(table) for table in tables):
        return False
    step = indent[1] if "\t" in indent[1] else len(indent[1])
    return text == json.dumps(data, indent=step, ensure_ascii=False) + "\n"
