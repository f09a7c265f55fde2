"""The tree of a shell text: words in their parts, commands in their nesting.

a "b$c" && d > e    ->    AndOr((Simple(a, b$c), Simple(d, > e)), ("&&",))
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias


class Unread(ValueError):
    """Why nothing sure can be said of a shell text, in words for its author."""


@dataclass(frozen=True, slots=True)
class Literal:
    """Text after the removal of quotes; `quoted` text is neither split nor a pattern."""

    text: str
    quoted: bool


@dataclass(frozen=True, slots=True)
class Parameter:
    """`$name`, `${name<op>word}`; `op` is "#name" for a length and "odd" for the rest of bash."""

    name: str
    quoted: bool
    op: str = ""
    word: Word | None = None


@dataclass(frozen=True, slots=True)
class Substitution:
    """`$(body)` and `` `body` ``."""

    body: Node
    quoted: bool


@dataclass(frozen=True, slots=True)
class Process:
    """`<(body)` and `>(body)`."""

    body: Node


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """`$((word))`; also `((word))` and `let word`."""

    word: Word


@dataclass(frozen=True, slots=True)
class Dialect:
    """`$'...'` and `$"..."`: `text` is what bash makes of it (None: not known), sh may differ."""

    text: str | None


@dataclass(frozen=True, slots=True)
class Array:
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


@dataclass(frozen=True, slots=True)
class Assignment:
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


@dataclass(frozen=True, slots=True)
class Simple:
    assignments: tuple[Assignment, ...]
    words: tuple[Word, ...]
    redirections: tuple[Redirection, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Condition:
    """`[[ words ]]`, operators included."""

    words: tuple[Word, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Compute:
    """`(( word ))`."""

    word: Word
    line: int


@dataclass(frozen=True, slots=True)
class Pipeline:
    parts: tuple[Node, ...]
    negated: bool


@dataclass(frozen=True, slots=True)
class AndOr:
    """`parts[0] ops[0] parts[1] ops[1] ...`, all of one strength, from the left."""

    parts: tuple[Node, ...]
    ops: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sequence:
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Background:
    body: Node


@dataclass(frozen=True, slots=True)
class Subshell:
    body: Node


@dataclass(frozen=True, slots=True)
class If:
    """`branches` are (condition, body) pairs; `otherwise` is an empty Sequence when absent."""

    branches: tuple[tuple[Node, Node], ...]
    otherwise: Node


@dataclass(frozen=True, slots=True)
class Loop:
    """`while` and `until`; `for ((;;))` with the condition `Compute`."""

    condition: Node
    body: Node
    until: bool


@dataclass(frozen=True, slots=True)
class For:
    """`words` is None for `for name; do`: the positional parameters."""

    name: str
    words: tuple[Word, ...] | None
    body: Node


@dataclass(frozen=True, slots=True)
class Case:
    """`items` are (patterns, body) pairs."""

    word: Word
    items: tuple[tuple[tuple[Word, ...], Node], ...]


@dataclass(frozen=True, slots=True)
class Function:
    name: str
    body: Node


@dataclass(frozen=True, slots=True)
class Redirected:
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
