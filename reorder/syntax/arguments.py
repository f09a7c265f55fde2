"""The joined text of one instruction -> keyword, flags and arguments, as BuildKit splits them.

`COPY --chown=app "a b" /c` -> keyword COPY, flag chown=app, words `"a`, `b"`, `/c`
"""

from __future__ import annotations

import json
import math
import re
from typing import NoReturn

from msgspec import Struct
from msgspec.structs import replace

from reorder.syntax.word import SPACE

_BLANKS = re.compile(r"[\t\v\f\r ]+")
# Flags are read byte by byte, so the bytes 85 and A0 are white space even inside a character.
_BYTE_SPACE = "\t\n\v\f\r \x85\xa0"
_SURROGATE = re.compile("[\ud800-\udfff]")

_ONE_WORD = ("MAINTAINER", "STOPSIGNAL", "USER", "WORKDIR")
_WORDS = ("EXPOSE", "FROM")
_JSON_OR_WORDS = ("ADD", "COPY", "VOLUME")
_JSON_OR_TEXT = ("CMD", "ENTRYPOINT", "RUN", "SHELL")
_HEREDOCS = ("ADD", "COPY", "RUN")

Pairs = tuple[tuple[str, str | None], ...]


class Malformed(ValueError):
    """An instruction that BuildKit rejects; the fact and what the author can do."""

    def __init__(self, fact: str, remedy: str) -> None:
        super().__init__(fact)
        self.fact = fact
        self.remedy = remedy


class Flag(Struct, frozen=True):
    """`--name=value`; the value of `--name` is empty."""

    name: str
    value: str


class Arguments(Struct, frozen=True):
    """What follows a keyword; `flag_words` are the flags with their dashes, without quotes."""

    flag_words: tuple[str, ...]
    rest: str
    words: tuple[str, ...] = ()
    pairs: Pairs = ()
    is_json: bool = False

    @property
    def flags(self) -> tuple[Flag, ...]:
        cuts = (word[2:].partition("=") for word in self.flag_words)
        return tuple(Flag(name, value) for name, _, value in cuts)


def split_keyword(text: str) -> tuple[str, str]:
    """`RUN  a b ` -> `RUN`, `a b`."""
    keyword, *rest = _BLANKS.split(text.strip(SPACE), maxsplit=1)
    return keyword, rest[0] if rest else ""


def takes_heredocs(text: str, escape: str) -> bool:
    """Whether `<<` in this instruction may start a here-document."""
    if "<<" not in text:
        return False
    keyword, after = split_keyword(text)
    if keyword.upper() == "ONBUILD":
        keyword, after = split_keyword(_flags(after, escape)[1])
    if keyword.upper() not in _HEREDOCS:
        return False
    return _json(_flags(after, escape)[1]) is None


def read_arguments(keyword: str, text: str, escape: str) -> Arguments:
    """Flags and arguments of an instruction; `keyword` in upper case, unknown ones have no words.

    Raises Malformed for text that no version of BuildKit can split.
    """
    read = Arguments(*_flags(text, escape))
    if keyword == "ARG":
        return _with_args(read, escape)
    if keyword in ("ENV", "LABEL"):
        return _with_pairs(read, keyword, escape)
    if keyword == "HEALTHCHECK":
        return _with_health(read)
    if keyword in _JSON_OR_TEXT or keyword in _JSON_OR_WORDS:
        elements = _json(read.rest)
        if elements is not None:
            return replace(read, words=elements, is_json=True)
    if not read.rest:
        return read
    if keyword in _JSON_OR_TEXT or keyword in _ONE_WORD:
        return replace(read, words=(read.rest,))
    if keyword in _JSON_OR_WORDS or keyword in _WORDS:
        return replace(read, words=tuple(_BLANKS.split(read.rest)))
    return read


def _with_health(read: Arguments) -> Arguments:
    kind, command = split_keyword(read.rest)
    if not kind:
        return read
    elements = _json(command)
    words = ((command,) if command else ()) if elements is None else elements
    return replace(read, words=(kind.upper(), *words), is_json=elements is not None)


