"""Settings of yarn: those of the first line are the user's, those of the second the project's.

Facts: yarn 1.22 (src/cli/commands/config.js: the file of the user), yarn 4 (`.yarnrc.yml` of the
project unless `--home`).
"""

from __future__ import annotations

import re

from reorder.manifests import Followed, Request
from reorder.manifests.reading import UNKNOWN_FOLDER, above, absent, inside, json_of, text_of

_FIRST = re.compile(r"yarn@1\.\S*")
# Settings of the first line that change neither what an install reads nor where it writes.
_HARMLESS = frozenset(
    (
        *("network-timeout", "network-concurrency", "child-concurrency", "registry", "strict-ssl"),
        *("disable-self-update-check", "version-git-tag", "ignore-engines", "unsafe-perm", "ca"),
    )
)


def follow(request: Request) -> Followed:
    """`config set KEY VALUE` writes into the project unless yarn surely is of the first line."""
    if request.cwd.startswith("?"):
        return Followed(opaque=UNKNOWN_FOLDER)
    files = [
        inside(folder, name)
        for folder in above(request.cwd)
        for name in (".yarnrc.yml", ".yarnrc", "package.json", "yarn.lock")
    ]
    words = request.words
    if words[:1] != ("set",) or "--home" in request.flags or "-H" in request.flags:
        return Followed(files=tuple(files))
    harmless = len(words) == 3 and words[1] in _HARMLESS
    if harmless and all(_is_first(request, folder) for folder in above(request.cwd)):
        return Followed(files=tuple(files))
    settings = tuple(inside(folder, ".yarnrc.yml") for folder in above(request.cwd))
    return Followed(files=tuple(files), rewrites=settings)


def _is_first(request: Request, folder: str) -> bool:
    """Whether nothing in a folder makes the second line run."""
    if not all(absent(request, inside(folder, name)) for name in (".yarnrc.yml", ".yarnrc")):
        return False
    manifest, lock = (inside(folder, name) for name in ("package.json", "yarn.lock"))
    data, text = json_of(request, manifest), text_of(request, lock)
    if (data is None and not absent(request, manifest)) or (
        text is None and not absent(request, lock)
    ):
        return False
    pinned = (data or {}).get("packageManager", "yarn@1.22")
    return bool(_FIRST.fullmatch(str(pinned))) and "\n__metadata:" not in (text or "")
