"""A shell text to the tree of its commands: the grammar of POSIX and what RUNs use of bash.

    if a; then b > c; fi    ->    If(((Simple(a), Simple(b, > c)),), Sequence(()))

What is not of this grammar raises `Unread`: a text is understood as a whole or not at all.
"""

from __future__ import annotations

from functools import lru_cache

from reorder.syntax import shell_tree as tree
from reorder.syntax.shell_scan import METACHARACTERS, NAME, NAME_START
from reorder.syntax.shell_second import confirm
from reorder.syntax.shell_simple import SimpleParser
from reorder.syntax.shell_tree import Literal, Node, Part, Redirection, Sequence, Unread, Word

OPERATORS = ("&&", "||", ";;", ";&", "|&", ";", "|", "&")
CLOSERS = frozenset(("then", "else", "elif", "fi", "do", "done", "esac", "}"))
OPENERS = frozenset(("if", "while", "until", "for", "case", "{", "[[", "function"))
REFUSED = frozenset(("select", "coproc", "in", "!", "]]"))
CONDITION_OPERATORS = ("&&", "||", "(", ")", "<", ">")
EMPTY = Sequence(())


@lru_cache(maxsize=256)
def parse(text: str, line: int | None = None, depth: int = 0) -> Node:
    """All commands of `text`, which counts as one `line` of another text if that is given."""
    if any(char == "\0" or (char.isspace() and char not in " \t\n") for char in set(text)):
        raise Unread("the shell text holds an unusual blank or control character")
    if any("\ud800" <= char <= "\udfff" for char in text):
        raise Unread("the shell text holds a byte that is no UTF-8")
    parser = Parser(text, line, depth)
    body = parser.commands()
    if parser.pos < len(text) or parser.pending:
        raise parser.fail()
    if line is None:
        confirm(text, parser.starts, parser.masks)
    return body


