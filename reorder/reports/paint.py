"""Colours of a terminal."""

from __future__ import annotations

GREEN, RED, BOLD, DIM = "\033[32m", "\033[31m", "\033[1m", "\033[2m"
_END = "\033[0m"


def painted(shade: str, text: str, color: bool) -> str:
    """The text in a shade, its line end outside; as it is without a shade or a colour."""
    if not (shade and color):
        return text
    body = text.rstrip("\n")
    return f"{shade}{body}{_END}{text[len(body) :]}"
