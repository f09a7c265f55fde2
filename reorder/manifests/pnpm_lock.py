"""pnpm-lock.yaml alone is fetched; package.json is still looked at for settings and versions."""

from __future__ import annotations

from reorder.manifests import Followed, Request
from reorder.manifests.pnpm import followed


def follow(request: Request) -> Followed:
    """The project's own scripts do not run, and the lock file stays."""
    return followed(request, scripts=False)
