"""Solutions and projects: what a restore evaluates, through all project references.

Form: learn.microsoft.com/dotnet/core/tools/dotnet-restore, .../visualstudio/msbuild (customize by
folder, response files), .../nuget/reference/nuget-config-file (SDK 8).
"""

from __future__ import annotations

import posixpath
import re

from msgspec import Struct, field

from reorder.manifests import Followed, Request
from reorder.manifests.markup import Element, Unfollowed, read_xml
from reorder.manifests.msbuild import Named, named
from reorder.manifests.reading import (
    UNKNOWN_FOLDER,
    above,
    absent,
    filled,
    inside,
    text_of,
    unknown,
)

_PROJECT = re.compile(r".+\.(?:cs|fs|vb)proj")
_ENTRY = re.compile(r"\.(?:slnx?|slnf|[a-z]+proj)$", re.IGNORECASE)
_SOLUTION_LINE = re.compile(
    r'^\s*Project\("(\{[^"]+\})"\)\s*=\s*"[^"]*",\s*"([^"]+)"', re.MULTILINE
)
_FOLDER_KIND = "{2150E333-8FDC-42A3-9474-1A3956D46DE8}"
_CONFIGS = ("nuget.config", "NuGet.config", "NuGet.Config")
SHARED = ("Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props")
RESPONSES = ("Directory.Build.rsp", "MSBuild.rsp")
_OF_SOLUTIONS = ("Directory.Solution.props", "Directory.Solution.targets")
_MOST_PROJECTS, _MOST_FILES = 300, 20_000
# Folders that the SDK and NuGet fill in place of those below the home folder.
FILLED = ("DOTNET_CLI_HOME", "NUGET_PACKAGES", "NUGET_HTTP_CACHE_PATH", "NUGET_PLUGINS_CACHE_PATH")
_ALL = ("*.sln", "*.slnx", "*.slnf", "*.*proj")


class Found(Struct):
    files: list[str] = field(default_factory=list)
    globs: list[str] = field(default_factory=list)
    rewrites: list[str] = field(default_factory=list)


def follow(request: Request) -> Followed:
    """Every project, shared file and setting of the restore, or the reason why not."""
    if request.cwd.startswith("?"):
        return Followed(opaque=UNKNOWN_FOLDER)
    found = Found()
    try:
        entry = _entry(request, found)
        projects = [entry] if _PROJECT.fullmatch(entry) else _of_solution(request, entry, found)
        settings(request, found)
        _closure(request, projects, found)
    except Unfollowed as error:
        return Followed(opaque=str(error))
    return Followed(
        files=tuple(dict.fromkeys(found.files)),
        globs=tuple(dict.fromkeys(found.globs)),
        rewrites=tuple(dict.fromkeys(found.rewrites)),
        writes=filled(request, FILLED),
    )


def _entry(request: Request, found: Found) -> str:
    """The one solution or project that is named, or that stands in the folder."""
    if len(request.start) != len(request.words) or len(request.start) > 1:
        raise Unfollowed("the project that is restored is not known before the build")
    place = request.start[0] if request.start else request.cwd
    if request.exists(place):
        return place
    listed = request.below(place)
    if listed is None:
        raise Unfollowed(f"the files in {place} are not known: name the project to restore")
    entries = [p for p in listed if posixpath.dirname(p) == place and _ENTRY.search(p)]
    if len(entries) != 1:
        raise Unfollowed(f"{place} holds no single solution or project: name the one to restore")
    found.globs += [inside(place, pattern) for pattern in _ALL]
    return entries[0]


def _of_solution(request: Request, path: str, found: Found) -> list[str]:
    found.files.append(path)
    folder, name = posixpath.split(path)
    refuse(
        request, [inside(folder, f"{when}.{name}.targets") for when in ("before", "after")], found
    )
    for parent in above(folder):
        refuse(request, [inside(parent, shared) for shared in _OF_SOLUTIONS], found)
    if path.endswith(".slnx"):
        rows = [e for e in read_xml(request, path).all() if e.name == "Project"]
        names = [row.attributes.get("Path", "") for row in rows]
    elif path.endswith(".sln"):
        text = text_of(request, path)
        if text is None:
            raise Unfollowed(unknown(path).opaque)
        names = [n for kind, n in _SOLUTION_LINE.findall(text) if kind.upper() != _FOLDER_KIND]
    else:
        raise Unfollowed(f"{path} is no kind of project that is followed")
    return [inside(folder, name.replace("\\", "/")) for name in names]


