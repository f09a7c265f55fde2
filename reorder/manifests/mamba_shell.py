"""The shell of micromamba's images: bash, in an environment where a variable says so.

Form: micromamba-docker 1.0 to 2.6, _dockerfile_shell.sh.
"""

from __future__ import annotations

from reorder.manifests import Followed, Request

_SWITCH = "MAMBA_DOCKERFILE_ACTIVATE"


def follow(request: Request) -> Followed:
    """Nothing but what the text does, as long as no environment is activated for it."""
    if request.lookup(_SWITCH) == "":
        return Followed()
    told = "the scripts of an environment run first, and what they set is not known"
    return Followed(opaque=f"{_SWITCH} is set: {told}")
