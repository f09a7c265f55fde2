"""One pom.xml -> the files and modules that it names, for goals that only resolve artifacts.

Form: maven.apache.org/ref/3.9.9/maven-model/maven.html, .../guides/introduction/
introduction-to-profiles.html (activation). A goal that is called by its name runs no phase, so
that the plugins of the life cycle are resolved but do not run.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from msgspec import Struct

from reorder.manifests.markup import Element, Unfollowed
from reorder.manifests.reading import inside

_BASE = re.compile(r"^(?:\$\{(?:project\.)?basedir\}|\$\{pom\.basedir\})[/\\]")
_ENVIRONMENT = re.compile(r"\benv\.[A-Za-z_]")


class Pom(Struct, frozen=True):
    """`parent`: the file where the parent is looked for; `modules`: folders or files.

    `artifact` is its own name, `used` are the names of what it needs, both without their group.
    """

    path: str
    parent: str | None
    modules: tuple[str, ...]
    files: tuple[str, ...]
    artifact: str
    used: frozenset[str]


def pom_of(root: Element, path: str) -> Pom:
    """Unfollowed when it may look at more than it names."""
    if root.name != "project":
        raise Unfollowed(f"{path} is no project file")
    for element in root.all():
        _plain(element, path)
    folder = posixpath.dirname(path)
    listed = [m for e in root.all() if e.name in ("modules", "subprojects") for m in e.children]
    files = [e.text for e in root.all() if e.name == "systemPath"]
    return Pom(
        path,
        _parent(root, path),
        tuple(inside(folder, _name(module.text, path)) for module in listed),
        tuple(inside(folder, _name(_BASE.sub("", file), path)) for file in files),
        root.value("artifactId"),
        frozenset(_used(root)),
    )


def _plain(element: Element, path: str) -> None:
    """Raises for what depends on other files, on variables, or runs in every use."""
    for text in (element.text, *element.attributes.values()):
        if _ENVIRONMENT.search(text):
            raise Unfollowed(f"{path} looks at the environment: `{text}`")
        if text.startswith("file:") or ("basedir}" in text and "://" in text):
            raise Unfollowed(f"{path} names a repository in a folder: `{text}`")
    if element.name == "activation" and element.child("file"):
        raise Unfollowed(f"{path} has a profile that depends on which files there are")
    if element.name == "extensions" and (element.children or element.text == "true"):
        raise Unfollowed(f"{path} loads a build extension, which may look at any file")
    if element.name == "id" and element.text == "default-cli":
        raise Unfollowed(f"{path} configures goals that are called by their names (default-cli)")
    if element.name in ("outputFile", "appendOutput"):
        raise Unfollowed(f"{path} has goals write into a file ({element.name})")


def _parent(root: Element, path: str) -> str | None:
    """`<relativePath/>` says that the parent is in a repository; the default is `../pom.xml`."""
    parent = root.child("parent")
    if parent is None:
        return None
    place = parent.child("relativePath")
    name = _name(place.text, path) if place else "../pom.xml"
    if not name:
        return None
    found = inside(posixpath.dirname(path), name)
    return found if found.endswith(".xml") else inside(found, "pom.xml")


def _name(text: str, path: str) -> str:
    if "${" in text:
        raise Unfollowed(f"{path} names `{text}`, which is not known before the build")
    return text.replace("\\", "/")


def _used(element: Element, *, managed: bool = False) -> Iterator[str]:
    """The artifacts that have to be found; of those that are only managed, the imported ones."""
    managed = managed or element.name in ("dependencyManagement", "pluginManagement")
    needed = not managed or element.value("scope") == "import"
    if needed and element.name in ("dependency", "plugin", "path"):
        yield element.value("artifactId")
    for child in element.children:
        yield from _used(child, managed=managed)
