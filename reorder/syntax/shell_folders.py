"""The folder that a shell is in: `cd`, `pushd`, `popd`.

in /a: cd ../b    ->    /b
in /a: cd "$X"    ->    ?cd:LINE
"""

from __future__ import annotations

from msgspec.structs import replace

from reorder.syntax.shell_call import Call, Outcome, Shell
from reorder.syntax.shell_state import SOMEWHERE, State, join
from reorder.syntax.shell_uses import Arg
from reorder.syntax.shell_values import HOME


def entered(folder: str, target: str) -> str:
    """The folder after `cd target` in `folder`; logical, as shells do by default."""
    if target.startswith(HOME):
        folder, target = "?home", target.removeprefix(HOME).lstrip("/")
    elif target.startswith("/"):
        folder = "/"
    if folder.startswith(SOMEWHERE):
        return SOMEWHERE
    root = "" if folder.startswith("/") else folder.partition("/")[0]
    parts = [part for part in folder.removeprefix(root).split("/") if part]
    for part in target.split("/"):
        if part == ".." and not parts and root:
            return SOMEWHERE
        if part == "..":
            parts = parts[:-1]
        elif part not in ("", "."):
            parts.append(part)
    return "/".join((root, *parts)) if parts or root else "/"


def destination(shell: Shell, args: tuple[Arg, ...], state: State) -> str | None:
    """What the operand of `cd` names; None when not known."""
    physical = False
    while args and args[0].text in ("-L", "-P", "-e", "-LP", "-PL", "--"):
        physical = physical or "P" in (args[0].text or "")
        args = args[1:]
    if not args:
        return shell.values.variable("HOME", state)[0]
    (target, *others) = args
    if target.text is None or target.glob or target.many or others or target.text == "-":
        return None
    if not target.text.startswith(("/", ".", HOME)):
        searched, _ = shell.values.variable("CDPATH", state)
        if searched or ("CDPATH" in state.variables and searched is None):
            return None
    if HOME in target.text and not f"{target.text}/".startswith(f"{HOME}/"):
        return None
    return None if physical and ".." in target.text else target.text


def cd(shell: Shell, call: Call, state: State) -> Outcome:
    target = destination(shell, call.args[1:], state)
    if target == "":
        return shell.done(state, call.guarded)
    if target is None:
        place = f"{SOMEWHERE}:{call.line}"
        shell.emit(call, state, args=(Arg(":", source=":"),), folder=place)
        folders = frozenset((place,))
    else:
        words = (Arg("test"), Arg("-d"), Arg(target, source=call.args[-1].source))
        shell.emit(call, state, args=words)
        folders = frozenset(entered(folder, target) for folder in state.folders)
    inside = replace(state, folders=folders)
    return Outcome(inside, None if target == "/" else shell.done(state, call.guarded).fail)


def pushd(shell: Shell, call: Call, state: State) -> Outcome:
    plain = len(call.args) == 2 and not (call.args[1].text or "-").startswith(("-", "+"))
    if not plain:
        lost = replace(state, folders=frozenset((f"{SOMEWHERE}:{call.line}",)), stack=None)
        return Outcome(join(state, lost), state)
    outcome = cd(shell, call, state)
    if outcome.ok is None or state.stack is None:
        return outcome
    pushed = replace(outcome.ok, stack=(*state.stack, state.folders))
    return in_bash(shell, state, Outcome(pushed, outcome.fail))


def popd(shell: Shell, call: Call, state: State) -> Outcome:
    shell.emit_redirects(call, state)
    if len(call.args) > 1 or not state.stack:
        lost = replace(state, folders=frozenset((f"{SOMEWHERE}:{call.line}",)), stack=None)
        return Outcome(join(state, lost), state)
    back = replace(state, folders=state.stack[-1], stack=state.stack[:-1])
    return in_bash(shell, state, Outcome(back, shell.done(state, call.guarded).fail))


def in_bash(shell: Shell, state: State, outcome: Outcome) -> Outcome:
    """The outcome of a command that only bash is sure to have."""
    return outcome if shell.bash else doubtful(state, outcome)


def doubtful(state: State, outcome: Outcome) -> Outcome:
    """The outcome of a command of which it is not sure that it does anything."""
    return Outcome(join(state, outcome.ok), join(state, outcome.fail))
