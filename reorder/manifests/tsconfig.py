"""tsconfig.json -> where the TypeScript compiler writes; it may read any file.

Facts: TypeScript 5.6, `tsc --all`; https://www.typescriptlang.org/tsconfig. Bases of the scope
@tsconfig set no place of the output (https://github.com/tsconfig/bases).
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Any

from reorder.manifests import Followed, Request

_PLACES = ("outDir", "declarationDir", "tsBuildInfoFile")
# These write elsewhere, or hand the files to other programs.
_REFUSED = ("outFile", "out", "plugins", "generateTrace", "generateCpuProfile")
# Text, a comment, or a comma in front of a closing bracket.
_TOKEN = re.compile(r'"(?:[^"\\\n]|\\.)*"|//[^\n]*|/\*.*?\*/|,(?=\s*[}\]])', re.DOTALL)
_DEEPEST = 10


class _Unread(ValueError):
    """Where it writes is not known; the message is a reason for the author."""


def follow(request: Request) -> Followed:
    """Reads anything, writes below the folders that the configuration names."""
    files: dict[str, None] = {}
    try:
        given = request.values.get("-p", request.values.get("--project", ""))
        path = posixpath.join(request.cwd, given)
        if not given or not given.endswith(".json"):
            path = posixpath.join(path, "tsconfig.json")
        options = _options(request, posixpath.normpath(path), files, 0)
        writes = tuple(_writes(options, request))
    except _Unread as reason:
        return Followed(opaque=str(reason), code=True)
    return Followed(files=tuple(files), trees=("/",), writes=writes)


def _writes(options: Mapping[str, Any], request: Request) -> Iterator[str]:
    for name in _REFUSED:
        if options.get(name):
            raise _Unread(f"its configuration sets {name}")
    cached = options.get("incremental") or options.get("composite")
    if cached and not options.get("tsBuildInfoFile"):
        raise _Unread("its configuration keeps a .tsbuildinfo file: set tsBuildInfoFile")
    silent = options.get("noEmit") or "--noEmit" in request.flags
    if not silent and not options.get("outDir") and "--outDir" not in request.flags:
        raise _Unread("its configuration has no outDir: it writes beside the sources")
    for name in _PLACES:
        if options.get(name):
            yield options[name]


def _options(request: Request, path: str, files: dict[str, None], depth: int) -> dict[str, Any]:
    """The compiler options of a file and of those that it extends, with absolute places."""
    files[path] = None
    content = request.read(path)
    if content is None or depth > _DEEPEST or not path.startswith("/"):
        raise _Unread(f"the content of {path} is not known")
    data = _parse(path, content)
    found: dict[str, Any] = {}
    bases = data.get("extends", [])
    for base in bases if isinstance(bases, list) else [bases]:
        if not isinstance(base, str):
            raise _Unread(f"{path} extends what is no path")
        if base.startswith("."):
            place = posixpath.normpath(posixpath.join(posixpath.dirname(path), base))
            place = place if place.endswith(".json") else f"{place}.json"
            found |= _options(request, place, files, depth + 1)
        elif not base.startswith("@tsconfig/"):
            raise _Unread(f"{path} extends {base}, which is not read")
    own = data.get("compilerOptions", {})
    if not isinstance(own, dict):
        raise _Unread(f"{path} has compilerOptions that are no table")
    for name, value in own.items():
        found[name] = _placed(path, value) if name in _PLACES else value
    return found


def _placed(path: str, value: Any) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or "$" in value or "*" in value:
        raise _Unread(f"{path} writes to {value!r:.60}")
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), value))


def _parse(path: str, content: bytes) -> dict[str, Any]:
    """JSON with comments and commas at the end of lists."""
    text = content.decode("utf-8-sig", "replace")
    for _ in range(2):  # a comment may stand between a comma and its bracket
        text = _TOKEN.sub(lambda found: found[0] if found[0][0] == '"' else " ", text)
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, dict):
        raise _Unread(f"{path} is no JSON object")
    return data
