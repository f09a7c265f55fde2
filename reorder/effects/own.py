"""The tool models of a project: read with care, since any project may bring them.

.reorder/tools/*.toml  ->  Models: ours, extended and overridden command by command
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from reorder.effects.model import ModelError, Models, builtin, commands_in, toml_of

MOST_FILES, MOST_BYTES, DEEPEST, LONGEST_PATTERN = 200, 200_000, 4, 500
_TOOLS = Path(__file__).parent.parent / "tools"
_NAME = re.compile(r"[^\s,\"'\]]+")
_TEXTS = ("names", "operands", "env", "reads", "writes", "ensures", "clock")
_CONDITIONS = ("flags", "unless")


def with_own(folder: Path | None) -> Models:
    """Our models and those of the folder. Raises ModelError for a file that cannot be used."""
    if folder is None:
        return builtin()
    _check(folder)
    return Models((*builtin().folders, folder))


@cache
def _check(folder: Path) -> None:
    paths = sorted(folder.glob("*.toml"))
    if len(paths) > MOST_FILES:
        raise ModelError(f"{folder}: {len(paths)} files: keep at most {MOST_FILES}")
    for path in paths:
        for key, fact, remedy in _faults(path):
            place = f"{path}: `{key}`" if key else str(path)
            raise ModelError(f"{place}: {fact}: {remedy}")


def _faults(path: Path) -> Iterator[tuple[str, str, str]]:
    """(key, fact, remedy) of all that is wrong with a file."""
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            yield "", f"{size} bytes", f"keep a family below {MOST_BYTES}"
            return
        text, data = path.read_text("utf-8"), toml_of(path)
    except (OSError, UnicodeDecodeError, RecursionError) as error:
        yield "", f"cannot be read ({type(error).__name__})", "write it as a UTF-8 file of TOML"
        return
    if path.name == "env.toml":
        yield "", "the sets of variables are ours", "list the names in `env` of the command"
        return
    yield from _family(data, path)
    if isinstance(data.get("command"), dict):
        named = {n for name, t in data["command"].items() for n in (name, *_names(t))}
        for name in sorted(named.symmetric_difference(commands_in(text))):
            yield name, "is not seen", "write `[command.NAME]` and its `names` on one line each"


def _names(table: Any) -> list[Any]:
    names = table.get("names", []) if isinstance(table, dict) else []
    return names if isinstance(names, list) else []


def _family(data: Mapping[str, Any], path: Path) -> Iterator[tuple[str, str, str]]:
    for key in data:
        if key not in ("family", "source", "command"):
            yield key, "is no key of a family", "use family, source and command"
    if data.get("family") != path.stem:
        yield "family", f"is {data.get('family')!r}", f'write "{path.stem}", the name of the file'
    if not _is_text(data.get("source")):
        yield "source", "is missing", "say which manual and version the facts come from"
    commands = data.get("command")
    if not isinstance(commands, dict) or not commands:
        yield "command", "has no table", "write [command.NAME]"
        return
    for name, table in commands.items():
        yield from _command(f"command.{name}", table, 0)


def _command(place: str, table: Any, depth: int) -> Iterator[tuple[str, str, str]]:
    if not isinstance(table, dict):
        yield place, "is no table", "write it as [command.NAME]"
        return
    if depth > DEEPEST:
        yield place, "is nested too deeply", f"keep at most {DEEPEST} levels of `sub`"
        return
    known = _schema()["command"]["properties"]
    yield from _values(place, table, known)
    flags = table.get("flags", {})
    for row, role in flags.items() if isinstance(flags, dict) else [(flags, None)]:
        if not isinstance(role, str) or not re.search(_schema()["flag"]["pattern"], role):
            yield f"{place}.flags.{row}", f"{role!r} is no role", "use one of docs/tools.md"
    for condition in table.get("when", ()) if isinstance(table.get("when"), list) else ():
        if not isinstance(condition, dict) or not any(key in condition for key in _CONDITIONS):
            yield f"{place}.when", "has no condition", "give `flags` or `unless`"
            continue
        inner = {key: value for key, value in condition.items() if key not in _CONDITIONS}
        yield from _values(f"{place}.when", inner, _schema()["when"]["properties"])
        for key in _CONDITIONS:
            if not _is_texts(condition.get(key, [])):
                yield f"{place}.when.{key}", "is no list of flags", 'write ["--flag"]'
    subs = table.get("sub", {})
    for sub, inner in subs.items() if isinstance(subs, dict) else [("", subs)]:
        yield from _command(f"{place}.sub.{sub}", inner, depth + 1)


def _values(
    place: str, table: Mapping[str, Any], known: Mapping[str, Any]
) -> Iterator[tuple[str, str, str]]:
    for key, value in table.items():
        own = f"{place}.{key}"
        if key not in known:
            yield own, "is no key of a model", f"use one of {', '.join(sorted(known))}"
        elif key in _TEXTS:
            yield from _texts(own, key, value)
        elif key in ("network", "root", "harmless") and not isinstance(value, bool):
            yield own, f"is {value!r}", "write true or false"
        elif key == "seconds" and not _is_seconds(value):
            yield own, f"is {value!r}", "give a number of seconds, 0 or more"
        elif key == "opaque" and not _is_text(value):
            yield own, f"is {value!r}", "give a text"
        elif key == "manifest" and value not in _readers():
            yield own, f"there is no reader {value!r}", f"use one of {', '.join(_readers())}"
        elif key in ("style", "dialect", "becomes") and value not in _choices(key):
            yield own, f"is {value!r}", f"use one of {', '.join(_choices(key))}"
        elif key in ("flags", "sub") and not isinstance(value, dict):
            yield own, "is no table", f"write [{own}]"
        elif key == "when" and not isinstance(value, list):
            yield own, "is no list of tables", f"write [[{own}]]"
        elif key == "plain" and (fault := _pattern_fault(value)):
            yield own, fault, "write a shorter, simpler regular expression"


def _choices(key: str) -> list[str]:
    found = _schema()["command"]["properties"][key]
    name = found.get("$ref", "").rpartition("/")[2]
    values: list[str] = (_schema()[name] if name else found)["enum"]
    return values


def _texts(place: str, key: str, value: Any) -> Iterator[tuple[str, str, str]]:
    if not _is_texts(value):
        yield place, f"is {value!r}", "give a list of texts"
        return
    items = _schema()[{"operands": "operands", "env": "env"}.get(key, "paths")]["items"]
    patterns = {
        "names": _NAME.pattern + r"\Z",
        "operands": _schema()["operand"]["pattern"],
        "env": r"^(@[a-z]+|[A-Za-z0-9_*]+)$",
        "clock": ".",
    }
    pattern = patterns.get(key) or items["pattern"]
    for text in value:
        if not re.match(pattern, text):
            yield place, f"{text!r} cannot stand here", "see the forms in docs/tools.md"
        if text.startswith("@") and not text.startswith("@prefix/") and not _is_set(key, text[1:]):
            yield place, f"there is no set `{text}`", "see reorder/tools/env.toml"
    if key == "operands" and sum(text.startswith("*") for text in value) > 1:
        yield place, "two roles begin with `*`", "keep one of them"


def _is_set(key: str, name: str) -> bool:
    models = builtin()
    return bool(models.env_set(name) if key == "env" else models.path_set(name))


def _pattern_fault(pattern: Any) -> str:
    """Why a pattern might not come to an end: two ways to read one text, many times over."""
    if not _is_text(pattern) or len(pattern) > LONGEST_PATTERN:
        return f"is no text of at most {LONGEST_PATTERN} characters"
    import warnings

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            re.compile(pattern)
    except (re.error, RecursionError, OverflowError, Warning) as error:
        return f"is no regular expression ({error})"
    bare = re.sub(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]", "x", pattern, flags=re.DOTALL)
    if re.search(r"\\[1-9]|\(\?P=", pattern) or "(?(" in pattern:
        return "refers back to what it matched"
    if re.search(r"\)[*+{]", bare):
        return "repeats a group"
    if len(re.findall(r"[*+}]", bare)) > 2:
        return "repeats more than two times"
    return ""


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


def _is_seconds(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0


@cache
def _readers() -> tuple[str, ...]:
    """The manifest readers that our own models name."""
    texts = (path.read_text("utf-8") for path in _TOOLS.glob("*.toml"))
    found = (name for text in texts for name in re.findall(r'^manifest = "(.+?)"', text, re.M))
    return tuple(sorted(set(found)))


@cache
def _schema() -> Mapping[str, Any]:
    """The definitions that the tests hold our own models to."""
    text = (_TOOLS / "schema.json").read_text("utf-8")
    definitions: Mapping[str, Any] = json.loads(text)["$defs"]
    return definitions
