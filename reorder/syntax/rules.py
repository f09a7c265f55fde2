"""What every version of BuildKit rejects in an instruction; the rest is left to the build."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Literal

from reorder.syntax.arguments import Arguments, Malformed, split_keyword
from reorder.syntax.lines import heredoc_marker
from reorder.syntax.word import SPACE

_Kind = Literal["text", "list", "switch"]

_COPIES: Mapping[str, _Kind] = {
    "chmod": "text",
    "chown": "text",
    "exclude": "list",
    "link": "switch",
}
_NONE: Mapping[str, _Kind] = {}
_FLAGS: Mapping[str, Mapping[str, _Kind]] = {
    "ADD": {**_COPIES, "checksum": "text", "keep-git-dir": "switch", "unpack": "switch"},
    "COPY": {**_COPIES, "from": "text", "parents": "switch"},
    "FROM": {"platform": "text"},
    "HEALTHCHECK": {
        "interval": "text",
        "retries": "text",
        "start-interval": "text",
        "start-period": "text",
        "timeout": "text",
    },
    "RUN": {"device": "list", "mount": "list", "network": "text", "security": "text"},
}
_FLAGS_IGNORED = ("ARG", "STOPSIGNAL")
_STAGE_NAME = re.compile("[a-z][a-z0-9_.-]*")
_NO_TRIGGERS = ("FROM", "MAINTAINER", "ONBUILD")


def check(keyword: str, arguments: Arguments) -> None:
    """Raise Malformed when BuildKit certainly rejects the instruction."""
    no_check = keyword == "HEALTHCHECK" and arguments.words[:1] == ("NONE",)
    if keyword not in _FLAGS_IGNORED and not no_check:
        _check_flags(keyword, arguments.flag_words)
    _CHECKS[keyword](keyword, arguments)


def known_keyword(word: str) -> str:
    """`run` -> `RUN`; raises Malformed for a word that is no instruction."""
    keyword = word.upper()
    if word.isascii() and keyword in _CHECKS:
        return keyword
    remedy = "write one of " + ", ".join(_CHECKS) + ", or end the line above with a continuation"
    raise Malformed(f"`{word}` is no instruction", remedy)


def _check_flags(keyword: str, words: tuple[str, ...]) -> None:
    allowed = _FLAGS.get(keyword, _NONE)
    seen: set[str] = set()
    for word in words:
        name, equals, value = word[2:].partition("=")
        kind = allowed.get(name)
        if kind is None:
            remedy = "known flags: " + (", ".join(f"--{flag}" for flag in allowed) or "none")
            raise Malformed(f"{keyword} has no flag `--{name}`", remedy)
        if kind != "list" and name in seen:
            raise Malformed(f"`--{name}` is set a second time", "keep one of them")
        if kind == "switch" and (value.lower() not in ("true", "false") if equals else value):
            raise Malformed(f"`--{name}={value}` is not true or false", f"write `--{name}`")
        if kind != "switch" and not equals:
            raise Malformed(f"`--{name}` has no value", f"write `--{name}=value`")
        seen.add(name)


def _any(keyword: str, arguments: Arguments) -> None:
    """RUN, CMD and ENTRYPOINT may be empty."""


def _some(keyword: str, arguments: Arguments) -> None:
    if not arguments.words:
        raise Malformed(f"{keyword} has no argument", "give it one, or remove the line")


def _named(keyword: str, arguments: Arguments) -> None:
    _some(keyword, arguments)
    if any(not name for name, _ in arguments.pairs):
        raise Malformed(f"{keyword} has a blank name", "write a name before `=`")


def _from(keyword: str, arguments: Arguments) -> None:
    words = arguments.words
    if len(words) == 1:
        return
    if len(words) != 3 or words[1].upper() != "AS":
        raise Malformed("FROM takes one image", "write `FROM image` or `FROM image AS name`")
    if not _STAGE_NAME.fullmatch(words[2].lower()):
        remedy = "begin with a letter; then letters, digits, `-`, `_` and `.`"
        raise Malformed(f"`{words[2]}` cannot be the name of a stage", remedy)


def _copy(keyword: str, arguments: Arguments) -> None:
    if len(arguments.words) < 2:
        raise Malformed(f"{keyword} needs sources and a destination", "name both")
    if heredoc_marker(arguments.words[-1]):
        remedy = "put the path of the new file last"
        raise Malformed(f"{keyword} has a here-document as destination", remedy)


def _volume(keyword: str, arguments: Arguments) -> None:
    _some(keyword, arguments)
    if any(not word.strip(SPACE) for word in arguments.words):
        raise Malformed("VOLUME has an empty path", "remove it")


def _shell(keyword: str, arguments: Arguments) -> None:
    if not arguments.is_json or not arguments.words:
        raise Malformed("SHELL is not a JSON list", 'write `SHELL ["/bin/sh", "-c"]`')


def _healthcheck(keyword: str, arguments: Arguments) -> None:
    _some(keyword, arguments)
    kind, *command = arguments.words
    if kind not in ("CMD", "NONE"):
        raise Malformed(f"HEALTHCHECK has no type `{kind}`", "write CMD or NONE")
    if (kind == "CMD") != bool(command):
        remedy = "CMD needs a command, NONE takes none"
        raise Malformed(f"HEALTHCHECK {kind} has the wrong number of arguments", remedy)


def _onbuild(keyword: str, arguments: Arguments) -> None:
    trigger = split_keyword(arguments.rest)[0].upper()
    if not trigger or trigger in _NO_TRIGGERS:
        fact = f"ONBUILD cannot run `{trigger}`" if trigger else "ONBUILD has no instruction"
        raise Malformed(fact, "put another instruction after it")


_CHECKS: Mapping[str, Callable[[str, Arguments], None]] = {
    "ADD": _copy,
    "ARG": _named,
    "CMD": _any,
    "COPY": _copy,
    "ENTRYPOINT": _any,
    "ENV": _named,
    "EXPOSE": _some,
    "FROM": _from,
    "HEALTHCHECK": _healthcheck,
    "LABEL": _named,
    "MAINTAINER": _some,
    "ONBUILD": _onbuild,
    "RUN": _any,
    "SHELL": _shell,
    "STOPSIGNAL": _some,
    "USER": _some,
    "VOLUME": _volume,
    "WORKDIR": _some,
}
