"""requirements.txt: includes and constraints are followed, local projects are not.

Form: pip.pypa.io/en/stable/reference/requirements-file-format/ (pip 24).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from reorder.manifests import Followed, Request

_INCLUDE = re.compile(r"(?:-r|-c|--requirement|--constraint)(?:\s+|=|(?<=-[rc]))(\S+)")
_ARCHIVES = (".whl", ".tar.gz", ".tgz", ".tar.bz2", ".zip")
_REMOTE = re.compile(r"[a-z+]+://|git\+", re.IGNORECASE)
_MAX_FILES = 50


def follow(request: Request) -> Followed:
    """Every file that the requirements name, or the reason why that is not known."""
    seen: list[str] = []
    waiting = list(request.start)
    while waiting:
        path = waiting.pop(0)
        if path in seen:
            continue
        seen.append(path)
        content = request.read(path)
        if content is None or len(seen) > _MAX_FILES:
            return Followed(opaque=f"the content of {path} is not known: give the build context")
        for line in _lines(content.decode("utf-8", "replace")):
            reason = _take(line, path, request.cwd, waiting, seen)
            if reason:
                return Followed(opaque=f"{path} {reason}")
    return Followed(files=tuple(seen))


def _lines(text: str) -> Iterator[str]:
    """Logical lines without comments: a backslash at the end joins the next line."""
    for line in re.sub(r"\\\r?\n", " ", text).splitlines():
        line = re.sub(r"(^|\s)#.*$", "", line).strip()
        if line:
            yield line


def _take(line: str, path: str, cwd: str, waiting: list[str], seen: list[str]) -> str | None:
    """Adds what one line names; gives a reason when it names something that is not followed."""
    if "${" in line:
        return f"uses a variable in `{line}`"
    include = _INCLUDE.fullmatch(line)
    if include:
        return _include(include[1], path, waiting)
    target = line.split(" @ ")[-1] if " @ " in line else line
    if line.startswith("-"):
        return _option(line)
    name = target.split(";")[0].split(" --")[0].strip()
    if name.startswith("file:") or (_is_path(name) and not name.endswith(_ARCHIVES)):
        return f"installs the project in `{name}`, whose own code then runs"
    if _is_path(name):
        seen.append(posixpath.normpath(posixpath.join(cwd, name.split("[")[0])))
    return None


def _include(target: str, path: str, waiting: list[str]) -> str | None:
    if target.startswith("file:"):
        return f"includes {target}"
    if not _REMOTE.match(target):
        waiting.append(posixpath.normpath(posixpath.join(posixpath.dirname(path), target)))
    return None


def _option(line: str) -> str | None:
    """-e and --find-links may name a folder; the other options name none."""
    option, _, value = re.sub(r"\s+|=", " ", line, count=1).partition(" ")
    if option in ("-e", "--editable") and not _REMOTE.match(value):
        return f"installs the project in `{value}`, whose own code then runs"
    if option in ("-f", "--find-links") and not _REMOTE.match(value):
        return f"finds packages in `{value}`"
    return None


def _is_path(name: str) -> bool:
    if _REMOTE.match(name):
        return False
    return name.startswith((".", "/")) or "/" in name or name.endswith(_ARCHIVES)
