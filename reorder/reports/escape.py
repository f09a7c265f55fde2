"""Texts of a Dockerfile inside of markup: they are hostile until escaped."""

from __future__ import annotations

from html import escape

from reorder.reports.words import legible

_REPLACEMENT = "\ufffd"


def clean(text: str) -> str:
    """What XML can hold: a byte that is no UTF-8 and a control character become U+FFFD."""
    return "".join(c if _is_text(c) else _REPLACEMENT for c in legible(text))


def markup(text: str) -> str:
    """Safe as text and inside of a quoted attribute, in HTML and in XML."""
    return escape(clean(text), quote=True)


def _is_text(c: str) -> bool:
    return c in "\t\n" or ("\x20" <= c < "\x7f") or (c >= "\xa0" and c not in "\ufffe\uffff")
