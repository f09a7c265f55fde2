"""The other commands of the shell itself, and the table of them all.

[ -f x ]    ->    a use of `test -f x`
eval "a b"  ->    a use of `a b`
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping
from itertools import pairwise

from msgspec.structs import replace

from reorder.syntax.shell_call import Call, Outcome, Shell
from reorder.syntax.shell_declare import declare, let, read, read_in_bash, shift, unset
from reorder.syntax.shell_folders import cd, popd, pushd
from reorder.syntax.shell_parse import parse
from reorder.syntax.shell_state import State, Variable, join
from reorder.syntax.shell_tree import Unread
from reorder.syntax.shell_uses import Arg
from reorder.syntax.shell_values import HOME

Builtin = Callable[[Shell, Call, State], Outcome]

MASK = re.compile("0?[0-7]{1,3}")
MASKS_IN_WORDS = {"u=rwx,g=rx,o=rx": "022", "u=rwx,g=rwx,o=rx": "002", "u=rwx,g=,o=": "077"}
SET_LETTERS = frozenset("aebhmuvxCET")
SET_NAMES = frozenset(
    (
        *("allexport", "errexit", "errtrace", "functrace", "hashall", "history", "ignoreeof"),
        *("interactive-comments", "monitor", "noclobber", "nolog", "notify", "nounset"),
        *("pipefail", "verbose", "vi", "emacs", "xtrace"),
    )
)
SHOPT_NAMES = frozenset(("inherit_errexit", "nullglob", "failglob", "nocasematch"))


def unknown(arg: Arg) -> bool:
    return arg.text is None or arg.glob or arg.many


def quiet(shell: Shell, call: Call, state: State) -> Outcome:
    """A command that touches nothing but the running shell."""
    shell.emit_redirects(call, state)
    return shell.done(state, call.guarded)


def succeed(shell: Shell, call: Call, state: State) -> Outcome:
    shell.emit_redirects(call, state)
    return Outcome(state, state if call.redirects else None)


def fail(shell: Shell, call: Call, state: State) -> Outcome:
    shell.emit_redirects(call, state)
    return Outcome(None, shell.done(state, call.guarded).fail)


def leave(shell: Shell, call: Call, state: State) -> Outcome:
    shell.emit_redirects(call, state)
    return Outcome(None, None)


def give_back(shell: Shell, call: Call, state: State) -> Outcome:
    """return; outside a function shells differ in whether they go on."""
    shell.emit_redirects(call, state)
    if not shell.returns:
        return Outcome(state, state)
    shell.returns[-1].append(state)
    return Outcome(None, None)


def escape(shell: Shell, call: Call, state: State) -> Outcome:
    """break, continue: `break 2` may leave any of the loops around it."""
    shell.emit_redirects(call, state)
    if not shell.loops:
        return Outcome(state, state)
    for states in shell.loops:
        states.append(state)
    return Outcome(None, None)


def use(shell: Shell, call: Call, state: State) -> Outcome:
    shell.emit(call, state)
    return shell.done(state, call.guarded)


def test(shell: Shell, call: Call, state: State) -> Outcome:
    """test, [ and [[: `-v NAME` looks at a variable."""
    args = call.args[1:]
    if call.args[0].text != "test" and args and args[-1].text in ("]", "]]"):
        args = args[:-1]
    for flag, operand in pairwise(args):
        if flag.text == "-v" and operand.text is None:
            raise Unread(f"`{operand.source}` at line {call.line + 1} may name any variable")
        if flag.text == "-v" and operand.text is not None:
            shell.values.variable(operand.text.partition("[")[0], state)
    shell.emit(call, state, args=(replace(call.args[0], text="test"), *args))
    return shell.done(state, call.guarded)


def printf(shell: Shell, call: Call, state: State) -> Outcome:
    if len(call.args) > 1 and call.args[1].text == "-v":
        return read_in_bash(shell, call, state)
    return use(shell, call, state)


def evaluate(shell: Shell, call: Call, state: State) -> Outcome:
    shell.emit_redirects(call, state)
    texts = [arg.text for arg in call.args[1:] if not unknown(arg)]
    known = [text for text in texts if text is not None and HOME not in text]
    if len(known) < len(call.args) - 1:
        raise Unread(f"the text of `eval` at line {call.line + 1} is not known")
    return shell.walk(parse(" ".join(known), call.line), state, call.guarded)


def source(shell: Shell, call: Call, state: State) -> Outcome:
    """`. FILE` runs its text here, and fails when there is no such file."""
    text = sourced(shell, call, state)
    args = (replace(call.args[0], text="source"), *call.args[1:])
    shell.emit(call, state, args=args, sourced=text)
    if text is None:
        return shell.done(replace(state.touched(), aborts=False), call.guarded)
    shell.returns.append([])
    outcome = shell.walk(parse(text, call.line), state, call.guarded)
    for returned in shell.returns.pop():
        outcome = Outcome(join(outcome.ok, returned), join(outcome.fail, returned))
    missing = shell.done(join(state, outcome.after) or state, call.guarded).fail
    return Outcome(outcome.ok, join(outcome.fail, missing))


def sourced(shell: Shell, call: Call, state: State) -> str | None:
    """The text of the file; a name without a slash is looked for on PATH."""
    name = call.args[1].text if len(call.args) == 2 and not unknown(call.args[1]) else None
    if name is None or "/" not in name or HOME in name or len(state.folders) != 1:
        return None
    return shell.sourced(posixpath.join(*state.folders, name))


def trap(shell: Shell, call: Call, state: State) -> Outcome:
    shell.emit_redirects(call, state)
    args = call.args[1:]
    if any(unknown(arg) for arg in args) or any(HOME in (arg.text or "") for arg in args):
        raise Unread(f"the text of `trap` at line {call.line + 1} is not known")
    texts = [arg.text or "" for arg in args]
    texts = texts[1:] if texts[:1] == ["--"] else texts
    if len(texts) > 1 and texts[0] not in ("", "-", "-p", "-l"):
        at_exit = all(signal in ("EXIT", "0") for signal in texts[1:])
        shell.traps.append((parse(texts[0], call.line), at_exit))
    return shell.done(state, call.guarded)


def umask(shell: Shell, call: Call, state: State) -> Outcome:
    shell.emit_redirects(call, state)
    modes = [arg.text or "" for arg in call.args[1:] if arg.text != "-S"]
    for mode in modes:
        digits = MASKS_IN_WORDS.get(mode, mode)
        if not MASK.fullmatch(digits) or len(modes) > 1:
            raise Unread(f"`umask` at line {call.line + 1} sets modes that are not known")
        state = replace(state, umask=f"{int(digits, 8):04o}")
        shell.masks = True
    return shell.done(state, call.guarded)


def settings(shell: Shell, call: Call, state: State) -> Outcome:
    """set: options and positional parameters."""
    shell.emit_redirects(call, state)
    args = list(call.args[1:])
    while args:
        arg = args.pop(0)
        text = arg.text
        if text is None or arg.glob or arg.many:
            raise Unread(f"the options of `set` at line {call.line + 1} are not known")
        if text == "--" or not text.startswith(("-", "+")):
            args = args if text == "--" else [arg, *args]
            known = None if any(arg.glob or arg.many for arg in args) else args
            given = None if known is None else tuple(arg.text for arg in known)
            return Outcome(replace(state, parameters=given), None)
        name = args.pop(0).text if text[1:].endswith("o") and args else ""
        letters = set(text[1:].removesuffix("o"))
        if not letters <= SET_LETTERS or (name and name not in SET_NAMES) or name is None:
            raise Unread(f"`set {text}` at line {call.line + 1} is not followed")
        if "e" in letters or name == "errexit":
            state = replace(state, aborts=text[0] == "-")
        if "a" in letters or name == "allexport":
            state = replace(state, exports=text[0] == "-")
    return Outcome(state, None)


def shopt(shell: Shell, call: Call, state: State) -> Outcome:
    for arg in call.args[1:]:
        plain = arg.text is not None and (arg.text.startswith("-") or arg.text in SHOPT_NAMES)
        if not plain or arg.text == "-o":
            raise Unread(f"`shopt` at line {call.line + 1} changes how the rest is read")
    return quiet(shell, call, state)


def execute(shell: Shell, call: Call, state: State) -> Outcome:
    """exec: the command takes the place of the shell, which does not come back."""
    rest = call.shifted(1)
    while rest.args and (rest.args[0].text or "").startswith("-"):
        rest = rest.shifted(2 if rest.args[0].text == "-a" else 1)
    if rest.args:
        shell.emit(rest, state)
        return Outcome(None, None)
    reads = any(redirect.access == "read" for redirect in call.redirects)
    if reads or call.stdin is not None or call.piped is not None:
        raise Unread(f"`exec` at line {call.line + 1} changes what later commands read")
    return quiet(shell, call, state)


def command(shell: Shell, call: Call, state: State) -> Outcome:
    """command, builtin: without regard to functions; `command -v` is a use of its own."""
    rest = call.shifted(1)
    if rest.args and rest.args[0].text == "--":
        rest = rest.shifted(1)
    if not rest.args:
        return quiet(shell, call, state)
    if (rest.args[0].text or "-").startswith("-"):
        return use(shell, call, state)
    return shell.dispatch(rest, state, functions=False)


def time(shell: Shell, call: Call, state: State) -> Outcome:
    """A word of the language in bash, a program elsewhere."""
    rest = call.shifted(1)
    while rest.args and rest.args[0].text in ("-p", "--"):
        rest = rest.shifted(1)
    inner = rest.args[0].text if rest.args else None
    if inner in BUILTINS or inner in state.functions or inner == "!":
        raise Unread(f"what `time` at line {call.line + 1} runs differs between shells")
    if not shell.bash or inner is None:
        return use(shell, call, state)
    return shell.dispatch(rest, state)


def refused(shell: Shell, call: Call, state: State) -> Outcome:
    name = call.args[0].text
    raise Unread(f"`{name}` at line {call.line + 1} changes what later commands mean")


def getopts(shell: Shell, call: Call, state: State) -> Outcome:
    outcome = read(shell, call, state)
    if outcome.ok is None:
        return outcome
    after = outcome.ok.having("OPTARG", Variable(None)).having("OPTIND", Variable(None))
    return Outcome(after, after if outcome.fail else None)


SPECIAL: Mapping[str, Builtin] = {
    **dict.fromkeys((":",), succeed),
    **dict.fromkeys(("export", "readonly"), declare),
    **dict.fromkeys(("break", "continue"), escape),
    **dict.fromkeys((".", "source"), source),
    **{"exit": leave, "return": give_back, "eval": evaluate, "exec": execute, "set": settings},
    **{"shift": shift, "trap": trap, "unset": unset, "times": quiet},
}
BUILTINS: Mapping[str, Builtin] = {
    **SPECIAL,
    **{"cd": cd, "pushd": pushd, "popd": popd, "true": succeed, "false": fail, "let": let},
    **dict.fromkeys(("local", "declare", "typeset"), declare),
    **{"read": read, "mapfile": read_in_bash, "readarray": read_in_bash},
    **dict.fromkeys(("test", "["), test),
    **dict.fromkeys(("wait", "ulimit", "jobs", "fg", "bg", "disown", "unalias", "logout"), quiet),
    **dict.fromkeys(("alias", "enable", "caller", "bind", "complete", "compgen"), refused),
    **{"getopts": getopts, "printf": printf, "umask": umask, "shopt": shopt, "time": time},
    **dict.fromkeys(("command", "builtin"), command),
}
# What a shell runs itself, so that no file of the name takes its place (POSIX.1-2024 XCU 1.6).
OF_THE_SHELL = frozenset((*BUILTINS, "echo", "hash", "kill", "pwd", "type"))
