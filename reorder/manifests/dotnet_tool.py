"""A tool from a package source: no project is read, but the settings of the folder are.

Form: dotnet/sdk src/Cli/dotnet/ToolPackage (SDK 2.1 to 10): nuget.config and global.json from the
working directory up; until SDK 7 a project in the folder for temporary files is restored.
"""

from __future__ import annotations

from reorder.manifests import Followed, Request
from reorder.manifests.dotnet import (
    FILLED,
    RESPONSES,
    SHARED,
    Found,
    refuse,
    settings,
    sources,
)
from reorder.manifests.markup import Unfollowed
from reorder.manifests.reading import UNKNOWN_FOLDER, above, filled, inside

_PLACED = {"-g", "--global", "--tool-path"}
_MANIFESTS = ("dotnet-tools.json", ".config/dotnet-tools.json")


def follow(request: Request) -> Followed:
    """`tool install` and `tool update` with a place, or `tool restore`, which asks for none."""
    if request.cwd.startswith("?"):
        return Followed(opaque=UNKNOWN_FOLDER)
    if request.words and not request.flags & _PLACED:
        return Followed(opaque="it writes the project's list of tools: add --global or --tool-path")
    found = Found()
    try:
        settings(request, found)
        sources(request, request.cwd, found)
        names = [inside(place, name) for place in ("/", "/tmp") for name in (*SHARED, *RESPONSES)]
        refuse(request, names, found)
    except Unfollowed as error:
        return Followed(opaque=str(error))
    if not request.words:
        found.files += [inside(place, name) for place in above(request.cwd) for name in _MANIFESTS]
    return Followed(files=tuple(dict.fromkeys(found.files)), writes=filled(request, FILLED))
