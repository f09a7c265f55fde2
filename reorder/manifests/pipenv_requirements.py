"""The locked packages are printed: nothing is built, the lock file is only read."""

from __future__ import annotations

from reorder.manifests import Followed, Request
from reorder.manifests.pipenv import read_project


def follow(request: Request) -> Followed:
    """The Pipfile, the lock file and what sets variables beside them."""
    return read_project(request, builds=False)
