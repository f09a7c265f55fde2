"""deno.json, deno.lock and package.json, and the modules of the project that a file imports.

Form: docs.deno.com/runtime/fundamentals (configuration, modules, workspaces), Deno 2.9. Modules are
downloaded and never run; every text between quotes that may be a path is taken for an import.
"""

from __future__ import annotations

import re
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
    rows,
    table,
    text_of,
    unknown,
)

_SETTINGS = ("deno.json", "deno.jsonc", "package.json")
_REMOTE = ("npm:", "jsr:", "node:", "https://", "http://")
_FROZEN = frozenset(["--frozen", "--frozen-lockfile", "--frozen=true", "--no-lock"])
# Keys that lead to further files, or decide how a module's name is read.
_LEADING = ("workspace", "workspaces", "links", "patch", "importMap", "scopes", "vendor")
_PLAIN_UNSTABLE = frozenset(("kv", "cron", "temporal", "ffi", "net", "webgpu", "broadcast-channel"))
_HOOKS = (
    "preinstall",
    "install",
    "postinstall",
    "prepublish",
    "preprepare",
    "prepare",
    "postprepare",
)
_PATH = re.compile(r"""(?<=["'`])(?:\.{1,2})?/[^"'`\n]*(?=["'`])""")
_COMPUTED = re.compile(
    r"""\bimport\s*(?:/\*.*?\*/\s*)*\((?!\s*["'][^"'\n]*["']\s*[,)])""", re.DOTALL
)
_MAX_MODULES = 200


def follow(request: Request) -> Followed:
    """Settings and lock file from here up, credentials, and the modules that the words name."""
    if request.cwd.startswith("?"):
        return Followed(opaque=UNKNOWN_FOLDER)
    files: list[str] = []
    frozen = bool(request.flags & _FROZEN)
    for folder in above(request.cwd):
        for name in (*_SETTINGS, "tsconfig.json"):
            path = inside(folder, name)
            files.append(path)
            if absent(request, path):
                continue
            content = json_of(request, path)
            reason = "is not known" if content is None else _reason(request, path, content)
            if reason:
                return Followed(opaque=f"{path} {reason}")
            frozen = frozen or table((content or {}).get("lock")).get("frozen") is True
    lock = inside(_root(request), "deno.lock")
    files += [lock, inside(request.cwd, ".npmrc"), inside(_root(request), ".npmrc")]
    modules = _modules(request)
    if isinstance(modules, Followed):
        return modules
    writes = (*(() if frozen else (lock,)), *filled(request, ("DENO_DIR",)))
    return Followed(tuple(dict.fromkeys((*files, *modules))), rewrites=writes)


def _root(request: Request) -> str:
    """The lock file stands beside the nearest settings."""
    folders = above(request.cwd)
    found = (f for f in folders for name in _SETTINGS if not absent(request, inside(f, name)))
    return next(found, request.cwd)


def _reason(request: Request, path: str, content: Mapping[str, Any]) -> str | None:
    if path.endswith("tsconfig.json"):
        return "may name files that are compiled along: that is not followed"
    key = next((key for key in _LEADING if content.get(key)), None)
    if key or not isinstance(content.get("lock", True), bool | dict):
        return f"sets `{key or 'lock'}`, which leads to further files"
    if not set(map(str, rows(content.get("unstable")))) <= _PLAIN_UNSTABLE:
        return "sets `unstable`, which may change how a module is found"
    if "path" in table(content.get("lock")):
        return "names its lock file itself"
    hook = next((name for name in _HOOKS if name in table(content.get("scripts"))), None)
    if hook:
        return f"has the script {hook}, which may use any file"
    values = [*table(content.get("imports")).values(), *_texts(content.get("compilerOptions"))]
    for name in ("dependencies", "devDependencies", "optionalDependencies"):
        values += [v for v in table(content.get(name)).values() if ":" in str(v)]
    local = [str(value) for value in values if _is_local(str(value))]
    return f"takes a module from `{local[0]}`" if local else None


def _is_local(value: str) -> bool:
    if value.startswith(_REMOTE):
        return False
    return value.startswith((".", "/")) or ":" in value


def _texts(value: object) -> Iterator[str]:
    """All texts in a table or a list."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts(inner)


def _modules(request: Request) -> tuple[str, ...] | Followed:
    """The files that the words name, and all that these import of the project."""
    named = [inside(request.cwd, word) for word in request.words if not word.startswith(_REMOTE)]
    if any(":" in path for path in named) or "" in request.words:
        return Followed(opaque="a module that it is given is not known")
    waiting, done = [*named], dict[str, None]()
    while waiting:
        path = waiting.pop(0)
        text = text_of(request, path)
        if path in done or (text is None and path not in named and request.below(path)):
            continue
        done[path] = None
        if text is None and path not in named and absent(request, path):
            continue
        if text is None or len(done) > _MAX_MODULES:
            return unknown(path)
        if _COMPUTED.search(text) or "file:" in text:
            return Followed(opaque=f"{path} imports a module whose name is computed")
        waiting += [inside(f"{path}/..", found[0]) for found in _PATH.finditer(text)]
    return tuple(done)
