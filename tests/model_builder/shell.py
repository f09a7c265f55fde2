"""A small shell: text -> tokens -> commands that run on a Tree."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

from model_builder.tree import Failed, Tree, Unsupported, Who

# A word is a list of pieces; `quoted` pieces are neither split nor matched.


class Piece(NamedTuple):
    text: str
    quoted: bool
    expands: bool


Word = tuple[Piece, ...]
Token = str | Word  # an operator, or a word

_OPERATORS = re.compile(r"&&|\|\||;|\||\n|>>|>|<|\(|\)|&")
_PLAIN = re.compile(r"[^\s'\"\\$;&|<>()]+")
_VARIABLE = re.compile(r"\$(?:(\w+|[?#])|\{(\w+)(?:(:?[-+=])([^}]*))?\})")
_ASSIGN = re.compile(r"([A-Za-z_]\w*)=")


def tokens(text: str) -> list[Token]:
    text = re.sub(r"\\\n", "", text)
    out: list[Token] = []
    word: list[Piece] | None = None
    at = 0
    while at < len(text):
        found = _OPERATORS.match(text, at)
        if found or text[at] in " \t":
            if word is not None:
                out.append(tuple(word))
                word = None
            if found:
                out.append(found[0])
            at = found.end() if found else at + 1
            continue
        if text[at] == "#" and word is None:
            at = text.find("\n", at) if "\n" in text[at:] else len(text)
            continue
        piece, at = _piece(text, at)
        word = [*(word or []), piece]
    return [*out, tuple(word)] if word is not None else out


def _piece(text: str, at: int) -> tuple[Piece, int]:
    char = text[at]
    if char == "'":
        end = text.index("'", at + 1)
        return Piece(text[at + 1 : end], True, False), end + 1
    if char == '"':
        stop = re.compile(r'(?<!\\)"').search(text, at + 1)
        if stop is None:
            raise Unsupported("a quote")
        return Piece(text[at + 1 : stop.start()], True, True), stop.end()
    if char == "\\":
        return Piece(text[at + 1 : at + 2], True, False), at + 2
    if text.startswith("$(", at):
        end_at = text.index(")", at)
        return Piece(text[at : end_at + 1], False, True), end_at + 1
    found = _VARIABLE.match(text, at)
    if found:
        return Piece(found[0], False, True), found.end()
    plain = _PLAIN.match(text, at)
    if plain is None:
        raise Unsupported(text[at:])
    return Piece(plain[0], False, False), plain.end()


class Exit(Exception):
    """`exit N`."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


Program = Callable[["Shell", Sequence[str], str], tuple[int, str]]


