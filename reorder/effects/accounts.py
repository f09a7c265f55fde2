"""Accounts that are made above: below `RUN useradd app`, `USER app` is at home in /home/app."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Sequence

from msgspec.structs import replace

from reorder.effects.effect import INSTALLS, OF_THE_IMAGE, RIGHTS, Access, Effect, Footprint
from reorder.effects.paths import meets
from reorder.effects.words import Words
from reorder.syntax import shell_tree as tree
from reorder.syntax.shell_builtins import SPECIAL
from reorder.syntax.shell_parse import parse
from reorder.syntax.shell_tree import Node, Unread

_ACCOUNTS = Footprint("path", "/etc/passwd", Access.READ)


def homes(words: Words, unpackaged: Callable[[str], bool]) -> tuple[tuple[str, str], ...]:
    """The account that a use makes, and its home folder: "" when that is not known, or not new.

    Nothing for a use that may change the home folder of another account. `unpackaged`: whether
    the settings may be others than those of the packages.
    """
    model = words.model
    if model.home is None:
        return ()
    names = [arg.text for _, arg in words.operands]
    values = [flag.value for flag in words.flags if flag.name in model.homes and flag.value]
    if len(names) != 1 or any(unpackaged(p) for p in model.reads if "*" not in p):
        return (("", ""),)
    name = names[0] or ""
    home = values[-1].text if values else model.home and posixpath.join(model.home, name)
    return ((name, home if home and home.startswith("/") else ""),)


def filled(
    footprints: Sequence[Footprint], words: Words, unpackaged: Callable[[str], bool]
) -> tuple[Footprint, ...]:
    """The same, in which a new home folder is filled with what the base image has for it."""
    model = words.model
    other = any(flag.role == "read-tree" for flag in words.flags)
    if not model.skeleton or other or unpackaged(model.skeleton):
        return tuple(footprints)
    new = {home for _, home in homes(words, unpackaged)}
    return tuple(
        replace(f, owner=OF_THE_IMAGE)
        if f.access is Access.WRITE and (f.name == model.home or f.name in new)
        else f
        for f in footprints
    )


def joined(parts: Sequence[Effect]) -> tuple[tuple[str, str], ...]:
    """The accounts of all parts; nothing when another part changes what accounts there are."""
    if not any(part.homes for part in parts) or any(not p.homes and _changes(p) for p in parts):
        return ()
    return tuple(home for part in parts for home in part.homes)


def home_of(name: str, effects: Sequence[Effect]) -> str | None:
    """The home folder of an account that one of the effects, in their order, has made."""
    for effect in reversed(effects):
        found = [home for account, home in effect.homes if account == name and home]
        if found:
            return found[-1]
        if not effect.homes and _changes(effect):
            return None
    return None


def _changes(effect: Effect) -> bool:
    """An install may add accounts, and leaves those that are there."""
    return any(
        f.resource == "path"
        and f.access is Access.WRITE
        and f.kind not in INSTALLS
        and f.owner != RIGHTS
        and meets(f, _ACCOUNTS)
        for f in effect.footprints
    )


def all_run(text: str) -> bool:
    """Whether every command of a shell text has run, and well, when the text has: `a && b`."""
    try:
        return _sure(parse(text, 0))
    except Unread:
        return False


def _sure(node: Node) -> bool:
    if isinstance(node, tree.AndOr):
        first, *others = node.parts
        return set(node.ops) == {"&&"} and _sure(first) and all(map(_simple, others))
    if isinstance(node, tree.Sequence) and len(node.parts) > 1:
        first, *middle, last = node.parts
        return _aborts(first) and all(map(_simple, middle)) and not _aborts(last) and _sure(last)
    return _aborts(node) or _simple(node)


def _aborts(node: Node) -> bool:
    """`set -eux`: of a list behind it only the last command may be one of `a && b`."""
    words = [word.bare or "" for word in node.words] if isinstance(node, tree.Simple) else []
    return words[:1] == ["set"] and any(w[:1] == "-" and "e" in w for w in words[1:])


def _simple(node: Node) -> bool:
    """One command that runs no other to get its words, and leaves the rules of the shell alone."""
    if not isinstance(node, tree.Simple) or not node.words or node.words[0].bare in SPECIAL:
        return False
    parts = [part for word in node.words for part in word.parts]
    return not any(isinstance(part, (tree.Substitution, tree.Process)) for part in parts)
