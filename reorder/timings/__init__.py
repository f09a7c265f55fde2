"""Build logs -> the seconds that each instruction took."""

from __future__ import annotations


class LogError(ValueError):
    """A log that tells nothing; the message holds place, fact, reason and remedy."""
