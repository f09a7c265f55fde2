"""package.json and its lock file, for an install that fails rather than to change them."""

from __future__ import annotations

from reorder.manifests import Followed, Request
from reorder.manifests.npm import followed


def follow(request: Request) -> Followed:
    """A use that never writes the lock file."""
    return followed(request, frozen=True)
