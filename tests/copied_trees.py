"""What the rooms of the context say that a Dockerfile of COPYs makes of an empty image.

Nothing but COPY from the context stands in such a Dockerfile, each into a folder of its own: a
real build of it shows whether they are right.
"""

from __future__ import annotations

import hashlib
import posixpath
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from reorder.context.files import Bringing, Context, Entry, bring
from reorder.syntax.dockerfile import Instruction, parse
from reorder.syntax.expand import expand

# Facts of a path as an image has them, but for owners; an empty fact may be anything.
Facts = Mapping[str, str]
Tree = dict[str, Facts]

_FOLDER = {"type": "folder", "mode": "0755"}


class Said(NamedTuple):
    """`fails`: the texts of COPYs that cannot be built; `tree` is what the others make."""

    text: str
    fails: tuple[str, ...]
    tree: Tree


def lay(root: Path, listing: str) -> Path:
    """`a/` is a folder, `a -> b` a link, `a:600` a mode; a file has its path as content."""
    root.mkdir(parents=True, exist_ok=True)
    for item in filter(None, (part.strip() for part in listing.split(","))):
        name, _, target = item.partition(" -> ")
        name, _, mode = name.partition(":")
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if target:
            path.symlink_to(target)
        elif name.endswith("/"):
            path.mkdir(exist_ok=True)
        else:
            path.write_text(name)
        if mode:
            path.chmod(int(mode, 8))
    return root


def said(context: Context, copies: Iterable[str]) -> Said:
    """`copies`: what follows COPY, `{n}` stands for a number of its own: `src/ /{n}/`."""
    lines, fails = ["FROM scratch"], []
    tree: Tree = {}
    for number, words in enumerate(copies):
        text = "COPY " + words.replace("{n}", str(number))
        instruction = parse(f"FROM scratch\n{text}\n".encode()).instructions[1]
        *sources, dest = [_expanded(word) for word in instruction.words]
        path = posixpath.normpath(f"/{dest}").replace("//", "/")
        folder = tree.get(path, {}).get("type") == "folder"
        found = brought(context, instruction, sources, dest.endswith("/") or folder)
        if found.missing:
            fails.append(text)
            continue
        lines.append(text)
        _copied(tree, context, path, found)
    return Said("\n".join(lines) + "\n", tuple(fails), tree)


def _expanded(word: str) -> str:
    text = expand(word, lambda _: "").text
    assert text is not None
    return text


def brought(
    context: Context, instruction: Instruction, sources: list[str], to_folder: bool
) -> Bringing:
    return bring(
        context,
        sources,
        to_folder=to_folder,
        parents=bool(instruction.flag("parents")),
        exclude=instruction.flag("exclude"),
    )


def _copied(tree: Tree, context: Context, dest: str, found: Bringing) -> None:
    if found.folder is False:
        return
    for folder in _folders(dest if found.folder else posixpath.dirname(dest)):
        tree.setdefault(folder, _FOLDER)
    for item in found.files:
        if not item.root:
            path = posixpath.join(dest, item.path) if found.folder else dest
            tree[path] = _facts(context, item.entry)
    if found.folder is None and len(found.files) > 1:
        tree[dest] = {"type": "file", "mode": "", "content": ""}


def _folders(path: str) -> list[str]:
    """`/a/b` -> `/a`, `/a/b`."""
    parts = path.strip("/").split("/")
    return ["/" + "/".join(parts[: n + 1]) for n in range(len(parts)) if path != "/"]


def _facts(context: Context, entry: Entry) -> Facts:
    if entry.kind == "link":
        return {"type": "link", "target": entry.target or ""}
    facts = {"type": "folder" if entry.kind == "dir" else "file", "mode": f"{entry.mode:04o}"}
    if entry.kind == "file":
        data = (context.root / entry.path).read_bytes()
        facts["content"] = f"sha256:{hashlib.sha256(data).hexdigest()[:16]}"
    return facts


def differing(wanted: Tree, files: Mapping[str, Facts]) -> list[str]:
    """`path: said, built` of all that is not as said."""
    found = []
    for path in sorted((wanted.keys() | files.keys()) - {"/"}):
        here, there = wanted.get(path), files.get(path)
        if here is None or there is None:
            found.append(f"{path}: {here and here['type']}, {there and there['type']}")
            continue
        for name, value in here.items():
            if value and value != there.get(name):
                found.append(f"{path}: {name} {value}, {there.get(name)}")
    return found
