"""Simple commands of a shell text: blanks and comments, assignments, redirections, here-documents.

A=1 cat > f <<E && ...    ->    Simple((A=1,), (cat,), (> f, << "body"))
"""

from __future__ import annotations

from reorder.syntax.shell_scan import METACHARACTERS, NAME, NAME_START, Scanner
from reorder.syntax.shell_tree import (
    Array,
    Assignment,
    Literal,
    Redirection,
    Simple,
    Unread,
    Word,
)

REDIRECTIONS = ("&>>", "&>", "<<<", "<<-", "<<", "<&", "<>", "<", ">>", ">&", ">|", ">")
REDIRECTING = frozenset("<>&0123456789")
DECLARES = frozenset(("export", "readonly", "local", "declare", "typeset"))


def assigned(word: Word) -> Assignment | None:
    """`name=value`, `name+=value` and `name[1]=value` as the assignment that they may be."""
    first = word.parts[0] if word.parts else None
    if not isinstance(first, Literal) or first.quoted or "=" not in first.text:
        return None
    left, _, right = first.text.partition("=")
    name = left.removesuffix("+")
    subscript = name.endswith("]") and "[" in name
    name = name.partition("[")[0] if subscript else name
    if not name or name[0] not in NAME_START or not NAME.issuperset(name):
        return None
    parts = (Literal(right, False), *word.parts[1:]) if right else word.parts[1:]
    value = Word(parts, word.source.partition("=")[2])
    op = "[]=" if subscript else "+=" if left.endswith("+") else "="
    return Assignment(name, op, value)


class SimpleParser(Scanner):
    """Tokens of a line, and simple commands.

    `pending` are the here-documents whose bodies start at the next line, `masks` the spans of all
    here-documents, `starts` the offsets of the first words of commands.
    """

    def __init__(self, text: str, line: int | None = None, depth: int = 0) -> None:
        super().__init__(text, line, depth)
        self.pending: list[tuple[Redirection, str, bool]] = []
        self.masks: list[tuple[int, int]] = []
        self.starts: list[int] = []

    def blanks(self) -> None:
        """Skips blanks, joined lines and a comment, to the next token on this line."""
        text, pos = self.text, self.pos
        while (char := text[pos : pos + 1]) in (" ", "\t") or text.startswith("\\\n", pos):
            pos += 2 if char == "\\" else 1
        self.pos = pos
        if self.at("#"):
            stop = self.text.find("\n", self.pos)
            self.pos = stop if stop >= 0 else len(self.text)

    def lines(self) -> None:
        """Skips line ends too, and reads the here-documents that begin there."""
        self.blanks()
        while self.at("\n"):
            self.pos += 1
            pending, self.pending = self.pending, []
            for redirection, end, quoted in pending:
                redirection.body.append(self.here_body(redirection.op, end, quoted))
            self.blanks()

    def here_body(self, op: str, end: str, quoted: bool) -> Word:
        start, line = self.pos, self.line
        body: list[str] = []
        while self.pos < len(self.text):
            stop = self.text.find("\n", self.pos)
            stop = stop if stop >= 0 else len(self.text)
            current = self.text[self.pos : stop]
            current = current.lstrip("\t") if op == "<<-" else current
            self.pos = min(stop + 1, len(self.text))
            if current == end:
                break
            body.append(current + "\n")
        else:
            raise self.fail("a here-document has no end")
        self.masks.append((start, stop))
        text = "".join(body)
        if quoted:
            return Word((Literal(text, True),), text)
        if text.endswith("\\\n"):
            raise self.fail("a here-document ends in a joined line")
        return type(self)(text, line, self.depth).here_text()

    def ends_word(self) -> bool:
        if self.pos == len(self.text) or self.at("<(") or self.at(">("):
            return self.pos == len(self.text)
        return self.text[self.pos] in METACHARACTERS

    def simple(self) -> Simple:
        line, at = self.line, -1
        assignments: list[Assignment] = []
        words: list[Word] = []
        redirections: list[Redirection] = []
        while True:
            self.blanks()
            if redirection := self.redirection():
                redirections.append(redirection)
                continue
            if self.ends_word():
                break
            if any(redirection.op.startswith("&>") for redirection in redirections):
                raise self.fail("a word behind `&>` means something else in each shell,")
            start = self.pos
            declares = not words or words[0].bare in DECLARES
            word = self.array(self.word()) if declares else self.word()
            assignment = assigned(word) if not words else None
            if assignment:
                assignments.append(assignment)
                continue
            at = start if not words else at
            words.append(word)
        if not (assignments or words or redirections):
            raise self.fail()
        if words and self.only_line is None:
            self.starts.append(at)
        return Simple(tuple(assignments), tuple(words), tuple(redirections), line)

    def array(self, word: Word) -> Word:
        """`word`, with the `(a b c)` that follows an `=` directly."""
        assignment = assigned(word)
        if not self.at("(") or not assignment or not word.source.endswith("="):
            return word
        self.expect("(")
        items: list[Word] = []
        self.lines()
        while not self.at(")"):
            items.append(self.word())
            self.lines()
        self.expect(")")
        return Word((*word.parts, Array(tuple(items))), word.source + "(...)")

    def redirection(self) -> Redirection | None:
        start = self.pos
        if self.text[start : start + 1] not in REDIRECTING:
            return None
        while self.text[self.pos : self.pos + 1] in tuple("0123456789"):
            self.pos += 1
        number = self.text[start : self.pos]
        op = next((op for op in REDIRECTIONS if self.at(op)), None)
        if op is None or self.at("<(") or self.at(">("):
            self.pos = start
            return None
        if start and self.text[start - 1] == "}" and not number:
            raise self.fail("`{name}>` opens a file that is not followed")
        self.pos += len(op)
        self.blanks()
        redirection = Redirection(op, int(number) if number else None, self.word())
        if op in ("<<", "<<-"):
            self.pending.append((redirection, *self.delimiter(redirection.target)))
            self.masks.append((start, self.pos))
        return redirection

    def delimiter(self, word: Word) -> tuple[str, bool]:
        """The line that ends a here-document, and whether its body is taken as it is."""
        texts = [part.text for part in word.parts if isinstance(part, Literal)]
        if len(texts) < len(word.parts):
            raise Unread(f"the end of a here-document is not plain: `{word.source}`")
        return "".join(texts), any(char in word.source for char in "'\"\\")
