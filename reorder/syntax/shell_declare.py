"""Commands of the shell that set variables.

export A=1    ->    A is "1", and programs see it
read x        ->    x is not known
"""

from __future__ import annotations

from msgspec.structs import replace

from reorder.syntax.shell_call import Call, Outcome, Shell
from reorder.syntax.shell_folders import doubtful, in_bash
from reorder.syntax.shell_scan import NAME, NAME_START
from reorder.syntax.shell_simple import assigned
from reorder.syntax.shell_state import State, Variable
from reorder.syntax.shell_tree import Assignment, Literal, Unread, Word
from reorder.syntax.shell_uses import Arg
from reorder.syntax.shell_words import expand, value

# with these set, the same text means something else from there on
REFUSED = frozenset(("POSIXLY_CORRECT", "PS4", "BASH_COMPAT"))
CHANGES_VALUE = frozenset("aAilu")


def is_name(text: str) -> bool:
    return text != "" and text[0] in NAME_START and NAME.issuperset(text)


def assign(
    shell: Shell, assignment: Assignment, state: State, exported: bool = False
) -> tuple[State, Arg]:
    """The state after an assignment, and the value."""
    name, text = assignment.name, None
    if name in REFUSED:
        raise Unread(f"`{name}` changes how the shell reads the rest")
    arg, state = value(assignment.value, shell.values, state)
    if assignment.op == "=":
        return state.having(name, Variable(arg.text, False, exported, shape=arg.shape)), arg
    old, _ = shell.values.variable(name, state)
    if assignment.op == "+=" and shell.bash and old is not None and arg.text is not None:
        text = old + arg.text
    variable = Variable(text, text is None, exported)
    return state.having(name, variable), Arg(text, source=arg.source)


def declare(shell: Shell, call: Call, state: State) -> Outcome:
    """export, readonly, local, declare, typeset."""
    require_words(call)
    shell.emit_redirects(call, state)
    command, before, letters = call.args[0].text or "", state, ""
    for word in call.words[1:]:
        assignment = assigned(word)
        if assignment:
            state = declared(shell, command, letters, assignment, word, state)
            continue
        args, state = expand(word, shell.values, state)
        for arg in args:
            if arg.text is None or arg.glob or arg.many:
                state = state.touched()
            elif arg.text.startswith(("-", "+")):
                letters += arg.text.replace("+", "-+")
            elif is_name(arg.text):
                state = named(shell, command, letters, arg.text, state)
            else:
                state = state.touched()
    if command == "declare" and "n" in letters:
        raise Unread(f"`declare -n` at line {call.line + 1} gives a variable two names")
    outcome = shell.done(state, call.guarded)
    if command == "local" and not shell.locals:
        return doubtful(before, outcome)
    return in_bash(shell, before, outcome) if command in ("declare", "typeset") else outcome


def require_words(call: Call) -> None:
    """These commands look at their words before expansion."""
    if not call.words or call.words[0].bare != call.args[0].text:
        raise Unread(f"what `{call.args[0].source}` at line {call.line + 1} sets is not known")


def declared(
    shell: Shell, command: str, letters: str, assignment: Assignment, word: Word, state: State
) -> State:
    """`export name=value`, where an old sh splits the value and knows no tilde."""
    keep_local(shell, command, letters, assignment.name)
    exports = command == "export" or "x" in letters
    state, arg = assign(shell, assignment, state, exports)
    if "-n" in letters:
        state = named(shell, command, letters, assignment.name, state)
    plain = all(isinstance(part, Literal) and part.quoted for part in assignment.value.parts)
    parted = arg.text is None or any(char in arg.text for char in " \t\n*?[\\")
    tilde = "~" in word.source
    if CHANGES_VALUE & set(letters) or (not shell.bash and not plain and (parted or tilde)):
        state = state.having(assignment.name, Variable(None, exported=exports))
    return state


def named(shell: Shell, command: str, letters: str, name: str, state: State) -> State:
    """`export name` and `local name`, without a value."""
    if keep_local(shell, command, letters, name):
        return state.having(name, Variable(None, outer=True))
    old = state.variables.get(name)
    if old is None or not (command == "export" or "x" in letters):
        return state
    variables = {**state.variables, name: replace(old, exported=None if "-n" in letters else True)}
    return replace(state, variables=variables)


def keep_local(shell: Shell, command: str, letters: str, name: str) -> bool:
    """Whether `name` is one of the running function alone, and gets its old value back."""
    is_local = command == "local" or (command in ("declare", "typeset") and "g" not in letters)
    if not is_local or not shell.locals:
        return False
    shell.locals[-1].add(name)
    return True


def unset(shell: Shell, call: Call, state: State) -> Outcome:
    shell.emit_redirects(call, state)
    kind = ""
    for arg in call.args[1:]:
        text = arg.text
        if text is None or arg.glob or arg.many:
            unsure = {name: (*bodies, None) for name, bodies in state.functions.items()}
            state = replace(state.touched(), functions=unsure)
        elif text in ("-v", "-f"):
            kind = text
        elif kind == "-f" or text in state.functions:
            maybe = () if kind == "-f" else state.functions[text]
            state = replace(state, functions={**state.functions, text: (*maybe, None)})
        if text is not None and kind != "-f" and is_name(text):
            state = state.having(text, Variable("", gone=True))
    return shell.done(state, call.guarded)


def read(shell: Shell, call: Call, state: State) -> Outcome:
    """read, getopts: each word that can be a name may be set."""
    shell.emit_redirects(call, state)
    for arg in call.args[1:]:
        if arg.text is None or arg.glob or arg.many:
            state = state.touched()
        elif is_name(arg.text):
            state = state.having(arg.text, Variable(None))
    return shell.done(state, call.guarded)


def read_in_bash(shell: Shell, call: Call, state: State) -> Outcome:
    return in_bash(shell, state, read(shell, call, state))


def let(shell: Shell, call: Call, state: State) -> Outcome:
    require_words(call)
    shell.emit_redirects(call, state)
    before = state
    for word in call.words[1:]:
        state = shell.values.compute(word, state)
    return in_bash(shell, before, shell.done(state, call.guarded))


def shift(shell: Shell, call: Call, state: State) -> Outcome:
    shell.emit_redirects(call, state)
    count = call.args[1].text if len(call.args) > 1 else "1"
    known = state.parameters is not None and count is not None and count.isdecimal()
    if not known or state.parameters is None or count is None:
        return shell.done(replace(state, parameters=None), call.guarded)
    if int(count) > len(state.parameters):
        return shell.done(state, call.guarded)
    return Outcome(replace(state, parameters=state.parameters[int(count) :]), None)
