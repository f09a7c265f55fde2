"""XML manifests: a tree of elements without name spaces, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree

from msgspec import Struct

from reorder.manifests import Request
from reorder.manifests.reading import unknown

_MOST_DEPTH = 60


class Unfollowed(ValueError):
    """Why the files that are read are not known; the message is for the author."""


class Element(Struct, frozen=True):
    """`<name key="value">text children</name>`, the text without blanks around it."""

    name: str
    attributes: dict[str, str]
    text: str
    children: tuple[Element, ...]

    def all(self) -> Iterator[Element]:
        """The element and everything in it, in the order of the file."""
        yield self
        for child in self.children:
            yield from child.all()

    def child(self, name: str) -> Element | None:
        """The first child of that name."""
        return next((child for child in self.children if child.name == name), None)

    def value(self, name: str) -> str:
        """The text of the first child of that name, else nothing."""
        found = self.child(name)
        return found.text if found else ""


def read_xml(request: Request, path: str) -> Element:
    """The root of an XML file; Unfollowed when its content is not known or cannot be read."""
    content = request.read(path)
    if content is None:
        raise Unfollowed(unknown(path).opaque)
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content or b"\0" in content:
        raise Unfollowed(f"{path} defines entities, which may stand for other files: write it out")
    try:
        return _element(ElementTree.fromstring(content), path, 0)
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise Unfollowed(f"{path} cannot be read as XML: {error}") from error


def _element(node: ElementTree.Element, path: str, depth: int) -> Element:
    if depth > _MOST_DEPTH:
        raise Unfollowed(f"{path} is nested too deeply")
    children = tuple(_element(child, path, depth + 1) for child in node)
    attributes = {_local(key): value for key, value in node.attrib.items()}
    return Element(_local(node.tag), attributes, (node.text or "").strip(), children)


def _local(name: str) -> str:
    """`{http://maven.apache.org/POM/4.0.0}project` -> `project`."""
    return name.rpartition("}")[2]
