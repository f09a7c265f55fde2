"""Package.swift and Package.resolved: what getting the packages of a project reads.

Form: docs.swift.org/package-manager/PackageDescription, `swift package resolve --help`, Swift 6.
A manifest is code, but without Foundation or the C library it can only compute values.
"""

from __future__ import annotations

import posixpath
import re

from reorder.manifests import Followed, Request
from reorder.manifests.reading import UNKNOWN_FOLDER, absent, inside, text_of, unknown

_IMPORT = re.compile(r"\bimport\s+(?:(?:struct|class|enum|func|var|let|typealias)\s+)?(\w+)")
# The folder of the package, its environment and its repository; C functions; a prebuilt library.
_REACHING = re.compile(r"\bContext\b|@_\w+|\bbinaryTarget\b|#(?:if|sourceLocation)\b|#include")
_PACKAGE = re.compile(r"\.package\s*\(")
_KEEPING = frozenset(
    (
        *("--force-resolved-versions", "--disable-automatic-resolution"),
        "--only-use-versions-from-resolved-file",
    )
)
_SETTINGS = ("mirrors.json", "registries.json")


def follow(request: Request) -> Followed:
    """The manifest, the versions that are resolved, and what is looked for beside them."""
    if request.cwd.startswith("?"):
        return Followed(opaque=UNKNOWN_FOLDER)
    manifest, resolved = (
        inside(request.cwd, name) for name in ("Package.swift", "Package.resolved")
    )
    text = text_of(request, manifest)
    if text is None:
        return unknown(manifest)
    for name in _SETTINGS:
        path = inside(request.cwd, f".swiftpm/configuration/{name}")
        if not absent(request, path):
            return Followed(opaque=f"{path} may take packages from elsewhere")
    below = request.below(request.cwd)
    if below is None:
        return Followed(
            opaque=f"what lies below {request.cwd} is not known: give the build context"
        )
    others = [p for p in below if posixpath.dirname(p) == request.cwd and "Package@swift" in p]
    reason = f"{others[0]} may stand in for it" if others else _reason(text)
    if reason:
        return Followed(opaque=f"{manifest}: {reason}")
    files = [manifest, resolved]
    files += [inside(request.cwd, f".swiftpm/configuration/{name}") for name in _SETTINGS]
    globs = (inside(request.cwd, "Package@swift-*.swift"),)
    kept = bool(request.flags & _KEEPING) and not absent(request, resolved)
    return Followed(tuple(files), globs=globs, rewrites=() if kept else (resolved,))


def _reason(text: str) -> str | None:
    other = next((name for name in _IMPORT.findall(text) if name != "PackageDescription"), None)
    if other:
        return f"it imports {other}, and may look at any file"
    reaching = _REACHING.search(text)
    if reaching:
        return f"it uses `{reaching[0]}`, which may look at more than the manifest"
    for found in _PACKAGE.finditer(text):
        if re.search(r"\bpath\s*:", _arguments(text, found.end())):
            return "it takes a package from a folder"
    return None


def _arguments(text: str, start: int) -> str:
    """The text up to the parenthesis that closes the call."""
    depth = 1
    for at in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        if depth == 0:
            return text[start:at]
    return text[start:]
