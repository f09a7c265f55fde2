"""Instructions that are cut: an ENV by its volatile names, a RUN between its commands.

ENV A=1 X=$X B=2    ->    ENV A=1 B=2
                          ENV X=$X
RUN a && b          ->    RUN a
                          RUN b
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations

from msgspec.structs import replace

from reorder.check.commands import entered, lead, leaves_shell, listed
from reorder.check.look import is_opaque
from reorder.check.overlap import Region, meet, parse, region
from reorder.check.reader import Instruction, Text
from reorder.check.touch import Touch, claimed
from reorder.check.verdict import Refusal
from reorder.check.words import pairs
from reorder.effects.effect import GONE, NEW_FOLDER, RIGHTS, Access, Effect, Extent, Footprint

_ROOTED = re.compile(r"/[A-Za-z0-9_./-]*")
_RELATIVE = re.compile(
    rb"(?s)([ \t]*(?:COPY|ADD)[ \t].*[ \t])([A-Za-z0-9_.][A-Za-z0-9_./-]*)(\s*)", re.I
)
_Pairs = tuple[tuple[str, str | None], ...]
# The builder mounts these anew for every RUN.
_MOUNTED = tuple(
    region(path, True)
    for path in ("/dev", "/proc", "/sys", "/etc/hosts", "/etc/resolv.conf", "/etc/hostname")
)
_SHELLS = re.compile(r'\[\s*"(/(usr/)?bin/)?(ba|da|a)?sh"')


def cut_refusals(
    before: Text, after: Text, volatile: frozenset[str], claims: Mapping[int, Effect]
) -> Iterator[Refusal]:
    """Why `after` may be more than `before` with some instructions cut; at most one reason.

    `claims`: what the instructions of `after` do, by their first lines.
    """
    if _frame(before) != _frame(after):
        yield Refusal(1, "more than what is cut differs", "the text must keep its bytes")
        return
    shells = all(_SHELLS.match(i.rest) for i in after.instructions if i.keyword == "SHELL")
    rest = list(after.instructions)
    folder = None
    for old in before.instructions:
        if old.keyword in ("FROM", "WORKDIR"):
            folder = old.rest if old.keyword == "WORKDIR" and _ROOTED.fullmatch(old.rest) else None
        if rest and folder and _is_placed(old, rest[0], folder):
            rest.pop(0)
            continue
        if rest and rest[0].raw.rstrip(b"\r\n") == old.raw.rstrip(b"\r\n"):
            rest.pop(0)
            continue
        count = _count(old, rest)
        if old.keyword == "RUN" and shells and before.escape == "\\":
            fault = _run_fault(old, rest[:count], claims, folder)
        else:
            fault = _fault(old, rest[:count], before.escape, volatile)
        if fault:
            yield Refusal(rest[0].line if rest else 1, fault, "its parts must do the same")
            return
        del rest[:count]
    if rest:
        yield Refusal(rest[0].line, "this instruction is new", "none is added by a cut")


def _frame(text: Text) -> tuple[object, ...]:
    """What a cut keeps; a comment inside a RUN may come to stand above a part of it."""
    inside = (line for i in text.instructions for line in i.raw.splitlines())
    lines = (*(line for _, line in text.outside), *inside)
    notes = Counter(line.strip() for line in lines if line.lstrip().startswith(b"#"))
    blank = sum(not line.strip() for _, line in text.outside)
    return text.bom, text.head, text.escape, text.ended, notes, blank


def _count(old: Instruction, rest: Sequence[Instruction]) -> int:
    """How many instructions stand for one."""
    if old.keyword != "RUN":
        return 2
    whole = listed(old.rest) or ()
    held = size = lead(whole)
    for count, part in enumerate(rest, 1):
        size += len(listed(part.rest) or ()) - held
        if part.keyword != "RUN" or size >= len(whole):
            return count
    return len(rest)


def _is_placed(old: Instruction, new: Instruction, folder: str) -> bool:
    """Whether only the last word differs, and names the same place from the root."""
    match = _RELATIVE.fullmatch(old.raw)
    if match is None or old.json is not None or old.heredocs or b"\n" in match[1]:
        return False
    parts = f"{folder}/{match[2].decode()}".split("/")
    place = "/" + "/".join(part for part in parts if part not in ("", "."))
    if parts[-1] in ("", "."):
        place = place.rstrip("/") + "/"
    return new.raw == match[1] + place.encode() + match[3]


def _fault(
    old: Instruction, halves: list[Instruction], escape: str, volatile: frozenset[str]
) -> str | None:
    if len(halves) < 2 or {i.keyword for i in (old, *halves)} != {"ENV"}:
        return f"the {old.keyword} of line {old.line} is lost or changed"
    whole, first, second = (pairs("ENV", i.rest, escape) for i in (old, *halves))
    names = {name for name, _ in second}
    if len({name for name, _ in whole}) < len(whole):
        return "it sets a name twice"
    if first != tuple(p for p in whole if p[0] not in names) or second != tuple(
        p for p in whole if p[0] in names
    ):
        return "its halves do not set what it sets"
    if not names <= volatile:
        return "its second half sets more than volatile names"
    if _looks(first, second) or _looks(second, first):
        return "one half looks at a name of the other"
    return None


def _looks(values: _Pairs, names: _Pairs) -> bool:
    """Whether a value mentions one of the names in any way."""
    words = {word for _, value in values for word in re.findall(r"\w+", value or "")}
    return any(name in words for name, _ in names)


def _run_fault(
    old: Instruction,
    parts: Sequence[Instruction],
    claims: Mapping[int, Effect],
    folder: str | None,
) -> str | None:
    """Why some RUNs may not do what one does."""
    whole = listed(old.rest)
    if whole is None:
        return "its commands are no plain list of `&&`"
    if len(parts) < 2 or {part.keyword for part in parts} != {"RUN"}:
        return f"the RUN of line {old.line} is lost or changed"
    if any(i.flags or i.json is not None or i.heredocs for i in (old, *parts)):
        return "it has more than a shell text"
    size = lead(whole)
    own: list[tuple[str, ...]] = []
    for part in parts:
        commands = listed(part.rest)
        if commands is None or commands[:size] != whole[:size] or len(commands) == size:
            return "a part is no list of its commands"
        own.append(commands[size:])
    if tuple(c for commands in own for c in commands) != whole[size:]:
        return "its parts do not run its commands"
    if not all(leaves_shell(command) for commands in own[:-1] for command in commands):
        return "a command changes the shell that those below it run in"
    effects = [claims.get(part.line) for part in parts]
    joints = (_joint(a, b) for a, b in combinations(effects, 2))
    return next(filter(None, joints), None) or _lost(effects[:-1], entered(whole, folder))


def _lost(effects: Sequence[Effect | None], entered: tuple[str, ...]) -> str | None:
    """A folder that each part enters anew, and that one above it may take away."""
    made = [
        f
        for effect in effects
        for f in (effect.footprints if effect else ())
        if f.resource == "path" and f.access is Access.WRITE and not f.kind
    ]
    found = (folder for folder in entered if any(_takes(f, folder) for f in made))
    return next((f"a part enters {f}, which the one above it may take away" for f in found), None)


def _takes(written: Footprint, folder: str) -> bool:
    """What fills a folder leaves it there."""
    fills = written.extent is Extent.TREE and not written.owner
    if folder.startswith("?"):
        same = meet(region(written.name, False), region(folder, False))
        return written.owner == GONE or (same and not fills)
    if parse(written.name) == parse(folder):
        return not fills
    return meet(region(written.name, True), region(folder, False))


def _joint(first: Effect | None, then: Effect | None) -> str | None:
    """What two parts share that does not outlast a RUN."""
    if first is None or then is None or is_opaque(first):
        return "nothing is known of what the first part leaves running"
    made = _touches(first, lambda f: f.access is Access.WRITE)
    own = _touches(first, lambda f: f.access is Access.WRITE and f.owner not in (GONE, NEW_FOLDER))
    if any(not x.kind and meet(x.place, place) for x in made for place in _MOUNTED):
        return "it writes what the builder mounts anew for every RUN"
    lists = bool(first.fetches)
    new = _touches(first, lambda f: _has_a_time(f) and not (lists and _is_state(f)))
    if (is_opaque(then) or then.clock) and new:
        return "the second part may compare the times of what the first has made"
    if is_opaque(then):
        return None
    shared = next(filter(None, (_shared(f, own) for f in then.footprints)), None)
    return f"files of the first part may be one: {shared}" if shared else None


def _shared(changed: Footprint, made: Sequence[Touch]) -> str | None:
    """What is changed in place: a hard link of what was made would be changed, too.

    A pattern stands for new files somewhere, such as byte code, unless it is about rights; a folder
    with files in it is no file.
    """
    if changed.access is not Access.WRITE or changed.kind or changed.resource != "path":
        return None
    if changed.owner == GONE:
        return None
    if changed.extent is Extent.GLOB and changed.owner != RIGHTS:
        return None
    root, parts = parse(changed.name)
    kinds = {"", "language"}
    if root or not parts or (parts[0] == "usr" and parts[1:2] != ("local",)):
        kinds |= {"certificates", "daemon", "library", "runtime", "system", "userless"}
    others = [x for x in made if changed.owner == RIGHTS or not _is_folder(changed, x)]
    for touch in claimed(Effect((changed,)), links=frozenset()):
        near = (x.kind for x in others if meet(x.place, touch.place))
        if any(changed.owner == RIGHTS or kind in kinds for kind in near):
            return touch.what
    return None


def _is_folder(changed: Footprint, made: Touch) -> bool:
    """Whether `made` lies in what is changed, which is no file then."""
    root, parts = parse(changed.name)
    place = made.place
    return (
        changed.extent is Extent.POINT
        and isinstance(place, Region)
        and place.root == root
        and len(place.parts) > len(parts)
        and place.parts[: len(parts)] == parts
    )


def _has_a_time(made: Footprint) -> bool:
    """A new file that a build may know; what packages bring is none."""
    return made.access is Access.WRITE and not made.kind and made.owner != GONE


def _is_state(made: Footprint) -> bool:
    """Where package lists are kept."""
    return made.name.startswith(("/var/lib", "/var/cache", "/var/log", "/run"))


def _touches(effect: Effect, some: Callable[[Footprint], bool]) -> tuple[Touch, ...]:
    kept = tuple(footprint for footprint in effect.footprints if some(footprint))
    return claimed(replace(effect, footprints=kept), links=frozenset())
