"""renv.lock: what a session reads and writes that restores a project's library.

Form: renv 0.12.1 to 1.2.4: R/restore.R, R/load.R, R/retrieve.R, R/infrastructure.R, R/settings.R,
R/paths.R, and a trace of what each reads. A project is loaded by its `.Rprofile`; without one,
renv is that of the image, and packages go to the library of R.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from reorder.manifests import Followed, Request, r_description
from reorder.manifests.reading import (
    absent,
    inside,
    json_of,
    may_be_set,
    rows,
    table,
    text_of,
    unknown,
)
from reorder.manifests.renv_activate import Activate, written

_NAMING = (
    *("RENV_PROJECT", "RENV_PROFILE", "RENV_PATHS_LOCKFILE", "RENV_PATHS_RENV", "RENV_PYTHON"),
    *("RENV_PATHS_LOCAL", "RENV_PATHS_CELLAR", "RENV_BOOTSTRAP_TARBALL", "RENV_TEMPDIR"),
    *("RENV_CONFIG_EXTERNAL_LIBRARIES", "RENV_CONFIG_PAK_ENABLED", "RENV_CONFIG_AUTO_SNAPSHOT"),
    *("RENV_CONFIG_AUTOLOADER_ENABLED", "RENV_AUTOLOADER_ENABLED", "RENV_ACTIVATE_PROJECT"),
    *("RENV_LOG_FILE", "RENV_CONFIG_INSTALL_BUILD"),
)
_FILLED = (
    *("ROOT", "CACHE", "LIBRARY", "LIBRARY_ROOT", "LIBRARY_STAGING"),
    *("SOURCE", "BINARY", "SANDBOX", "INDEX", "EXTSOFT"),
)
_OUTPUT = ("library", "staging", "lock", "sandbox")
_REMOTE = (
    *("repository", "cran", "bioconductor", "github", "gitlab", "bitbucket"),
    *("git", "git2r", "xgit", "url"),
)
_PLACE = re.compile(r"[A-Za-z][\w. -]*|(?:https?|ssh|git)://.*")
_IGNORED = {(0, 12): ("library/", "lock/", "python/", "staging/"), (0, 13): ("local/",)}
_IGNORED |= {(0, 15): ("cellar/",), (0, 16): ("sandbox/",)}
_AGAIN = "renv writes it anew: call renv::restore() once yourself and commit what it writes"


def follow(request: Request, lock: str, loaded: bool) -> Followed:
    """The files of a session; `loaded` by the project's own script, else by renv of the image."""
    for name in _NAMING:
        if may_be_set(request, name):
            return Followed(opaque=f"{name} decides what renv reads: unset it for this step")
    script = text_of(request, inside(request.cwd, "renv/activate.R")) if loaded else None
    activate = written(script) if script is not None else None
    hindered = _hindered(request, lock, loaded, script, activate)
    if hindered:
        return hindered
    records = json_of(request, lock) or {}
    main = json_of(request, inside(request.cwd, "renv.lock")) or {}
    settings = _settings(request)
    reason = _local(records, lock) or _settled(settings, request.cwd)
    if reason:
        return Followed(opaque=reason)
    rewrites = tuple(_rewritten(request, activate, main, settings))
    output = (_at(request, name) for name in _OUTPUT if loaded)
    writes = tuple(dict.fromkeys((*output, *_filled(request))))
    inner = request.cwd.rstrip("/") + "/"
    brought = [path for path in writes if path.startswith(inner) and request.below(path)]
    return Followed(
        files=tuple(_files(request, lock, loaded, records)),
        trees=(_at(request, "cellar"), _at(request, "local")),
        rewrites=rewrites,
        writes=writes,
        remedies=dict.fromkeys(rewrites, _AGAIN)
        | {path: f"add {path.removeprefix(inner)} to .dockerignore" for path in brought},
    )


def _at(request: Request, name: str) -> str:
    return inside(request.cwd, f"renv/{name}")


def _filled(request: Request) -> Iterator[str]:
    """The folders that variables name; a cache may be several."""
    for name in _FILLED:
        for value in re.split("[;:]", request.lookup(f"RENV_PATHS_{name}") or ""):
            if value:
                yield inside(request.cwd, value)


def _files(request: Request, lock: str, loaded: bool, records: Mapping[str, Any]) -> Iterator[str]:
    """What is read or looked for."""
    cwd = request.cwd
    yield from dict.fromkeys((lock, inside(cwd, "renv.lock")))
    for name in ("activate.R", "settings.json", "settings.dcf", "DESCRIPTION"):
        yield _at(request, name)
    described = inside(cwd, "DESCRIPTION")
    yield described
    own = re.search(r"(?m)^Package:\s*(\S+)", text_of(request, described) or "")
    if own and own[1] in table(records.get("Packages")):
        yield inside(cwd, "inst/golem-config.yml")
    if loaded:
        for name in ("settings.R", "profile", ".gitignore"):
            yield _at(request, name)
        yield inside(cwd, ".Rbuildignore")
        if not (absent(request, described) and absent(request, inside(cwd, ".Rbuildignore"))):
            yield from (inside(cwd, name) for name in ("requirements.txt", "environment.yml"))


