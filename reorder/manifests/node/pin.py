"""Which version of the installer runs: what package.json pins, and who may write the pin.

Facts: corepack 0.26 to 0.31 write `packageManager` into a package.json that lacks it when the
installer is first used; later ones do so when COREPACK_ENABLE_AUTO_PIN is 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reorder.manifests import Request
from reorder.manifests.node.config import known

UNPINNED = "name the installer's version in it by `packageManager`"


def may_pin(request: Request, data: Mapping[str, Any]) -> bool:
    """Whether a front end that chooses the version may write its choice into package.json."""
    front = known()["front"]
    return not data.get("packageManager") and request.lookup(front["variable"]) != front["off"]


def front_may_run(request: Request, program: str) -> bool:
    """Whether something in this Dockerfile may have put the front end in the program's place."""
    folders = known()["front"]["folders"]
    return any(request.unpackaged(f"{folder}/{program}") for folder in folders)
