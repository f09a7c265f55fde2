"""Bake files: the targets, with what they inherit, as far as it is written out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from reorder.context.builds.build import Args, Build, Builds, Place, is_local
from reorder.context.builds.document import Node, Row, Table, Text

_MOST_INHERITED = 100
_MAPS = ("args", "contexts")
_Keys = Mapping[str, Node]
_Targets = Mapping[str, tuple[_Keys, Place]]


def bake(files: Sequence[tuple[Path, Sequence[Node]]]) -> Builds:
    """What the bake files of one folder say, each alone and all as one.

    bake reads all of them, the overrides last; with `-f` it reads the one that is named.
    """
    ranked = sorted(files, key=lambda f: (".override." in f[0].name, f[0].suffix == ".hcl"))
    tables = [_targets(path, documents) for path, documents in ranked]
    merged: dict[str, tuple[_Keys, Place]] = {}
    for table in tables:
        for name, (keys, place) in table.items():
            before = merged.get(name)
            merged[name] = (keys if before is None else _over(before[0], keys), place)
    found: list[Build] = []
    notes: list[str] = []
    for targets in [*tables, merged] if len(tables) > 1 else [merged]:
        for name, (_, place) in targets.items():
            build = _build(name, targets)
            if isinstance(build, str):
                notes.append(f"{place.file.name}:{place.line}: {build}")
            elif build is not None:
                found.append(build)
    return Builds(tuple(dict.fromkeys(found)), tuple(dict.fromkeys(notes)))


def _targets(path: Path, documents: Sequence[Node]) -> dict[str, tuple[_Keys, Place]]:
    table = next(iter(documents), None)
    if not isinstance(table, Table):
        return {}
    targets = table.table("target")
    return {
        name: (found.items, Place(path, targets.lines.get(name, found.line)))
        for name, found in targets.items.items()
        if isinstance(found, Table)
    }


def _over(below: _Keys, above: _Keys) -> dict[str, Node]:
    """The later file or target wins, key by key also inside of args and contexts."""
    merged = {**below, **above}
    for key in _MAPS:
        old, new = below.get(key), above.get(key)
        if isinstance(old, Table) and isinstance(new, Table):
            merged[key] = Table(old.items | new.items, old.lines | new.lines, new.line)
    return merged


def _inherited(name: str, targets: _Targets, done: dict[str, _Keys | str]) -> _Keys | str:
    """`done`: what is known so far; the reason there stands for a target that is not."""
    if name in done:
        return done[name]
    done[name] = f"what it inherits of `{name}` is not known"
    if name not in targets or len(done) > _MOST_INHERITED:
        return done[name]
    own = targets[name][0]
    parents = own.get("inherits", Row((), 0))
    keys: _Keys = {}
    for parent in parents.items if isinstance(parents, Row) else (None,):
        if not isinstance(parent, Text):
            return "what it inherits is not known before the build"
        found = _inherited(parent.value, targets, done)
        if isinstance(found, str):
            return found
        keys = _over(keys, found)
    done[name] = keys = _over(keys, own)
    return keys


def _build(name: str, targets: _Targets) -> Build | str | None:
    """None for a target without a Dockerfile of its own, a reason for one that is not known."""
    keys = _inherited(name, targets, {})
    if isinstance(keys, str):
        return keys
    if "dockerfile-inline" in keys:
        return None
    words = {key: keys.get(key) for key in ("context", "dockerfile", "args", "contexts", "target")}
    for key in ("context", "dockerfile"):
        word = words[key]
        if key in keys and not (isinstance(word, Text) and is_local(word.value)):
            return f"its {key} is no path that is known now"
    for key in _MAPS:
        if key in keys and not isinstance(words[key], Table):
            return f"its {key} are not known before the build"
    place = targets[name][1]
    context, file, target = (_text(words[key]) for key in ("context", "dockerfile", "target"))
    folder = place.file.parent / (context or ".")
    return Build(
        folder,
        None if file is None else folder / file,
        _args(words["args"]),
        frozenset(_table(words["contexts"])),
        target,
        place,
    )


def _text(node: Node) -> str | None:
    return node.value if isinstance(node, Text) else None


def _table(node: Node) -> Mapping[str, Node]:
    return node.items if isinstance(node, Table) else {}


def _args(node: Node) -> Args:
    return tuple(
        (name, value.value if isinstance(value, Text) and _is_literal(value) else None)
        for name, value in sorted(_table(node).items())
    )


def _is_literal(text: Text) -> bool:
    return text.sure and "${" not in text.value and "%{" not in text.value
