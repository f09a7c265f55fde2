"""Which Dockerfiles a pull request is about: they, or files that they name, are not as in its base.

The base is the last common commit of HEAD and a given one. Git is asked for that commit's tree
only; files of the work tree are read and hashed here, as no filter of the repository may run.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

from msgspec import Struct

from reorder.context.discover import Found, Replaced, named_files
from reorder.context.files import ContextError, PatternError
from reorder.context.git import Output, ask
from reorder.syntax.dockerfile import ParseError, parse

# A tree of 100,000 files takes less than one second.
_SECONDS = 60.0


class BaseError(ValueError):
    """The base of a pull request cannot be told; the message has the reason and the remedy."""


class Base(Struct, frozen=True):
    """The files of a commit: path below `root` -> name of its content, as `algorithm` gives it."""

    root: Path
    files: Mapping[str, str]
    algorithm: str

    def differs(self, path: Path) -> bool:
        """True when a file is new, gone, or has another content; also when that is not known.

        CRLF for LF is no other content: git may change the one into the other.
        """
        place = path.absolute().parent.resolve() / path.name
        if not place.is_relative_to(self.root):
            return place.exists()
        known = self.files.get(place.relative_to(self.root).as_posix())
        if place.is_symlink():
            link = os.fsencode(os.readlink(place))  # noqa: PTH115 - as bytes
            return known != self._name(link) or self.differs(place.resolve())
        if not place.is_file():
            return known is not None
        data = place.read_bytes()
        return known not in (self._name(data), self._name(data.replace(b"\r\n", b"\n")))

    def _name(self, data: bytes) -> str:
        return hashlib.new(self.algorithm, b"blob %d\0" % len(data) + data).hexdigest()


def base_of(folder: Path, ref: str) -> Base:
    """What HEAD and `ref` last had in common, in the repository of a folder. Raises BaseError."""
    upwards = (folder, *folder.parents)
    root = next((above for above in upwards if (above / ".git").exists()), None)
    if root is None:
        raise BaseError(f"{folder} is in no git repository: run it in one, or leave the option out")
    return _read(root, ref)


@cache
def _read(root: Path, ref: str) -> Base:
    program = shutil.which("git")
    if program is None:
        raise BaseError("git is not installed: install it, or leave the option out")
    wanted = ask(program, root, ("rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}"), _SECONDS)
    commit = wanted.text.decode().strip()
    if ref.startswith("-") or not wanted.complete or not commit:
        reason = f" ({wanted.error})" if wanted.error else ""
        raise BaseError(f"git knows no such commit{reason}: fetch it, or name another one")
    common = ask(program, root, ("merge-base", commit, "HEAD"), _SECONDS)
    if not common.complete:
        raise BaseError(
            "no commit is known that HEAD and it have in common: fetch more of the history"
            " (`git fetch --unshallow`)"
        )
    base = common.text.decode().strip()
    format_ = ask(program, root, ("rev-parse", "--show-object-format"), _SECONDS)
    tree = ask(program, root, ("ls-tree", "-r", "-z", "--full-tree", base), _SECONDS)
    if not tree.complete:
        raise BaseError(f"git cannot list the files of {base}: {tree.error or 'it takes too long'}")
    return Base(root, _files(tree), format_.text.decode().strip() or "sha1")


def _files(tree: Output) -> dict[str, str]:
    r"""`100644 blob HASH\tPATH\0`, again and again."""
    files = {}
    for entry in tree.text.split(b"\0")[:-1]:
        facts, _, path = entry.partition(b"\t")
        files[os.fsdecode(path)] = facts.split()[2].decode()
    return files


def is_touched(base: Base, path: Path, data: bytes, find: Callable[[], Found]) -> bool:
    """True when the Dockerfile, its .dockerignore, or a file that a COPY or ADD names differs.

    Of a folder that is copied nothing is looked at. `find` gives the build contexts; where there
    is none, or the text cannot be parsed, only the file itself counts.
    """
    if base.differs(path) or base.differs(path.with_name(f"{path.name}.dockerignore")):
        return True
    try:
        dockerfile = parse(data)
        contexts = [way.context for way in find().ways]
    except (ParseError, ContextError, PatternError, Replaced):
        return False
    return any(
        base.differs(file)
        for context in contexts
        for file in (context.root / ".dockerignore", *named_files(context, dockerfile))
    )
