"""What a reader sees of the image: contents, and what is surely not there."""

from __future__ import annotations

import posixpath

from msgspec import Struct, field

from reorder.manifests import Followed, Request
from reorder.manifests.node.package import Unfollowed


class Sight(Struct):
    """Looks at files for one request and remembers which, in the order of the looks.

    `rewrites`: a file that may change, and a remedy of its own against that.
    """

    request: Request
    files: dict[str, None] = field(default_factory=dict)
    trees: dict[str, None] = field(default_factory=dict)
    globs: dict[str, None] = field(default_factory=dict)
    rewrites: dict[str, str | None] = field(default_factory=dict)

    def look(self, path: str) -> bytes | None:
        """The content, None for a file that is not there; Unfollowed when neither is known."""
        self.files[path] = None
        content = self.request.read(path)
        if content is None and self.request.exists(path) is not False:
            raise unknown(path)
        return content

    def there(self, path: str) -> bool:
        """Whether a file is there; Unfollowed when that is not known."""
        self.files[path] = None
        found = self.request.exists(path)
        if found is None:
            raise unknown(path)
        return found

    def there_or_below(self, path: str) -> bool:
        """The same for what may be a folder."""
        return self.there(path) or bool(self.inside(path))

    def inside(self, folder: str) -> tuple[str, ...]:
        """All files below a folder."""
        found = self.request.below(folder)
        if found is None:
            raise unknown(folder)
        return found

    def entries(self, folder: str) -> tuple[str, ...]:
        """All files below a folder whose files are read, not the folder's own mode."""
        self.globs[f"{folder}/*"] = None
        return self.inside(folder)

    def followed(self) -> Followed:
        return Followed(
            files=tuple(self.files),
            trees=tuple(self.trees),
            globs=tuple(self.globs),
            rewrites=tuple(self.rewrites),
            remedies={path: told for path, told in self.rewrites.items() if told},
        )


def above(folder: str) -> tuple[str, ...]:
    """`/a/b` -> `/a`, `/`."""
    found: list[str] = []
    while folder not in ("/", ""):
        folder = posixpath.dirname(folder)
        found.append(folder)
    return tuple(found)


def unknown(path: str) -> Unfollowed:
    return Unfollowed(f"the content of {path} is not known: give the build context")
