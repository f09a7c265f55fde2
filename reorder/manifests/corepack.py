"""The nearest package.json that names a package manager, of the folder or of one above it."""

from __future__ import annotations

import posixpath

from reorder.manifests import Followed, Request
from reorder.manifests.node.sight import above

_NAMES = ("package.json", ".corepack.env")


def follow(request: Request) -> Followed:
    """Every file that may name the package manager."""
    folders = (request.cwd, *above(request.cwd))
    return Followed(files=tuple(posixpath.join(f, name) for f in folders for name in _NAMES))
