"""A file system in memory: paths -> nodes, with modes, owners and symbolic links."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from typing import NamedTuple

_MOST_LINKS = 20


class Failed(Exception):
    """The command, or the build, fails here."""


class Unsupported(Exception):
    """The model does not know this."""


class Node(NamedTuple):
    """`kind`: file, dir or link; `text` is the content of a file or the target of a link."""

    kind: str
    text: str
    mode: int
    uid: int = 0
    gid: int = 0


class Who(NamedTuple):
    """Who asks: root is asked nothing."""

    uid: int = 0
    gid: int = 0


ROOT = Who()


class Tree:
    """`nodes`: absolute path without links above it -> node; parents always are there."""

    def __init__(self, nodes: Mapping[str, Node] | None = None) -> None:
        self.nodes: dict[str, Node] = dict(nodes or {"/": Node("dir", "", 0o755)})

    def copy(self) -> Tree:
        return Tree(self.nodes)

    def real(self, path: str, *, last: bool = True, who: Who = ROOT) -> str:
        """The path without links; `last`: a link at its end is followed, too.

        What is missing is taken as it is written; Failed when a file stands above it.
        """
        return self._walk(path, last, who, _MOST_LINKS)

    def _walk(self, path: str, last: bool, who: Who, left: int) -> str:
        if left == 0:
            raise Failed("too many links")
        at = "/"
        parts = [p for p in path.split("/") if p not in ("", ".")]
        for n, part in enumerate(parts):
            if at in self.nodes:
                self._enter(at, who)
            if part == "..":
                at = posixpath.dirname(at)
                continue
            at = f"{at}/{part}" if at != "/" else f"/{part}"
            node = self.nodes.get(at)
            if node and node.kind == "link" and (last or n + 1 < len(parts)):
                target = posixpath.join(posixpath.dirname(at), node.text)
                rest = posixpath.join(target, *parts[n + 1 :])
                return self._walk(rest, last, who, left - 1)
        if path.endswith("/") and at in self.nodes and self.nodes[at].kind == "file":
            raise Failed(f"{path} is no folder")
        return at

    def _enter(self, folder: str, who: Who) -> None:
        if self.nodes[folder].kind != "dir":
            raise Failed(f"{folder} is no folder")
        self.allow(folder, who, 1)

    def allow(self, real: str, who: Who, bit: int) -> None:
        """Failed when who may not read (4), write (2) or run or enter (1)."""
        node = self.nodes.get(real)
        if node is None:
            raise Failed(f"{real} is missing")
        if who.uid == 0:
            if bit != 1 or node.kind == "dir" or node.mode & 0o111:
                return
            raise Failed(f"{real} cannot be run")
        shift = 6 if who.uid == node.uid else 3 if who.gid == node.gid else 0
        if not node.mode >> shift & bit:
            raise Failed(f"{real}: permission denied")

    def get(self, path: str, *, last: bool = True, who: Who = ROOT) -> Node | None:
        return self.nodes.get(self.real(path, last=last, who=who))

    def is_dir(self, path: str, who: Who = ROOT) -> bool:
        try:
            node = self.get(path, who=who)
        except Failed:
            return False
        return node is not None and node.kind == "dir"

    def read(self, path: str, who: Who = ROOT) -> str:
        real = self.real(path, who=who)
        node = self.nodes.get(real)
        if node is None or node.kind != "file":
            raise Failed(f"{path}: no such file")
        self.allow(real, who, 4)
        return node.text

    def names(self, real: str) -> list[str]:
        """The names in a folder, sorted."""
        prefix = real.rstrip("/") + "/"
        return sorted(
            p[len(prefix) :] for p in self.nodes if p.startswith(prefix) and p != "/"
            and "/" not in p[len(prefix) :]
        )  # fmt: skip

    def below(self, real: str) -> list[str]:
        """The path and all below it, parents first."""
        prefix = real.rstrip("/") + "/"
        return sorted(p for p in self.nodes if p == real or p.startswith(prefix))

    def put(self, real: str, node: Node, who: Who = ROOT) -> None:
        """Lays a node down in a folder that is there; Failed where that cannot be."""
        above = posixpath.dirname(real)
        if above not in self.nodes or self.nodes[above].kind != "dir":
            raise Failed(f"{above} is no folder")
        old = self.nodes.get(real)
        if old is not None and (old.kind == "dir") != (node.kind == "dir"):
            raise Failed(f"{real} is a {old.kind}")
        self.allow(above, who, 2)
        self.nodes[real] = node

    def write(self, path: str, text: str, who: Who, mode: int, *, append: bool = False) -> None:
        """As a shell opens a file: an existing one keeps its mode and owner."""
        real = self.real(path, who=who)
        old = self.nodes.get(real)
        if old is None:
            if path.endswith("/"):
                raise Failed(f"{path} is no folder")
            self.put(real, Node("file", text, mode, *who), who)
            return
        if old.kind != "file":
            raise Failed(f"{path} is a folder")
        self.allow(real, who, 2)
        self.nodes[real] = old._replace(text=old.text + text if append else text)

    def remove(self, real: str, who: Who = ROOT) -> None:
        """With all below it."""
        if real == "/":
            raise Failed("the root stays")
        self.allow(posixpath.dirname(real), who, 2)
        paths = self.below(real)
        for path in paths:
            if path != real:
                self.allow(posixpath.dirname(path), who, 2)
        for path in paths:
            del self.nodes[path]

    def make(self, path: str, mode: int, owner: Who, who: Who = ROOT) -> None:
        """`mkdir -p`: a folder that is there stays as it is."""
        at = "/"
        for part in [p for p in path.split("/") if p not in ("", ".")]:
            at = self.real(posixpath.join(at, part), who=who)
            node = self.nodes.get(at)
            if node is None:
                self.put(at, Node("dir", "", mode, *owner), who)
            elif node.kind != "dir":
                raise Failed(f"{at} is no folder")

    def walk(self, real: str) -> Iterator[tuple[str, Node]]:
        for path in self.below(real):
            yield path, self.nodes[path]
