"""The tree of a shell text: words in their parts, commands in their nesting.

Named tuples, because two dozen dataclasses would cost a tenth of the start-up time.

a "b$c" && d > e    ->    AndOr((Simple(a, b$c), Simple(d, > e)), ("&&",))
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias


class Unread(ValueError):
    """Why nothing sure can be said of a shell text, in words for its author."""


class Literal(NamedTuple):
    """Text after the removal of quotes; `quoted` text is neither split nor a pattern."""

    text: str
    quoted: bool


class Parameter(NamedTuple):
    """`$name`, `${name<op>word}`; `op` is "#name" for a length and "odd" for the rest of bash."""

    name: str
    quoted: bool
    op: str = ""
    word: Word | None = None


class Substitution(NamedTuple):
    """`$(body)` and `` `body` ``."""

    body: Node
    quoted: bool


class Process(NamedTuple):
    """`<(body)` and `>(body)`."""

    body: Node


class Arithmetic(NamedTuple):
    """`$((word))`; also `((word))` and `let word`."""

    word: Word


class Dialect(NamedTuple):
    """`$'...'` and `$"..."`: `text` is what bash makes of it (None: not known), sh may differ."""

    text: str | None


class Array(NamedTuple):
    """`(a b c)` on the right of an assignment."""

    words: tuple[Word, ...]


Part: TypeAlias = Literal | Parameter | Substitution | Process | Arithmetic | Dialect | Array


@dataclass(frozen=True, slots=True)
class Word:
    parts: tuple[Part, ...]
    source: str

    @property
    def bare(self) -> str | None:
        """The text of a word that is written without quotes and expansions, else None."""
        if len(self.parts) == 1 and isinstance(self.parts[0], Literal):
            return None if self.parts[0].quoted else self.parts[0].text
        return None


class Assignment(NamedTuple):
    """`name=value`; `op` is `=`, `+=` or, for one element of an array, `[]=`."""

    name: str
    op: str
    value: Word


@dataclass(frozen=True, slots=True)
class Redirection:
    """`fd op target`; `body` gets the one text of a here-document when the parser meets it."""

    op: str
    fd: int | None
    target: Word
    body: list[Word] = field(default_factory=list)


class Simple(NamedTuple):
    assignments: tuple[Assignment, ...]
    words: tuple[Word, ...]
    redirections: tuple[Redirection, ...]
    line: int


class Condition(NamedTuple):
    """`[[ words ]]`, operators included."""

    words: tuple[Word, ...]
    line: int


class Compute(NamedTuple):
    """`(( word ))`."""

    word: Word
    line: int


class Pipeline(NamedTuple):
    parts: tuple[Node, ...]
    negated: bool


class AndOr(NamedTuple):
    """`parts[0] ops[0] parts[1] ops[1] ...`, all of one strength, from the left."""

    parts: tuple[Node, ...]
    ops: tuple[str, ...]


class Sequence(NamedTuple):
    parts: tuple[Node, ...]


class Background(NamedTuple):
    body: Node


class Subshell(NamedTuple):
    body: Node


class If(NamedTuple):
    """`branches` are (condition, body) pairs; `otherwise` is an empty Sequence when absent."""

    branches: tuple[tuple[Node, Node], ...]
    otherwise: Node


class Loop(NamedTuple):
    """`while` and `until`; `for ((;;))` with the condition `Compute`."""

    condition: Node
    body: Node
    until: bool


class For(NamedTuple):
    """`words` is None for `for name; do`: the positional parameters."""

    name: str
    words: tuple[Word, ...] | None
    body: Node


class Case(NamedTuple):
    """`items` are (patterns, body) pairs."""

    word: Word
    items: tuple[tuple[tuple[Word, ...], Node], ...]


class Function(NamedTuple):
    name: str
    body: Node


class Redirected(NamedTuple):
    """A compound command with redirections behind it."""

    body: Node
    redirections: tuple[Redirection, ...]
    line: int


Node: TypeAlias = (
    Simple
    | Condition
    | Compute
    | Pipeline
    | AndOr
    | Sequence
    | Background
    | Subshell
    | If
    | Loop
    | For
    | Case
    | Function
    | Redirected
)
