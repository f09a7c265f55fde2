"""The changes of context files that change what a COPY brings, so that it runs again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from reorder.context.files import Source, Walk, inside, names_of, read_source, split_glob
from reorder.context.ignore import Ignore
from reorder.context.match import PatternError, Patterns, folders, match
from reorder.context.tree import Context


class Cover(Struct, frozen=True):
    """The changes of context files that change what a COPY brings; `roots` None: all changes."""

    ignore: Ignore
    roots: tuple[_Root, ...] | None

    def has(self, path: str) -> bool:
        """Whether a change of `path` counts, also when the file is gone by now."""
        named = self.roots is None or any(root.has(path) for root in self.roots)
        return named and not self.ignore.ignores(path)  # the dearer look comes last


def cover(
    context: Context,
    sources: Sequence[str],
    *,
    parents: bool = False,
    exclude: Sequence[str] = (),
) -> Cover:
    """The cover of `COPY sources...`; with a malformed pattern it is everything."""
    try:
        excluded = Patterns.of(exclude)
        roots = tuple(_root(context, read_source(word, parents), excluded) for word in sources)
    except PatternError:
        return Cover(context.ignore, None)
    return Cover(context.ignore, roots)


class _Root(Struct, frozen=True):
    """A source: its fixed `place`, as written and where links lead, and the `pattern` below it.

    `targets`: what it names or matches at present, links followed.
    """

    places: frozenset[str]
    pattern: str
    targets: frozenset[str]
    walk: Walk

    def has(self, path: str) -> bool:
        return any(inside(place, path) for place in self.places) or any(
            self._below(path, name) for name in self._names(path)
        )

    def _names(self, path: str) -> Iterator[str]:
        """The names above `path`, itself included, that the source gives or matches."""
        yield from self.targets
        if not self.pattern:
            yield from self.places
            return
        for above in (f"{place}/" if place else "" for place in self.places):
            for name in folders(path):
                if name.startswith(above) and match(self.pattern, name.removeprefix(above)):
                    yield name

    def _below(self, path: str, name: str) -> bool:
        if path == name:
            return True
        inner = path if not name else path.removeprefix(f"{name}/")
        return (not name or inner != path) and self.walk.down(inner).takes


def _root(context: Context, source: Source, excluded: Patterns) -> _Root:
    place, pattern = split_glob(source.path)
    names = names_of(context, source.path) or []
    targets = {target for name in names if (target := context.resolve(name)) is not None}
    base = context.resolve(place)
    places = {place} if base is None else {place, base}
    return _Root(frozenset(places), pattern, frozenset(targets), Walk(source.kept, excluded))
