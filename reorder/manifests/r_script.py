"""Rscript: a session that leaves the workspace of its folder alone.

Form: R 4.4, Rscript --help: it runs R with --no-echo --no-restore.
"""

from __future__ import annotations

from msgspec.structs import replace

from reorder.manifests import Followed, Request, r_session


def follow(request: Request) -> Followed:
    """What a session does with the code of the script or of the flags."""
    return r_session.follow(replace(request, flags=request.flags | {"--no-restore"}))
