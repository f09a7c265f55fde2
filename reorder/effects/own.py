"""The tool models of a project: read with care, since any project may bring them.

.reorder/tools/*.toml  ->  Models: ours, extended and overridden command by command
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from reorder.effects.model import ModelError, Models, builtin, commands_in, toml_of
from reorder.effects.schema import Fault, faults

MOST_FILES, MOST_BYTES, DEEPEST, LONGEST_PATTERN = 200, 200_000, 4, 500
_TOOLS = Path(__file__).parent.parent / "tools"
_SETS = {"env": "variables", "reads": "paths", "writes": "paths", "ensures": "paths"}


def with_own(folder: Path | None) -> Models:
    """Our models and those of the folder. Raises ModelError for a file that cannot be used."""
    if folder is None:
        return builtin()
    _check(folder)
    return Models((*builtin().folders, folder))


def forget() -> None:
    """The models of all folders are checked again."""
    _check.cache_clear()


@cache
def _check(folder: Path) -> None:
    paths = sorted(folder.glob("*.toml"))
    if len(paths) > MOST_FILES:
        raise ModelError(f"{folder}: {len(paths)} files: keep at most {MOST_FILES}")
    for path in paths:
        for fault in _faults(path):
            place = f"{path}: `{fault.key}`" if fault.key else str(path)
            raise ModelError(f"{place}: {fault.fact}: {fault.remedy}")


def _faults(path: Path) -> Iterator[Fault]:
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            yield Fault("", f"{size} bytes", f"keep a family below {MOST_BYTES}")
            return
        text, data = path.read_text("utf-8"), toml_of(path)
    except (OSError, UnicodeDecodeError, RecursionError) as error:
        yield Fault("", f"cannot be read ({type(error).__name__})", "write TOML, in UTF-8")
        return
    if path.name == "env.toml":
        yield Fault("", "the sets of names are ours", "list the names in `env` of the command")
        return
    if any(part.depth > DEEPEST for part in _parts(data)):
        yield Fault("", "`sub` is nested too deeply", f"keep at most {DEEPEST} levels")
        return
    yield from faults(data, {"$ref": "#/$defs/family"}, _definitions())
    yield from _family(data, text, path.stem)


def _family(data: Mapping[str, Any], text: str, stem: str) -> Iterator[Fault]:
    """What the schema cannot say; `data` is valid by it."""
    if data["family"] != stem:
        remedy = f'write "{stem}", the name of the file'
        yield Fault("family", f"is {data['family']!r}", remedy)
    commands = data["command"]
    named = {n for name, table in commands.items() for n in (name, *table.get("names", ()))}
    for name in sorted(named.symmetric_difference(commands_in(text))):
        remedy = "write `[command.NAME]` and its `names` on one line each"
        yield Fault(f"command.{name}", "is not seen", remedy)
    for part in _parts(data):
        if part.key == "plain" and (fact := _pattern_fault(part.value)):
            yield Fault(part.place, fact, "write a shorter, simpler regular expression")
        if part.key == "manifest" and part.value not in _readers():
            remedy = f"use one of {', '.join(_readers())}"
            yield Fault(part.place, f"there is no reader {part.value!r}", remedy)
        for word in part.value if part.key in _SETS else ():
            if re.fullmatch("@[a-z]+", word) and not _set(part.key, word):
                remedy = "write the names themselves, or use a set of reorder/tools/env.toml"
                yield Fault(part.place, f"there is no set of {_SETS[part.key]} `{word}`", remedy)


class _Part(NamedTuple):
    """A key of a command, a subcommand or a `when`, however deep."""

    place: str
    key: str
    value: Any
    depth: int


def _parts(data: Mapping[str, Any]) -> Iterator[_Part]:
    commands = data.get("command")
    commands = commands if isinstance(commands, dict) else {}
    waiting: list[tuple[str, Any, int]] = [(f"command.{n}", t, 0) for n, t in commands.items()]
    while waiting:
        place, table, depth = waiting.pop()
        if not isinstance(table, dict):
            continue
        for key, value in table.items():
            yield _Part(f"{place}.{key}", key, value, depth)
        subs, whens = table.get("sub"), table.get("when")
        if isinstance(subs, dict) and depth <= DEEPEST:
            waiting += [(f"{place}.sub.{n}", t, depth + 1) for n, t in subs.items()]
        if isinstance(whens, list):
            waiting += [(f"{place}.when", entry, depth) for entry in whens]


def _set(key: str, word: str) -> tuple[str, ...]:
    models = builtin()
    return models.env_set(word[1:]) if key == "env" else models.path_set(word[1:])


def _pattern_fault(pattern: str) -> str:
    """Why a pattern might not come to an end: two ways to read one text, many times over."""
    import warnings

    if len(pattern) > LONGEST_PATTERN:
        return f"has more than {LONGEST_PATTERN} characters"
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


@cache
def _readers() -> tuple[str, ...]:
    """The manifest readers that our own models name."""
    texts = (path.read_text("utf-8") for path in _TOOLS.glob("*.toml"))
    found = (name for text in texts for name in re.findall(r'^manifest = "(.+?)"', text, re.M))
    return tuple(sorted(set(found)))


@cache
def _definitions() -> Mapping[str, Any]:
    """Those that the tests hold our own models to."""
    definitions: Mapping[str, Any] = json.loads((_TOOLS / "schema.json").read_text())["$defs"]
    return definitions
