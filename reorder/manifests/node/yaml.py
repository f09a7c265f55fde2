"""The part of YAML that installers of packages write: block mappings and lists of plain values.

packages:                  ->  {"packages": ["apps/*", "libs/*"], "nodeLinker": "hoisted"}
  - apps/*
  - "libs/*"
nodeLinker: hoisted

What else YAML knows (anchors, tags, texts of several lines, nested flow values) is not read.
"""

from __future__ import annotations

import re

from msgspec import Struct

from reorder.manifests.node.package import Unfollowed

Value = str | list["Value"] | dict[str, "Value"]

_KEY = re.compile(
    r"""("(?:[^"\\])*"|'(?:[^'])*'|[^\s"'\[\]{},#&*!|>%@`-][^#"']*?)\s*:(?:\s+(.*))?"""
)
_PLAIN = re.compile(r"""[^\s"'\[\]{},#&*!|>%@`?-](?:(?!:\s|\s\#).)*|-[^\s,\[\]{}]+""")
_QUOTED = re.compile(r""""([^"\\]*)"|'([^']*)'""")
_MAX_DEPTH = 20


class _Line(Struct, frozen=True):
    indent: int
    text: str


def read_yaml(path: str, content: bytes) -> dict[str, Value]:
    """The mapping of a file; Unfollowed for YAML that is not of the plain part."""
    try:
        lines = _lines(content.decode("utf-8-sig"))
        if not lines:
            return {}
        value, rest = _block(lines, 0)
    except ValueError:
        value, rest = "", []
    if rest or not isinstance(value, dict):
        raise Unfollowed(f"{path} is no YAML of the plain kind that is read")
    return value


def _lines(text: str) -> list[_Line]:
    found: list[_Line] = []
    for raw in re.split(r"\r\n|\n|\r", text):
        line = _without_comment(raw).rstrip()
        if not line or (line == "---" and not found):
            continue
        if "\t" in line[: len(line) - len(line.lstrip())]:
            raise ValueError("a tab in front")
        found.append(_Line(len(line) - len(line.lstrip(" ")), line.lstrip(" ")))
    return found


def _without_comment(line: str) -> str:
    quote = ""
    for at, char in enumerate(line):
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'" and (at == 0 or line[at - 1] in " [{,:"):
            quote = char
        elif char == "#" and (at == 0 or line[at - 1] in " \t"):
            return line[:at]
    return line


def _block(lines: list[_Line], depth: int) -> tuple[Value, list[_Line]]:
    """The value that starts at the first line, and the lines after it."""
    if depth > _MAX_DEPTH:
        raise ValueError("nested too deeply")
    if lines[0].text == "-" or lines[0].text.startswith("- "):
        return _list(lines, depth)
    if _KEY.fullmatch(lines[0].text):
        return _mapping(lines, depth)
    return _scalar(lines[0].text), lines[1:]


def _list(lines: list[_Line], depth: int) -> tuple[Value, list[_Line]]:
    indent, items = lines[0].indent, list[Value]()
    while lines and lines[0].indent == indent and (lines[0].text + " ").startswith("- "):
        first = lines[0]
        inner = first.text[1:].lstrip(" ")
        if not inner:
            raise ValueError("an empty item")
        lines = [_Line(indent + len(first.text) - len(inner), inner), *lines[1:]]
        value, lines = _block(lines, depth + 1)
        items.append(value)
    _outside(lines, indent)
    return items, lines


def _mapping(lines: list[_Line], depth: int) -> tuple[Value, list[_Line]]:
    indent, table = lines[0].indent, dict[str, Value]()
    while lines and lines[0].indent == indent:
        pair = _KEY.fullmatch(lines[0].text)
        if pair is None:
            break
        key = str(_scalar(pair[1]))
        if key in table:
            raise ValueError("a key twice")
        rest = lines[1:]
        nested = rest and (
            rest[0].indent > indent or (rest[0].indent == indent and rest[0].text.startswith("- "))
        )
        if pair[2]:
            table[key], lines = _scalar(pair[2]), rest
        elif nested:
            table[key], lines = _block(rest, depth + 1)
        else:
            table[key], lines = "", rest
    _outside(lines, indent)
    return table, lines


def _outside(lines: list[_Line], indent: int) -> None:
    """What follows a block belongs to one further out; a mapping may hold a list at its indent."""
    if lines and lines[0].indent > indent:
        raise ValueError("a value of several lines")


def _scalar(text: str) -> Value:
    """`a`, `"a"`, `[a, "b"]`, `{}` or `{a: b}`."""
    text = text.strip()
    quoted = _QUOTED.fullmatch(text)
    if quoted:
        return quoted[1] if quoted[1] is not None else quoted[2]
    if text[:1] == "[" and text[-1:] == "]":
        return [_item(part) for part in _parts(text)]
    if text[:1] == "{" and text[-1:] == "}":
        pairs = [part.partition(": ") for part in _parts(text)]
        if not all(colon for _, colon, _ in pairs):
            raise ValueError("a flow mapping that is not plain")
        return {_item(key): _item(value) for key, _, value in pairs}
    return _item(text)


def _parts(text: str) -> list[str]:
    inner = text[1:-1].strip()
    return [part for part in inner.split(",") if part.strip()] if inner else []


def _item(text: str) -> str:
    text = text.strip()
    quoted = _QUOTED.fullmatch(text)
    if quoted:
        return quoted[1] if quoted[1] is not None else quoted[2]
    if not _PLAIN.fullmatch(text):
        raise ValueError(f"no plain value: {text}")
    return text
