"""Command lines that build: `cd app && docker build -f docker/Dockerfile --build-arg A=1 .`"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from reorder.context.builds.build import Args, Build, Builds, Place, is_local, names, pairs
from reorder.syntax.shell import Arg, Use, read_script

# Stands for the folder that the commands start in, and for texts that are filled in before.
_START = "/start"
_FILLED = "FILLED_IN"
_EXPRESSION = re.compile(r"\$\{\{.*?\}\}", re.DOTALL)
_MAKE = re.compile(r"\$\$|\$\([^()\n]*\)|\$\{[^{}\n]*\}|\$.")


class Text(NamedTuple):
    """A shell text; `line` is that of its first line in `file`, `folder` where it starts."""

    text: str
    file: Path
    line: int
    folder: Path
    aborts: bool = False


def builds_of(texts: Sequence[Text], data: Mapping[str, Any]) -> Builds:
    """The builds of command lines in which nothing has to be guessed."""
    found: list[Build] = []
    notes: list[str] = []
    for text in texts:
        if not _may_build(text.text, data):
            continue
        script = read_script(
            _EXPRESSION.sub(f"${_FILLED}", text.text),
            lookup=lambda _: None, cwd=_START, home=None, bash=True, aborts=text.aborts,
        )  # fmt: skip
        if script.opaque:
            notes.append(f"{text.file.name}:{text.line}: read in part only: {script.opaque}")
        for use in script.uses:
            place = Place(text.file, text.line + use.line)
            words = _words(use, data)
            build = None if words is None else _build(words, data)
            if isinstance(build, _Words):
                found += (_placed(build, cwd, text.folder, place) for cwd in _folders(use))
            elif build is not None:
                notes.append(f"{place.file.name}:{place.line}: {build}")
    return Builds(tuple(dict.fromkeys(found)), tuple(dict.fromkeys(notes)))


def recipes(text: str) -> Iterator[tuple[int, str]]:
    """The recipes of a makefile, each a shell text of its own, and their first lines."""
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        start = at
        while lines[at].endswith("\\") and at + 1 < len(lines):
            at += 1
        at += 1
        if lines[start].startswith("\t"):
            recipe = "\n".join(lines[start:at]).lstrip("\t@-+ ")
            yield start + 1, _MAKE.sub(lambda m: "$" if m[0] == "$$" else f"${_FILLED}", recipe)


def _may_build(text: str, data: Mapping[str, Any]) -> bool:
    return any(program in text for program in data["programs"])


class _Words(NamedTuple):
    context: str
    file: str | None
    args: Args
    named: frozenset[str]
    target: str | None


def _words(use: Use, data: Mapping[str, Any]) -> tuple[Arg, ...] | None:
    """What follows `docker build`; None for another command."""
    argv = use.argv
    while argv and argv[0].text in data["wrappers"]:
        argv = argv[1:]
    for builds in data["programs"].get(argv[0].text if argv else None, ()):
        size = 1 + builds.count(" ") + 1
        if " ".join(str(arg.text) for arg in argv[1:size]) == builds:
            return argv[size:]
    return None


def _build(words: Sequence[Arg], data: Mapping[str, Any]) -> _Words | str:
    """The build of a command line, or why it is not known."""
    roles: dict[str, list[str]] = {"file": [], "arg": [], "context": [], "target": []}
    valued = dict.fromkeys(data["valued"]) | {name: role for role in roles for name in data[role]}
    places: list[str] = []
    waiting = iter(words)
    for word in waiting:
        text = _text(word)
        option, equals, value = text.partition("=")
        if word.many or not text:
            return f"`{word.source}` is not known before the build"
        if not option.startswith("-") or option == "-":
            places.append(text)
        elif not equals and option in data["switches"]:
            continue
        elif not equals and option not in valued:
            return f"`{option}` is an option that is not understood"
        else:
            if not equals:
                following = next(waiting, None)
                value = "" if following is None else _text(following)
            if role := valued.get(option):
                roles[role].append(value)
    if len(places) != 1:
        return "it names no context, or several"
    for place in (*places, *roles["file"], *roles["target"]):
        if not is_local(place):
            return f"`{place}` is no path that is known now"
    file, target = (next(reversed(roles[role]), None) for role in ("file", "target"))
    named = names(roles["context"])
    return _Words(places[0], file, pairs(roles["arg"]), named, target)


def _text(arg: Arg) -> str:
    """`$` stands for what is not known: `A=$`."""
    return f"{arg.prefix}$" if arg.text is None else arg.text.replace(_FILLED, "$")


def _folders(use: Use) -> Iterator[str]:
    """Where it runs, relative to the folder of the text; places that are not known left out."""
    for cwd in use.cwds:
        if cwd == _START or cwd.startswith(f"{_START}/"):
            yield cwd.removeprefix(_START).lstrip("/")


def _placed(words: _Words, cwd: str, folder: Path, place: Place) -> Build:
    here = folder / cwd
    file = None if words.file is None else here / words.file
    return Build(here / words.context, file, words.args, words.named, words.target, place)
