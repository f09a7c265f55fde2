"""What takes the place of the installers may write into package.json when they are used."""

from __future__ import annotations

import posixpath

from reorder.manifests import Followed, Request
from reorder.manifests.node.package import Unfollowed, read_package
from reorder.manifests.node.pin import UNPINNED, may_pin


def follow(request: Request) -> Followed:
    """The later commands of the same RUN use it: what they write for it is said here."""
    path = posixpath.join(request.cwd, "package.json")
    content = request.read(path)
    if content is None and request.exists(path) is False:
        return Followed()
    try:
        data = read_package(path, content).data if content is not None else {}
    except Unfollowed:
        data = {}
    if not may_pin(request, data):
        return Followed()
    return Followed(rewrites=(path,), remedies={path: UNPINNED})