class Parser(SimpleParser):
    """Recursive descent over lists, pipelines and compound commands."""

    def parenthesis(self) -> Node:
        outside, self.pending = self.pending, []
        start = self.pos
        self.expect("(")
        body = self.commands(")")
        self.expect(")")
        if self.pending or (outside and "\n" in self.text[start : self.pos]):
            raise self.fail("a here-document is hard to tell apart")
        self.pending = outside
        return body

    def backquoted(self, text: str) -> Node:
        return parse(text, self.line, self.depth)

    def operator(self) -> str:
        self.blanks()
        if self.text[self.pos : self.pos + 1] not in (";", "&", "|"):
            return ""
        return next((op for op in OPERATORS if self.at(op)), "")

    def reserved(self, words: frozenset[str]) -> str:
        """The reserved word that stands here, without taking it."""
        stop = self.pos
        while stop < len(self.text) and self.text[stop] not in METACHARACTERS:
            stop += 1
        found = self.text[self.pos : stop]
        return found if found in words else ""

    def keyword(self, *words: str) -> str:
        self.lines()
        found = self.reserved(frozenset(words))
        if not found:
            raise self.fail()
        self.pos += len(found)
        return found

    def commands(self, *ends: str) -> Node:
        """Commands up to the end of the text, a closing reserved word or one of `ends`."""
        self.enter()
        parts: list[Node] = []
        self.lines()
        while not self.stops(ends):
            part = self.and_or()
            op = self.operator()
            parts.append(tree.Background(part) if op == "&" else part)
            if op in ("&", ";"):
                self.pos += 1
            elif not self.at("\n") and not self.stops(ends):
                raise self.fail()
            self.lines()
        self.leave()
        return parts[0] if len(parts) == 1 else Sequence(tuple(parts))

    def stops(self, ends: tuple[str, ...]) -> bool:
        if self.pos == len(self.text) or any(self.at(end) for end in ends):
            return True
        return bool(self.reserved(CLOSERS))

    def and_or(self) -> Node:
        parts: list[Node] = [self.pipeline()]
        ops: list[str] = []
        while (op := self.operator()) in ("&&", "||"):
            self.pos += 2
            self.lines()
            ops.append(op)
            parts.append(self.pipeline())
        return tree.AndOr(tuple(parts), tuple(ops)) if ops else parts[0]

    def pipeline(self) -> Node:
        negated = False
        self.blanks()
        while self.reserved(frozenset("!")):
            self.pos += 1
            self.blanks()
            negated = not negated
        parts = [self.command()]
        while (op := self.operator()) in ("|", "|&"):
            self.pos += len(op)
            self.lines()
            parts.append(self.command())
        return tree.Pipeline(tuple(parts), negated) if negated or len(parts) > 1 else parts[0]

    def command(self) -> Node:
        self.enter()
        self.blanks()
        line = self.line
        body = self.compound()
        redirections: list[Redirection] = []
        self.blanks()
        while redirection := self.redirection():
            redirections.append(redirection)
            self.blanks()
        self.leave()
        return tree.Redirected(body, tuple(redirections), line) if redirections else body

    def compound(self) -> Node:
        if self.at("(("):
            return tree.Compute(self.arithmetic().word, self.line)
        if self.at("("):
            return tree.Subshell(self.parenthesis())
        opener = self.reserved(OPENERS)
        if not opener:
            return self.plain()
        self.pos += len(opener)
        readers = {"if": self.branches, "for": self.each, "case": self.choice}
        readers |= {"[[": self.condition, "function": self.function}
        if opener in readers:
            return readers[opener]()
        body = self.commands()
        if opener == "{":
            self.keyword("}")
            return body
        return tree.Loop(body, self.do_group(), opener == "until")

    def plain(self) -> Node:
        """A simple command, or the definition of a function."""
        simple = self.simple()
        name = simple.words[0].bare if simple.words else None
        if name in CLOSERS | OPENERS | REFUSED:
            raise self.fail()
        if not self.at("("):
            return simple
        if name is None or len(simple.words) > 1 or simple.assignments or simple.redirections:
            raise self.fail()
        if self.only_line is None:
            self.starts.pop()
        return self.definition(name)

    def function(self) -> Node:
        self.blanks()
        name = self.word().bare
        if name is None:
            raise self.fail()
        self.blanks()
        return self.definition(name)

    def definition(self, name: str) -> Node:
        if self.at("("):
            self.expect("(")
            self.blanks()
            self.expect(")")
        self.lines()
        return tree.Function(name, self.command())

    def do_group(self) -> Node:
        self.keyword("do")
        body = self.commands()
        self.keyword("done")
        return body

    def branches(self) -> Node:
        found: list[tuple[Node, Node]] = []
        word = "if"
        while word in ("if", "elif"):
            condition = self.commands()
            self.keyword("then")
            found.append((condition, self.commands()))
            word = self.keyword("elif", "else", "fi")
        otherwise = EMPTY if word == "fi" else self.commands()
        if word == "else":
            self.keyword("fi")
        return tree.If(tuple(found), otherwise)

    def each(self) -> Node:
        self.blanks()
        line = self.line
        if self.at("(("):
            head = self.arithmetic().word
            self.separator()
            return tree.Loop(tree.Compute(head, line), self.do_group(), until=False)
        name = self.name()
        if not name or name[0] not in NAME_START or not NAME.issuperset(name):
            raise self.fail()
        self.lines()
        words: list[Word] | None = None
        if self.reserved(frozenset(("in",))):
            self.pos += 2
            words = []
            self.blanks()
            while not self.ends_word():
                words.append(self.word())
                self.blanks()
        self.separator()
        return tree.For(name, None if words is None else tuple(words), self.do_group())

    def separator(self) -> None:
        self.blanks()
        if self.at(";"):
            self.pos += 1

    def choice(self) -> Node:
        self.blanks()
        word = self.word()
        self.keyword("in")
        items: list[tuple[tuple[Word, ...], Node]] = []
        self.lines()
        while not self.reserved(frozenset(("esac",))):
            items.append((self.patterns(), self.commands(";;", ";&")))
            self.lines()
            if self.at(";&") or self.at(";;&"):
                raise self.fail("a `case` that falls through is not followed")
            self.pos += 2 if self.at(";;") else 0
            self.lines()
        self.keyword("esac")
        return tree.Case(word, tuple(items))

    def patterns(self) -> tuple[Word, ...]:
        self.pos += self.at("(")
        self.blanks()
        found = [self.word()]
        while self.operator() == "|":
            self.pos += 1
            self.blanks()
            found.append(self.word())
        self.blanks()
        self.expect(")")
        return tuple(found)

    def condition(self) -> Node:
        """`[[ ... ]]` as a list of words; its operators are quoted words too."""
        line = self.line
        if self.only_line is None:
            self.starts.append(self.pos - 2)
        words: list[Word] = []
        self.lines()
        while not self.reserved(frozenset(("]]",))):
            op = next((op for op in CONDITION_OPERATORS if self.at(op)), None)
            if op:
                self.pos += len(op)
                words.append(Word((Literal(op, True),), op))
            elif words and words[-1].bare == "=~":
                words.append(self.regex())
            else:
                words.append(self.word())
            self.lines()
        self.keyword("]]")
        return tree.Condition(tuple(words), line)

    def regex(self) -> Word:
        start = self.pos
        parts: list[Part] = []
        while not self.at(" ") and not self.at("\n") and self.pos < len(self.text):
            if self.text[self.pos] in "()|<>&;":
                parts.append(Literal(self.text[self.pos], True))
                self.pos += 1
            else:
                parts.extend(self.part("word"))
        return Word(tuple(parts), self.text[start : self.pos])
