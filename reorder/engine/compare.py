"""Two images -> in what they differ, and what of it is noise."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from reorder.engine.image import Facts, Image

_CHANCE = re.compile(r"(?=.*[A-Z])(?=.*[a-z])[A-Za-z0-9_-]{16,}")


class Difference(NamedTuple):
    """`field` of a path or of the config; an empty value: it is not there.

    `where` is an absolute path, or empty for the config, whose names stand in `field`.
    """

    where: str
    field: str
    before: str
    after: str


class Sifted(NamedTuple):
    """The differences that count, and those that two builds of the original show as well."""

    real: tuple[Difference, ...]
    noise: tuple[Difference, ...]


def differences(before: Image, after: Image) -> tuple[Difference, ...]:
    """All differences: the config first, then the paths; a missing path is one difference."""
    found = list(_fields("", before.config, after.config))
    for path in sorted(before.files.keys() | after.files.keys()):
        here, there = before.files.get(path), after.files.get(path)
        if here is None or there is None:
            kinds = [facts["type"] if facts else "" for facts in (here, there)]
            found.append(Difference(path, "path", *kinds))
        else:
            found += _fields(path, here, there)
    return tuple(found)


def _fields(where: str, before: Facts, after: Facts) -> Iterable[Difference]:
    for field in sorted(before.keys() | after.keys()):
        one, two = before.get(field, ""), after.get(field, "")
        if one != two:
            yield Difference(where, field, one, two)


def sift(found: Iterable[Difference], again: Iterable[Difference]) -> Sifted:
    """Parts `found` by `again`, the differences between builds of one Dockerfile.

    A path is noise in the fields in which those builds differ. One that only some of them have
    makes its like noise, too: `/tmp/pip-x1y2` next to `/tmp/pip-a8b9`.
    """
    seen = {(d.where, d.field) for d in again}
    passing: dict[str, set[str]] = {}
    for where, field in seen:
        if field == "path":
            folder, name = posixpath.split(where)
            passing.setdefault(folder, set()).add(name)
    real: list[Difference] = []
    noise: list[Difference] = []
    for difference in found:
        known = (difference.where, difference.field) in seen
        alike = difference.field == "path" and _is_like(difference.where, passing)
        (noise if known or alike else real).append(difference)
    return Sifted(tuple(real), tuple(noise))


def _is_like(path: str, passing: Mapping[str, set[str]]) -> bool:
    """Whether the path, or a folder above it, has a name like one that comes and goes."""
    while path != "/":
        path, name = posixpath.split(path)
        if any(_alike(name, other) for other in passing.get(path, ())):
            return True
    return False


def _alike(name: str, other: str) -> bool:
    """Names that one program gives by time or chance: of one length, with one beginning.

    Long ones of mixed letters need no beginning: `07k5DFAtfIuhab9ScTovm`, `uwx_Oddz92o_zt-h6uhgo`.
    """
    if name == other or len(name) != len(other):
        return name == other
    return name[:2] == other[:2] or all(_CHANCE.fullmatch(one) for one in (name, other))
