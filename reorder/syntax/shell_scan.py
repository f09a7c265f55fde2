"""The words of a shell text: quotes, escapes, parameters and substitutions, by the rules of POSIX.

"a b"'$c'\\ $d    ->    Literal("a b$c "), Parameter("d")
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_left
from string import ascii_letters, digits
from typing import Literal as OneOf

from reorder.syntax.shell_tree import (
    Arithmetic,
    Dialect,
    Literal,
    Node,
    Parameter,
    Part,
    Process,
    Substitution,
    Unread,
    Word,
)

# in a word, in "...", in ${x-word}, in "${x-word}", in a here-document, in $((...))
Mode = OneOf["word", "quote", "brace", "quoted brace", "text", "arithmetic"]

METACHARACTERS = frozenset(" \t\n;&|<>()")
NAME_START = frozenset(ascii_letters + "_")
NAME = frozenset(ascii_letters + "_" + digits)
SPECIAL = frozenset("@*#?-$!" + digits)
OPERATORS = (":-", ":=", ":?", ":+", "-", "=", "?", "+", "##", "#", "%%", "%")
PATTERN_OPERATORS = ("##", "#", "%%", "%")
DEEPEST = 60
# characters that mean something in a mode; all others are plain text
LOUD = {
    "word": frozenset(" \t\n;&|<>()\\$`'\""),
    "brace": frozenset("}\\$`'\""),
    "quote": frozenset('\\$`"'),
    "quoted brace": frozenset('}\\$`"'),
    "text": frozenset("\\$`"),
    "arithmetic": frozenset('()\\$`"'),
}
ESCAPABLE = {"quote": '$`"\\', "quoted brace": '$`"\\}', "text": "$`\\", "arithmetic": "$`\\"}
ANSI = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", "'": "'", '"': '"'}


class Scanner(ABC):
    """A position in `text`, and the parts of words from there on."""

    def __init__(self, text: str, line: int | None = None, depth: int = 0) -> None:
        """`line` is given when the whole text counts as one line of another text."""
        self.text = text
        self.pos = 0
        self.depth = depth
        self.only_line = line
        self.breaks = [i for i, char in enumerate(text) if char == "\n"]

    @abstractmethod
    def parenthesis(self) -> Node:
        """The commands of `(...)`."""

    @abstractmethod
    def backquoted(self, text: str) -> Node:
        """The commands of a text that stood in backquotes."""

    @property
    def line(self) -> int:
        if self.only_line is not None:
            return self.only_line
        return bisect_left(self.breaks, self.pos)

    def fail(self, reason: str = "the shell text could not be parsed") -> Unread:
        return Unread(f"{reason} at line {self.line + 1}")

    def at(self, text: str) -> bool:
        return self.text.startswith(text, self.pos)

    def expect(self, text: str) -> None:
        if not self.at(text):
            raise self.fail()
        self.pos += len(text)

    def enter(self) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            raise Unread(f"the shell text is nested more than {DEEPEST} deep")

    def leave(self) -> None:
        self.depth -= 1

    def word(self) -> Word:
        start = self.pos
        parts = self.parts("word")
        if self.pos == start:
            raise self.fail()
        return Word(parts, self.text[start : self.pos])

    def here_text(self) -> Word:
        """All of the text as the body of a here-document that is expanded."""
        return Word(self.parts("text"), self.text)

    def parts(self, mode: Mode) -> tuple[Part, ...]:
        self.enter()
        found: list[Part] = []
        open_parens = 0
        while not self.ends(mode, open_parens):
            if mode == "arithmetic":
                open_parens += {"(": 1, ")": -1}.get(self.text[self.pos], 0)
            found.extend(self.part(mode))
        self.leave()
        return merged(found)

    def ends(self, mode: Mode, open_parens: int) -> bool:
        if self.pos == len(self.text):
            if mode in ("word", "text"):
                return True
            raise self.fail()
        char = self.text[self.pos]
        if mode == "word":
            return char in METACHARACTERS and not (self.at("<(") or self.at(">("))
        if mode == "quote":
            return char == '"'
        if mode in ("brace", "quoted brace"):
            return char == "}"
        return mode == "arithmetic" and char == ")" and not open_parens

    def part(self, mode: Mode) -> tuple[Part, ...]:
        """What stands here: plain text as far as it goes, or one expansion or quotation."""
        quoted = mode not in ("word", "brace")
        char = self.text[self.pos]
        if char == "\\":
            return (self.escape(mode),)
        if char == "$":
            return (self.dollar(mode),)
        if char == "`":
            return (self.backquote(mode),)
        if char == "'" and not quoted:
            return (self.raw(),)
        if char == '"' and mode != "text":
            return self.quote()
        start = self.pos
        self.pos += 1
        if mode == "word" and char in "<>":
            return (Process(self.parenthesis()),)
        text, loud, stop = self.text, LOUD[mode], len(self.text)
        while self.pos < stop and text[self.pos] not in loud:
            self.pos += 1
        return (Literal(text[start : self.pos], quoted),)

    def escape(self, mode: Mode) -> Literal:
        following = self.text[self.pos + 1 : self.pos + 2]
        if following == "\n":
            self.pos += 2
            return Literal("", mode not in ("word", "brace"))
        if not following or following not in ESCAPABLE.get(mode, following):
            self.pos += 1
            return Literal("\\", True)
        self.pos += 2
        return Literal(following, True)

    def raw(self) -> Literal:
        stop = self.text.find("'", self.pos + 1)
        if stop < 0:
            raise self.fail()
        text = self.text[self.pos + 1 : stop]
        self.pos = stop + 1
        return Literal(text, True)

    def quote(self) -> tuple[Part, ...]:
        self.expect('"')
        parts = self.parts("quote")
        self.expect('"')
        return parts or (Literal("", True),)

    def backquote(self, mode: Mode) -> Substitution:
        self.expect("`")
        removed = '$`\\"' if mode in ("quote", "quoted brace") else "$`\\"
        content: list[str] = []
        while not self.at("`"):
            if self.pos >= len(self.text):
                raise self.fail()
            if self.at("\\") and self.text[self.pos + 1 : self.pos + 2] in tuple(removed):
                self.pos += 1
            elif self.at("\\"):
                content.append("\\")
                self.pos += 1
            content.append(self.text[self.pos : self.pos + 1])
            self.pos += 1
        body = self.backquoted("".join(content))
        self.expect("`")
        return Substitution(body, mode not in ("word", "brace"))

    def dollar(self, mode: Mode) -> Part:
        self.expect("$")
        quoted = mode not in ("word", "brace")
        char = self.text[self.pos : self.pos + 1]
        if self.at("(("):
            return self.arithmetic()
        if char == "(":
            return Substitution(self.parenthesis(), quoted)
        if char == "{":
            return self.braces(quoted)
        if char == "'" and not quoted:
            return self.ansi()
        if char == "[" or (char == '"' and not quoted):
            raise self.fail(f"`${char}` means something else in each shell:")
        if char in NAME_START:
            return Parameter(self.name(), quoted)
        if char in SPECIAL:
            self.pos += 1
            return Parameter(char, quoted)
        return Literal("$", True)

    def arithmetic(self) -> Arithmetic:
        self.expect("((")
        start = self.pos
        parts = self.parts("arithmetic")
        source = self.text[start : self.pos]
        self.expect("))")
        return Arithmetic(Word(parts, source))

    def name(self) -> str:
        start = self.pos
        while self.text[self.pos : self.pos + 1] in NAME:
            self.pos += 1
        return self.text[start : self.pos]

    def braces(self, quoted: bool) -> Parameter:
        self.expect("{")
        length = self.at("#") and self.text[self.pos + 1 : self.pos + 2] in NAME | {"@", "*"}
        if self.at("!") and not self.at("!}"):
            raise self.fail("`${!...}` may look at any variable,")
        self.pos += length
        name = self.name()
        if not name and self.text[self.pos : self.pos + 1] in SPECIAL:
            name = self.text[self.pos]
            self.pos += 1
        if not name or (name[0].isdigit() and not name.isdigit()):
            raise self.fail()
        op, word = self.operation(quoted)
        self.expect("}")
        return Parameter(name, quoted, "length" if length else op, word)

    def operation(self, quoted: bool) -> tuple[str, Word | None]:
        """The operator and its word, as far as the closing brace."""
        if self.at("}"):
            return "", None
        op = next((op for op in OPERATORS if self.at(op)), "odd")
        self.pos += len(op) if op != "odd" else 0
        start = self.pos
        parts = self.parts("quoted brace" if quoted else "brace")
        source = self.text[start : self.pos]
        if quoted and "'" in source and op in (*PATTERN_OPERATORS, "odd"):
            raise self.fail('a quote inside `"${...}"` means something else in each shell,')
        return op, Word(parts, source)

    def ansi(self) -> Dialect:
        """`$'...'`; an escape beyond the plain ones leaves its text unknown."""
        self.expect("'")
        text: list[str | None] = []
        while not self.at("'"):
            if self.pos >= len(self.text):
                raise self.fail()
            escaped = self.at("\\")
            self.pos += escaped
            char = self.text[self.pos : self.pos + 1]
            text.append(ANSI.get(char) if escaped else char)
            self.pos += 1
        self.expect("'")
        known = [char for char in text if char is not None]
        return Dialect("".join(known) if len(known) == len(text) else None)


def merged(parts: list[Part]) -> tuple[Part, ...]:
    """Neighbouring literals of one kind become one."""
    if len(parts) == 1:
        return (parts[0],)
    result: list[Part] = []
    for part in parts:
        last = result[-1] if result else None
        if isinstance(part, Literal) and isinstance(last, Literal) and last.quoted == part.quoted:
            result[-1] = Literal(last.text + part.text, part.quoted)
        else:
            result.append(part)
    return tuple(result)
