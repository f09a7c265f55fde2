"""R code that only installs packages, and the files that a session starts with.

Form: R 4.4, ?Startup and ?install.packages: `.Renviron` and `.Rprofile` of the working directory
are read first, and objects of `.RData` take the place of functions. Calls of any other form are
refused. What the calls of renv read is in `renv`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from msgspec.structs import replace

from reorder.manifests import Followed, Request, r_description, r_profile, renv
from reorder.manifests.r_words import literal_end, statements, tokens
from reorder.manifests.reading import UNKNOWN_FOLDER, absent, inside, text_of, unknown

# Names of packages and of repositories; a file would be called by its suffix or a path.
_NAME = r"""["'](?![\w.]*\.(?:gz|tgz|tar|zip|bz2|xz)["'])[A-Za-z][\w.]*["']"""
_HOSTED = r"""["'][A-Za-z][\w.-]*/[\w.-]+(?:@[\w./-]+)?["']"""
_REPO = r"""["']https?://[^"'\\\n]*["']"""
_REPOS = rf"(?:{_REPO}|c\(\s*(?:\w+\s*=\s*)?{_REPO}\s*\))"
_VALUE = rf"(?:TRUE|FALSE|T|F|\d+L?|NA|parallel::detectCores\(\)|{_REPOS})"
_KEY = r"(?:repos|dependencies|deps|Ncpus|quiet|upgrade|ask|update|force|clean|verbose)"
_WORD = r"""["'][\w.>=, -]+["']"""
_OPTION = (
    rf"(?:{_KEY}\s*=\s*{_VALUE}|(?:version|upgrade|type|method|ref)\s*=\s*{_WORD}"
    r"""|["'][\d.-]+["'])"""
)
_EITHER = rf"(?:{_NAME}|{_HOSTED})"
_PIECES = {
    name: rf"(?:{name}|c\(\s*{name}(?:\s*,\s*{name})*\s*\))" for name in (_NAME, _HOSTED, _EITHER)
}
_CALLS = {
    r"(?:utils::)?install\.packages|BiocManager::install"
    r"|(?:(?:remotes|devtools)::)?install_(?:cran|bioc|version)": _NAME,
    r"(?:(?:remotes|devtools)::)?install_github": _HOSTED,
    r"pak::(?:pkg_install|pak)": _EITHER,
}
_CALL = "|".join(
    rf"(?:{call})\(\s*(?:pkgs\s*=\s*)?{_PIECES[name]}(?:\s*,\s*{_OPTION})*\s*\)"
    for call, name in _CALLS.items()
)
_LOADED = r"(?:remotes|devtools|BiocManager|renv)"
_QUIETLY = r"(?:\s*,\s*quietly\s*=\s*(?:TRUE|T))?"
_MISSING = rf"""if\s*\(\s*!\s*require(?:Namespace)?\(\s*["']?{_LOADED}["']?{_QUIETLY}\s*\)\s*\)"""
_STATEMENT = re.compile(
    rf"(?:{_MISSING}\s*)?(?:{_CALL})|update\.packages\(\s*{_OPTION}(?:\s*,\s*{_OPTION})*\s*\)"
    rf"|options\(\s*(?:(?:repos|Ncpus|timeout|warn)\s*=\s*{_VALUE}\s*,?\s*)+\)"
    rf"|library\(({_LOADED})\)|"
)
_TEXT = r"""["']([^"'\\]+)["']"""
_FOLDER = rf"(?:{_TEXT}|\.libPaths\(\)(?:\[\[?1\]\]?)?)"
_LIBRARY = re.compile(rf"library\s*=\s*{_TEXT}")
_LOCK = re.compile(rf"lockfile\s*=\s*{_TEXT}")
_PROJECT = re.compile(rf"project\s*=\s*{_TEXT}")
_SWITCH = (
    r"(?:prompt|confirm|clean|rebuild|transactional|strict|retry)\s*=\s*(?:TRUE|FALSE|T|F|NULL)"
)
_RESTORED = (
    rf"(?:{_SWITCH}|repos\s*=\s*{_REPOS}|(?:packages|exclude)\s*=\s*{_PIECES[_NAME]}"
    rf"|library\s*=\s*{_FOLDER}|(?:lockfile|project)\s*=\s*{_TEXT})"
)
_RENV = re.compile(
    rf"(?:renv::)?restore\(\s*(?:{_RESTORED}(?:\s*,\s*{_RESTORED})*\s*)?\)"
    r"|renv::(?:isolate\(\s*\)|consent\(\s*(?:provided\s*=\s*)?(?:TRUE|T)\s*\))"
)
_DEPENDED = re.compile(
    rf"(?:(?:remotes|devtools)::)?install_deps\(\s*(?:(?:(?:pkgdir|pkg)\s*=\s*)?{_TEXT})?"
    rf"(?:(?:(?<=\()|\s*,)\s*{_OPTION})*\s*\)"
)
_IS_NAME = re.compile(r"[A-Za-z.][\w.]*")
_OPTIONS = {
    ".RData": ("--vanilla", "--no-restore", "--no-restore-data"),
    ".Renviron": ("--vanilla", "--no-environ"),
    ".Rprofile": ("--vanilla", "--no-init-file"),
}
_MOVING = (
    *("R_PROFILE", "R_PROFILE_USER", "R_ENVIRON", "R_ENVIRON_USER"),
    *("R_LIBS", "R_LIBS_USER", "R_LIBS_SITE"),
)


def follow(request: Request) -> Followed:
    """The files that start a session are looked for; the project's library may be loaded first."""
    code, script = _code(request)
    if code is None:
        return unknown(script)
    calls = list(_statements(code))
    for text in calls:
        if not _known(text):
            told = "only calls that install packages are read"
            return Followed(opaque=f"`{text}` may do anything: {told}")
    if request.cwd.startswith("?"):
        return Followed(opaque=UNKNOWN_FOLDER)
    moved = next((name for name in _MOVING if request.lookup(name)), None)
    if moved:
        return Followed(opaque=f"{moved} names further files: unset it for this step")
    files = [
        inside(request.cwd, name)
        for name, off in _OPTIONS.items()
        if not request.flags.intersection(off)
    ]
    scripts = [script] if script else []
    profile = inside(request.cwd, ".Rprofile")
    reason = _started(request, [path for path in files if not absent(request, path)], profile)
    if reason:
        return reason
    begun = r_profile.loads(text_of(request, profile) or "") if profile in files else False
    for text in calls:
        depended = _DEPENDED.fullmatch(text)
        if depended:
            found = _described(request, inside(request.cwd, depended[1] or "."))
            if found.opaque:
                return found
            files += found.files
    return _session(request, calls, (*scripts, *files), begun)


def _code(request: Request) -> tuple[str | None, str]:
    """The code of the flags, or that of a script, with its path."""
    code = request.values.get("-e")
    if code is None and request.start:
        return text_of(request, request.start[0]), request.start[0]
    both = {"-f", "--file"} & set(request.values)
    return "other" if code is None or both else code, ""


def _statements(code: str) -> Iterator[str]:
    """Each statement without blanks; in place of a name that holds a literal, the literal."""
    held: dict[str, tuple[str, ...]] = {}
    for words in statements(code):
        named = "".join(words[1:2]) in ("<-", "=") and _IS_NAME.fullmatch(words[0])
        if named and literal_end(words, 2) == len(words):
            held[words[0]] = words[2:]
            continue
        yield "".join(
            "".join(held[word]) if word in held and behind not in ("=", "(") else word
            for word, behind in pairwise((*words, ""))
        )


def _described(request: Request, folder: str) -> Followed:
    """What a package depends on is what its DESCRIPTION says, which has to be there."""
    found = r_description.follow(request, folder)
    missing = not found.opaque and absent(request, found.files[0])
    return Followed(opaque=f"{found.files[0]} is missing") if missing else found


def _known(text: str) -> bool:
    words = tuple(tokens(text))
    if words[:1] in (("print",), ("message",), ("cat",)) and "=" not in words:
        return literal_end(("c", *words[1:]), 0) == len(words)
    forms = (_STATEMENT, _RENV, _DEPENDED)
    return (
        any(form.fullmatch(text) for form in forms)
        or r_profile.loads(text)
        or r_profile.plain_options(words)
    )


def _started(request: Request, present: list[str], profile: str) -> Followed | None:
    """Why the files that are read first may do anything."""
    for path in present:
        if request.exists(path) is None:
            return unknown(path)
        if path != profile:
            how = (
                "call R with --vanilla"
                if path.endswith(".Renviron")
                else "call R with --no-restore"
            )
            return Followed(opaque=f"{path} is read first: {how}, or above the COPY")
        text = text_of(request, path)
        if text is None:
            return unknown(path)
        code = r_profile.foreign(text)
        if code is not None:
            told = "is run first: put it behind `if (interactive())`, or call R with --vanilla"
            return Followed(opaque=f"`{code}` of {path} {told}", code=True)
    return None


def _session(request: Request, lines: list[str], files: tuple[str, ...], begun: bool) -> Followed:
    """What the statements read, once the project's library is loaded or by renv of the image."""
    loading = [place for place, text in enumerate(lines) if r_profile.loads(text)]
    calls = [place for place, text in enumerate(lines) if _RENV.fullmatch(text)]
    if not begun and not loading and not calls:
        return Followed(files)
    if not begun and loading and calls and calls[0] < loading[0]:
        return Followed(opaque="load the project's library above the calls of renv")
    restored = "\n".join(lines[place] for place in calls)
    if any(inside(request.cwd, found[1]) != request.cwd for found in _PROJECT.finditer(restored)):
        return Followed(opaque="a project of another folder is restored: set WORKDIR to it")
    locks = {inside(request.cwd, found[1]) for found in _LOCK.finditer(restored)}
    if len(locks) > 1:
        return Followed(opaque="one call, one lock file: write a RUN for each")
    lock = (*locks, inside(request.cwd, "renv.lock"))[0]
    found = renv.follow(request, lock, begun or bool(loading))
    libraries = (inside(request.cwd, named[1]) for named in _LIBRARY.finditer(restored))
    return replace(
        found, files=(*files, *found.files), writes=(*found.writes, *dict.fromkeys(libraries))
    )