class Shell:
    """One process: `env` is exported, `own` are variables of the shell."""

    def __init__(self, tree: Tree, env: dict[str, str], cwd: str, who: Who) -> None:
        self.tree = tree
        self.env = env
        self.own: dict[str, str] = {}
        self.cwd = cwd
        self.who = who
        self.mask = 0o022
        self.errexit = False
        self.status = 0
        self.words: Sequence[str] = ()
        self.depth = 0

    def path(self, word: str) -> str:
        return posixpath.join(self.cwd, word) if word else word

    def child(self) -> Shell:
        """A subshell, which shares the files."""
        new = Shell(self.tree, dict(self.env), self.cwd, self.who)
        new.own, new.mask, new.errexit = dict(self.own), self.mask, self.errexit
        new.words, new.depth, new.status = self.words, self.depth + 1, self.status
        if new.depth > 8:
            raise Unsupported("a script that calls itself")
        return new

    def run(self, text: str, stdin: str = "") -> tuple[int, str]:
        """Status and output."""
        parser = _Parser(self, tokens(text), stdin)
        try:
            parser.items(())
        except Exit as leave:
            self.status = leave.status
        return self.status, parser.out

    # words

    def expand(self, word: Word) -> list[str]:
        """Variables, splitting, then patterns."""
        text, pattern, split = "", "", False
        fields: list[tuple[str, str]] = []
        started = False
        for n, piece in enumerate(word):
            value = self._value(piece)
            if n == 0 and not piece.quoted and re.match(r"~(/|$)", value) and not piece.expands:
                home = self.env.get("HOME", "")
                value = home + value[1:]
            if piece.quoted:
                text, pattern, started = text + value, pattern + _escaped(value), True
                continue
            parts = value.split() if piece.expands else [value]
            if piece.expands and not parts:
                continue
            for k, part in enumerate(parts):
                if k:
                    fields.append((text, pattern))
                    text, pattern = "", ""
                text, pattern, split = text + part, pattern + part, True
        if started or split:
            fields.append((text, pattern))
        return [name for field in fields for name in self._matches(*field)]

    def single(self, word: Word) -> str:
        return "".join(self._value(piece) for piece in word)

    def _value(self, piece: Piece) -> str:
        if not piece.expands:
            return piece.text
        if piece.text.startswith("$("):
            return self.child().run(piece.text[2:-1])[1].rstrip("\n")
        return _VARIABLE.sub(self._variable, piece.text)

    def _variable(self, found: re.Match[str]) -> str:
        name, operator, other = found[1] or found[2], found[3], found[4]
        value = self.lookup(name)
        if operator in (":-", "-"):
            return (value or other) if operator == ":-" else other if value is None else value
        if operator in (":+", "+"):
            return other if value else ""
        if operator:
            raise Unsupported(found[0])
        return value or ""

    def lookup(self, name: str) -> str | None:
        if name == "?":
            return str(self.status)
        if name.isdigit():
            return self.words[int(name)] if int(name) < len(self.words) else None
        if name == "PWD":
            return self.cwd
        return self.own.get(name, self.env.get(name))

    def _matches(self, text: str, pattern: str) -> list[str]:
        if not re.search(r"(?<!\\)[*?]", pattern):
            return [text]
        folder, _, last = pattern.rpartition("/")
        if re.search(r"[*?]", folder):
            above = [f for f in self._matches(folder, folder) if f != folder]
            found = [p for f in above for p in self._matches(f"{f}/{last}", f"{f}/{last}")]
            found = [p for p in found if "*" not in p]
            return found or [text]
        where = self.path(folder or ("/" if pattern.startswith("/") else "."))
        try:
            real = self.tree.real(where, who=self.who)
            if real not in self.tree.nodes:
                return [text]
            self.tree.allow(real, self.who, 4)
        except Failed:
            return [text]
        names = [n for n in self.tree.names(real) if fnmatchcase(n, last.replace("\\", ""))]
        names = [n for n in names if not n.startswith(".") or last.startswith(".")]
        prefix = f"{folder}/" if folder or pattern.startswith("/") else ""
        return [prefix + n for n in names] or [text]


def _escaped(text: str) -> str:
    return re.sub(r"([*?])", r"\\\1", text)


_RESERVED = ("then", "fi", "else", "do", "done", "}")


