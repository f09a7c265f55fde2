"""What the editable install of the project itself reads: a `.pth` file and its metadata are made.

Facts: Poetry 1.8 and 2.5 (masonry/builders/editable.py), poetry-core 1.9 and 2.5 (utils/module.py,
package_include.py, metadata.py): no code of the project runs but a build script, and of a package
it only matters that its folder is there and holds a Python file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from reorder.manifests import Followed, Request
from reorder.manifests.reading import absent, inside, rows, table

_NAME = re.compile(r"[A-Za-z0-9]+(?:[-_][A-Za-z0-9]+)*")
_GLOB = frozenset("*?[")
_LICENSES = ("COPYING*", "LICENSE*", "LICENCE*", "AUTHORS*", "NOTICE*")


def editable(request: Request, folder: str, project: Mapping[str, Any]) -> Followed:
    """`project` is the content of `folder`/pyproject.toml; `opaque` ends "the project ..."."""
    own, standard = table(table(project.get("tool")).get("poetry")), table(project.get("project"))
    if own.get("build"):
        return Followed(opaque="has a build script, which may use any file")
    files: list[str] = []
    trees = [inside(folder, "LICENSES")]
    packages = rows(own.get("packages"))
    if packages:
        wanted = [_place(folder, table(package)) for package in packages]
    else:
        wanted, files, trees = _default(request, folder, standard.get("name", own.get("name")))
        trees.append(inside(folder, "LICENSES"))
    for place in wanted:
        found = place and _witness(request, place)
        if not found or str(place).endswith("-stubs"):
            return Followed(opaque="has packages that are not found, or not named plainly")
        files.append(found)
    files += [inside(folder, name) for name in _texts(own, standard)]
    patterns = [*_LICENSES, *map(str, rows(standard.get("license-files")))]
    if any("**" in pattern for pattern in patterns):
        return Followed(opaque="has license files in any depth")
    globs = tuple(inside(folder, pattern) for pattern in patterns)
    return Followed(tuple(dict.fromkeys(files)), tuple(trees), globs)


def _place(folder: str, package: Mapping[str, Any]) -> str | None:
    """`{ include = "app", from = "src" }` -> `/app/src/app`; None for a pattern."""
    include, source = str(package.get("include", "*")), str(package.get("from", ""))
    return None if _GLOB & set(include + source) else inside(inside(folder, source), include)


def _default(
    request: Request, folder: str, name: object
) -> tuple[list[str | None], list[str], list[str]]:
    """The package is a folder or a module of the project's name, here or below `src`.

    With it come the files and the folders that are looked for and are not there.
    """
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        return [None], [], []
    module = name.lower().replace("-", "_")
    files: list[str] = []
    trees: list[str] = []
    for base in (folder, inside(folder, "src")):
        place = inside(base, module)
        files.append(f"{place}.py")
        if request.below(place):
            return [place], files, trees
        if request.below(place) is None:
            return [None], files, trees
        trees.append(place)
        if not absent(request, f"{place}.py"):
            return [f"{place}.py"], files, trees
    return [None], files, trees


def _witness(request: Request, place: str) -> str | None:
    """A file that shows that the package is one: `__init__.py`, else a Python file near the top."""
    known = [p for p in (place, f"{place}/__init__.py") if request.read(p) is not None]
    below = sorted(request.below(place) or (), key=lambda p: (p.count("/"), p))
    inner = (p for p in below if p.endswith(".py"))
    return next(iter(known), None) or next(inner, None)


def _texts(own: Mapping[str, Any], standard: Mapping[str, Any]) -> Iterator[str]:
    """The files whose text is taken over: readme, license, scripts that are files."""
    for readme in (standard.get("readme"), own.get("readme")):
        for name in (readme, table(readme).get("file"), *rows(readme)):
            if isinstance(name, str):
                yield name
    license_file = table(standard.get("license")).get("file")
    if isinstance(license_file, str):
        yield license_file
    for script in map(table, table(own.get("scripts")).values()):
        if isinstance(script.get("reference"), str):
            yield script["reference"]
