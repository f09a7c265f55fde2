"""The walk through the tree of a script, with all that the shell may know at each command.

cd /a && b; c    ->    b runs in /a; c runs in /a or where the script began
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from msgspec.structs import replace

from reorder.syntax import shell_tree as tree
from reorder.syntax.shell_builtins import BUILTINS, SPECIAL, test, unknown, use
from reorder.syntax.shell_call import DEEPEST, MOST_STEPS, SEVERAL, Call, Outcome
from reorder.syntax.shell_declare import assign
from reorder.syntax.shell_flow import Flow, joined
from reorder.syntax.shell_state import SOMEWHERE, State, Variable, either, join
from reorder.syntax.shell_tree import Node, Unread
from reorder.syntax.shell_uses import Arg, Use
from reorder.syntax.shell_words import expand_all, value

LOOKS_AT_WORDS = frozenset(("export", "readonly", "local", "declare", "typeset", "let"))
NUMERIC_TESTS = frozenset(("-eq", "-ne", "-lt", "-le", "-gt", "-ge"))
NEVER = Outcome(None, None)


class Walk(Flow):
    """The control flow; `calls` are the bodies of the functions that are running."""

    def __init__(
        self,
        lookup: Callable[[str], str | None],
        home: str | None,
        bash: bool,
        prints: Callable[[Sequence[Use]], int],
        sourced: Callable[[str], str | None],
    ) -> None:
        super().__init__(lookup, home, bash, prints, sourced)
        self.calls: list[Node] = []

    def script(self, body: Node, state: State) -> None:
        self.inside(body, state)
        while self.traps:
            self.trap(*self.traps.pop())

    def trap(self, body: Node, at_exit: bool) -> None:
        """The commands of a trap may run at any time, in any folder that the script was in."""
        if self.masks:
            raise Unread("a `trap` may run with either umask")
        functions = {name: (*bodies, None) for name, bodies in self.functions.items()}
        folders = frozenset(self.folders) if at_exit else frozenset((SOMEWHERE,))
        state = State({}, folders, None, functions, None, touched_all=True)
        outcome = self.inside(body, state)
        if not at_exit and outcome.after not in (None, state):
            raise Unread("a `trap` changes variables or the folder at any time")

    def walk(self, node: Node, state: State | None, guarded: bool = False) -> Outcome:
        if state is None:
            return NEVER
        self.steps += 1
        self.depth += 1
        if self.steps > MOST_STEPS or self.depth > DEEPEST:
            raise Unread("the shell text is too long or too deep to follow")
        outcome = self.step(node, state, guarded)
        for known in (state, outcome.ok, outcome.fail):
            self.folders |= known.folders if known else set()
        self.depth -= 1
        return outcome

    def step(self, node: Node, state: State, guarded: bool) -> Outcome:
        match node:
            case tree.Simple():
                return self.simple(node, state, guarded)
            case tree.Function():
                return self.define(node, state)
            case tree.Condition():
                return self.condition(node, state, guarded)
            case tree.Compute():
                return self.compute(node, state, guarded)
        return self.flow(node, state, guarded)

    def simple(self, node: tree.Simple, state: State, guarded: bool) -> Outcome:
        head = node.words[0].bare if node.words else None
        words = node.words[:1] if head in LOOKS_AT_WORDS else node.words
        args, state = expand_all(words, self.values, state)
        call = Call(args, node.words, node.line, guarded, piped=self.feed)
        call, state = self.redirect(node.redirections, call, state)
        if not args:
            for assignment in node.assignments:
                state, _ = assign(self, assignment, state)
            self.emit_redirects(call, state)
            return self.done(state, guarded) if not self.plain(node) else Outcome(state, None)
        inner = state
        for assignment in node.assignments:
            inner, arg = assign(self, assignment, inner, exported=True)
            call = replace(call, prefix=(*call.prefix, (assignment.name, arg)))
        outcome = self.dispatch(call, state)
        apart = not self.bash and any(r.op.startswith("&>") for r in node.redirections)
        return Outcome(join(state, outcome.ok), outcome.fail) if apart else outcome

    def plain(self, node: tree.Simple) -> bool:
        """Whether assignments alone cannot fail."""
        parts = [part for assignment in node.assignments for part in assignment.value.parts]
        literal = all(isinstance(part, tree.Literal) for part in parts)
        known = self.bash or all(assignment.op == "=" for assignment in node.assignments)
        return literal and known and not node.redirections

    def dispatch(self, call: Call, state: State, functions: bool = True) -> Outcome:
        head = call.args[0]
        if unknown(head) or head.text is None:
            raise Unread(f"the command `{head.source}` at line {call.line + 1} is not known")
        bodies = state.functions.get(head.text, (None,)) if functions else (None,)
        found = [self.run(head.text, body, call, state) for body in bodies]
        return Outcome(joined(o.ok for o in found), joined(o.fail for o in found))

    def run(self, name: str, body: Node | None, call: Call, state: State) -> Outcome:
        """A function, a builtin or a program; assignments before the first two set variables."""
        builtin = BUILTINS.get(name)
        if body is None and builtin is None:
            return use(self, call, state)
        inner = state
        for variable, arg in call.prefix:
            inner = inner.having(variable, Variable(arg.text, exported=True))
        if body is not None:
            outcome = self.function(name, body, call, inner)
        else:
            assert builtin is not None
            outcome = builtin(self, call, inner)
        keeps = body is not None or name in SPECIAL
        names = [variable for variable, _ in call.prefix]
        return Outcome(
            restored(outcome.ok, state, names, keeps), restored(outcome.fail, state, names, keeps)
        )

    def function(self, name: str, body: Node, call: Call, state: State) -> Outcome:
        if any(body is running for running in self.calls):
            raise Unread(f"the function `{name}` calls itself")
        self.emit_redirects(call, state)
        kept, feed = state.parameters, self.feed
        given = None if any(arg.glob or arg.many for arg in call.args) else call.args[1:]
        parameters = None if given is None else tuple(arg.text for arg in given)
        fed = call.stdin is not None or any(r.access == "read" for r in call.redirects)
        self.feed = SEVERAL if fed else call.piped
        self.calls.append(body)
        self.returns.append([])
        self.locals.append(set())
        outcome = self.walk(body, replace(state, parameters=parameters), call.guarded)
        self.calls.pop()
        self.feed = feed
        returned, names = joined(self.returns.pop()), self.locals.pop()
        ways = [join(outcome.ok, returned), join(outcome.fail, returned)]
        back = [restored(way, state, names) for way in ways]
        ok, fail = (way and replace(way, parameters=kept) for way in back)
        return Outcome(ok, join(fail, state if call.redirects else None))

    def define(self, node: tree.Function, state: State) -> Outcome:
        if node.name in SPECIAL or node.name in LOOKS_AT_WORDS:
            raise Unread(f"a function is called `{node.name}`, as a command of the shell")
        self.functions.setdefault(node.name, []).append(node.body)
        functions = {**state.functions, node.name: (node.body,)}
        return Outcome(replace(state, functions=functions), None)

    def condition(self, node: tree.Condition, state: State, guarded: bool) -> Outcome:
        """`[[ ]]`: words do not split; both sides of `-eq` and its kind are arithmetic."""
        args: list[Arg] = [Arg("[[", source="[[")]
        sources = [word.source for word in node.words]
        if not self.bash and not {"<", ">", "||", "("}.isdisjoint(sources):
            raise Unread(f"`[[` at line {node.line + 1} means something else in each shell")
        for word in node.words:
            arg, state = value(word, self.values, state)
            args.append(arg)
        for i, source in enumerate(sources):
            if source in NUMERIC_TESTS:
                for word in node.words[max(i - 1, 0) : i + 2]:
                    state = self.values.compute(word, state)
        return test(self, Call(tuple(args), (), node.line, guarded, piped=self.feed), state)

    def compute(self, node: tree.Compute, state: State, guarded: bool) -> Outcome:
        if not self.bash:
            raise Unread(f"`((` at line {node.line + 1} means something else in each shell")
        return self.done(self.values.compute(node.word, state), guarded)


def restored(
    state: State | None, before: State, names: Iterable[str], keeps: bool = False
) -> State | None:
    """`state` with some variables as they were `before`; `keeps`: a shell may keep the new ones."""
    if state is None:
        return None
    variables = dict(state.variables)
    for name in names:
        old = before.variables.get(name)
        if keeps:
            variables[name] = either(old, variables.get(name))
        elif old is None:
            variables.pop(name, None)
        else:
            variables[name] = old
    return replace(state, variables=variables)
