"""HCL as far as it is literal: blocks, and attributes whose values are written out.

    target "app" {                   {"target": {"app": {"context": "./app", "tags": None}}}
      context = "./app"        ->
      tags = ["x:${TAG}"]
    }

A value that is computed is None. Of blocks with the same labels the later attribute wins.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from reorder.context.builds.document import DocumentError, Node, Row, Table, Text

_MOST_DEPTH = 20
_TOKEN = re.compile(
    r"(?P<space>[ \t\r]+|\#[^\n]*|//[^\n]*|/\*.*?\*/)|(?P<newline>\n)"
    r"|<<-?(?P<heredoc>\w+)[ \t\r]*\n|(?P<string>\")|(?P<word>[\w-]+)|(?P<other>.)",
    re.DOTALL,
)
_STRING = re.compile(r'[^"\\$%{}\n]+|\\.|[$%]\{|.', re.DOTALL)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
_CLOSERS = {"[": "]", "{": "}", "(": ")"}


class _Token(NamedTuple):
    """`kind`: newline, string, word, computed (a text that is filled in) or other."""

    kind: str
    text: str
    line: int

    def is_one_of(self, *texts: str) -> bool:
        """Whether it is one of these marks, and no quoted text."""
        return self.text in texts and self.kind in ("newline", "other")


def read_hcl(data: bytes) -> Table:
    """The blocks and attributes of a file. Raises DocumentError."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DocumentError("it is no UTF-8") from error
    tokens = tuple(_tokens(text))
    _bound(tokens)
    return _body(tokens)


def _bound(tokens: Sequence[_Token]) -> None:
    """What is read below looks at each token once for each bracket around it."""
    depth = 0
    for token in tokens:
        depth += token.is_one_of(*_CLOSERS) - token.is_one_of(*_CLOSERS.values())
        if depth > _MOST_DEPTH:
            raise DocumentError(f"line {token.line}: it is nested too deeply")


def _tokens(text: str) -> Iterator[_Token]:
    at, line = 0, 1
    while at < len(text):
        match = _TOKEN.match(text, at)
        assert match is not None
        kind, end = match.lastgroup or "", match.end()
        if kind == "string":
            token, end = _string(text, end, line)
            yield token
        elif kind == "heredoc":
            closing = re.compile(rf"^[ \t]*{match['heredoc']}[ \t\r]*$", re.M).search(text, end)
            if closing is None:
                raise DocumentError(f"line {line}: the heredoc does not end")
            end = closing.end()
            yield _Token("computed", "", line)
        elif kind != "space":
            yield _Token(kind, match[0], line)
        line += text.count("\n", at, end)
        at = end


def _string(text: str, at: int, line: int) -> tuple[_Token, int]:
    """A quoted text from behind its quote; one with a template in it is computed."""
    found: list[str] = []
    computed = False
    depth: list[str] = []  # what is open inside of templates
    while at < len(text):
        match = _STRING.match(text, at)
        assert match is not None
        piece, at = match[0], match.end()
        quoted = not depth or depth[-1] == '"'
        if piece == '"' and not depth:
            return _Token("computed" if computed else "string", "".join(found), line), at
        if piece == "\n" and quoted:
            break
        if piece in ("${", "%{") or (piece == "{" and not quoted):
            computed = True
            depth.append("{")
        elif piece == '"':
            depth.pop() if quoted else depth.append('"')
        elif piece == "}" and not quoted:
            depth.pop()
        elif piece.startswith("\\"):
            computed = computed or piece[1] not in _ESCAPES
            found.append(_ESCAPES.get(piece[1], ""))
        else:
            found.append(piece)
    raise DocumentError(f"line {line}: the text does not end")


def _body(tokens: Sequence[_Token]) -> Table:
    """Attributes and blocks."""
    items: dict[str, Node] = {}
    lines: dict[str, int] = {}
    at = 0
    while at < len(tokens):
        key = tokens[at]
        at += 1
        if key.is_one_of("\n", ","):
            continue
        if key.kind not in ("word", "string"):
            raise DocumentError(f"line {key.line}: `{key.text}` is no attribute and no block")
        lines[key.text] = key.line
        if at < len(tokens) and tokens[at].is_one_of("=", ":"):
            end = _end(tokens, at + 1)
            items[key.text] = _value(tokens[at + 1 : end])
        else:
            labels, brace = _labels(tokens, at, key.line)
            end = _closer(tokens, brace) + 1
            block = _body(tokens[brace + 1 : end - 1])
            items[key.text] = _labelled(items.get(key.text), labels, block)
        at = end
    return Table(items, lines, tokens[0].line if tokens else 1)


def _labels(tokens: Sequence[_Token], at: int, line: int) -> tuple[list[_Token], int]:
    """The words between the name of a block and its brace, and the place of the brace."""
    brace = next((n for n in range(at, len(tokens)) if tokens[n].is_one_of("{", "\n")), at)
    labels = list(tokens[at:brace])
    if brace >= len(tokens) or tokens[brace].text != "{":
        raise DocumentError(f"line {line}: neither an attribute nor a block")
    return labels, brace


def _labelled(before: Node, labels: Sequence[_Token], block: Table) -> Table:
    """`"app" { ... }` is one table in another."""
    old = before if isinstance(before, Table) else Table({}, {}, block.line)
    if not labels:
        return Table(old.items | block.items, old.lines | block.lines, old.line)
    name = labels[0].text
    inner = _labelled(old.items.get(name), labels[1:], block)
    return Table(old.items | {name: inner}, old.lines | {name: labels[0].line}, old.line)


def _closer(tokens: Sequence[_Token], at: int) -> int:
    """The place of what closes the bracket at `at`."""
    waiting: list[str] = []
    for n in range(at, len(tokens)):
        token = tokens[n]
        if token.is_one_of(*_CLOSERS):
            waiting.append(_CLOSERS[token.text])
        elif token.is_one_of(*_CLOSERS.values()):
            if waiting.pop() != token.text:
                raise DocumentError(f"line {token.line}: `{token.text}` closes nothing")
            if not waiting:
                return n
    raise DocumentError(f"line {tokens[at].line}: `{tokens[at].text}` is not closed")


def _end(tokens: Sequence[_Token], at: int) -> int:
    """The end of the expression at `at`: a comma or the end of a line, brackets passed over."""
    while at < len(tokens) and not tokens[at].is_one_of("\n", ","):
        at = (_closer(tokens, at) if tokens[at].is_one_of(*_CLOSERS) else at) + 1
    return at


def _value(tokens: Sequence[_Token]) -> Node:
    """A literal; None for anything else."""
    if len(tokens) == 1 and _is_literal(tokens[0]):
        return Text(tokens[0].text, tokens[0].line)
    if not tokens or not tokens[0].is_one_of("[", "{") or not tokens[-1].is_one_of("]", "}"):
        return None
    inner = [t for t in tokens[1:-1] if tokens[0].text == "{" or not t.is_one_of("\n")]
    if _closer(tokens, 0) != len(tokens) - 1 or any(t.text == "for" for t in inner[:2]):
        return None
    if tokens[0].text == "{":
        return _body(inner)
    return _row(inner, tokens[0].line)


def _is_literal(token: _Token) -> bool:
    known = token.text in ("true", "false") or token.text.isdecimal()
    return token.kind == "string" or (token.kind == "word" and known)


def _row(tokens: Sequence[_Token], line: int) -> Node:
    items: list[Node] = []
    at = 0
    while at < len(tokens):
        end = _end(tokens, at)
        items.append(_value(tokens[at:end]))
        at = end + 1
    return Row(tuple(items), line)