def refuse(request: Request, paths: list[str], found: Found) -> None:
    """Files that may change anything, as long as they are there."""
    for path in paths:
        if not absent(request, path):
            raise Unfollowed(f"{path} may change what a restore does: restore without it")
        found.files.append(path)


def settings(request: Request, found: Found) -> None:
    """global.json is looked for from the working directory up, the nearest one counts."""
    for folder in above(request.cwd):
        path = inside(folder, "global.json")
        found.files.append(path)
        if absent(request, path):
            continue
        text = text_of(request, path)
        if text is None:
            raise Unfollowed(unknown(path).opaque)
        if '"paths"' in text:
            raise Unfollowed(f"{path} looks for an SDK in the project")
        return


def _closure(request: Request, projects: list[str], found: Found) -> None:
    """All projects that the first ones refer to, each with what it imports."""
    waiting, seen = list(projects), set[str]()
    while waiting:
        project = waiting.pop(0)
        if project in seen:
            continue
        seen.add(project)
        if not _PROJECT.fullmatch(project) or len(seen) > _MOST_PROJECTS:
            raise Unfollowed(f"{project} is no kind of project that is followed")
        waiting += _one(request, project, found)


def _one(request: Request, project: str, found: Found) -> list[str]:
    """The files of one project; gives the projects that it refers to."""
    folder = posixpath.dirname(project)
    output = inside(folder, "obj")
    if request.below(output) != ():
        raise Unfollowed(f"{output} may hold results of the author's machine: ignore it")
    found.rewrites.append(output)
    for parent in above(folder):
        refuse(request, [inside(parent, name) for name in RESPONSES], found)
    sources(request, folder, found)
    parts = [_read(request, project, project, found)]
    parts += [_optional(request, f"{project}.user", project, found)]
    for name in SHARED:
        parts += _nearest(request, name, folder, project, found)
    locked = request.flags & {"--locked-mode"} or any(part.locked for part in parts)
    stem = posixpath.splitext(posixpath.basename(project))[0].replace(" ", "_")
    locks = [inside(folder, n) for n in ("packages.lock.json", f"packages.{stem}.lock.json")]
    found.files += locks
    found.rewrites += [] if locked else locks
    return [reference for part in parts for reference in part.references]


_NOTHING = Named((), (), (), False)


def _optional(request: Request, path: str, project: str, found: Found) -> Named:
    if absent(request, path):
        found.files.append(path)
        return _NOTHING
    return _read(request, path, project, found)


def _read(request: Request, path: str, project: str, found: Found, depth: int = 0) -> Named:
    """One file and all that it imports, as one."""
    if depth > 20 or len(found.files) > _MOST_FILES:
        raise Unfollowed(f"{path} is imported in a circle, or too many files are")
    found.files.append(path)
    own = named(read_xml(request, path), path, project)
    parts = [own]
    for target in own.imports:
        if absent(request, target):
            found.files.append(target)
        else:
            parts.append(_read(request, target, project, found, depth + 1))
    for name in own.above:
        start = posixpath.dirname(posixpath.dirname(path))
        parts += _nearest(request, name, start, project, found, depth + 1)
    references = tuple(r for part in parts for r in part.references)
    return Named((), references, (), any(part.locked for part in parts))


def _nearest(
    request: Request, name: str, folder: str, project: str, found: Found, depth: int = 0
) -> list[Named]:
    """The first file of that name in the folder and its parents."""
    for parent in above(folder):
        path = inside(parent, name)
        if not absent(request, path):
            return [_read(request, path, project, found, depth)]
        found.files.append(path)
        if parent == "/":
            break
    return []


def sources(request: Request, folder: str, found: Found) -> None:
    """Every nuget.config up to the root counts; a folder as a source is not followed."""
    for parent in above(folder):
        for name in _CONFIGS:
            path = inside(parent, name)
            new = path not in found.files
            found.files.append(path)
            if new and not absent(request, path):
                _config(read_xml(request, path), path)


def _config(root: Element, path: str) -> None:
    for section in root.children:
        for entry in section.children:
            value = entry.attributes.get("value", "")
            if section.name == "packageSources" and entry.name == "add":
                if not value.lower().startswith(("https://", "http://")):
                    raise Unfollowed(f"{path} finds packages in `{value}`: use an address")
            elif section.name in ("config", "fallbackPackageFolders") and entry.name == "add":
                raise Unfollowed(f"{path} moves the folders of packages: leave them as they are")
