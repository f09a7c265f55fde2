"""Rewrites a Dockerfile so that a rebuild costs as little as it can, and the image stays the same.

>>> import reorder
>>> reorder.reorder(b"FROM scratch\\n").after
b'FROM scratch\\n'
"""

from __future__ import annotations

from reorder.pipeline import reorder
from reorder.result import Result
from reorder.syntax.dockerfile import ParseError

__all__ = ["ParseError", "Result", "reorder"]
__version__ = "0.1.0"
