"""R code that only installs packages by name, and the files that a session starts with.

Form: R 4.4, ?Startup and ?install.packages: `.Rprofile` and `.Renviron` of the working directory
are read first, and the profile is code. Calls of any other form are refused.
"""

from __future__ import annotations

import re

from reorder.manifests import Followed, Request
from reorder.manifests.reading import UNKNOWN_FOLDER, absent, inside

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
_STATEMENT = re.compile(
    "|".join(
        rf"(?:{call})\(\s*(?:pkgs\s*=\s*)?{_PIECES[name]}(?:\s*,\s*{_OPTION})*\s*\)"
        for call, name in _CALLS.items()
    )
    + rf"|options\(\s*(?:(?:repos|Ncpus|timeout|warn)\s*=\s*{_VALUE}\s*,?\s*)+\)"
    + r"|library\((?:remotes|devtools|BiocManager)\)|"
)
_NO_PROFILE = frozenset(["--vanilla", "--no-init-file"])
_NO_ENVIRON = frozenset(["--vanilla", "--no-environ"])
_MOVING = ("R_PROFILE", "R_PROFILE_USER", "R_ENVIRON", "R_ENVIRON_USER", "R_LIBS", "R_LIBS_USER")


def follow(request: Request) -> Followed:
    """The files that start a session are looked for: they have to be missing."""
    for text in re.split(r"[;\n]", request.values.get("-e", "other")):
        if not _STATEMENT.fullmatch(text.strip()):
            told = "only calls that install packages by name are read"
            return Followed(opaque=f"`{text.strip()}` may do anything: {told}")
    if request.cwd.startswith("?"):
        return Followed(opaque=UNKNOWN_FOLDER)
    moved = next((name for name in _MOVING if request.lookup(name)), None)
    if moved:
        return Followed(opaque=f"{moved} names further files: unset it for this step")
    files: list[str] = []
    for name, off in ((".Rprofile", _NO_PROFILE), (".Renviron", _NO_ENVIRON)):
        path = inside(request.cwd, name)
        if request.flags & off:
            continue
        files.append(path)
        if not absent(request, path):
            return Followed(opaque=f"{path} is run first: call R with --vanilla, or above the COPY")
    return Followed(tuple(files))
