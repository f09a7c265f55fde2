"""A hundred build contexts: as nodes for the builder, and as folders for the tool."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from random import Random
from typing import NamedTuple

from model_builder.tree import Node
from model_builder.words import ignored

COUNT = 100
_FILES = {
    "a.txt": ("a\n", "another a\n"),
    "b.txt": ("b\n",),
    ".hidden.txt": ("h\n",),
    "conf": ("conf\n",),
    "list": ("a.txt\nb.txt\n",),
    "run.sh": (
        "#!/bin/sh\nset -e\nmkdir -p /made\ncp a.txt /made/ || echo none > /made/none\n",
        "#!/bin/sh\n. ./vars.sh\necho $NAME > out.txt\n",
        "echo $1 > /var/log/run\nls > /var/log/ls\n",
    ),
    "vars.sh": ("NAME=one\n", "export NAME=two\n"),
    "cat": ("#!/bin/sh\necho shadow\n",),
    "zz.sh": ("MODE=profile\n",),
    "app": ("app is a file\n",),
    "sub/y": ("y\n",),
    "sub/a.txt": ("a of sub\n",),
    "sub/deep/z": ("z\n",),
    "src/m.txt": ("m\n",),
    "src/n.sh": ("#!/bin/sh\necho n >> /var/log/n\n",),
    "src/sub/y": ("y of src\n",),
    "etc/conf": ("conf of the context\n",),
    "etc/profile.d/x.sh": ("A=profile\n",),
    "notes.log": ("log\n",),
}
_FOLDERS = ("sub", "sub/deep", "src", "src/sub", "etc", "etc/profile.d", "empty")
_RULES = ("*.log", "sub", "!sub/y", "**/z", "src/*.txt", ".hidden.txt", "b.*", "empty")


class Project(NamedTuple):
    """`nodes`: all that lies in the folder; `rules`: its ignore file."""

    nodes: Mapping[str, Node]
    rules: str

    @property
    def sent(self) -> dict[str, Node]:
        """What the builder sees; a folder that is left out comes with what is kept below it."""
        kept = {p: n for p, n in self.nodes.items() if not ignored(p, self.rules)}
        above = {"/".join(p.split("/")[:n]) for p in kept for n in range(1, p.count("/") + 1)}
        return {**{p: self.nodes[p] for p in above if p in self.nodes}, **kept}


@cache
def project(number: int) -> Project:
    """Always the same for a number."""
    chance = Random(number)
    nodes: dict[str, Node] = {}
    for name, texts in _FILES.items():
        if chance.random() < 0.8:
            mode = chance.choice([0o644, 0o644, 0o755, 0o600])
            nodes[name] = Node("file", chance.choice(texts), 0o755 if name == "cat" else mode)
    for name in _FOLDERS:
        if chance.random() < 0.3 or any(path.startswith(name + "/") for path in nodes):
            nodes[name] = Node("dir", "", chance.choice([0o755, 0o755, 0o700, 0o777]))
    if chance.random() < 0.3:
        nodes["current"] = Node("link", chance.choice(["src", "a.txt", "gone"]), 0o777)
    if chance.random() < 0.3:
        nodes["src/up"] = Node("link", "../a.txt", 0o777)
        nodes.setdefault("src", Node("dir", "", 0o755))
    rules = "\n".join(r for r in _RULES if chance.random() < 0.25) if number % 3 == 0 else ""
    if rules:
        nodes[".dockerignore"] = Node("file", rules + "\n", 0o644)
    return Project({path: nodes[path] for path in sorted(nodes)}, rules)


def write(found: Project, root: Path) -> None:
    """Lays the files of a project down in a folder."""
    for path, node in found.nodes.items():
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        if node.kind == "dir":
            place.mkdir(exist_ok=True)
        elif node.kind == "link":
            place.symlink_to(node.text)
        else:
            place.write_text(node.text)
            place.chmod(node.mode)
    for path, node in found.nodes.items():
        if node.kind == "dir":
            (root / path).chmod(node.mode)
