"""Files at the edge: which ones are Dockerfiles, reading them, writing them atomically."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
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
_NOT = ("*.dockerignore", "*.md", "*.txt", "*.orig", "*.rej", "*~")
_SKIPPED_FOLDERS = frozenset([".git", ".hg", ".svn", "node_modules", ".venv", "__pycache__"])


def is_dockerfile(name: str) -> bool:
    """True for the names that Docker, Podman and editors take for a Dockerfile."""
    return any(fnmatchcase(name, p) for p in _NAMES) and not any(fnmatchcase(name, p) for p in _NOT)


def expand(paths: Iterable[Path], exclude: Iterable[str]) -> Iterator[Path]:
    """Files as named, folders as the Dockerfiles below them that git does not ignore."""
    patterns = tuple(exclude)
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        for found in _below(path):
            relative = found.relative_to(path).as_posix()
            if not any(fnmatchcase(relative, pattern) for pattern in patterns):
                yield found


def _below(folder: Path) -> list[Path]:
    listed = _listed_by_git(folder)
    found = _walk(folder) if listed is None else [folder / name for name in listed]
    return sorted(path for path in found if is_dockerfile(path.name) and path.is_file())


def _listed_by_git(folder: Path) -> list[str] | None:
    """Tracked and not ignored files; None outside a repository. Runs nothing of the repository."""
    command = [
        "git",
        "-c",
        "core.fsmonitor=false",
        "-c",
        "core.hooksPath=/dev/null",
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
        "--deduplicate",
    ]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return [os.fsdecode(name) for name in done.stdout.split(b"\0") if name]


def _walk(folder: Path) -> Iterator[Path]:
    for base, folders, names in os.walk(folder):
        folders[:] = sorted(f for f in folders if f not in _SKIPPED_FOLDERS)
        yield from (Path(base) / name for name in names)


def write(path: Path, data: bytes) -> None:
    """Replaces the file in one step; mode and links are kept. Raises OSError."""
    target = path.resolve()
    mode = target.stat().st_mode & 0o7777
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(mode)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
