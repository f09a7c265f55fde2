"""pyproject.toml, poetry.lock and poetry.toml: what an install of the locked packages reads.

Form: python-poetry.org/docs (pyproject, cli, configuration), Poetry 1.8 and 2.1. The project
itself is installed as editable unless a flag or its own table says no; a lock file that is there is
never changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from reorder.manifests import Followed, Request
from reorder.manifests.poetry_root import editable
from reorder.manifests.reading import (
    UNKNOWN_FOLDER,
    above,
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

_FILLED = (
    *("POETRY_CACHE_DIR", "POETRY_VIRTUALENVS_PATH", "POETRY_CONFIG_DIR", "POETRY_DATA_DIR"),
    *("VIRTUAL_ENV", *FILLED),
)
# Plugins that read more of the project, or write it, when they are installed beside the tool.
_PLUGINS = ("poetry-dynamic-versioning", "poetry-monorepo-dependency-plugin")
_PLACES = {"cache-dir", "data-dir", "path"}
_OWN_PLUGINS = ".poetry/plugins"  # poetry 2: loaded at each start


def follow(request: Request) -> Followed:
    """What an install reads: the manifest, the lock file, the project's own settings."""
    return read_project(request, builds=True)


def read_project(request: Request, *, builds: bool) -> Followed:
    """`builds`: the use installs the project and its local dependencies if no flag says no."""
    folder = _folder(request)
    if isinstance(folder, Followed):
        return folder
    manifest, lock, settings = (
        inside(folder, name) for name in ("pyproject.toml", "poetry.lock", "poetry.toml")
    )
    project = toml_of(request, manifest)
    if project is None:
        return unknown(manifest)
    locked = toml_of(request, lock)
    if locked is None and not absent(request, lock):
        return unknown(lock)
    reason = named_by(request, NAMING) or _reason(request, manifest, project, settings)
    plugins = inside(folder, _OWN_PLUGINS)
    if request.below(plugins) != ():
        reason = f"{plugins} may hold plugins, whose code then runs: list .poetry in .dockerignore"
    if reason:
        return Followed(opaque=reason)
    root = Followed()
    if builds and "--no-root" not in request.flags and _is_package(project):
        root = editable(request, folder, project)
        if root.opaque:
            why = f"the project of {manifest} is installed, and {root.opaque}"
            return Followed(opaque=f"{why}: add --no-root here, and install it after the COPY")
    files = [*_looked_at(request, folder), manifest, lock, settings, *root.files]
    for path in dict.fromkeys([*_paths(project), *_locked_paths(locked or {})]):
        place = inside(folder, path)
        if path.endswith((".whl", ".tar.gz", ".zip")):
            files.append(place)
        elif builds and "--no-directory" not in request.flags:
            why = f"{manifest} needs the project in `{path}`, whose own code then runs"
            return Followed(opaque=f"{why}: install it after the COPY, with --no-directory here")
        else:
            files += [place, inside(place, "pyproject.toml"), inside(place, "setup.py")]
    writes = [inside(folder, ".venv"), *filled(request, _FILLED)]
    if locked is None:
        writes.append(lock)
    trees = (*root.trees, plugins)
    return Followed(tuple(dict.fromkeys(files)), trees, root.globs, tuple(writes))


def _folder(request: Request) -> str | Followed:
    """The nearest folder with a manifest."""
    if request.cwd.startswith("?"):
        return Followed(opaque=UNKNOWN_FOLDER)
    for folder in above(request.cwd):
        path = inside(folder, "pyproject.toml")
        if request.read(path) is not None:
            return folder
        if not absent(request, path):
            return unknown(path)
    return unknown(inside(request.cwd, "pyproject.toml"))


def _looked_at(request: Request, folder: str) -> Iterator[str]:
    for place in above(request.cwd):
        if place == folder:
            return
        yield inside(place, "pyproject.toml")


def _reason(
    request: Request, manifest: str, project: Mapping[str, Any], settings: str
) -> str | None:
    tools = table(project.get("tool"))
    if "requires-plugins" in table(tools.get("poetry")):
        return f"{manifest} installs plugins, which may do anything"
    plugin = next((name for name in _PLUGINS if name in tools), None)
    if plugin and "--no-plugins" not in request.flags:
        return f"{manifest} has settings of the plugin {plugin}, which reads the whole project"
    chosen = toml_of(request, settings)
    if chosen is None and not absent(request, settings):
        return f"the content of {settings} is not known: give the build context"
    named = {*(chosen or {}), *table((chosen or {}).get("virtualenvs"))} & _PLACES
    return f"{settings} sets {min(named)}: the folder it fills is not known" if named else None


def _is_package(project: Mapping[str, Any]) -> bool:
    own = table(table(project.get("tool")).get("poetry"))
    return own.get("package-mode", True) is not False


def _paths(project: Mapping[str, Any]) -> Iterator[str]:
    """The local dependencies of the manifest, those of groups, too."""
    own = table(table(project.get("tool")).get("poetry"))
    groups = [own, *map(table, table(own.get("group")).values())]
    for group in groups:
        for key in ("dependencies", "dev-dependencies"):
            for value in table(group.get(key)).values():
                yield from (str(v["path"]) for v in (value, *rows(value)) if "path" in table(v))
    standard = table(project.get("project"))
    groups_of_text = [
        standard.get("dependencies"),
        *table(standard.get("optional-dependencies")).values(),
        *table(project.get("dependency-groups")).values(),
    ]
    for listed in groups_of_text:
        names = (local_path(text) for text in rows(listed) if isinstance(text, str))
        yield from (name.removeprefix("file://").removeprefix("file:") for name in names if name)


def _locked_paths(lock: Mapping[str, Any]) -> Iterator[str]:
    for package in map(table, rows(lock.get("package"))):
        source = table(package.get("source"))
        if source.get("type") in ("directory", "file"):
            yield str(source.get("url"))
