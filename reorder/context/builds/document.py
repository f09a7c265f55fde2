"""YAML, and with it JSON, as tables, rows and texts that know their lines.

A file of a repository may be hostile: nothing in it is constructed, its size, depth and merges
are bounded, and an alias is the node that it names, never a copy of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

MOST_BYTES = 256 * 1024
_MOST_DEPTH = 60
_MOST_MERGED = 1000

# Plain words that every reader takes for the same text: `1.10` and `yes` are none.
_SURE = re.compile(
    r"0|-?[1-9]\d*|(?-i:true|false)|(?!(?:y|n|yes|no|on|off|true|false)$)[^\d.+-].*", re.S | re.I
)


class DocumentError(ValueError):
    """A document that cannot be read, or is too large to look at."""


class Text(NamedTuple):
    """A scalar as written; `sure`: it is this very text to every reader."""

    value: str
    line: int
    sure: bool = True


class Row(NamedTuple):
    items: tuple[Node, ...]
    line: int


class Table(NamedTuple):
    """`lines`: where each key stands, counted from 1."""

    items: dict[str, Node]
    lines: dict[str, int]
    line: int

    def table(self, key: str) -> Table:
        """The table under a key; an empty one when there is none."""
        found = self.items.get(key)
        return found if isinstance(found, Table) else Table({}, {}, self.lines.get(key, self.line))

    def text(self, key: str) -> str | None:
        """The text under a key; None when there is none."""
        found = self.items.get(key)
        return found.value if isinstance(found, Text) else None


# None: null, or a node of which nothing is known.
Node = Text | Row | Table | None


def read_yaml(data: bytes) -> tuple[Node, ...]:
    """The documents of a file. Raises DocumentError."""
    import yaml

    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DocumentError("it is no UTF-8") from error
    # The parser of libyaml gives events without recursion, and is ten times as fast.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return tuple(_documents(iter(yaml.parse(text, Loader=loader))))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"line {mark.line + 1}: " if mark else ""
        raise DocumentError(f"{place}{getattr(error, 'problem', None) or 'no YAML'}") from error
    except RecursionError as error:
        raise DocumentError("it is nested too deeply") from error


class _Open(NamedTuple):
    """A row or table that is not complete yet; a table has its keys among the items."""

    is_table: bool
    items: list[Node]
    line: int
    anchor: str | None
    known: bool


def _documents(events: Iterator[Any]) -> Iterator[Node]:
    anchors: dict[str, Node] = {}
    stack: list[_Open] = []
    for event in events:
        name = type(event).__name__
        if name == "DocumentStartEvent":
            anchors, stack = {}, []
        elif name in ("MappingStartEvent", "SequenceStartEvent"):
            if len(stack) >= _MOST_DEPTH:
                raise DocumentError("it is nested too deeply")
            line = event.start_mark.line + 1
            known = event.tag is None
            stack.append(_Open(name[0] == "M", [], line, event.anchor, known))
        elif name in ("MappingEndEvent", "SequenceEndEvent", "ScalarEvent", "AliasEvent"):
            node = _node(event, name, stack, anchors)
            if stack:
                stack[-1].items.append(node)
            else:
                yield node


def _node(event: Any, name: str, stack: list[_Open], anchors: dict[str, Node]) -> Node:
    if name == "AliasEvent":
        return anchors.get(event.anchor)
    anchor = event.anchor if name == "ScalarEvent" else stack[-1].anchor
    node = _scalar(event) if name == "ScalarEvent" else _closed(stack.pop())
    if anchor is not None:
        anchors[anchor] = node
    return node


def _scalar(event: Any) -> Node:
    plain = not event.style and event.implicit[0]
    if event.tag is not None or (plain and event.value.lower() in ("", "~", "null")):
        return None
    sure = not plain or _SURE.fullmatch(event.value) is not None
    return Text(event.value, event.start_mark.line + 1, sure)


def _closed(found: _Open) -> Node:
    if not found.known:
        return None
    if not found.is_table:
        return Row(tuple(found.items), found.line)
    merged: dict[str, Node] = {}
    own: dict[str, Node] = {}
    lines: dict[str, int] = {}
    for key, value in zip(found.items[::2], found.items[1::2], strict=True):
        if not isinstance(key, Text):
            continue
        if key.value == "<<":
            merged |= _merged(value)
            continue
        own[key.value], lines[key.value] = value, key.line
    return Table(merged | own, lines, found.line)


def _merged(value: Node) -> dict[str, Node]:
    """`<<: *a`, `<<: [*a, *b]`: the first one wins."""
    found: dict[str, Node] = {}
    for table in reversed(value.items) if isinstance(value, Row) else (value,):
        if isinstance(table, Table):
            found |= table.items
        if len(found) > _MOST_MERGED:
            raise DocumentError("a table is merged from too many keys")
    return found
