"""package.json and bun.lock, for an install that fails rather than to change them."""

from __future__ import annotations

from reorder.manifests import Followed, Request
from reorder.manifests.bun import followed


def follow(request: Request) -> Followed:
    """A use that never writes the lock file."""
    return followed(request, frozen=True)
