"""COPY and ADD, as BuildKit's copier does it."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping, Sequence

from model_builder.tree import ROOT, Failed, Node, Tree, Unsupported, Who
from model_builder.users import builder_owner
from model_builder.words import glob

Nodes = Mapping[str, Node]


def copy(
    tree: Tree,
    source: Nodes,
    words: Sequence[str],
    at: Callable[[str], str],
    options: Mapping[str, str],
    bodies: Sequence[str],
    *,
    keep_owner: bool,
) -> None:
    """`source`: relative path -> node. `options`: --chown, --chmod, both filled in."""
    if set(options) - {"chown", "chmod", "from"}:
        raise Unsupported(f"{sorted(options)}")
    *names, dest = words
    owner = builder_owner(tree, options["chown"]) if "chown" in options else None
    mode = int(options["chmod"], 8) if "chmod" in options else None
    slash = dest.endswith("/") or posixpath.basename(dest) in ("", ".", "..")
    job = _Job(tree, source, owner, mode, keep_owner)
    left = list(bodies)
    for name in names:
        if name.startswith("<<"):
            marker = name.lstrip("<-").strip("\"'")
            one = {marker: Node("file", left.pop(0), 0o644)}
            _Job(tree, one, owner, mode, False).bring(marker, at(dest), slash)
            continue
        path = _clean(name)
        wild = any(char in path for char in "*?[")
        for found in sorted(p for p in source if glob(path).fullmatch(p)) if wild else [path]:
            job.bring(found, at(dest), slash)


def _clean(name: str) -> str:
    return posixpath.normpath("/" + name).lstrip("/")


class _Job:
    def __init__(
        self, tree: Tree, source: Nodes, owner: Who | None, mode: int | None, keep_owner: bool
    ) -> None:
        self._tree = tree
        self._source = source
        self._owner = owner
        self._mode = mode
        self._keep_owner = keep_owner

    def bring(self, path: str, dest: str, slash: bool) -> None:
        name, path = posixpath.basename(path), self._followed(path)
        if path and path not in self._source:
            raise Failed(f"{path} is not in the context")
        if not path or self._source[path].kind == "dir":
            self._make(dest)
            self._contents(path, self._tree.real(dest))
            return
        if slash or self._tree.is_dir(dest):
            self._make(dest)
            # A link of that name in the folder is replaced, not followed.
            place = posixpath.join(self._tree.real(dest), name)
        else:
            self._make(posixpath.dirname(dest))
            place = self._tree.real(dest)
        self._file(self._source[path], place)

    def _followed(self, path: str) -> str:
        """A named link of the source is followed."""
        for _ in range(9):
            node = self._source.get(path)
            if node is None or node.kind != "link":
                return path
            path = _clean(posixpath.join(posixpath.dirname(path), node.text))
        raise Failed("a loop of links")

    def _make(self, folder: str) -> None:
        mode = 0o755 if self._mode is None else self._mode
        self._tree.make(folder, mode, self._owner or ROOT)

    def _mine(self, node: Node) -> Node:
        mode = self._mode if self._mode is not None and node.kind != "link" else node.mode
        owner = self._owner or (Who(node.uid, node.gid) if self._keep_owner else ROOT)
        return node._replace(mode=mode, uid=owner.uid, gid=owner.gid)

    def _file(self, node: Node, place: str) -> None:
        old = self._tree.nodes.get(place)
        if old is not None and old.kind == "dir":
            raise Failed(f"{place} is a folder")
        self._tree.nodes.pop(place, None)
        self._tree.put(place, self._mine(node))

    def _contents(self, folder: str, dest: str) -> None:
        """Below the source folder modes and owners of folders that are there are set anew."""
        prefix = f"{folder}/" if folder else ""
        for path in sorted(p for p in self._source if p.startswith(prefix) and p != folder):
            node = self._source[path]
            place = posixpath.normpath(posixpath.join(dest, path[len(prefix) :]))
            if node.kind != "dir":
                self._file(node, place)
                continue
            old = self._tree.nodes.get(place)
            if old is not None and old.kind != "dir":
                raise Failed(f"{place} is no folder")
            self._tree.nodes[place] = self._mine(node)
