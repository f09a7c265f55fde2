"""What is found out of one use: the footprints so far, and how one more is added."""

from __future__ import annotations

from msgspec import Struct, field

from reorder.effects.effect import (
    ANYWHERE,
    Access,
    Extent,
    Footprint,
)
from reorder.effects.named import paths_in
from reorder.effects.paths import STANDARD_FOLDERS, of_kernel, parents
from reorder.effects.program import Install
from reorder.effects.words import Unmodelled, Words
from reorder.effects.world import World
from reorder.syntax.shell import Use


class Found(Struct):
    """One use of a model and what it does; `install` marks what that reads and writes."""

    use: Use
    words: Words
    world: World
    found: list[Footprint] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    leads: list[tuple[str, str]] = field(default_factory=list)
    adds: list[tuple[Footprint, str]] = field(default_factory=list)
    install: Install = Install("", ())

    def add(self, path: str, access: Access, extent: Extent, why: str, owner: str = "") -> None:
        if of_kernel(path):
            return
        if access is Access.ENSURE:
            owner = self.world.owner
            if extent is not Extent.POINT:
                raise Unmodelled(f"{why}: the folder is not known before the build")
            self.ensure_parents(path, why)
            if path in STANDARD_FOLDERS:
                return
        self.found.append(Footprint("path", path, access, extent, owner=owner, why=why))

    def ensure_parents(self, path: str, why: str) -> None:
        for parent in parents(path):
            if parent not in STANDARD_FOLDERS:
                self.found.append(
                    Footprint("path", parent, Access.ENSURE, owner=self.world.owner, why=why)
                )

    def anything(self, why: str) -> None:
        self.found.append(Footprint("path", ANYWHERE, Access.READ, Extent.TREE, why=why))

    def mentions(self, text: str, why: str) -> None:
        """What a COPY has put at an absolute path in the text: `--with-x=/app/include`."""
        for path in paths_in(text):
            if self.is_ours(path):
                self.add(path, Access.READ, Extent.TREE, why)

    def is_ours(self, path: str) -> bool:
        """Whether a COPY from the context has put something there."""
        return self.world.brought(path) or bool(self.world.brought_below(path))
