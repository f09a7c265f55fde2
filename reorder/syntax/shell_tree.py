"""The tree of a shell text: words in their parts, commands in their nesting.

a "b$c" && d > e    ->    AndOr((Simple(a, b$c), Simple(d, > e)), ("&&",))
"""

from __future__ import annotations

from typing import TypeAlias

from msgspec import Struct, field


class Unread(ValueError):
    """Why nothing sure can be said of a shell text, in words for its author."""


class Literal(Struct, frozen=True):
    """Text after the removal of quotes; `quoted` text is neither split nor a pattern."""

    text: str
    quoted: bool


class Parameter(Struct, frozen=True):
    """`$name`, `${name<op>word}`; `op` is "#name" for a length and "odd" for the rest of bash."""

    name: str
    quoted: bool
    op: str = ""
    word: Word | None = None


class Substitution(Struct, frozen=True):
    """`$(body)` and `` `body` ``."""

    body: Node
    quoted: bool


class Process(Struct, frozen=True):
    """`<(body)` and `>(body)`."""

    body: Node


class Arithmetic(Struct, frozen=True):
    """`$((word))`; also `((word))` and `let word`."""

    word: Word


class Dialect(Struct, frozen=True):
    """`$'...'` and `$"..."`: `text` is what bash makes of it (None: not known), sh may differ."""

    text: str | None


class Array(Struct, frozen=True):
    """`(a b c)` on the right of an assignment."""

    words: tuple[Word, ...]


Part: TypeAlias = Literal | Parameter | Substitution | Process | Arithmetic | Dialect | Array


class Word(Struct, frozen=True):
    parts: tuple[Part, ...]
    source: str

    @property
    def bare(self) -> str | None:
        """The text of a word that is written without quotes and expansions, else None."""
        if len(self.parts) == 1 and isinstance(self.parts[0], Literal):
            return None if self.parts[0].quoted else self.parts[0].text
        return None


class Assignment(Struct, frozen=True):
    """`name=value`; `op` is `=`, `+=` or, for one element of an array, `[]=`."""

    name: str
    op: str
    value: Word


class Redirection(Struct, frozen=True):
    """`fd op target`; `body` gets the one text of a here-document when the parser meets it."""

    op: str
    fd: int | None
    target: Word
    body: list[Word] = field(default_factory=list)


class Simple(Struct, frozen=True):
    assignments: tuple[Assignment, ...]
    words: tuple[Word, ...]
    redirections: tuple[Redirection, ...]
    line: int


class Condition(Struct, frozen=True):
    """`[[ words ]]`, operators included."""

    words: tuple[Word, ...]
    line: int


class Compute(Struct, frozen=True):
    """`(( word ))`."""

    word: Word
    line: int


class Pipeline(Struct, frozen=True):
    parts: tuple[Node, ...]
    negated: bool


class AndOr(Struct, frozen=True):
    """`parts[0] ops[0] parts[1] ops[1] ...`, all of one strength, from the left."""

    parts: tuple[Node, ...]
    ops: tuple[str, ...]


class Sequence(Struct, frozen=True):
    parts: tuple[Node, ...]


class Background(Struct, frozen=True):
    body: Node


class Subshell(Struct, frozen=True):
    body: Node


class If(Struct, frozen=True):
    """`branches` are (condition, body) pairs; `otherwise` is an empty Sequence when absent."""

    branches: tuple[tuple[Node, Node], ...]
    otherwise: Node


class Loop(Struct, frozen=True):
    """`while` and `until`; `for ((;;))` with the condition `Compute`."""

    condition: Node
    body: Node
    until: bool


class For(Struct, frozen=True):
    """`words` is None for `for name; do`: the positional parameters."""

    name: str
    words: tuple[Word, ...] | None
    body: Node


class Case(Struct, frozen=True):
    """`items` are (patterns, body) pairs."""

    word: Word
    items: tuple[tuple[tuple[Word, ...], Node], ...]


class Function(Struct, frozen=True):
    name: str
    body: Node


class Redirected(Struct, frozen=True):
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
