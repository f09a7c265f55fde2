"""A list of the locked packages is written: nothing is built, the lock file is only read."""

from __future__ import annotations

from reorder.manifests import Followed, Request
from reorder.manifests.poetry import read_project


def follow(request: Request) -> Followed:
    """The manifest, the lock file and what they name beside them."""
    return read_project(request, builds=False)
