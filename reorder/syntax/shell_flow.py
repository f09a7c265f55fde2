"""Lists, pipelines, loops and branches: how states flow through them.

a && b || c    ->    b after the success of a, c after the failure of either
for x in p q   ->    the body with x = p, then with x = q
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import reduce
from typing import TypeAlias

from msgspec.structs import replace

from reorder.syntax import shell_tree as tree
from reorder.syntax.shell_builtins import unknown
from reorder.syntax.shell_call import MOST_USES, SEVERAL, Call, Outcome, Shell
from reorder.syntax.shell_state import State, Variable, join
from reorder.syntax.shell_uses import Arg
from reorder.syntax.shell_words import expand_all, value

MOST_TURNS = 64
Node: TypeAlias = (
    tree.AndOr
    | tree.Sequence
    | tree.Pipeline
    | tree.Background
    | tree.Subshell
    | tree.If
    | tree.Loop
    | tree.For
    | tree.Case
    | tree.Redirected
)


def joined(states: Iterable[State | None]) -> State | None:
    return reduce(join, states, None)


class Flow(Shell):
    def flow(self, node: Node, state: State, guarded: bool) -> Outcome:
        match node:
            case tree.AndOr():
                return self.and_or(node, state, guarded)
            case tree.Sequence():
                return self.sequence(node, state, guarded)
            case tree.Pipeline():
                return self.pipeline(node, state, guarded)
            case tree.Background(body):
                self.together.append((len(self.uses), MOST_USES))
                self.inside(body, state)
                return Outcome(state, None)
            case tree.Subshell(body):
                self.inside(body, state if not guarded else replace(state, aborts=False))
                return Outcome(state, state)
            case tree.If():
                return self.branch(node, state, guarded)
            case tree.Loop():
                return self.repeat(node, state, guarded)
            case tree.For():
                return self.each(node, state, guarded)
            case tree.Case():
                return self.choose(node, state, guarded)
            case tree.Redirected():
                return self.redirected(node, state, guarded)

    def and_or(self, node: tree.AndOr, state: State, guarded: bool) -> Outcome:
        outcome = self.walk(node.parts[0], state, True)
        for i, (op, part) in enumerate(zip(node.ops, node.parts[1:], strict=True)):
            inner = guarded or i < len(node.ops) - 1
            if op == "&&":
                after = self.walk(part, outcome.ok, inner)
                outcome = Outcome(after.ok, join(outcome.fail, after.fail))
            else:
                after = self.walk(part, outcome.fail, inner)
                outcome = Outcome(join(outcome.ok, after.ok), after.fail)
        return outcome

    def sequence(self, node: tree.Sequence, state: State, guarded: bool) -> Outcome:
        outcome = Outcome(state, None)
        for part in node.parts:
            outcome = self.walk(part, outcome.after, guarded)
        return outcome

    def pipeline(self, node: tree.Pipeline, state: State, guarded: bool) -> Outcome:
        if len(node.parts) == 1:
            outcome = self.walk(node.parts[0], state, True)
            return Outcome(outcome.fail, outcome.ok)
        outside, feed, start = self.emitted, self.feed, len(self.uses)
        for part in node.parts:
            self.emitted = []
            self.inside(part, replace(state, aborts=state.aborts and not guarded))
            self.feed = self.emitted[0] if len(self.emitted) == 1 else SEVERAL
            outside = [*outside, *self.emitted]
        self.emitted, self.feed = outside, feed
        self.together.append((start, len(self.uses)))
        return Outcome(state, state)

    def redirected(self, node: tree.Redirected, state: State, guarded: bool) -> Outcome:
        call = Call((), (), node.line, guarded, piped=self.feed)
        call, state = self.redirect(node.redirections, call, state)
        self.emit_redirects(call, state)
        feed = self.feed
        if any(r.op.startswith("<") and r.fd in (None, 0) for r in node.redirections):
            self.feed = SEVERAL
        outcome = self.walk(node.body, state, guarded)
        self.feed = feed
        apart = not self.bash and any(r.op.startswith("&>") for r in node.redirections)
        return Outcome(join(outcome.ok, state if apart else None), join(outcome.fail, state))

    def branch(self, node: tree.If, state: State, guarded: bool) -> Outcome:
        found: list[Outcome] = []
        otherwise: State | None = state
        for condition, body in node.branches:
            tested = self.walk(condition, otherwise, True)
            found.append(self.walk(body, tested.ok, guarded))
            otherwise = tested.fail
        found.append(self.walk(node.otherwise, otherwise, guarded))
        return Outcome(joined(o.ok for o in found), joined(o.fail for o in found))

    def repeat(self, node: tree.Loop, state: State, guarded: bool) -> Outcome:
        def turn(head: State) -> tuple[State | None, State | None]:
            tested = self.walk(node.condition, head, True)
            into, out = (tested.fail, tested.ok) if node.until else (tested.ok, tested.fail)
            return self.walk(node.body, into, guarded).after, out

        return self.settle(turn, state)

    def settle(
        self, turn: Callable[[State], tuple[State | None, State | None]], state: State
    ) -> Outcome:
        """Turns of a loop until nothing new is learnt at its head; the last turn counts."""
        while True:
            uses, emitted = len(self.uses), len(self.emitted)
            self.loops.append([])
            after, out = turn(state)
            escaped = joined(self.loops.pop())
            head = joined((state, after, escaped))
            if head == state or head is None:
                self.together.append((uses, len(self.uses)))
                end = join(out, escaped)
                return Outcome(end, end)
            state = head
            del self.uses[uses:]
            del self.emitted[emitted:]

    def each(self, node: tree.For, state: State, guarded: bool) -> Outcome:
        if node.words is not None:
            args, state = expand_all(node.words, self.values, state)
        elif state.parameters is not None:
            args = tuple(Arg(text) for text in state.parameters)
        else:
            args = (Arg(None, many=True),)
        if len(args) <= MOST_TURNS and not any(unknown(arg) for arg in args):
            return self.unrolled(node, args, state, guarded)

        def turn(head: State) -> tuple[State | None, State | None]:
            inside = head.having(node.name, Variable(None))
            return self.walk(node.body, inside, guarded).after, head

        return self.settle(turn, state)

    def unrolled(self, node: tree.For, args: Sequence[Arg], state: State, guarded: bool) -> Outcome:
        current: State | None = state
        escaped: State | None = None
        for arg in args:
            if current is None:
                break
            self.loops.append([])
            inside = current.having(node.name, Variable(arg.text))
            after = self.walk(node.body, inside, guarded).after
            escaped = join(escaped, joined(self.loops.pop()))
            current = join(after, escaped)
        return Outcome(current, current if args else None)

    def choose(self, node: tree.Case, state: State, guarded: bool) -> Outcome:
        _, state = value(node.word, self.values, state)
        found: list[Outcome] = []
        for patterns, body in node.items:
            for pattern in patterns:
                _, state = value(pattern, self.values, state)
            found.append(self.walk(body, state, guarded))
            if any(pattern.bare == "*" for pattern in patterns):
                break
        else:
            found.append(Outcome(state, None))
        return Outcome(joined(o.ok for o in found), joined(o.fail for o in found))
