"""Gemfile and Gemfile.lock: a Gemfile is code, so only lines of a plain form are read.

Form: bundler.io/man (gemfile.5, bundle-install.1, bundle-config.1), Bundler 2.5. Unless it is
frozen, an install may write the lock file anew: the platform of the builder may be missing there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from reorder.manifests import Followed, Request
from reorder.manifests.bundle_config import local_settings, user_settings
from reorder.manifests.reading import (
    UNKNOWN_FOLDER,
    absent,
    filled,
    inside,
    named_by,
    text_of,
    unknown,
)

_TEXT = r"""(?:"[^"#\\]*"|'[^'\\]*')"""
_ATOM = rf"(?:{_TEXT}|:\w+|true|false|nil|\d+)"
_VALUE = rf"(?:{_ATOM}|\[\s*{_ATOM}(?:\s*,\s*{_ATOM})*\s*\]|%[iw]\[[\w\s.-]*\])"
_PAIR = rf"(?:\w+:\s*{_VALUE}|:\w+\s*=>\s*{_VALUE})"
_WORDS = rf"(?:{_VALUE}|{_PAIR})(?:\s*,\s*(?:{_PAIR}|{_VALUE}))*"
# `if RUBY_PLATFORM =~ /java/` looks at the machine alone; a variable is nothing a model knows of.
_CONDITION = rf"(?:if|unless)\s+RUBY_[A-Z]+\s*(?:[!=]=|[=!]~|[<>]=?)\s*(?:{_TEXT}|/[\w|.-]*/i?)"
_FORMS = re.compile(
    rf"(?:gem|ruby|source)(?:\s+{_WORDS}|\(\s*{_WORDS}\s*\))(?:\s+{_CONDITION})?|{_CONDITION}|else"
    rf"|(?:source|group|platforms?|git)(?:\s+{_WORDS}|\(\s*{_WORDS}\s*\))\s+do"
    r"""|git_source\(:\w+\)\s*(?:\{\s*\|\w+\|\s*"https://[\w./#{}-]*"\s*\})|end"""
)
_VERSION_FILE = re.compile(
    r"""ruby[\s(]+(?:file:\s*|:file\s*=>\s*|File\.read\()\s*["']([\w./-]+)["']\)*(?:\.(?:strip|chomp))?"""
    r"""|\w+\s*=\s*File\.expand_path\(\s*["']([\w./-]+)["'],\s*__dir__\s*\)"""
)
_VERSION_READ = re.compile(
    r"ruby[\s(]+File\.read\((\w+)\)\)?(?:\.(?:strip|chomp))?(?:\s+if\s+File\.(?:readable|exist|file)\?\(\1\))?"
)
_ELSEWHERE = re.compile(
    r"\bpath:|:path\b|\bgemspec\b|file:"
    r"""|(?:^git|\bgit:|:git\s*=>)[\s(]*["'](?!https?:|git@|git:|ssh:)"""
    r"""|^source[\s(]*["'](?!https?:)"""
)
_KEEPING = ("BUNDLE_FROZEN", "BUNDLE_DEPLOYMENT")
_NAMING = ("BUNDLE_GEMFILE", "RUBYOPT", "RUBYLIB")
_FILLED = ("BUNDLE_PATH", "BUNDLE_CACHE_PATH", "BUNDLE_BIN", "GEM_HOME", "BUNDLE_USER_HOME")
_SETTING = re.compile(r"(BUNDLE_[A-Z_]+)\s*:\s*[\"']?([^\"']*?)[\"']?\s*")
_HARMLESS = frozenset(
    f"BUNDLE_{name}"
    for name in (
        *("WITHOUT", "WITH", "JOBS", "RETRY", "FROZEN", "TIMEOUT", "DEPLOYMENT", "PATH"),
        *("SILENCE_ROOT_WARNING", "FORCE_RUBY_PLATFORM", "SPECIFIC_PLATFORM", "NO_PRUNE", "CLEAN"),
        *("DISABLE_VERSION_CHECK", "PREFER_PATCH", "SSL_VERIFY_MODE", "REDIRECT", "NO_CACHE"),
        *("IGNORE_MESSAGES", "GLOBAL_GEM_CACHE", "DISABLE_SHARED_GEMS", "PATH__SYSTEM", "SYSTEM"),
    )
)


def follow(request: Request) -> Followed:
    """The Gemfile, its lock file, the file of the Ruby version, the gems in vendor/cache."""
    if request.cwd.startswith("?"):
        return Followed(opaque=UNKNOWN_FOLDER)
    gemfile, lock = (inside(request.cwd, name) for name in ("Gemfile", "Gemfile.lock"))
    settings = (user_settings(request), *local_settings(request))
    text = text_of(request, gemfile)
    if text is None:
        return unknown(gemfile)
    for path in (lock, *settings, inside(request.cwd, "gems.rb")):
        if request.read(path) is None and not absent(request, path):
            return unknown(path)
    files = [gemfile, lock, *settings, inside(request.cwd, "gems.rb")]
    for line in _statements(text):
        version = _VERSION_FILE.fullmatch(line)
        if version:
            files.append(inside(request.cwd, version[1] or version[2]))
        elif _VERSION_READ.fullmatch(line):
            continue
        elif not _FORMS.fullmatch(line) or _ELSEWHERE.search(line):
            return Followed(
                opaque=f"{gemfile} has the line `{line}`, which may name or do anything"
            )
    reason = named_by(request, _NAMING) or _reason(request, lock)
    known = reason or _settings(request, settings)
    if isinstance(known, str):
        return Followed(opaque=known)
    cache = inside(request.cwd, "vendor/cache")
    writes = [] if _frozen(request, known) else [lock, cache]
    writes += [inside(request.cwd, known[name]) for name in _FILLED if known.get(name)]
    return Followed(tuple(files), (cache,), rewrites=(*writes, *filled(request, _FILLED)))


def _statements(text: str) -> Iterator[str]:
    """Lines without comments; one that ends in a comma goes on in the next."""
    joined = ""
    for raw in text.splitlines():
        line = re.sub(r"(^|\s)#(?!\{).*$", "", raw).strip()
        if not line:
            continue
        joined = f"{joined} {line}".strip()
        if not line.endswith((",", "[")):
            yield joined
            joined = ""
    if joined:
        yield joined


def _reason(request: Request, lock: str) -> str | None:
    locked = text_of(request, lock) or ""
    if re.search(r"^(?:PATH|PLUGIN)\b", locked, re.MULTILINE):
        return f"{lock} has gems of the project, whose own code then runs"
    return None


def _settings(request: Request, paths: Sequence[str]) -> dict[str, str] | str:
    """The settings of the user, under variables, under those of the project; else a reason."""
    found: dict[str, str] = {}
    for n, path in enumerate(paths):
        for line in (text_of(request, path) or "").splitlines():
            setting = _SETTING.fullmatch(line)
            if line.strip() not in ("", "---") and (not setting or setting[1] not in _HARMLESS):
                return f"{path} has the line `{line}`, which may name other files"
            if setting:
                found[setting[1]] = setting[2]
        if n == 0:
            found |= {name: value for name in _KEEPING if (value := request.lookup(name))}
    return found


def _frozen(request: Request, known: Mapping[str, str]) -> bool:
    if request.flags & {"--frozen", "--deployment"}:
        return True
    return any(known.get(name) in ("1", "true") for name in _KEEPING)
