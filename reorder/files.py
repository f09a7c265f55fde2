"""Files at the edge: which ones are Dockerfiles, and writing them in one step."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from fnmatch import fnmatchcase
from pathlib import Path

_NAMES = (
    "Dockerfile",
    "Dockerfile.*",
    "*.Dockerfile",
    "*.dockerfile",
    "Containerfile",
    "Containerfile.*",
)
# What lies beside a Dockerfile, or becomes one: templates are not Dockerfiles yet.
_NOT = (
    *("*.dockerignore", "*.containerignore", "*.md", "*.txt"),
    *("*.orig", "*.rej", "*.bak", "*.swp", "*~"),
    *("*.j2", "*.jinja", "*.jinja2", "*.tmpl", "*.tpl", "*.template", "*.erb", "*.in"),
)
_SKIPPED_FOLDERS = frozenset([".git", ".hg", ".svn", "node_modules", ".venv", "__pycache__"])
# Nothing of the repository runs, and one that belongs to somebody else is listed, too.
_LIST = (
    *("git", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"),
    *("-c", "safe.directory=*", "ls-files", "-z"),
    *("--cached", "--others", "--exclude-standard", "--deduplicate"),
)


class Changed(OSError):
    """The file on disk is no longer the one that was read."""


def is_dockerfile(name: str) -> bool:
    """True for the names that Docker, Podman and editors take for a Dockerfile."""
    return any(fnmatchcase(name, p) for p in _NAMES) and not any(fnmatchcase(name, p) for p in _NOT)


def nearest(folder: Path, name: str) -> Path | None:
    """The file of that name in the folder, or above it in the same repository."""
    for above in (folder, *folder.parents):
        if (above / name).is_file():
            return above / name
        if (above / ".git").exists():
            break
    return None


def dockerfiles(folder: Path, exclude: Iterable[str] = ()) -> Iterator[Path]:
    """The Dockerfiles below a folder that git does not ignore, sorted; each file once.

    `exclude` holds patterns of absolute paths, in which `*` crosses `/`.
    """
    patterns = tuple(exclude)
    listed = _listed_by_git(folder)
    names = _walk(folder) if listed is None else listed
    seen: set[Path] = set()
    for name in sorted(n for n in names if is_dockerfile(n.rpartition("/")[2])):
        path = folder / name
        real = path.resolve()
        excluded = any(fnmatchcase(str(path.absolute()), pattern) for pattern in patterns)
        if path.is_file() and real not in seen and not excluded:
            seen.add(real)
            yield path


def _listed_by_git(folder: Path) -> list[str] | None:
    """Tracked and not ignored files; None outside a repository."""
    import subprocess

    plain = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    try:
        done = subprocess.run(_LIST, cwd=folder, env=plain, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return [os.fsdecode(name) for name in done.stdout.split(b"\0") if name]


def _walk(folder: Path) -> Iterator[str]:
    for base, folders, names in os.walk(folder):
        folders[:] = [f for f in folders if f not in _SKIPPED_FOLDERS]
        below = os.path.relpath(base, folder)
        yield from (name if below == "." else f"{below}/{name}" for name in names)


def write(path: Path, before: bytes, after: bytes) -> None:
    """Replaces the file in one step; mode, owner and links are kept.

    Raises Changed when it no longer holds `before`, OSError when it cannot be written; then
    nothing is changed.
    """
    import tempfile

    target = path.resolve()
    found = target.stat()
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".reorder-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(after)
            file.flush()
            os.fsync(file.fileno())
        with suppress(OSError):
            os.chown(name, found.st_uid, found.st_gid)
        Path(name).chmod(found.st_mode & 0o7777)
        if target.read_bytes() != before:
            raise Changed("it has changed since it was read")
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
