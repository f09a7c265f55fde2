"""pubspec.yaml and pubspec.lock: what the download of the locked packages reads.

Form: dart.dev/tools/pub (pubspec, dependencies, workspaces, cmd/pub-get), Dart 3.6. A package that
lies in the project, and a workspace, lead to further files: such a project is not read.
"""

from __future__ import annotations

import re

from reorder.manifests import Followed, Request
from reorder.manifests.reading import (
    UNKNOWN_FOLDER,
    above,
    absent,
    filled,
    inside,
    text_of,
    unknown,
)

_NAMES = ("pubspec.yaml", "pubspec_overrides.yaml")
# In YAML a key may be quoted, and stand in a flow mapping: `{path: ../x}`.
_LEADING = re.compile(r"""(?m)(?:^|[\s{,])["']?(path|workspace|resolution|hooks)["']?\s*:""")
_ANCHORS = re.compile(r"(?m)^\s*[^#\s].*[\s\[{,:][&*!]\w|\\")


def follow(request: Request) -> Followed:
    """The manifest, its lock file, and what is looked for beside and above."""
    if request.cwd.startswith("?"):
        return Followed(opaque=UNKNOWN_FOLDER)
    manifest, lock = (inside(request.cwd, name) for name in ("pubspec.yaml", "pubspec.lock"))
    files = [inside(folder, name) for folder in above(request.cwd) for name in _NAMES]
    other = next((path for path in files if path != manifest and not absent(request, path)), None)
    if other:
        return Followed(opaque=f"{other} may lead to further files: it is not followed")
    for path in (manifest, lock):
        text = text_of(request, path)
        if text is None and (path == manifest or not absent(request, path)):
            return unknown(path)
        reason = _reason(text or "", path == lock)
        if reason:
            return Followed(opaque=f"{path} {reason}")
    kept = "--enforce-lockfile" in request.flags
    writes = (*(() if kept else (lock,)), *filled(request, ("PUB_CACHE",)))
    return Followed((*files, lock), rewrites=writes)


def _reason(text: str, locked: bool) -> str | None:
    if locked:
        local = re.search(r"(?m)^\s*source:\s*[\"']?path", text)
        return "takes a package from a folder" if local else None
    if _ANCHORS.search(text):
        return "has YAML of a form that is not read"
    found = _LEADING.search(text)
    return f"has the key `{found[1]}`, which leads to further files" if found else None
