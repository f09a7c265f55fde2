"""R code that only installs packages, and the files that a session starts with.

Form: R 4.4, ?Startup and ?install.packages: `.Renviron` and `.Rprofile` of the working directory
are read first, and objects of `.RData` take the place of functions. Calls of any other form are
refused. What the calls of renv read is in `renv`.
"""

from __future__ import annotations

import re

from msgspec.structs import replace

from reorder.manifests import Followed, Request, r_profile, renv
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
    rf"(?:{_KEY}\s*=\s*{_VALUE}|(?:version|upgrade|type|method)\s*=\s*{_WORD}"
    r"""|["'][\d.-]+["'])"""
)
_PIECES = {name: rf"(?:{name}|c\(\s*{name}(?:\s*,\s*{name})*\s*\))" for name in (_NAME, _HOSTED)}
_CALLS = {
    r"(?:utils::)?install\.packages|BiocManager::install"
    r"|(?:(?:remotes|devtools)::)?install_(?:cran|bioc|version)": _NAME,
    r"(?:(?:remotes|devtools)::)?install_github": _HOSTED,
}
_CALL = "|".join(
    rf"(?:{call})\(\s*(?:pkgs\s*=\s*)?{_PIECES[name]}(?:\s*,\s*{_OPTION})*\s*\)"
    for call, name in _CALLS.items()
)
_LOADED = r"(?:remotes|devtools|BiocManager|renv)"
_QUIETLY = r"(?:\s*,\s*quietly\s*=\s*(?:TRUE|T))?"
_MISSING = rf"""if\s*\(\s*!\s*require(?:Namespace)?\(\s*["']?{_LOADED}["']?{_QUIETLY}\s*\)\s*\)"""
_STATEMENT = re.compile(
    rf"(?:{_MISSING}\s*)?(?:{_CALL})"
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
_OPTIONS = {
    ".RData": ("--vanilla", "--no-restore", "--no-restore-data"),
    ".Renviron": ("--vanilla", "--no-environ"),
    ".Rprofile": ("--vanilla", "--no-init-file"),
}
_MOVING = ("R_PROFILE", "R_PROFILE_USER", "R_ENVIRON", "R_ENVIRON_USER", "R_LIBS", "R_LIBS_USER")


def follow(request: Request) -> Followed:
    """The files that start a session are looked for; the project's library may be loaded first."""
    statements = [text.strip() for text in re.split(r"[;\n]", request.values.get("-e", "other"))]
    for text in statements:
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
    profile = inside(request.cwd, ".Rprofile")
    reason = _started(request, [path for path in files if not absent(request, path)], profile)
    if reason:
        return reason
    begun = r_profile.loads(text_of(request, profile) or "") if profile in files else False
    return _session(request, statements, tuple(files), begun)


def _known(text: str) -> bool:
    words = tuple(r_profile.tokens(text))
    return bool(
        _STATEMENT.fullmatch(text)
        or _RENV.fullmatch(text)
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


def _session(
    request: Request, statements: list[str], files: tuple[str, ...], begun: bool
) -> Followed:
    """What the statements read, once the project's library is loaded or by renv of the image."""
    loading = [place for place, text in enumerate(statements) if r_profile.loads(text)]
    calls = [place for place, text in enumerate(statements) if _RENV.fullmatch(text)]
    if not begun and not loading and not calls:
        return Followed(files)
    if not begun and loading and calls and calls[0] < loading[0]:
        return Followed(opaque="load the project's library above the calls of renv")
    restored = "\n".join(statements[place] for place in calls)
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
