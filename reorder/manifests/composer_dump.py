"""The autoloader made anew: as after an install, with all classes of the project looked for."""

from __future__ import annotations

from msgspec.structs import replace

from reorder.manifests import Followed, Request
from reorder.manifests.composer import follow as follow_install
from reorder.manifests.reading import inside

_INSTALLED = "vendor/composer/installed.json"


def follow(request: Request) -> Followed:
    """Plugins run that are installed, for development too: the lock file says which.

    Unless a `vendor` of the project is copied.
    """
    flags = request.flags - {"--no-dev"} | {"--optimize-autoloader"}
    found = follow_install(replace(request, flags=flags))
    if found.opaque is None and found.rewrites:
        return Followed(opaque="its vendor folder has another place")
    installed = inside(request.cwd, _INSTALLED)
    if found.opaque is None and request.read(installed) is not None:
        return Followed(opaque=f"{installed} of the project may name plugins")
    return found
