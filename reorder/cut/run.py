"""A RUN of several commands becomes several RUNs.

    RUN apk add x && build    ->    RUN apk add x
                                    RUN build

The commands of a RUN share a shell, so that it is cut only at an `&&` of its outermost list, and
only below commands that leave nothing in the shell. What leads the list and is only about the
shell (`cd /app`, `set -ex`) stands above each part.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from msgspec import Struct
from msgspec.structs import astuple

from reorder.syntax import shell_tree as tree
from reorder.syntax.dockerfile import Instruction, ParseError, parse
from reorder.syntax.shell_builtins import BUILTINS
from reorder.syntax.shell_parse import parse as parse_shell
from reorder.syntax.shell_tree import Node, Part, Unread

# Of the shell itself, and leave it as it is.
_HARMLESS = frozenset(("test", "[", "true"))
_PLAIN = (tree.Simple, tree.Pipeline, tree.Subshell)
# Groups, comments, and words that look back at the shell or at an earlier command of it.
_NOT_PLAIN = re.compile(r"\{ |\$[_!$]|\$\{[_!$]|\$\{?BASH_|(?:^|\s)#")


def boundaries(instruction: Instruction) -> tuple[int, ...]:
    """Below which commands of its list a RUN can be cut, counted from 1."""
    if instruction.is_json or instruction.heredocs or instruction.flags or instruction.dangling:
        return ()
    if instruction.keyword != "RUN" or _NOT_PLAIN.search(instruction.rest):
        return ()
    commands = _commands(instruction.rest)
    if not all(isinstance(command, _PLAIN) for command in commands[:-1]):
        return ()
    lead = _lead(commands)
    found: list[int] = []
    for at, command in enumerate(commands[:-1], 1):
        if at > lead:
            if not _leaves_shell(command):
                break
            found.append(at)
    return tuple(found)


def pieces(
    instruction: Instruction, body: bytes, cuts: Sequence[int], newline: bytes
) -> tuple[bytes, ...] | None:
    """The lines of the RUNs that stand for one; comments at a cut stand above what follows it."""
    commands = _commands(instruction.rest)
    places = _places(body, commands, cuts)
    if places is None:
        return None
    lead = _lead(commands)
    keyword = body.split(None, 1)[0]
    start = body.index(keyword) + len(keyword)
    head = b""
    if lead:
        found = _places(body, commands, (lead,))
        if found is None:
            return None
        head = _trimmed(body[start : found[0]])[0].strip() + b" && "
        if b"\n" in head:
            return None
    first, above = _trimmed(body[start : places[0]])
    texts = [keyword + first + newline]
    for place, end in zip(places, (*places[1:], len(body)), strict=True):
        rest, below = _trimmed(body[place + 2 : end])
        comments, rest = _untied(rest)
        texts.append(newline.join([*above, *comments, keyword + b" " + head + rest]) + newline)
        above = below
    if not body.endswith(b"\n"):
        texts[-1] = texts[-1].removesuffix(newline)
    return None if above else tuple(texts)


def reads_as(whole: Instruction, parts: Sequence[Instruction]) -> bool:
    """Whether the parts run the commands of the whole, one after the other."""
    commands = _commands(whole.rest)
    lead = commands[: _lead(commands)]
    found: list[Node] = []
    for part in parts:
        own = _commands(part.rest)
        if part.keyword != "RUN" or part.flags or own[: len(lead)] != lead:
            return False
        found += own[len(lead) :]
    return tuple(found) == commands[len(lead) :]


def _commands(text: str) -> tuple[Node, ...]:
    """The commands of a text that is one list of `&&`; else the text is one command."""
    try:
        found = parse_shell(text, 0)
    except Unread:
        return ()
    while isinstance(found, tree.Sequence) and len(found.parts) == 1:
        found = found.parts[0]
    if isinstance(found, tree.AndOr) and set(found.ops) == {"&&"}:
        return found.parts
    return (found,)


def _lead(commands: Sequence[Node]) -> int:
    """How many commands at the top are only about the shell."""
    for at, command in enumerate(commands):
        if not (isinstance(command, tree.Simple) and _plain(command) and _leads(command)):
            return at
    return len(commands)


def _leads(command: tree.Simple) -> bool:
    head, *words = (word.bare or "" for word in command.words)
    return head == "set" or (head == "cd" and len(words) == 1 and words[0][:1] not in "-~")


def entered(instruction: Instruction) -> tuple[str, ...]:
    """The folders that the `cd`s at the top name, one after the other."""
    commands = _commands(instruction.rest)
    found = [command for command in commands[: _lead(commands)] if isinstance(command, tree.Simple)]
    return tuple(command.words[1].bare or "" for command in found if _head(command) == "cd")


def _plain(command: tree.Simple) -> bool:
    bare = all(word.bare is not None for word in command.words)
    return bare and not command.redirections and not command.assignments


def _head(command: tree.Simple) -> str | None:
    return command.words[0].bare if command.words else None


def _leaves_shell(command: Node) -> bool:
    """Whether the shell is after a command as it was before, and no process is left."""
    if _in_background(command):
        return False
    if isinstance(command, tree.Pipeline):
        return all(map(_leaves_shell, command.parts))
    if not isinstance(command, tree.Simple):
        return isinstance(command, tree.Subshell)
    words = [*command.words, *(redirection.target for redirection in command.redirections)]
    if any(_sets(part) for word in words for part in word.parts):
        return False
    head = _head(command)
    return head is not None and (head in _HARMLESS or head not in BUILTINS)


def _in_background(node: object) -> bool:
    if isinstance(node, tree.Background):
        return True
    if isinstance(node, tuple):
        return any(map(_in_background, node))
    return isinstance(node, Struct) and any(map(_in_background, astuple(node)))


def _sets(part: Part) -> bool:
    """`${x:=y}`, `$((x=1))`: an expansion that may set a variable."""
    if isinstance(part, tree.Parameter):
        inner = part.word.parts if part.word else ()
        return part.op in ("=", ":=", "odd") or any(map(_sets, inner))
    return not isinstance(part, (tree.Literal, tree.Substitution))


def _places(body: bytes, commands: Sequence[Node], cuts: Sequence[int]) -> tuple[int, ...] | None:
    """Where the `&&` below each of the commands stands."""
    found: dict[int, int] = {}
    for at in _ands(body):
        left = _trimmed(body[:at])[0]
        try:
            instructions = parse(b"FROM scratch\n" + left + b"\n").instructions
        except ParseError:
            continue
        own = _commands(instructions[1].rest) if len(instructions) == 2 else ()
        if own and own == commands[: len(own)]:
            found.setdefault(len(own), at)
    return tuple(found[n] for n in cuts) if all(n in found for n in cuts) else None


def _ands(body: bytes) -> Iterator[int]:
    at = body.find(b"&&")
    while at >= 0:
        if not _is_comment(body[body.rfind(b"\n", 0, at) + 1 : at]):
            yield at
        at = body.find(b"&&", at + 2)


def _trimmed(text: bytes) -> tuple[bytes, list[bytes]]:
    """The text without the continuation at its end, and the comments that stand in it."""
    lines = text.splitlines()
    comments: list[bytes] = []
    while lines and (_is_comment(lines[-1]) or lines[-1].strip() in (b"", b"\\", b"`")):
        if _is_comment(last := lines.pop()):
            comments.insert(0, last.strip())
    if not lines:
        return b"", comments
    kept = text[: text.rindex(lines[-1]) + len(lines[-1])].rstrip()
    return (kept[:-1].rstrip() if kept.endswith((b"\\", b"`")) else kept), comments


def _untied(text: bytes) -> tuple[list[bytes], bytes]:
    """The comments at the top of a text that continues a line, and what it continues with."""
    lines = text.splitlines(keepends=True)
    comments: list[bytes] = []
    while lines and (_is_comment(lines[0]) or lines[0].strip() in (b"", b"\\", b"`")):
        if _is_comment(first := lines.pop(0)):
            comments.append(first.strip())
    return comments, b"".join(lines).lstrip()


def _is_comment(line: bytes) -> bool:
    return line.lstrip().startswith(b"#")
