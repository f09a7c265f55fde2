"""What stops a comparison: the fact, its reason and what to do."""

from __future__ import annotations


class EngineError(Exception):
    """No verdict can be given; `log` are the last lines that the engine wrote."""

    def __init__(self, fact: str, reason: str, remedy: str, log: str = "") -> None:
        super().__init__(f"{fact}: {reason}: {remedy}")
        self.log = log


class BuildFailed(EngineError):
    """The Dockerfile itself does not build, as far as the engine tells."""
