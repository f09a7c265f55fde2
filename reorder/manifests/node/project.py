"""The packages of a project: the root, its workspaces, and the local folders that they ask for."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence

from reorder.manifests import Request
from reorder.manifests.node.config import check_environment, known
from reorder.manifests.node.package import Package, Unfollowed, read_package
from reorder.manifests.node.sight import Sight, above

MANIFEST = "package.json"
_PROTOCOL = re.compile(r"([a-z][a-z0-9+.-]*):(.*)", re.DOTALL | re.IGNORECASE)
_PATH = re.compile(r"\..*|~?/.*", re.DOTALL)
_ODD = re.compile(r"[\[\]()?+|\\]|\{[^{}]*\{")
# `**` stands for so many folders at most where absence is looked for.
_MAX_FOLDERS = 6
_MAX_PACKAGES = 500


def check_place(request: Request) -> None:
    """The folder and what every installer sees of the environment are known."""
    if not request.cwd.startswith("/"):
        raise Unfollowed("the working directory is not known: set WORKDIR to an absolute path")
    check_environment(request.lookup)


def read_root(sight: Sight) -> Package:
    """The package.json of the folder; nothing above it may take the folder in."""
    check_place(sight.request)
    path = posixpath.join(sight.request.cwd, MANIFEST)
    content = sight.look(path)
    if content is None:
        raise Unfollowed(f"{path} is not there: the manifest of a folder above may be meant")
    return read_package(path, content)


def look_above(sight: Sight, names: Iterable[str], *, none: bool = False) -> None:
    """Manifests of the folders above may take the folder in; `none`: there may be none at all."""
    for folder in above(sight.request.cwd):
        for name in names:
            path = posixpath.join(folder, name)
            content = sight.look(path)
            if content is None:
                continue
            if none or name != MANIFEST or read_package(path, content).workspaces:
                raise Unfollowed(f"{path} may make {sight.request.cwd} a part of its own project")


def check_words(request: Request) -> None:
    """Packages that are added come from elsewhere."""
    for word in request.words:
        try:
            local = not word or target_of(word[1:].partition("@")[2]) or target_of(word)
        except ValueError:
            local = True
        if local:
            raise Unfollowed(f"it adds `{word}`, which may be of the project")


def read_packages(
    sight: Sight, root: Package, patterns: Sequence[str], manifests: Sequence[str] = (MANIFEST,)
) -> tuple[Package, ...]:
    """The root, its workspaces, and each local folder that one of them asks for.

    `manifests`: names that a manifest may have; Unfollowed when there is another than the first.
    """
    waiting = list(_workspaces(sight, root, patterns, manifests))
    found = {root.path: root}
    waiting += _local(sight, root, root)
    while waiting:
        path = waiting.pop(0)
        if path in found:
            continue
        content = sight.look(path)
        if content is None:
            raise Unfollowed(f"{path}, which the project asks for, is not there")
        package = read_package(path, content)
        if package.workspaces or len(found) > _MAX_PACKAGES:
            raise Unfollowed(f"{path} has workspaces of its own")
        found[path] = package
        waiting += _local(sight, root, package)
        sight.rewrites[package.below("node_modules")] = None
    return tuple(found.values())


def look_at_bins(sight: Sight, packages: Iterable[Package]) -> None:
    """The programs of local packages are made executable in place."""
    for path in (bin for package in packages for bin in package.bins):
        if sight.there(path):
            sight.rewrites[path] = None


def _workspaces(
    sight: Sight, root: Package, patterns: Sequence[str], manifests: Sequence[str]
) -> Iterator[str]:
    """The manifests that the patterns match; patterns that exclude are passed over, to be safe."""
    for pattern in (form for text in patterns if text[:1] != "!" for form in _forms(root, text)):
        for name in manifests:
            matches = _matches(sight, root, root.below(f"{pattern}/{name}"))
            if matches and name != MANIFEST:
                raise Unfollowed(f"{matches[0]} is a manifest that is not read")
            yield from matches


def _matches(sight: Sight, root: Package, pattern: str) -> list[str]:
    """The files that a pattern matches, those of installed packages left out."""
    if "*" not in pattern:
        return [pattern] if sight.there(pattern) else []
    sight.globs.update(dict.fromkeys(_globs(pattern)))
    wanted = re.compile(_regex(pattern))
    matches = (path for path in sight.inside(root.folder) if wanted.fullmatch(path))
    return [path for path in matches if "/node_modules/" not in path]


def _forms(root: Package, pattern: str) -> Iterator[str]:
    """`./{a,b}/*/` -> `a/*`, `b/*`."""
    if _ODD.search(pattern) or pattern.startswith("/") or ".." in pattern.split("/"):
        raise Unfollowed(f"the workspaces of {root.path} have the pattern `{pattern}`")
    braces = re.search(r"\{([^{}]*)\}", pattern)
    if braces is None:
        yield posixpath.normpath(pattern)
        return
    for choice in braces[1].split(","):
        yield from _forms(root, pattern[: braces.start()] + choice + pattern[braces.end() :])


def _regex(pattern: str) -> str:
    """`/app/**/x-*/package.json` -> a regular expression."""
    text = re.escape(pattern).replace(r"/\*\*/", "/(?:[^/]+/)*")
    return text.replace(r"\*\*", "[^/]*").replace(r"\*", "[^/]*")


def _globs(pattern: str) -> Iterator[str]:
    """`/a/**/p` -> `/a/p`, `/a/*/p`, `/a/*/*/p`, ..."""
    before, deep, after = pattern.partition("/**/")
    if not deep:
        yield pattern.replace("**", "*")
        return
    for rest in _globs("/" + after):
        for depth in range(_MAX_FOLDERS + 1):
            yield before + "/*" * depth + rest


def _local(sight: Sight, root: Package, package: Package) -> Iterator[str]:
    """The manifests of local folders; what else a package names of the project is looked at."""
    for file in package.patches:
        sight.look(root.below(file))
    for name, spec in package.specs:
        try:
            target = target_of(spec)
            if spec.startswith("patch:"):
                _look_at_patch(sight, root, package, spec)
        except ValueError:
            raise Unfollowed(f"{package.path} asks for {name} by `{spec}`") from None
        if target is None:
            continue
        path = package.below(target)
        if path.lower().endswith(tuple(known()["archives"])):
            sight.look(path)
            continue
        if not spec.startswith(tuple(f"{protocol}:" for protocol in known()["linked"])):
            sight.trees[path] = None
        yield posixpath.join(path, MANIFEST)


def target_of(spec: str) -> str | None:
    """`file:../x` -> `../x`; None for what comes from elsewhere; ValueError when not known."""
    found = _PROTOCOL.fullmatch(spec)
    if found is None:
        archive = spec.lower().endswith(tuple(known()["archives"]))
        path = bool(_PATH.fullmatch(spec)) or archive
        if path and spec.startswith("~"):
            raise ValueError("below the home folder")
        return spec if path else None
    protocol, rest = found[1].lower(), found[2]
    if protocol in known()["remote"] or protocol == "patch":
        return None
    if protocol not in (*known()["local"], *known()["linked"]) or rest.startswith(("//", "~")):
        raise ValueError("a protocol that is not followed")
    return rest.partition("::")[0]


def _look_at_patch(sight: Sight, root: Package, package: Package, spec: str) -> None:
    """`patch:x@npm%3A1#~/.yarn/patches/x.patch`: the file is below the root or beside the asker."""
    _, mark, rest = spec.partition("#")
    if not mark:
        raise ValueError("no patch is named")
    for file in rest.partition("::")[0].split("&"):
        file = file.removeprefix("optional!")
        if file.startswith("builtin<"):
            continue
        if re.search(r"[%!<>#]", file):
            raise ValueError("a patch that is not plain")
        sight.look(root.below(file[2:]) if file.startswith("~/") else package.below(file))
