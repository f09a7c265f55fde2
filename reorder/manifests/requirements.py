"""requirements.txt: includes, constraints and archives are followed, local projects are not.

Form: pip.pypa.io/en/stable/reference/requirements-file-format/ (pip 24).
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence

from msgspec import Struct, field

from reorder.manifests import Followed, Request
from reorder.manifests.reading import filled, inside, named_by, text_of, unknown

_ARCHIVES = (
    *(".whl", ".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz", ".tar.xz", ".txz"),
    *(".tlz", ".tar.lz", ".tar.lzma"),
)
_REMOTE = re.compile(r"(?:[a-z]+\+)?(?:https?|ssh|git|ftp)://|[a-z]+\+[a-z]+@", re.IGNORECASE)
_NAMED = re.compile(r"[\w.-]+\s*(?:\[[^\]]*\])?\s*@\s*(.+)")
_PLAIN = re.compile(r"[A-Za-z0-9][\w.-]*\s*(?:\[[\w\s.,-]*\])?\s*(?:[(=<>!~].*)?")
_INCLUDES = ("-r", "--requirement", "-c", "--constraint")
_LINKS = ("-f", "--find-links")
_EDITABLE = ("-e", "--editable")
_INDEXES = ("-i", "--index-url", "--pypi-url", "--extra-index-url")
_VALUED = (
    *(
        *_INDEXES,
        "--trusted-host",
        "--no-binary",
        "--only-binary",
        "--use-feature",
        "--hash",
        "--config-settings",
        "--config-setting",
        "-C",
    ),
    *("--global-option", "--install-option"),
)
_BARE = ("--no-index", "--pre", "--prefer-binary", "--require-hashes", "--always-unzip", "-Z")
# pip.pypa.io/en/stable/topics/configuration/: every option is a variable, too.
NAMING = (
    *("PIP_REQUIREMENT", "PIP_CONSTRAINT", "PIP_BUILD_CONSTRAINT", "PIP_EDITABLE"),
    *("PIP_FIND_LINKS", "PIP_CONFIG_FILE"),
)
FILLED = (
    *("PIP_CACHE_DIR", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_SRC", "PIP_LOG"),
    *("PIP_REPORT", "PIP_DOWNLOAD_DIR", "PIP_WHEEL_DIR", "XDG_CACHE_HOME", "PYTHONUSERBASE"),
)
_MAX_FILES = 50


class _Found(Struct):
    cwd: str
    waiting: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    trees: list[str] = field(default_factory=list)
    rewrites: list[str] = field(default_factory=list)


def follow(request: Request) -> Followed:
    """Every file that the requirements name, or the reason why that is not known."""
    reason = named_by(request, NAMING)
    pages = (request.values.get(flag, "") for flag in _LINKS)
    if any(_is_page(page) for lines in pages for page in lines.splitlines()):
        reason = "a page of links may name files of the project"
    if reason:
        return Followed(opaque=reason)
    found = _Found(request.cwd, list(request.start), rewrites=[*filled(request, FILLED)])
    while found.waiting:
        path = found.waiting.pop(0)
        if path in found.files:
            continue
        found.files.append(path)
        text = text_of(request, path)
        if text is None or len(found.files) > _MAX_FILES:
            return unknown(path)
        for line in _lines(text):
            reason = _take(line, path, found)
            if reason:
                return Followed(opaque=f"{path} {reason}")
    return Followed(tuple(found.files), tuple(found.trees), rewrites=tuple(found.rewrites))


def local_path(requirement: str) -> str | None:
    """`x @ file:../x` and `./x` -> what follows the name; None for a package of an index."""
    text = requirement.split(" ;")[0].split("; ")[0].strip()
    named = _NAMED.fullmatch(text)
    target = (named[1] if named else text).strip()
    if "file:" not in target and _REMOTE.match(target):
        return None
    bare = not named and _PLAIN.fullmatch(target.split(";")[0].strip())
    return None if bare and not target.endswith(_ARCHIVES) else target


def _lines(text: str) -> Iterator[str]:
    """Logical lines without comments: a backslash joins the next line, but not after a comment."""
    joined = ""
    for raw in text.splitlines():
        comment = raw.lstrip().startswith("#")
        if raw.endswith("\\") and not comment:
            joined += raw[:-1]
            continue
        line = re.sub(r"(^|\s)#.*$", "", joined + ("" if comment else raw)).strip()
        joined = ""
        if line:
            yield line
    if joined.strip():
        yield joined.strip()


def _take(line: str, path: str, found: _Found) -> str | None:
    """Adds what one line names; gives a reason when it names something that is not followed."""
    if "${" in line:
        return f"uses a variable in `{line}`"
    if line.startswith("-"):
        return _options(line, line, path, found)
    requirement, dash, options = re.sub(r"\s-", "\0-", line, count=1).partition("\0")
    target = local_path(requirement)
    if target is not None:
        if not target.endswith(_ARCHIVES) or "file:" in target:
            return f"installs the project in `{target}`, whose own code then runs"
        found.files += _places(target, path, found)
    return _options(options, line, path, found) if dash else None


def _options(text: str, line: str, path: str, found: _Found) -> str | None:
    try:
        words = shlex.split(text)
    except ValueError:
        return f"has a line `{line}` of a form that is not read"
    while words:
        option, value = _option(words)
        reason = _one(option, value, line, path, found)
        if reason:
            return reason
    return None


def _option(words: list[str]) -> tuple[str, str]:
    """Takes one option and its value from the front: `-rx`, `-r x`, `--requirement=x`."""
    word = words.pop(0)
    option, equals, value = word.partition("=")
    if not word.startswith("--") and len(word) > 2:
        return word[:2], word[2:]
    if equals or option in _BARE:
        return option, value
    return option, words.pop(0) if words else ""


def _one(option: str, value: str, line: str, path: str, found: _Found) -> str | None:
    if option in _INDEXES and "://" not in value:
        return f"names a folder of packages in `{line}`"
    if option in _LINKS and _is_page(value):
        return f"names a page of links in `{line}`"
    if option in _BARE or (option in _VALUED and "file:" not in value):
        return None
    if not option.startswith("-") or option not in (*_INCLUDES, *_LINKS, *_EDITABLE):
        return f"has a line `{line}` of a form that is not read"
    if "file:" in value:
        return f"names a file: address in `{line}`"
    if option in _EDITABLE:
        if not _REMOTE.match(value):
            return f"installs the project in `{value}`, whose own code then runs"
        found.rewrites.append(inside(found.cwd, "src"))
    elif option in _LINKS and not _REMOTE.match(value):
        found.trees += _places(value, path, found)
    elif option in _INCLUDES and not _REMOTE.match(value):
        found.waiting.append(inside(inside(path, ".."), value))
    return None


def _is_page(name: str) -> bool:
    return name.endswith((".html", ".htm")) and not _REMOTE.match(name)


def _places(name: str, path: str, found: _Found) -> Sequence[str]:
    """A name is looked up beside the file that gives it, or in the working directory."""
    return [inside(inside(path, ".."), name), inside(found.cwd, name)]
