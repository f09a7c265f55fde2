"""Requirements files, under the settings that stand in the project and above it."""

from __future__ import annotations

import posixpath

from msgspec.structs import replace

from reorder.manifests import Followed, Request
from reorder.manifests.reading import filled, named_by
from reorder.manifests.requirements import follow as follow_requirements
from reorder.manifests.uv import FILLED, NAMING, settings


def follow(request: Request) -> Followed:
    """What the requirements name; opaque when a project's manifest is given in their place."""
    reason = named_by(request, NAMING)
    if reason:
        return Followed(opaque=reason)
    files = settings(request)
    if isinstance(files, Followed):
        return files
    for path in request.start:
        if posixpath.basename(path).startswith(("pyproject.", "setup.", "pylock.")):
            return Followed(opaque=f"{path} is a project's own manifest: its code may run")
    found = follow_requirements(request)
    if found.opaque:
        return found
    writes = (*found.rewrites, *filled(request, FILLED))
    return replace(found, files=(*found.files, *files), rewrites=writes)
