"""The author's word in comments: `# reorder: skip-file`, `off` ... `on`, `keep`."""

from __future__ import annotations

import re

from reorder.rewrite import blocks
from reorder.syntax.dockerfile import Dockerfile

_CONTROL = re.compile(rb"^\s*#\s*reorder:\s*(skip-file|off|on|keep)\s*$", re.MULTILINE)


def skips_file(dockerfile: Dockerfile) -> bool:
    """True when the file asks to be left alone."""
    return any(b"skip-file" in _words(b.header + b.body) for b in blocks(dockerfile))


def kept(dockerfile: Dockerfile) -> frozenset[int]:
    """Positions of the instructions that the author has pinned."""
    pinned: set[int] = set()
    off = False
    for position, block in enumerate(blocks(dockerfile)):
        words = _words(block.header + block.body)
        for word in words:
            off = {b"off": True, b"on": False}.get(word, off)
        if off or b"keep" in words:
            pinned.add(position)
    return frozenset(pinned)


def _words(text: bytes) -> list[bytes]:
    return _CONTROL.findall(text)
