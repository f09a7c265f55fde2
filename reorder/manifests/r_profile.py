"""`.Rprofile`: whether it does nothing but load the project's library and set plain options.

Form: R 4.4, ?Startup and R-lang 10 (tokens). What stands behind `if (interactive())` does not run
in a build. An option is plain when no installer looks for files by it and its value is none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from reorder.manifests.r_words import closing, literal_end, statements

ACTIVATE = "renv/activate.R"

_SOURCE = ("source", "(", f'"{ACTIVATE}"', ")")
_GUARD = ("if", "(", "file.exists", "(", f'"{ACTIVATE}"', ")", ")")
_LOADS = {_SOURCE, (*_GUARD, *_SOURCE), (*_GUARD, "{", *_SOURCE, "}")}
_INTERACTIVE = ("if", "(", "interactive", "(", ")")
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
    for statement in statements(text):
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
    return any(statement in _LOADS for statement in statements(text))


def plain_options(statement: Sequence[str]) -> bool:
    """`options(repos = c(CRAN = "https://x"), digits = 4)`."""
    if tuple(statement[:2]) != ("options", "(") or statement[-1] != ")":
        return False
    place, end = 2, len(statement) - 1
    while place < end:
        name, equals = (*statement[place : place + 2], "", "")[:2]
        if equals != "=" or _seeks(name.strip('"`')):
            return False
        behind = literal_end(statement, place + 2)
        if behind is None or (behind < end and statement[behind] != ","):
            return False
        strings = [token for token in statement[place:behind] if token[0] == '"']
        if name.startswith(_SOURCES) and not all(map(_REPOSITORY.fullmatch, strings)):
            return False
        place = behind + (behind < end)
    return place == end


def _seeks(option: str) -> bool:
    """Whether an installer may look for other files because of the option."""
    return bool(_OF_INSTALLERS.fullmatch(option)) and not _HARMLESS.fullmatch(option)


def _when_interactive(statement: Sequence[str]) -> bool:
    """`if (interactive() && x) { ... }`, with nothing behind it."""
    if tuple(statement[: len(_INTERACTIVE)]) != _INTERACTIVE:
        return False
    if any(a in ("r", "R") and b[0] in "\"'" for a, b in pairwise(statement)):
        return False
    end = closing(statement, 1)
    more, body = statement[len(_INTERACTIVE) : end], statement[end + 1 :]
    if end < 0 or not body or (more and (more[0] != "&&" or "||" in more)):
        return False
    return closing(body, 0) == len(body) - 1 if body[0] == "{" else "else" not in body