class _Parser:
    """Runs while it parses; `live` is False in branches that are not taken."""

    def __init__(self, shell: Shell, items: list[Token], stdin: str) -> None:
        self.shell = shell
        self.items_left = items
        self.at = 0
        self.stdin = stdin
        self.out = ""
        self.live = True
        self.tested = 0

    def peek(self) -> Token | None:
        return self.items_left[self.at] if self.at < len(self.items_left) else None

    def name(self) -> str:
        token = self.peek()
        if isinstance(token, tuple) and len(token) == 1 and not token[0].quoted:
            return token[0].text
        return ""

    def take(self) -> Token:
        self.at += 1
        return self.items_left[self.at - 1]

    def items(self, stop: Sequence[str]) -> None:
        """A list of commands, up to a reserved word or `)`."""
        while self.peek() is not None:
            while self.peek() in (";", "\n"):
                self.take()
            if self.peek() is None or self.name() in stop or self.peek() == ")":
                return
            self._and_or()
            if self.peek() == "&":
                raise Unsupported("&")

    def _and_or(self) -> None:
        was = self.live
        following = True
        while True:
            tested = self._has_operator()
            self.tested += tested
            if following:
                self._pipeline()
            else:
                self._skipped()
            self.tested -= tested
            counts = self.live and following and not self.tested and not tested
            if counts and self.shell.status and self.shell.errexit:
                raise Exit(self.shell.status)
            token = self.peek()
            if token not in ("&&", "||"):
                self.live = was
                return
            self.take()
            while self.peek() == "\n":
                self.take()
            following = (self.shell.status == 0) == (token == "&&")

    def _has_operator(self) -> bool:
        """Whether `&&` or `||` follows this pipeline."""
        depth = 0
        for token in self.items_left[self.at :]:
            if token == "(":
                depth += 1
            elif token == ")":
                depth -= 1
            if depth < 0 or (depth == 0 and token in (";", "\n")):
                return False
            if depth == 0 and token in ("&&", "||"):
                return True
        return False

    def _skipped(self) -> None:
        was, self.live = self.live, False
        status = self.shell.status
        self._pipeline()
        self.live, self.shell.status = was, status

    def _pipeline(self) -> None:
        negated = self.name() == "!"
        if negated:
            self.take()
        before, outer = self.out, self.stdin
        while True:
            self.out = ""
            self._command()
            if self.peek() != "|":
                break
            self.take()
            self.stdin = self.out
        self.out, self.stdin = before + self.out, outer
        if negated and self.live:
            self.shell.status = int(self.shell.status == 0)

    def _command(self) -> None:
        if self.name() == "if":
            self._if()
        elif self.name() == "for":
            self._for()
        elif self.name() == "{":
            self.take()
            self.items(("}",))
            self.take()
        elif self.peek() == "(":
            self._subshell()
        else:
            self._simple()

    def _subshell(self) -> None:
        self.take()
        outer = self.shell
        self.shell = outer.child()
        try:
            self.items(())
        except Exit as leave:
            raise Unsupported("exit in a subshell") from leave
        outer.status, self.shell = self.shell.status, outer
        self.take()
        if self.peek() in (">", ">>", "<"):
            raise Unsupported("a redirection of a subshell")

    def _if(self) -> None:
        self.take()
        was = self.live
        self.tested += 1
        self.items(("then",))
        self.tested -= 1
        self.take()
        true = self.shell.status == 0
        self.live = was and true
        self.items(("else", "fi"))
        if self.name() == "else":
            self.take()
            self.live = was and not true
            self.items(("fi",))
        elif was and not true:
            self.shell.status = 0
        self.live = was
        self.take()

    def _for(self) -> None:
        self.take()
        name = self.name()
        self.take()
        self.take()
        values: list[str] = []
        while self.peek() not in (";", "\n"):
            token = self.take()
            assert isinstance(token, tuple)
            values += self.shell.expand(token) if self.live else []
        self.take()
        while self.name() != "do":
            self.take()
        self.take()
        start, was = self.at, self.live
        for value in values:
            self.at = start
            self.shell.own[name] = value
            self.items(("done",))
        if not values:
            self.live = False
            self.items(("done",))
            self.live = was
        self.take()

    def _simple(self) -> None:
        words: list[Word] = []
        assigned: list[tuple[str, Word]] = []
        targets: list[tuple[str, Word]] = []
        while (token := self.peek()) is not None:
            if token in (">", ">>", "<"):
                self.take()
                target = self.take()
                assert isinstance(target, tuple)
                targets.append((str(token), target))
                continue
            if isinstance(token, str):
                break
            self.take()
            found = _ASSIGN.match(token[0].text) if not token[0].quoted and not words else None
            if found and not token[0].expands:
                rest = Piece(token[0].text[found.end() :], False, False)
                assigned.append((found[1], (rest, *token[1:])))
            else:
                words.append(token)
        if not words and not assigned and not targets:
            raise Unsupported("an empty command")
        if self.live:
            self._run(words, assigned, targets)

    def _run(
        self, words: list[Word], assigned: list[tuple[str, Word]], targets: list[tuple[str, Word]]
    ) -> None:
        from model_builder.commands import call

        shell = self.shell
        values = {name: shell.single(word) for name, word in assigned}
        argv = [text for word in words for text in shell.expand(word)]
        if not argv and not targets:
            for name, value in values.items():
                (shell.env if name in shell.env else shell.own)[name] = value
            shell.status = 0
            return
        stdin, opened = self.stdin, []
        for operator, word in targets:
            target = " ".join(shell.expand(word))
            path = shell.path(target)
            if operator != "<" and target in ("/dev/null", "&2", "&1"):
                opened.append(("", path))
                continue
            try:
                if operator == "<":
                    stdin = shell.tree.read(path, shell.who)
                    continue
                shell.tree.write(path, "", shell.who, 0o666 & ~shell.mask, append=operator == ">>")
            except Failed:
                shell.status = 2
                return
            opened.append((operator, path))
        status, out = call(shell, argv, values, stdin) if argv else (0, "")
        shell.status = status
        for operator, path in opened[-1:]:
            if operator:
                shell.tree.write(path, out, shell.who, 0o666, append=True)
        if not opened:
            self.out += out
