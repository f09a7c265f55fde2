"""Bytes -> the instructions of a Dockerfile, with the lines that BuildKit gives them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from io import BytesIO

from dockerfile_parse import DockerfileParser
from msgspec import Struct

from reorder.source import Source
from reorder.syntax.arguments import Arguments, Flag, Pairs, read_arguments, split_keyword
from reorder.syntax.lines import (
    Heredoc,
    Logical,
    ParseError,
    heredoc_marker,
    located,
    read_directives,
    read_logical,
)
from reorder.syntax.rules import check, known_keyword

__all__ = [
    "Dockerfile",
    "Flag",
    "Heredoc",
    "Instruction",
    "ParseError",
    "heredoc_marker",
    "parse",
]


class Instruction(Struct, frozen=True):
    """One instruction; its lines are 1-based, inclusive, with the bodies of here-documents.

    `text` is what follows the keyword after joining, `rest` the same without flags. `words` are
    the elements of a JSON form, else what BuildKit splits: one word for RUN, CMD, ENTRYPOINT,
    USER, WORKDIR, STOPSIGNAL, MAINTAINER; `CMD` or `NONE` and the command for HEALTHCHECK; words
    with their quotes for ENV, LABEL, ARG, whose names and values are in `pairs`, quotes kept.
    `trigger` is the instruction that ONBUILD stores. `dangling`: the file ends in a continuation.
    """

    keyword: str
    line: int
    end_line: int
    text: str
    flags: tuple[Flag, ...]
    rest: str
    words: tuple[str, ...]
    pairs: Pairs
    is_json: bool
    heredocs: tuple[Heredoc, ...]
    trigger: Instruction | None
    dangling: bool

    def flag(self, name: str) -> tuple[str, ...]:
        """The values of a flag in order; `--mount` may stand more than once."""
        return tuple(flag.value for flag in self.flags if flag.name == name)


class Dockerfile(Struct, frozen=True):
    """A Dockerfile; comments and blank lines are in `source` only."""

    source: Source
    directives: Mapping[str, str]
    escape: str
    instructions: tuple[Instruction, ...]

    def __bytes__(self) -> bytes:
        return self.source.data

    def __str__(self) -> str:
        return _text(self.source.data)


# The same text is asked for several times in a run, and by an editor with every request.
@lru_cache(maxsize=8)
def parse(data: bytes) -> Dockerfile:
    """Read a Dockerfile; raises ParseError for what BuildKit rejects, and nothing else."""
    source = Source.of(data)
    lines = [_text(line) for line in source.lines]
    if lines:
        lines[0] = lines[0].removeprefix("\ufeff")
    directives = read_directives(lines)
    escape = directives.get("escape", "\\")
    logical = {line.start: line for line in read_logical(lines, escape)}
    instructions = tuple(
        _instruction(logical[start], keyword, text, escape)
        for start, keyword, text in _split(list(logical.values()), len(lines))
    )
    _check_order(instructions, len(lines))
    return Dockerfile(source, directives, escape, instructions)


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _split(logical: Sequence[Logical], count: int) -> Iterator[tuple[int, str, str]]:
    """Logical lines -> first line, keyword, text of each, split by dockerfile-parse.

    The library sees a file with as many lines, each instruction on one: `RUN |a b|`. The bars
    keep blanks and escapes at the ends, Latin-1 keeps bytes that are not UTF-8.
    """
    masked = ["\n"] * count
    for line in logical:
        word, text = split_keyword(line.text)
        with located(line.start):
            keyword = known_keyword(word)
        shown = text.encode("utf-8", "surrogateescape").decode("latin-1")
        masked[line.start - 1] = f"{keyword} |{shown}|\n"
    for entry in DockerfileParser(fileobj=BytesIO("".join(masked).encode())).structure:
        text = _text(entry["value"][1:-1].encode("latin-1"))
        yield entry["startline"] + 1, entry["instruction"], text


def _instruction(line: Logical, keyword: str, text: str, escape: str) -> Instruction:
    with located(line.start):
        arguments = read_arguments(keyword, text, escape)
        check(keyword, arguments)
        if keyword != "ONBUILD":
            return _built(line, keyword, text, arguments, None)
        word, after = split_keyword(arguments.rest)
        stored = read_arguments(word.upper(), after, escape)
        trigger = _built(line, word.upper(), after, stored, None)
        return _built(line, keyword, text, arguments, trigger)


def _built(
    line: Logical, keyword: str, text: str, arguments: Arguments, trigger: Instruction | None
) -> Instruction:
    return Instruction(
        keyword=keyword,
        line=line.start,
        end_line=line.end,
        text=text,
        flags=arguments.flags,
        rest=arguments.rest,
        words=arguments.words,
        pairs=arguments.pairs,
        is_json=arguments.is_json,
        heredocs=line.heredocs,
        trigger=trigger,
        dangling=line.dangling,
    )


def _check_order(instructions: Sequence[Instruction], count: int) -> None:
    for instruction in instructions:
        if instruction.keyword == "FROM":
            return
        if instruction.keyword != "ARG":
            fact = f"{instruction.keyword} stands above the first FROM"
            raise ParseError(instruction.line, fact, "only ARG may; move it below")
    raise ParseError(max(count, 1), "the file has no FROM", "begin with FROM")