def _with_args(read: Arguments, escape: str) -> Arguments:
    words = _quoted_words(read.rest, escape)
    cuts = (word.partition("=") for word in words)
    pairs = tuple((name, value if equals else None) for name, equals, value in cuts)
    return replace(read, words=words, pairs=pairs)


def _with_pairs(read: Arguments, keyword: str, escape: str) -> Arguments:
    words = _quoted_words(read.rest, escape)
    if words and "=" not in words[0]:
        old = _BLANKS.split(read.rest, maxsplit=1)
        if len(old) < 2:
            raise Malformed(f"{keyword} `{old[0]}` has no value", f"write `{old[0]}=value`")
        return replace(read, words=tuple(old), pairs=((old[0], old[1]),))
    for word in words:
        if "=" not in word:
            raise Malformed(f"`{word}` has no `=`", "write name=value, with quotes around blanks")
    pairs = tuple((name, value) for name, _, value in (word.partition("=") for word in words))
    return replace(read, words=words, pairs=pairs)


def _flags(text: str, escape: str) -> tuple[tuple[str, ...], str]:
    """`--a="x y" -- b` -> (`--a=x y`,), `b`: leading words with `--`, without their quotes."""
    if not text.startswith("--"):
        return (), text.strip(SPACE)
    data = text.encode("utf-8", "surrogateescape").decode("latin-1")
    found: list[str] = []
    at = 0
    while data.startswith("--", at):
        word, at = _flag(data, at, escape)
        if word == "--":
            break
        found.append(word)
        while at < len(data) and data[at] in _BYTE_SPACE:
            at += 1
    rest = data[at:].encode("latin-1").decode("utf-8", "surrogateescape")
    return tuple(found), rest.strip(SPACE)


def _flag(data: str, at: int, escape: str) -> tuple[str, int]:
    word: list[str] = []
    quote = ""
    while at < len(data) and (quote or data[at] not in _BYTE_SPACE):
        char = data[at]
        if char == quote:
            quote = ""
        elif not quote and char in "'\"":
            quote = char
        elif char == escape:
            at += 1
            word.append(data[at : at + 1])
        else:
            word.append(char)
        at += 1
    return "".join(word), at


def _quoted_words(text: str, escape: str) -> tuple[str, ...]:
    """`a='b c' d\\ e` -> `a='b c'`, `d\\ e`: quotes and escapes are kept."""
    plain = re.compile(f"[^{SPACE}'\"{re.escape(escape)}]+")
    words: list[str] = []
    word = ""
    quote = ""
    at = 0
    while at < len(text):
        run = plain.match(text, at)
        piece = run.group() if run else text[at]
        at += len(piece)
        if piece == escape and quote != "'":
            piece = escape + text[at] if at < len(text) else ""
            at += 1
        elif piece == quote:
            quote = ""
        elif not quote and piece in "'\"":
            quote = piece
        elif not quote and piece in SPACE:
            words += [word] if word else []
            piece = word = ""
        word += piece
    return (*words, word) if word else tuple(words)


def _json(text: str) -> tuple[str, ...] | None:
    """The strings of a JSON array, None when `text` is none: then it is ordinary text."""
    text = text.lstrip(SPACE)
    if not text.startswith("["):
        return None
    try:
        elements = json.loads(
            text, parse_constant=_no_constant, parse_float=_number, parse_int=_number
        )
    except RecursionError:
        raise Malformed("the JSON form is nested too deep", "write a list of strings") from None
    except ValueError:
        return None
    if not all(isinstance(element, str) for element in elements):
        raise Malformed("the JSON form has an element that is no string", "put it in quotes")
    return tuple(_SURROGATE.sub("\ufffd", element) for element in elements)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _number(text: str) -> float:
    # A number out of range is no JSON for BuildKit either.
    if math.isinf(value := float(text)):
        raise ValueError(text)
    return value
