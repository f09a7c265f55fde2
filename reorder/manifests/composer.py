"""composer.json and composer.lock: scripts, plugins and path repositories make a use opaque.

Form: getcomposer.org/doc (04-schema, 05-repositories, 06-config, articles/scripts), Composer 2.7.
A lock file that is there is never changed. The version of the project itself is asked of its
repository (`.git`) unless composer.json gives it, and is written below `vendor`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from reorder.manifests import Followed, Request
from reorder.manifests.reading import (
    UNKNOWN_FOLDER,
    above,
    absent,
    filled,
    inside,
    json_of,
    named_by,
    rows,
    table,
    unknown,
)

_DUMPS = ("pre-autoload-dump", "post-autoload-dump")
_EVENTS = (
    *("pre-install-cmd", "post-install-cmd", "pre-update-cmd", "post-update-cmd"),
    *("pre-package-install", "post-package-install", "pre-package-update", "post-package-update"),
    *("pre-package-uninstall", "post-package-uninstall", "pre-operations-exec", "init", "command"),
    *("pre-dependencies-solving", "post-dependencies-solving", "pre-file-download"),
    *("post-file-download", "pre-command-run", "pre-pool-create"),
)
_OPTIMIZED = ("-o", "--optimize-autoloader", "-a", "--classmap-authoritative")
_REPOSITORIES = (".git", ".hg", ".svn", ".fslckout", "_FOSSIL_")
_FOLDERS = ("vendor-dir", "bin-dir", "cache-dir", "data-dir", "home", "archive-dir")
_CERTIFICATES = ("cafile", "capath")
_FILLED = ("COMPOSER_VENDOR_DIR", "COMPOSER_BIN_DIR", "COMPOSER_HOME", "COMPOSER_CACHE_DIR")
_REMOTE = ("http://", "https://", "git@", "ssh://", "git://")


def follow(request: Request) -> Followed:
    """The manifest, the lock file, credentials, and the classes that an autoloader is made of."""
    if request.cwd.startswith("?"):
        return Followed(opaque=UNKNOWN_FOLDER)
    manifest, lock, auth = (
        inside(request.cwd, name) for name in ("composer.json", "composer.lock", "auth.json")
    )
    project = json_of(request, manifest)
    if project is None:
        return unknown(manifest)
    locked = json_of(request, lock)
    if locked is None and not absent(request, lock):
        return unknown(lock)
    reason = named_by(request, ("COMPOSER",)) or _reason(request, manifest, project, locked)
    if reason:
        return Followed(opaque=reason)
    trees = [inside(request.cwd, path) for path in _scanned(request, project)]
    if "version" not in project and not request.lookup("COMPOSER_ROOT_VERSION"):
        trees += [inside(f, name) for f in above(request.cwd) for name in _REPOSITORIES]
    config = table(project.get("config"))
    trees += [inside(request.cwd, str(config[key])) for key in _CERTIFICATES if key in config]
    writes = [inside(request.cwd, str(config[key])) for key in _FOLDERS if key in config]
    writes += [*filled(request, _FILLED), *([lock] if locked is None else [])]
    return Followed((manifest, lock, auth), tuple(trees), rewrites=tuple(writes))


def _reason(
    request: Request, manifest: str, project: Mapping[str, Any], locked: Mapping[str, Any] | None
) -> str | None:
    scripts = table(project.get("scripts"))
    dumps = () if "--no-autoloader" in request.flags else _DUMPS
    event = next((name for name in (*_EVENTS, *dumps) if scripts.get(name)), None)
    if event and "--no-scripts" not in request.flags:
        return f"{manifest} runs the script {event}: add --no-scripts, and run it after the COPY"
    repositories = project.get("repositories")
    for listed in (rows(repositories), [*table(repositories).values()]):
        for repository in map(table, listed):
            url = str(repository.get("url", "https://"))
            if repository.get("type") in ("path", "artifact") or not url.startswith(_REMOTE):
                return f"{manifest} takes packages from `{url}`"
    if locked is None:
        return f"without a composer.lock beside {manifest} its plugins are not known: commit one"
    for package in _packages(request, locked):
        places = (table(package.get(key)) for key in ("dist", "source"))
        if any(
            place.get("type") == "path"
            or not str(place.get("url") or "https://").startswith(_REMOTE)
            for place in places
        ):
            return f"the lock file takes {package.get('name')} from a folder of the project"
        plugin = package.get("type") in ("composer-plugin", "composer-installer")
        if plugin and "--no-plugins" not in request.flags:
            return f"its plugin {package.get('name')} may do anything: add --no-plugins"
    return None


def _packages(request: Request, locked: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    keys = ("packages",) if "--no-dev" in request.flags else ("packages", "packages-dev")
    for key in keys:
        yield from map(table, rows(locked.get(key)))


def _scanned(request: Request, project: Mapping[str, Any]) -> Iterator[str]:
    """Folders in which classes are looked for: class maps, and all of them when it is optimized."""
    if "--no-autoloader" in request.flags:
        return
    config = table(project.get("config"))
    chosen = ("optimize-autoloader", "classmap-authoritative")
    optimized = request.flags & set(_OPTIMIZED) or any(config.get(key) for key in chosen)
    keys = ("classmap", "psr-4", "psr-0") if optimized else ("classmap",)
    for part in ("autoload", "autoload-dev"):
        rules = table(project.get(part))
        for key in keys:
            for value in (*rows(rules.get(key)), *table(rules.get(key)).values()):
                yield from (str(path) for path in (rows(value) or [value]))
