"""One command with all that it sees, and the record of the commands that a script may run.

A=$X tool -x < f    ->    Use(tool -x, assigns A, redirect read f)
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from reorder.syntax.shell_state import State, Variable, join
from reorder.syntax.shell_tree import Node, Pipeline, Redirection, Simple, Unread, Word
from reorder.syntax.shell_uses import Arg, Redirect, Use
from reorder.syntax.shell_values import Values
from reorder.syntax.shell_words import expand, outward, value

MOST_USES = 2_000
MOST_STEPS = 10_000
DEEPEST = 60
SEVERAL = -1  # `Use.piped` when more than one command, or something else, feeds a use
ALWAYS_EXPORTED = frozenset(("HOME", "PATH"))


class Outcome(Struct, frozen=True):
    """The states after success and after failure; None: it does not come to that."""

    ok: State | None
    fail: State | None

    @property
    def after(self) -> State | None:
        return join(self.ok, self.fail)


class Call(Struct, frozen=True):
    """`args` as the shell expanded them, `words` as written; `guarded`: `set -e` is off here."""

    args: tuple[Arg, ...]
    words: tuple[Word, ...]
    line: int
    guarded: bool
    redirects: tuple[Redirect, ...] = ()
    stdin: str | None = None
    piped: int | None = None
    prefix: tuple[tuple[str, Arg], ...] = ()

    def shifted(self, count: int) -> Call:
        return replace(self, args=self.args[count:], words=self.words[count:])


class Shell(ABC):
    """The record of a walk.

    `emitted` are the indexes of the uses of the pipeline part that is being walked, `feed` is what
    feeds its first input, `together` the ranges of uses without an order, `loops` and `returns`
    the states that `break` and `return` carry out, `masks`: a `umask` was
    called.
    """

    def __init__(
        self,
        lookup: Callable[[str], str | None],
        home: str | None,
        bash: bool,
        prints: Callable[[Sequence[Use]], int],
        sourced: Callable[[str], str | None],
    ) -> None:
        self.prints = prints
        self.sourced = sourced
        self.values = Values(lookup, home, bash, set(), self.substitute)
        self.bash = bash
        self.uses: list[Use] = []
        self.emitted: list[int] = []
        self.together: list[tuple[int, int]] = []
        self.feed: int | None = None
        self.loops: list[list[State]] = []
        self.returns: list[list[State]] = []
        self.locals: list[set[str]] = []
        self.traps: list[tuple[Node, bool]] = []
        self.folders: set[str] = set()
        self.functions: dict[str, list[Node]] = {}
        self.masks = False
        self.steps = 0
        self.depth = 0

    @abstractmethod
    def walk(self, node: Node, state: State | None, guarded: bool = False) -> Outcome:
        """What `node` may run from `state`, and what is known after it."""

    @abstractmethod
    def dispatch(self, call: Call, state: State, functions: bool = True) -> Outcome:
        """Runs a command that is already expanded."""

    def done(self, state: State, guarded: bool) -> Outcome:
        """After a command that may succeed or fail."""
        return Outcome(state, None if state.aborts and not guarded else state)

    def inside(self, node: Node, state: State) -> Outcome:
        """The same for commands in a process of their own."""
        kept = self.loops, self.returns, self.locals
        self.loops, self.returns, self.locals = [], [], []
        outcome = self.walk(node, state)
        self.loops, self.returns, self.locals = kept
        return outcome

    def substitute(self, body: Node, state: State) -> Variable:
        """Runs a command substitution; its output, or what is known of that."""
        outside, self.emitted = self.emitted, []
        self.inside(body, replace(state, aborts=False))
        emitted, self.emitted = self.emitted, outside
        text = self.output(body, emitted, state)
        parts = body.parts if isinstance(body, Pipeline) else (body,)
        if text is not None or len(parts) != len(emitted):
            return Variable(text)
        plain = all(isinstance(part, Simple) and not part.redirections for part in parts)
        return Variable(None, shape=self.prints([self.uses[at] for at in emitted]) if plain else 0)

    def output(self, body: Node, emitted: Sequence[int], state: State) -> str | None:
        """The output of one command where that is plain to see."""
        if not isinstance(body, Simple) or body.redirections or len(emitted) != 1:
            return None
        name, *args = (arg.text for arg in self.uses[emitted[0]].argv)
        if name != (body.words[0].bare if body.words else None):
            return None
        if name == "mktemp" and args in ([], ["-d"]):
            return self.fresh(emitted[0], state)
        if name == "pwd" and not args:
            return self.values.folder(state)
        if name != "echo" or any(arg.glob or arg.many for arg in self.uses[emitted[0]].argv):
            return None
        known = [arg for arg in args if arg is not None and "\\" not in arg and "?" not in arg]
        if len(known) < len(args) or (known and known[0].startswith("-")):
            return None
        return " ".join(known).rstrip("\n")

    def fresh(self, use: int, state: State) -> str | None:
        """A name that nothing else has, in place of the one that is drawn during the build.

        TMPDIR of which nothing is known outside is taken to be unset.
        """
        text, _ = self.values.variable("TMPDIR", state)
        unset = text is None and not state.touched_all and "TMPDIR" not in state.variables
        return f"/tmp/tmp.drawn-by-{use}" if text == "" or unset else None

    def emit(
        self,
        call: Call,
        state: State,
        *,
        args: Sequence[Arg] | None = None,
        folder: str = "",
        sourced: str | None = None,
    ) -> None:
        if len(self.uses) == MOST_USES:
            raise Unread(f"the shell text runs more than {MOST_USES} commands")
        self.emitted.append(len(self.uses))
        self.uses.append(
            Use(
                tuple(outward(arg) for arg in (call.args if args is None else args)),
                (folder,) if folder else tuple(sorted(state.folders)),
                call.redirects,
                call.stdin,
                call.piped,
                self.assigned(call, state),
                call.line,
                sourced,
                state.umask,
            )
        )

    def emit_redirects(self, call: Call, state: State) -> None:
        """The files that a command which is no use itself opens."""
        if call.redirects:
            self.emit(call, state, args=(Arg(":", source=":"),))

    def assigned(self, call: Call, state: State) -> tuple[tuple[str, Arg], ...]:
        """The variables that the script has, or may have, set for this command."""
        seen = {name: self.seen(name, variable) for name, variable in state.variables.items()}
        known = {name: arg for name, arg in sorted(seen.items()) if arg is not None}
        self.values.names.update(name for name in known if state.variables[name].outer)
        if state.touched_all:
            known["*"] = Arg(None)
        known |= {name: outward(arg) for name, arg in call.prefix}
        return tuple(known.items())

    def seen(self, name: str, variable: Variable) -> Arg | None:
        """What a program sees of a variable; None when it does not see that of the script.

        A name that the environment holds outside stays exported. One of which nothing is known
        outside is taken not to be there.
        """
        if variable.gone:
            return Arg("")
        outside = self.values.lookup(name)
        if variable.exported is None or (not variable.exported and outside == ""):
            return Arg(None)
        seen = variable.exported or name in ALWAYS_EXPORTED or outside
        return outward(Arg(variable.text)) if seen else None

    def redirect(
        self, redirections: Sequence[Redirection], call: Call, state: State
    ) -> tuple[Call, State]:
        """`call` with the files that it opens and what it reads from."""
        for redirection in redirections:
            to_input = redirection.op.startswith("<") and redirection.fd in (None, 0)
            if redirection.body or redirection.op == "<<<":
                body = redirection.body[0] if redirection.body else redirection.target
                text, state = value(body, self.values, state)
                shown = outward(text).text
                if redirection.op == "<<<" and shown is not None:
                    shown += "\n"
                piped = None if shown is not None else SEVERAL
                call = replace(call, stdin=shown, piped=piped) if to_input else call
                continue
            if redirection.op.startswith("<<"):
                raise Unread("a here-document has no text")
            if to_input:
                piped = SEVERAL if redirection.op == "<&" else None
                call = replace(call, stdin=None, piped=piped)
            found, state = self.opened(redirection, state)
            call = replace(call, redirects=call.redirects + found)
        return call, state

    def opened(self, redirection: Redirection, state: State) -> tuple[tuple[Redirect, ...], State]:
        args, state = expand(redirection.target, self.values, state)
        sole = len(args) == 1 and not args[0].many
        target = outward(args[0]) if sole else Arg(None, source=redirection.target.source)
        op = redirection.op
        if op in ("<&", ">&") and target.text is not None:
            number = target.text.removesuffix("-")
            if not number or number.isdecimal():
                return (), state
        if op == "<>":
            return (Redirect(target, "read"), Redirect(target, "write")), state
        if op in ("<", "<&"):
            return (Redirect(target, "read"),), state
        return (Redirect(target, "append" if op.endswith(">>") else "write"),), state
