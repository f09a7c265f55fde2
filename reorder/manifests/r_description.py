"""DESCRIPTION of an R package: whether what it depends on comes from the network alone.

Form: Writing R Extensions 1.1.1 (fields), remotes 2.5 (`Remotes`), ?install_deps; a trace of
remotes 2.4.2 reads no other file of the package.
"""

from __future__ import annotations

import re

from reorder.manifests import Followed, Request
from reorder.manifests.reading import absent, inside, text_of, unknown

_FIELD = r"(?m)^{}:(.*(?:\n[ \t].*)*)"
_REMOTE = re.compile(
    r"(?!\S*\.(?:tar\.gz|tgz|zip)$)(?:\w+=)?(?:(?:github|gitlab|bitbucket)::)?[A-Za-z][\w.-]*/[\w./-]+(?:[@#][\w./*-]+)?"
    r"|bioc::[\w./-]+|(?:git|url|svn)::https?://\S+|cran::[\w.]+|[A-Za-z][\w.]*|"
)


def follow(request: Request, folder: str) -> Followed:
    """The file of a folder, which may be missing; else why it leads to others."""
    path = inside(folder, "DESCRIPTION")
    text = text_of(request, path)
    if text is None:
        return Followed((path,)) if absent(request, path) else unknown(path)
    for remote in _words(text, "Remotes"):
        if not _REMOTE.fullmatch(remote):
            return Followed(opaque=f"{path} has the remote `{remote}`, which may be a folder")
    for address in _words(text, "Additional_repositories"):
        if address and not address.startswith(("https://", "http://")):
            return Followed(opaque=f"{path} names `{address}`, which is not on the network")
    return Followed((path,))


def _words(text: str, field: str) -> list[str]:
    found = re.search(_FIELD.format(field), text)
    return re.split(r"[\s,]+", found[1]) if found else []
