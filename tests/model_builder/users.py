"""The user database: /etc/passwd and /etc/group, as the tools write and read them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from model_builder.tree import Failed, Node, Tree, Unsupported, Who

if TYPE_CHECKING:
    from model_builder.shell import Shell


def rows(tree: Tree, path: str) -> list[list[str]]:
    node = tree.get(path)
    text = node.text if node and node.kind == "file" else ""
    return [line.split(":") for line in text.splitlines() if line.count(":") >= 3]


def lookup(tree: Tree, name: str, path: str) -> int | None:
    """The number of a user or group."""
    return next((int(row[2]) for row in rows(tree, path) if row[0] == name), None)


def primary(tree: Tree, name: str) -> int:
    return next((int(row[3]) for row in rows(tree, "/etc/passwd") if row[0] == name), 0)


def who_is(tree: Tree, uid: int) -> str:
    names = [row[0] for row in rows(tree, "/etc/passwd") if row[2] == str(uid)]
    if not names:
        raise Failed("no such user")
    return names[0]


def identify(tree: Tree, text: str, old: Who) -> Who:
    """`app:staff` for chown; Failed for a name that is not there."""
    user, colon, group = text.partition(":")
    uid, gid = old
    if user:
        found = int(user) if user.isdigit() else lookup(tree, user, "/etc/passwd")
        if found is None:
            raise Failed(f"no user {user}")
        uid = found
    if colon and not group:
        gid = primary(tree, user)
    elif group:
        found = int(group) if group.isdigit() else lookup(tree, group, "/etc/group")
        if found is None:
            raise Failed(f"no group {group}")
        gid = found
    return Who(uid, gid)


def builder_owner(tree: Tree, text: str) -> Who:
    """`--chown` and WORKDIR: what is not found is root, silently."""
    user, colon, group = text.partition(":")
    uid = int(user) if user.isdigit() else lookup(tree, user, "/etc/passwd") or 0
    if not colon:
        return Who(uid, uid if user.isdigit() else primary(tree, user))
    return Who(uid, int(group) if group.isdigit() else lookup(tree, group, "/etc/group") or 0)


def process_owner(tree: Tree, text: str) -> Who:
    """The user of a RUN: a name that is not there fails."""
    user, colon, group = text.partition(":")
    if not user.isdigit():
        uid = lookup(tree, user, "/etc/passwd") if user else 0
        if uid is None:
            raise Failed(f"no user {user}")
        gid = primary(tree, user) if user else 0
    else:
        uid = int(user)
        gids = [int(r[3]) for r in rows(tree, "/etc/passwd") if r[2] == user]
        gid = gids[0] if gids else 0
    if colon and group:
        found = int(group) if group.isdigit() else lookup(tree, group, "/etc/group")
        if found is None:
            raise Failed(f"no group {group}")
        gid = found
    return Who(uid, gid)


def home_of(tree: Tree, uid: int) -> str:
    return next((r[5] for r in rows(tree, "/etc/passwd") if r[2] == str(uid) and len(r) > 5), "/")


def _next(tree: Tree, path: str) -> int:
    return max([999, *(int(r[2]) for r in rows(tree, path) if 1000 <= int(r[2]) < 60000)]) + 1


def groupadd(shell: Shell, words: Sequence[str], _: str) -> tuple[int, str]:
    *flags, name = words
    if lookup(shell.tree, name, "/etc/group") is not None:
        return 9, ""
    number = int(flags[1]) if flags[:1] == ["-g"] else _next(shell.tree, "/etc/group")
    _append(shell, "/etc/group", f"{name}:x:{number}:\n")
    return 0, ""


def useradd(shell: Shell, words: Sequence[str], _: str) -> tuple[int, str]:
    """`useradd [-m] [-u N] NAME`: numbers are given in the order of calls."""
    left = list(words)
    uid: int | None = None
    home = False
    while left and left[0].startswith("-"):
        flag = left.pop(0)
        home = home or flag == "-m"
        if flag == "-u":
            uid = int(left.pop(0))
        elif flag != "-m":
            raise Unsupported(flag)
    (name,) = left
    if lookup(shell.tree, name, "/etc/passwd") is not None:
        return 9, ""
    if lookup(shell.tree, name, "/etc/group") is not None:
        return 9, ""
    uid = _next(shell.tree, "/etc/passwd") if uid is None else uid
    gid = uid if all(r[2] != str(uid) for r in rows(shell.tree, "/etc/group")) else None
    gid = _next(shell.tree, "/etc/group") if gid is None else gid
    _append(shell, "/etc/group", f"{name}:x:{gid}:\n")
    _append(shell, "/etc/passwd", f"{name}:x:{uid}:{gid}::/home/{name}:/bin/sh\n")
    if home:
        _home(shell, name, Who(uid, gid))
    return 0, ""


def _append(shell: Shell, path: str, text: str) -> None:
    shell.tree.write(path, text, shell.who, 0o644, append=True)


def _home(shell: Shell, name: str, owner: Who) -> None:
    """Made with what /etc/skel holds, unless it is there."""
    home = f"/home/{name}"
    if shell.tree.get(home) is not None:
        return
    shell.tree.put(shell.tree.real(home), Node("dir", "", 0o755, *owner))
    for path, node in list(shell.tree.walk("/etc/skel"))[1:]:
        place = home + path[len("/etc/skel") :]
        shell.tree.put(place, node._replace(uid=owner.uid, gid=owner.gid))


def usermod(shell: Shell, words: Sequence[str], _: str) -> tuple[int, str]:
    """`usermod -u N NAME`; files outside of the home folder keep their owner."""
    _, number, name = words
    lines = rows(shell.tree, "/etc/passwd")
    if all(row[0] != name for row in lines):
        return 6, ""
    changed = [[*r[:2], number, *r[3:]] if r[0] == name else r for r in lines]
    text = "".join(":".join(row) + "\n" for row in changed)
    shell.tree.write("/etc/passwd", text, shell.who, 0o644)
    return 0, ""
