"""pyproject.toml and pdm.lock: locked packages are followed, hooks and local projects are not.

Form: pdm-project.org (usage/dependency, usage/hooks, reference/configuration), pdm 2.20. With
`--frozen-lockfile`, `--no-lock` or `--check` the lock file is read, else it may be written anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from reorder.manifests import Followed, Request
from reorder.manifests.reading import (
    UNKNOWN_FOLDER,
    absent,
    filled,
    inside,
    named_by,
    rows,
    table,
    toml_of,
    unknown,
)
from reorder.manifests.requirements import FILLED, NAMING, local_path

_NAMING = ("PDM_PROJECT", "PDM_LOCKFILE", "PDM_CONFIG_FILE", *NAMING)
_FILLED = ("PDM_CACHE_DIR", "PDM_LOG_DIR", "VIRTUAL_ENV", *FILLED)
_NAMES = (
    *("pyproject.toml", "pdm.lock", ".pdm-python", ".python-version", "pylock.toml"),
    *("pdm.toml", ".pdm.toml"),
)
_KEPT = {"--frozen-lockfile", "--no-lock", "--check"}


def follow(request: Request) -> Followed:
    """The manifest of this folder, its lock file, the project's own settings."""
    if request.cwd.startswith("?"):
        return Followed(opaque=UNKNOWN_FOLDER)
    files = tuple(inside(request.cwd, name) for name in _NAMES)
    manifest, lock, chosen = files[:3]
    project, locked = toml_of(request, manifest), toml_of(request, lock)
    if project is None:
        return unknown(manifest)
    if locked is None:
        return unknown(lock)
    settings = next((path for path in files[-2:] if not absent(request, path)), None)
    if settings:
        return Followed(opaque=f"{settings} may set folders and hooks: it is not followed")
    plugins = inside(request.cwd, ".pdm-plugins")
    if request.below(plugins) != ():
        return Followed(opaque=f"{plugins} may hold plugins, whose code then runs: ignore it")
    reason = named_by(request, _NAMING) or _reason(request, manifest, project)
    places = [str(p["path"]) for p in map(table, rows(locked.get("package"))) if "path" in p]
    if places:
        reason = f"{lock} takes packages from `{places[0]}`"
    if reason:
        return Followed(opaque=reason)
    writes = (chosen, *(() if request.flags & _KEPT else (lock,)), *filled(request, _FILLED))
    return Followed(files, trees=(plugins,), rewrites=writes)


def _reason(request: Request, manifest: str, project: Mapping[str, Any]) -> str | None:
    own = table(table(project.get("tool")).get("pdm"))
    built = own.get("distribution", True) is not False
    if built and "--no-self" not in request.flags:
        return f"it builds the project of {manifest}, whose own code then runs: add --no-self here"
    hook = next((n for n in table(own.get("scripts")) if n.startswith(("pre_", "post_"))), None)
    if hook:
        return f"{manifest} has the hook {hook}, which may do anything"
    if own.get("plugins"):
        return f"{manifest} installs plugins, which may do anything"
    for text in _requirements(project):
        path = local_path(text.removeprefix("-e").strip())
        if path:
            return f"{manifest} needs the project in `{path}`, whose own code then runs"
    for source in map(table, rows(own.get("source"))):
        if not str(source.get("url")).startswith(("http://", "https://", "$")):
            return f"{manifest} finds packages in `{source.get('url')}`"
    return None


def _requirements(project: Mapping[str, Any]) -> Iterator[str]:
    standard = table(project.get("project"))
    own = table(table(project.get("tool")).get("pdm"))
    listed = [
        standard.get("dependencies"),
        *table(standard.get("optional-dependencies")).values(),
        *table(project.get("dependency-groups")).values(),
        *table(own.get("dev-dependencies")).values(),
    ]
    yield from (text for texts in listed for text in rows(texts) if isinstance(text, str))
