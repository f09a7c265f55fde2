"""Who touches what in a stage, and which folders surely are there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from reorder.check.copied import copy_touches, read_copy, volume_touches, workdir_touches
from reorder.check.match import Item
from reorder.check.overlap import meet, region
from reorder.check.pairs import Actor
from reorder.check.simulate import World, step
from reorder.check.state import State
from reorder.check.touch import Touch, claimed, everything, needed_folders, read, spelled
from reorder.effects.effect import GONE, Access, Effect

_PROFILES = ("/etc/profile", "/etc/profile.d", "?home/.profile", "?home/.bash_profile")


class Told(Struct, frozen=True):
    """What the caller says of the instructions, by their line in `before`.

    `links`: paths that are symbolic links where the stage or the instruction starts.
    """

    claims: Mapping[int, Effect]
    brought: Mapping[int, Sequence[str] | None]
    links: frozenset[str] = frozenset()

    def links_of(self, lines: Iterable[int]) -> frozenset[str]:
        claims = (self.claims[line] for line in lines if line in self.claims)
        return frozenset(spelled(link) for claim in claims for link in claim.links)


def states(start: State, items: Iterable[Item], world: World) -> tuple[list[State], State]:
    """The state above each item, in the order given, and the one below the last."""
    above: list[State] = []
    for item in items:
        above.append(start)
        start = step(start, item.instruction, item.line, world)
    return above, start


def actor(item: Item, state: State, world: World, told: Told) -> Actor:
    """`state` is the one above the instruction."""
    instruction, claim = item.instruction, told.claims.get(item.line)
    touches: tuple[Touch, ...] = ()
    if instruction.keyword == "RUN":
        touches = _run_touches(claim, state, told.links)
    elif instruction.keyword in ("COPY", "ADD"):
        copy = read_copy(instruction, state, world)
        touches = copy_touches(instruction, copy, claim, told.brought.get(item.line), told.links)
    elif instruction.keyword == "WORKDIR":
        below = step(state, instruction, item.line, world)
        touches = workdir_touches(below, state.user.text, claim, told.links)
    elif instruction.keyword == "VOLUME":
        touches = volume_touches(instruction, state, world)
    return Actor(instruction, claim, touches, state.cwd.path)


def _run_touches(claim: Effect | None, state: State, links: frozenset[str]) -> tuple[Touch, ...]:
    if claim is None:
        return everything("has no claim")
    found = [*claimed(claim, links=links), *needed_folders(claim)]
    if state.login:
        found += [read(path, deep=True) for path in _PROFILES]
    return tuple(dict.fromkeys(found))


class Crowd(Struct, frozen=True):
    """All actors of a stage with their places in both orders; `born`: folders of its base."""

    actors: tuple[Actor, ...]
    places: tuple[int, ...]
    born: frozenset[str]

    def there(self, folder: str, first: int, second: int) -> bool:
        """Whether the folder is there before either of the two actors runs, in both orders.

        Somebody who surely makes it stands above both, and no RUN in between may remove it. Or
        each of the two makes it or finds it made, all who make it do so alike, and no RUN may
        remove it.
        """
        old, new = (first, second), (self.places[first], self.places[second])
        if folder in self.born and not self._removed(folder, (-1, -1), old, new):
            return True
        makers = self._makers(folder)
        above = any(
            at < min(old)
            and self.places[at] < min(new)
            and not self._removed(folder, (at, self.places[at]), old, new)
            for at in makers
        )
        return above or self._always(folder, makers, old)

    def _makers(self, folder: str) -> list[int]:
        return [
            at
            for at, who in enumerate(self.actors)
            if any(t.sure and t.folder == folder for t in who.touches)
        ]

    def _always(self, folder: str, makers: Sequence[int], pair: tuple[int, int]) -> bool:
        """Whether those of the pair that look for the folder find it, whoever has made it."""
        owners = {
            t.owner
            for who in self.actors
            for t in who.touches
            if t.access is Access.ENSURE and t.folder == folder
        }
        found = all(
            (who in makers and not _reads(self.actors[who], folder))
            or (
                any(at < who for at in makers)
                and any(self.places[at] < self.places[who] for at in makers)
            )
            for who in pair
        )
        return found and len(owners) == 1 and not any(_removes(w, folder) for w in self.actors)

    def _removed(
        self, folder: str, since: tuple[int, int], old: tuple[int, int], new: tuple[int, int]
    ) -> bool:
        for at, who in enumerate(self.actors):
            between = since[0] < at < max(old) or since[1] < self.places[at] < max(new)
            if between and at not in old and _removes(who, folder):
                return True
        return False

    def left(self) -> frozenset[str]:
        """The folders that surely are there at the end."""
        found: frozenset[str] = self.born
        for who in self.actors:
            found = frozenset(f for f in found if not _removes(who, f))
            found |= {t.folder for t in who.touches if t.sure}
        return found


def _reads(who: Actor, folder: str) -> bool:
    place = region(folder, False)
    return any(t.access is Access.READ and meet(t.place, place) for t in who.touches)


def removes(who: Actor, folder: str) -> bool:
    """Whether its claim says so."""
    claim, place = who.claim, region(folder, False)
    gone = [f for f in claim.footprints if f.owner == GONE] if claim else []
    return any(meet(region(f.name, True), place) for f in gone)


def _removes(who: Actor, folder: str) -> bool:
    """Only a RUN can remove a folder."""
    if who.instruction.keyword != "RUN":
        return False
    place = region(folder, False)
    return any(t.access is Access.WRITE and meet(t.place, place) for t in who.touches)
