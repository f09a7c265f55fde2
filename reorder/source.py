"""Bytes of a file and their lines; nothing is lost or changed.

>>> Source.of(b"FROM a\\r\\nRUN b").lines
(b'FROM a\\r\\n', b'RUN b')
"""

from __future__ import annotations

from msgspec import Struct

BOM = b"\xef\xbb\xbf"


class Source(Struct, frozen=True):
    """`lines` tile `data`: each keeps its own line end, only the last may lack one."""

    data: bytes
    lines: tuple[bytes, ...]

    @classmethod
    def of(cls, data: bytes) -> Source:
        lines = data.split(b"\n")
        ended = [line + b"\n" for line in lines[:-1]]
        last = [lines[-1]] if lines[-1] else []
        return cls(data, tuple(ended + last))

    @property
    def newline(self) -> bytes:
        r"""The line end of most lines: b"\r\n" or b"\n"."""
        crlf = sum(line.endswith(b"\r\n") for line in self.lines)
        return b"\r\n" if 2 * crlf > len(self.lines) else b"\n"

    def span(self, start: int, stop: int) -> bytes:
        """The bytes of lines `start` to `stop`, 0-based, `stop` excluded."""
        return b"".join(self.lines[start:stop])
