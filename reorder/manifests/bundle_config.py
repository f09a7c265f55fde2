"""Settings of Bundler that a command adds to a file, for an install below to know.

Form: bundler.io/man/bundle-config.1. Without `--local` or `--global`, the one of the project is
meant where a Gemfile is, else the one of the user.
"""

from __future__ import annotations

import re

from reorder.manifests import Followed, Request
from reorder.manifests.reading import above, absent, inside

_NAME = re.compile(r"[a-z][a-z_]*")
_MANIFESTS = ("Gemfile", "gems.rb")
# Where the official images have the settings of the project (BUNDLE_APP_CONFIG).
_USUAL = "/usr/local/bundle"


def local_settings(request: Request) -> tuple[str, ...]:
    """The files that may hold the settings of the project."""
    moved = request.lookup("BUNDLE_APP_CONFIG")
    places = [".bundle"] if moved == "" else [".bundle", moved or _USUAL]
    return tuple(inside(inside(request.cwd, place), "config") for place in places)


def user_settings(request: Request) -> str:
    return inside(request.lookup("HOME") or "?home", ".bundle/config")


def follow(request: Request) -> Followed:
    """`set [--local|--global] NAME VALUE`, `NAME VALUE` in the older form."""
    words = list(request.words)
    local, user = local_settings(request), user_settings(request)
    places = [
        *(local if "--global" not in request.flags else ()),
        *((user,) if "--local" not in request.flags else ()),
    ]
    looked = [inside(folder, name) for folder in above(request.cwd) for name in _MANIFESTS]
    read = (*local, user, *looked)
    if words[:1] in (["get"], ["list"]) or len(words) < 2:
        changed = places if "--delete" in request.flags else ()
        return Followed(files=read, rewrites=tuple(changed))
    # A Gemfile above makes its folder the project.
    elsewhere = tuple(
        inside(folder, ".bundle/config")
        for folder in above(request.cwd)[1:]
        if any(not absent(request, inside(folder, name)) for name in _MANIFESTS)
    )
    if words[0] == "set":
        words = words[1:]
    name, value = words[0], " ".join(words[1:])
    plain = _NAME.fullmatch(name) and value and not set(value) & set('\n"\\')
    if not plain or words[0] == "unset" or "--delete" in request.flags:
        return Followed(files=read, rewrites=(*places, *elsewhere))
    line = f'BUNDLE_{name.upper()}: "{value}"'
    return Followed(files=read, rewrites=elsewhere, adds=tuple((place, line) for place in places))
