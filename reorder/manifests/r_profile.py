"""`.Rprofile`: whether it does nothing but load the project's library and set plain options.

Form: R 4.4, ?Startup and R-lang 10 (tokens). What stands behind `if (interactive())` does not run
in a build. An option is plain when no installer looks for files by it and its value is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

ACTIVATE = "renv/activate.R"

_TOKEN = re.compile(
    r"""[^\S\n]+|\#[^\n]*
    |(?P<token>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`\n]*`|\d[\w.]*|[A-Za-z.][\w.]*|<-|&&|\|\||.|\n)
    """,
    re.VERBOSE | re.DOTALL,
)
_SOURCE = ("source", "(", f'"{ACTIVATE}"', ")")
_GUARD = ("if", "(", "file.exists", "(", f'"{ACTIVATE}"', ")", ")")
_LOADS = {_SOURCE, (*_GUARD, *_SOURCE), (*_GUARD, "{", *_SOURCE, "}")}
_INTERACTIVE = ("if", "(", "interactive", "(", ")")
_LITERAL = re.compile(r'-?\d[\w.]*|TRUE|FALSE|T|F|NULL|NA|"(?:(?!~)[^"\\/]*|https?://[^"\\]*)"')
_REPOSITORY = re.compile(r'"(?:https?://.*|@CRAN@)"')
_SOURCES = ("repos", "renv.config.repos")
# Options at which R and its installers look when they look for files and programs.
_OF_INSTALLERS = re.compile(
    r"(?:renv|pak|pkg|pkgcache|configure|download|install|internet|remotes|url)\..*|BioC.*|Bioc.*"
    r"|R_.*|unzip|tar|editor|pager|browser|printcmd|defaultPackages|available_packages_filters"
)
_HARMLESS = re.compile(
    r"download\.file\.method|install\.packages\.compile\.from\.source|renv\.(?:consent|verbose)"
    r"|renv\.config\.(?:ppm\.enabled|install\.(?:transactional|verbose|staged|jobs)"
    r"|cache\.(?:enabled|symlinks)|sandbox\.enabled|synchronized\.check|updates\.check"
    r"|startup\.quiet|connect\.(?:timeout|retry)|mran\.enabled|repos\.override)"
    r"|renv\.settings\.snapshot\.type"
)


def foreign(text: str) -> str | None:
    """The first statement that may do anything else; None when there is none."""
    for statement in _statements(text):
        known = (
            statement in _LOADS
            or _when_interactive(statement)
            or plain_options(statement)
            or statement == ("NULL",)
        )
        if not known:
            return "".join(statement)
    return None


def loads(text: str) -> bool:
    """Whether one of the statements loads the project's library."""
    return any(statement in _LOADS for statement in _statements(text))


def plain_options(statement: Sequence[str]) -> bool:
    """`options(repos = c(CRAN = "https://x"), digits = 4)`."""
    if tuple(statement[:2]) != ("options", "(") or statement[-1] != ")":
        return False
    place = 2
    while place < len(statement) - 1:
        name, equals = (*statement[place : place + 2], "", "")[:2]
        if equals != "=" or _seeks(name.strip('"`')):
            return False
        start, place = place, _value(statement, place + 2)
        strings = [token for token in statement[start:place] if token[0] == '"']
        if name.startswith(_SOURCES) and not all(map(_REPOSITORY.fullmatch, strings)):
            return False
        if place < len(statement) - 1:
            if statement[place] != ",":
                return False
            place += 1
    return place == len(statement) - 1


def _seeks(option: str) -> bool:
    """Whether an installer may look for other files because of the option."""
    return bool(_OF_INSTALLERS.fullmatch(option)) and not _HARMLESS.fullmatch(option)


def tokens(text: str) -> Iterator[str]:
    """Words and signs without blanks and comments, strings in double quotes: `'x'` -> `"x"`."""
    for found in _TOKEN.finditer(text):
        token = found["token"]
        if token is not None:
            single = token[0] == "'" and len(token) > 1 and not {'"', "\\"} & set(token)
            yield f'"{token[1:-1]}"' if single else token


def _statements(text: str) -> Iterator[tuple[str, ...]]:
    """The statements of the outermost level; an `if` goes on behind its condition."""
    found: list[str] = []
    depth = 0
    for token in (*tokens(text), "\n"):
        depth += (token in "([{") - (token in ")]}")
        if token == "\n" and (depth > 0 or _is_condition(found)):
            continue
        if depth == 0 and token in ("\n", ";"):
            if found:
                yield tuple(found)
            found = []
        else:
            found.append(token)
    if found:
        yield tuple(found)


def _is_condition(tokens: Sequence[str]) -> bool:
    """`if (x)`: what it decides on comes next."""
    return tuple(tokens[:2]) == ("if", "(") and _closing(tokens, 1) == len(tokens) - 1


def _closing(tokens: Sequence[str], start: int) -> int:
    """Where the bracket that opens at `start` is closed; -1 when it is not."""
    depth = 0
    for place in range(start, len(tokens)):
        depth += (tokens[place] in "([{") - (tokens[place] in ")]}")
        if depth == 0:
            return place
    return -1


def _when_interactive(statement: Sequence[str]) -> bool:
    """`if (interactive() && x) { ... }`, with nothing behind it."""
    if tuple(statement[: len(_INTERACTIVE)]) != _INTERACTIVE:
        return False
    if any(a in ("r", "R") and b[0] in "\"'" for a, b in pairwise(statement)):
        return False
    end = _closing(statement, 1)
    more, body = statement[len(_INTERACTIVE) : end], statement[end + 1 :]
    if not body or (more and (more[0] != "&&" or "||" in more)):
        return False
    return _closing(body, 0) == len(body) - 1 if body[0] == "{" else "else" not in body


def _value(tokens: Sequence[str], place: int) -> int:
    """The place behind a literal, or behind `c(...)` and `list(...)` of literals; -1 for others."""
    if tokens[place] not in ("c", "list"):
        sign = tokens[place] == "-"
        text = "".join(tokens[place : place + 1 + sign])
        return place + 1 + sign if _LITERAL.fullmatch(text) else len(tokens)
    end = _closing(tokens, place + 1)
    place += 2
    while 0 <= place < end:
        place += 2 * (tokens[place + 1] == "=")
        place = _value(tokens, place)
        if place < end and tokens[place] != ",":
            return len(tokens)
        place += place < end
    return end + 1 if place == end else len(tokens)
