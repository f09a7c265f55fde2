"""The shell text of a RUN -> the commands of its list, for texts that are one plain list of `&&`.

cd /app && a "x && y" | b && c    ->    `cd /app`, `a "x && y" | b`, `c`
"""

from __future__ import annotations

import re

_NOT_LISTED = re.compile(
    r"(?:!\s+)*(?:if|for|while|until|case|select|function|time|coproc|\[\[|\{)(?=\s)"
)
_STARTS = frozenset(("if", "for", "while", "until", "case"))
_ENDS = frozenset(("fi", "done", "esac"))
_JOINTS = frozenset(("then", "do", "else", "elif", "if", "while", "until"))
_TOKENS = re.compile(r"[;&|()]+|[^\s;&|()]+")
_STATE = frozenset(
    (
        *("cd", "pushd", "popd", "set", "export", "readonly", "unset", "alias", "unalias", "umask"),
        *("ulimit", "trap", "eval", "exec", "source", ".", "return", "exit", "break", "continue"),
        *("shift", "local", "declare", "typeset", "let", "read", "mapfile", "readarray", "getopts"),
        *("hash", "shopt", "enable", "builtin", "command", "wait", "bg", "fg", "jobs", "disown"),
        *("printf", "logout", "caller", "bind", "complete", "times", "suspend"),
    )
)
_LEAD = re.compile(r"cd +[\w./+=][\w./+=-]*|set(?: +[\w./+=-]+)*")
_SINGLE = re.compile(r"(?<![&<>])&(?![&>\d])")
_QUOTED = re.compile(r"'[^']*'|\"(?:[^\"\\$`]|\\.|\$(?!\())*\"|\\.")
_HEAD = re.compile(r"(?:!\s+)?(?:[A-Za-z_]\w*=[\w./:,+-]*\s+)*([\w./+-]+|\[)(?=\s|$)")
_SETS = re.compile(r"\$\(\(|\$\{[^}]*=|\$[!_$]|\$\{[!_$]")
_PAIRS = {"(": ")", "'": "'", '"': '"'}


def listed(text: str) -> tuple[str, ...] | None:
    """The commands between the `&&`, or None when the text is more than such a list."""
    found: list[str] = []
    start = at = 0
    while at < len(text):
        if not text[start:at].strip() and _compound(text[at:].strip()):
            break
        if text.startswith("&&", at):
            found.append(text[start:at].strip())
            start = at = at + 2
            continue
        following = _past(text, at)
        if following is None:
            return None
        at = following
    found.append(text[start:].strip())
    hidden = any(_NOT_LISTED.match(c + " ") and not _compound(c) for c in found)
    return None if hidden or not all(found) else tuple(found)


def _compound(text: str) -> bool:
    """Whether a text is one `if`, `for`, `while` or `case` from its first word to its last."""
    tokens = _TOKENS.findall(text.rstrip("; "))
    depth = 0
    first = True
    for number, token in enumerate(tokens):
        if token[0] in ";&|()":
            first = True
        elif first:
            depth += -1 if token in _ENDS else token in _STARTS
            first = token in _JOINTS
            if depth <= 0:
                return 0 < number == len(tokens) - 1
    return False


def _past(text: str, at: int) -> int | None:
    """The place behind what stands at `at`; None for what ends a list or hides one."""
    char = text[at]
    if char == "\\":
        return at + 2
    if char in _PAIRS:
        return _closed(text, at + 1, _PAIRS[char])
    starts_word = at == 0 or text[at - 1] in " \t"
    if char in ";\n`)" or text.startswith(("||", "<<", "<(", ">("), at):
        return None
    if char == "&" and (at == 0 or text[at - 1] not in "<>"):
        return None
    if char in "#{}" and starts_word:
        return None
    return at + 1


def _closed(text: str, at: int, end: str) -> int | None:
    """The place behind the quote or bracket that is open at `at`."""
    while at < len(text):
        char = text[at]
        if char == end:
            return at + 1
        if char == "\\" and end != "'":
            at += 2
        elif end == ")" and char in _PAIRS:
            at = _closed(text, at + 1, _PAIRS[char]) or len(text)
        elif end == '"' and text.startswith("$(", at):
            at = _closed(text, at + 2, ")") or len(text)
        elif end != "'" and char in "`#":
            return None
        else:
            at += 1
    return None


def lead(commands: tuple[str, ...]) -> int:
    """How many commands at the top only set the folder or an option of the shell."""
    found = (at for at, command in enumerate(commands) if not _LEAD.fullmatch(command))
    return next(found, len(commands))


def entered(commands: tuple[str, ...], folder: str | None) -> tuple[str, ...]:
    """The folders that the `cd`s at the top enter, `folder` being the one that they start in."""
    found: list[str] = []
    at = folder or "?cwd"
    for command in commands[: lead(commands)]:
        if command.startswith("cd"):
            word = command.split()[1]
            at = word if word.startswith("/") else f"{at}/{word}"
            found.append(at)
    return tuple(found)


def leaves_shell(command: str) -> bool:
    """Whether the shell is surely after a command as it was before, and no process is left."""
    if _SINGLE.search(_QUOTED.sub("", command)):
        return False
    if command.startswith("(") and _closed(command, 1, ")") == len(command):
        return True
    head = _HEAD.match(command)
    return head is not None and head[1] not in _STATE and not _SETS.search(command)
