"""The folder that is built, as the builder sees it: scanned when asked, never left by a link."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal

from msgspec import Struct

from reorder.context.ignore import Ignore
from reorder.context.match import Hits, clean

Kind = Literal["file", "dir", "link", "other"]

MOST_ENTRIES = 200_000
# The lock files of large projects have some megabytes.
MOST_BYTES = 16 << 20
_MOST_LINKS = 255  # as the builder


class ContextError(ValueError):
    """The context cannot be read; says why and what to do."""


class ContextTooLarge(ContextError):
    """The context has more entries than we look at."""


class Entry(Struct, frozen=True):
    """`path` is relative to the root of the context, "" for the root; `target` is that of a link.

    `mode` are the permission bits, `size` is in bytes and 0 for all but files.
    """

    path: str
    kind: Kind
    mode: int
    target: str | None = None
    size: int = 0


class Context:
    """A build context after its ignore file; folders are read once, when first asked for."""

    def __init__(
        self, root: Path, ignore: Ignore, ignore_file: Path | None, most: int = MOST_ENTRIES
    ) -> None:
        self.root = root
        self.ignore = ignore
        self.ignore_file = ignore_file
        self._most = most
        self._scanned = 0
        self._hits: dict[str, Hits] = {"": ()}  # of the folders met so far
        self._folders: dict[str, Mapping[str, Entry]] = {}
        self._seen: dict[str, FileStamp] = {}  # what was looked at, as it was then

    @classmethod
    def open(
        cls, root: Path, dockerfile: Path | None = None, *, most: int = MOST_ENTRIES
    ) -> Context:
        """The context `root` of `dockerfile` (None: from stdin).

        `<name of the Dockerfile>.dockerignore` beside it wins over `.dockerignore` in the root.
        ContextError when the root is no folder, PatternError when the ignore file is malformed.
        """
        root = root.resolve()
        if not root.is_dir():
            raise ContextError(f"{root} is not a folder: name the build context with --context")
        own = dockerfile and _within(dockerfile.parent, f"{dockerfile.name}.dockerignore")
        file = own or _within(root, ".dockerignore")
        text = os.fsdecode(file.read_bytes()) if file else ""
        return cls(root, Ignore.of(text), file, most)

    def entry(self, path: str) -> Entry | None:
        """What the builder sees at `path`, links not followed; None: missing or ignored."""
        path = _relative(path)
        if not path:
            return Entry("", "dir", stat.S_IMODE(self.root.stat().st_mode))
        folder, _, name = path.rpartition("/")
        above = self.entry(folder)
        if above is None or above.kind != "dir":
            return None
        return self._folder(folder).get(name)

    def ignored(self, path: str) -> bool:
        """Whether something is at `path` that the ignore file keeps from the builder."""
        if self.entry(path) is not None:
            return False
        self._note(_relative(path))
        return self._exists(_relative(path))

    def children(self, folder: str) -> tuple[Entry, ...]:
        """The entries in a folder, by name; none of what is no folder."""
        entry = self.entry(folder)
        if entry is None or entry.kind != "dir":
            return ()
        return tuple(self._folder(entry.path).values())

    def below(self, path: str) -> tuple[Entry, ...]:
        """All entries below a folder, sorted by path; none of what is no folder."""
        return tuple(sorted(self._walk(path), key=lambda entry: entry.path))

    def resolve(self, path: str) -> str | None:
        """The path that `path` leads to through links, which end at the root as in a chroot."""
        parts = _relative(path).split("/")
        here = ""
        links = 0
        while parts:
            part = parts.pop(0)
            if part in ("", "."):
                continue
            if part == "..":
                here = here.rpartition("/")[0]
                continue
            entry = self.entry(f"{here}/{part}")
            if entry is None or links > _MOST_LINKS:
                return None
            if entry.target is None:
                here = entry.path
                continue
            links += 1
            here = "" if entry.target.startswith("/") else here
            parts = entry.target.split("/") + parts
        return here

    def read(self, path: str, limit: int = MOST_BYTES) -> bytes | None:
        """The content of a file, links followed; None: no such file, or above `limit` bytes."""
        entry = self._file(path)
        if entry is None or entry.size > limit:
            return None
        try:
            with (self.root / entry.path).open("rb") as file:
                return file.read(limit)
        except OSError:
            return None

    def is_archive(self, path: str) -> bool:
        """Whether ADD unpacks the file; also True when its compression is one we cannot read."""
        entry = self._file(path)
        return entry is not None and _is_tar(self.root / entry.path)

    def is_current(self) -> bool:
        """Whether nothing that was looked at has changed since, as far as its times tell."""
        return all(stamp(self.root / path) == then for path, then in self._seen.items())

    def _note(self, path: str) -> None:
        if path not in self._seen:
            self._seen[path] = stamp(self.root / path)

    def _file(self, path: str) -> Entry | None:
        found = self.resolve(path)
        entry = None if found is None else self.entry(found)
        if entry is None or entry.kind != "file":
            return None
        self._note(entry.path)
        return entry

    def _exists(self, path: str) -> bool:
        parents = Path(path).parents
        if any((self.root / parent).is_symlink() for parent in parents if parent.name):
            return False
        return os.path.lexists(self.root / path)

    def _walk(self, path: str) -> Iterator[Entry]:
        for entry in self.children(path):
            yield entry
            if entry.kind == "dir":
                yield from self._walk(entry.path)

    def _folder(self, folder: str) -> Mapping[str, Entry]:
        """Name -> entry for a folder whose own hits are known."""
        if folder not in self._folders:
            self._folders[folder] = {e.path.rpartition("/")[2]: e for e in self._visible(folder)}
        return self._folders[folder]

    def _visible(self, folder: str) -> Iterator[Entry]:
        hits = self._hits[folder]
        for entry in self._scan(folder, must=not self.ignore.patterns.takes(hits)):
            self._agreed(entry.path, self.ignore.disputed(entry.path))
            found = self.ignore.patterns.step(entry.path, hits)
            if entry.kind == "dir":
                self._hits[entry.path] = found
            if not self.ignore.patterns.takes(found) or (
                entry.kind == "dir" and self._gives_back(entry.path, found)
            ):
                yield entry

    def _gives_back(self, folder: str, hits: Hits) -> bool:
        """Whether an ignored folder comes along with what a `!` pattern gives back of it."""
        found = not self.ignore.prunes(folder, hits) and bool(self._folder(folder))
        if found:
            self._agreed(folder, self.ignore.disputed_below(folder))
        return found

    def _agreed(self, path: str, pattern: str | None) -> None:
        if pattern is not None:
            raise ContextError(
                f"builders differ on what `{pattern}` in the ignore file means for {path}: Docker"
                " up to 20.10, podman and buildah leave such a `!` pattern out and read `**b` as"
                " `**/b`; name the folder or the file plainly"
            )

    def _scan(self, folder: str, *, must: bool) -> list[Entry]:
        self._note(folder)
        try:
            with os.scandir(self.root / folder) as items:
                found = [_entry(f"{folder}/{item.name}".lstrip("/"), item) for item in items]
        except OSError as error:
            if not must:
                return []
            raise ContextError(
                f"{folder or self.root} cannot be read ({error.strerror}): the build fails on it"
                " too, unless .dockerignore names it"
            ) from error
        self._scanned += len(found)
        if self._scanned > self._most:
            raise ContextTooLarge(
                f"the build context has more than {self._most} entries:"
                " name in .dockerignore what the build does not need"
            )
        return sorted(found, key=lambda entry: entry.path)


# Modification, change, inode and mode; None: not there.
FileStamp = tuple[int, int, int, int] | None


def stamp(path: Path) -> FileStamp:
    """What differs when a file has another content, or a folder other entries."""
    try:
        found = path.stat(follow_symlinks=False)
    except (OSError, ValueError):
        return None
    return found.st_mtime_ns, found.st_ctime_ns, found.st_ino, found.st_mode


def _relative(path: str) -> str:
    """`/a/../../b/` -> `b`, `.` -> ``."""
    return clean(f"/{path}")[1:]


def _within(folder: Path, name: str) -> Path | None:
    """The file of that name in a folder, links followed inside of the folder only."""
    if not os.path.lexists(folder / name):
        return None
    bare = Context(folder, Ignore.of(""), None)
    found = bare._file(name)
    return None if found is None else folder / found.path


def _entry(path: str, item: os.DirEntry[str]) -> Entry:
    found = item.stat(follow_symlinks=False)
    mode = stat.S_IMODE(found.st_mode)
    if stat.S_ISDIR(found.st_mode):
        return Entry(path, "dir", mode)
    if stat.S_ISLNK(found.st_mode):
        # not Path.readlink, which would tidy the target up
        return Entry(path, "link", mode, target=os.readlink(item.path))  # noqa: PTH115
    if stat.S_ISREG(found.st_mode):
        return Entry(path, "file", mode, size=found.st_size)
    return Entry(path, "other", mode)


_ZSTD = (b"\x28\xb5\x2f\xfd", *(bytes([n]) + b"\x2a\x4d\x18" for n in range(0x50, 0x60)))


def _is_tar(path: Path) -> bool:
    # Few builds ADD a local file: the readers of archives are not loaded for the others.
    import bz2
    import gzip
    import lzma
    import tarfile
    import zlib

    openers = ((b"\x1f\x8b\x08", gzip.open), (b"BZh", bz2.open), (b"\xfd7zXZ\x00", lzma.open))
    try:
        with path.open("rb") as file:
            head = file.read(tarfile.BLOCKSIZE)
        if head.startswith(_ZSTD):
            return True
        opener = next((opener for magic, opener in openers if head.startswith(magic)), None)
        if opener is not None:
            with opener(path) as stream:
                head = stream.read(tarfile.BLOCKSIZE)
        tarfile.TarInfo.frombuf(head, "utf-8", "surrogateescape")
    except (OSError, EOFError, zlib.error, lzma.LZMAError, tarfile.HeaderError):
        return False
    return True