def _hindered(
    request: Request, lock: str, loaded: bool, script: str | None, activate: Activate | None
) -> Followed | None:
    """Why what it reads is not known: a file without a known content, or one that is code."""
    if loaded and activate is None:
        path = _at(request, "activate.R")
        if script is None:
            return unknown(path)
        told = "is not what a known release of renv writes: renv::activate() writes it anew"
        return Followed(opaque=f"{path} {told}", code=True)
    optional = (inside(request.cwd, "renv.lock"), _at(request, "settings.json"), _old(request))
    for path in dict.fromkeys((lock, *optional)):
        known = text_of if path == _old(request) else json_of
        if known(request, path) is None and (path == lock or not absent(request, path)):
            return unknown(path)
    for name in ("settings.R", "profile") if loaded else ():
        path = _at(request, name)
        if not absent(request, path):
            return Followed(opaque=f"{path} may lead to further files: it is not followed")
    for name in ("cellar", "local"):
        below = request.below(_at(request, name))
        if below is None:
            return unknown(_at(request, name))
        if below:
            told = "are installed first: the code of a package that lies in the project is not read"
            return Followed(opaque=f"packages of {_at(request, name)} {told}", code=True)
    described = r_description.follow(request, request.cwd)
    return described if described.opaque else None


def _local(lock: Mapping[str, Any], path: str) -> str | None:
    """Why the lock file takes a package from a place that is none of the network."""
    if lock.get("Python"):
        return f"{path} restores packages of Python too: that is not followed"
    repositories = rows(table(lock.get("R")).get("Repositories"))
    for address in (str(table(entry).get("URL")) for entry in repositories):
        if "://" not in address or not _PLACE.fullmatch(address):
            return f"{path} takes packages from `{address}`, not from the network"
    places: list[tuple[str, object]] = []
    for name, record in table(lock.get("Packages")).items():
        record = table(record)
        if str(record.get("Source", "")).lower() not in _REMOTE or "Path" in record:
            return f"{path} takes `{name}` from `{record.get('Source')}`, not from the network"
        if str(record.get("RemoteType", "")).lower() == "local":
            return f"{path} takes `{name}` from a folder"
        keys = ("Repository", "RemoteUrl", "RemoteRepos")
        places += [(name, record[key]) for key in keys if key in record]
    for name, place in places:
        if not _PLACE.fullmatch(str(place)):
            return f"{path} takes `{name}` from `{place}`, not from the network"
    return None


def _settings(request: Request) -> dict[str, Any]:
    """The settings; releases up to 0.16 have them as lines `key: value`, later ones take those."""
    old = re.findall(r"(?m)^([\w.]+):[ \t]*(.+)$", text_of(request, _old(request)) or "")
    words: dict[str, Any] = {"TRUE": True, "FALSE": False, "NULL": None}
    settings = json_of(request, _at(request, "settings.json")) or {}
    return {**{key: words.get(value.strip(), value) for key, value in old}, **settings}


def _old(request: Request) -> str:
    return _at(request, "settings.dcf")


def _settled(settings: Mapping[str, Any], cwd: str) -> str | None:
    external = settings.get("external.libraries")
    return f"{cwd}/renv/settings.json names libraries outside of the project" if external else None


def _rewritten(
    request: Request,
    activate: Activate | None,
    lock: Mapping[str, Any],
    settings: Mapping[str, Any],
) -> Iterator[str]:
    """The files of the project that a session leaves otherwise than they are."""
    script = _at(request, "activate.R")
    if activate is None:
        if not absent(request, script):
            yield script
        return
    if not activate.kept(lock):
        yield script
    if absent(request, _at(request, "settings.json")) and not absent(request, _old(request)):
        yield _at(request, "settings.json")
    ignore = _at(request, ".gitignore")
    added = [line for since, new in _IGNORED.items() if activate.since >= since for line in new]
    ignored = [f"vcs.ignore.{name}" for name in ("library", "local", "cellar")]
    managed = settings.get("vcs.manage.ignores") is not False
    usual = all(settings.get(key) in (None, True) for key in ignored)
    if managed and not (usual and _has(request, ignore, added)):
        yield ignore
    described, built = (inside(request.cwd, name) for name in ("DESCRIPTION", ".Rbuildignore"))
    names = [
        name
        for name in ("requirements.txt", "environment.yml")
        if not absent(request, inside(request.cwd, name))
    ]
    lines = ["^renv$", r"^renv\.lock$", *(f"^{re.escape(name)}$" for name in names)]
    built_or_package = not (absent(request, described) and absent(request, built))
    if built_or_package and not _has(request, built, lines):
        yield built


def _has(request: Request, path: str, lines: list[str]) -> bool:
    """Whether each line stands in the file, and nowhere behind a `#`."""
    found = [line.strip() for line in (text_of(request, path) or "").splitlines()]
    bare = [line.lstrip("#").strip() for line in found if line.startswith("#")]
    return all(line in found and line not in bare for line in lines)
