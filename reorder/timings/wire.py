"""The wire format of protocol buffers: numbers of fields and their values."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

_VARINT, _EIGHT, _SIZED, _FOUR = 0, 1, 2, 5


class WireError(ValueError):
    """Bytes that are no message."""


def fields(data: bytes) -> Mapping[int, list[int | bytes]]:
    """The values of each field in their order: numbers, and the bytes of texts and messages.

    >>> dict(fields(bytes([0x08, 0x96, 0x01, 0x12, 0x02, 0x68, 0x69])))
    {1: [150], 2: [b'hi']}
    """
    found: dict[int, list[int | bytes]] = defaultdict(list)
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        kind = key & 7
        size = {_EIGHT: 8, _FOUR: 4}.get(kind, 0)
        if kind == _VARINT:
            value, at = _varint(data, at)
            found[key >> 3].append(value)
            continue
        if kind == _SIZED:
            size, at = _varint(data, at)
        elif not size:
            raise WireError(f"no field is of kind {kind}")
        if at + size > len(data):
            raise WireError("a field is cut")
        found[key >> 3].append(data[at : at + size])
        at += size
    return found


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """Seven bits a byte, the lowest first; the top bit says that more follow."""
    value = shift = 0
    while at < len(data):
        value |= (data[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if data[at - 1] < 0x80:
            return value, at
    raise WireError("a number is cut")
