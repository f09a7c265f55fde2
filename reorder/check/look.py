"""What an instruction looks at, and whether it sees the same at two states."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase

from reorder.check.expand import names_anywhere
from reorder.check.reader import Instruction
from reorder.check.simulate import World, fill
from reorder.check.state import State, lookup
from reorder.check.words import pairs, plain_words
from reorder.effects.effect import Access, Effect

# A shell and the loader of programs look at these, whatever the command is.
_ALWAYS = ("PATH", "HOME", "ENV", "BASH_ENV", "LD_*", "LANG", "LC_*", "TMPDIR")
_ELSEWHERE = re.compile(r"(^|[\s;&|(])(cd|pushd|-C|--directory)\b|\s-C\S")
_FOLDER_NAME = re.compile(r"\b(pwd|PWD|OLDPWD|getcwd|cwd\(\))")
_RELATIVE = re.compile(r"(^|[\s=\"'(<>])\.\.?(/|$|[\s\"';&|)])")
_RELATIVE_MOUNT = re.compile(r"(target|dst|destination)=(?!/)|type=bind", re.I)
_QUOTED = re.compile(r"\\.|'[^']*'", re.DOTALL)
_ASSIGNED = re.compile(
    r"(?:^|[\s;&|(])(?:for\s+|read\s+(?:-\w+\s+)*)?([A-Za-z_]\w*)(?==|\s+in\s|\s|;)"
)


def difference(
    instruction: Instruction, claim: Effect | None, above: tuple[State, State], world: World
) -> str | None:
    """The first thing that the instruction sees differently at the two states, or None."""
    before, after = above
    if _view(before) == _view(after):
        return None
    looks = _run_looks(instruction, claim) if instruction.keyword == "RUN" else None
    for what, value in looks or _looks(instruction, before, world):
        if value(before, world) != value(after, world):
            return what
    return None


def _view(state: State) -> object:
    """All that an instruction can see."""
    env = [(name, value.term) for name, value in state.env.items()]
    return state.cwd.term, state.user.term, state.shell, env


_Look = tuple[str, Callable[[State, World], object]]


def _variable(name: str) -> _Look:
    if any(char in name for char in "*?["):
        return f"the variables {name}", lambda state, world: _matching(state, name)
    return f"the variable {name}", lambda state, world: lookup(state, world.symbols, name).term


def _matching(state: State, pattern: str) -> dict[str, int]:
    return {name: v.term for name, v in state.env.items() if fnmatchcase(name, pattern)}


_CWD: _Look = ("the working directory", lambda state, world: state.cwd.term)
_USER: _Look = ("the user", lambda state, world: state.user.term)
_SHELL: _Look = ("the shell", lambda state, world: state.shell)
# Programs may print their variables in the order in which these were set.
_ORDER: _Look = (
    "the order of variables",
    lambda state, world: [name for name in state.env if name not in world.volatile],
)


def is_opaque(claim: Effect | None) -> bool:
    return claim is None or claim.opaque is not None


def run_text(instruction: Instruction) -> str:
    """All that a RUN gives to its shell, flags and bodies included."""
    flags = [value for _, value in instruction.flags]
    return "\n".join([*flags, instruction.rest, *(doc.body for doc in instruction.heredocs)])


def _run_looks(instruction: Instruction, claim: Effect | None) -> Iterator[_Look]:
    yield _USER
    if claim is None or claim.opaque is not None:
        yield from (_CWD, _SHELL, _variable("*"), _ORDER)
        return
    if instruction.json is None:
        yield _SHELL
    if _looks_at_cwd(instruction, claim):
        yield _CWD
    names = (*_ALWAYS, *claimed_names(claim), *sorted(names_anywhere(run_text(instruction))))
    yield from map(_variable, names)
    if "*" in names:
        yield _ORDER


def _looks_at_cwd(instruction: Instruction, claim: Effect) -> bool:
    """As the claim says, or as the text shows: `pwd`, and `./x` without `cd`."""
    text = run_text(instruction)
    if any(f.resource == "cwd" for f in claim.footprints) or _FOLDER_NAME.search(text):
        return True
    mounts = [value for name, value in instruction.flags if name == "mount"]
    if any(_RELATIVE_MOUNT.search(mount) or "type=" not in mount.lower() for mount in mounts):
        return True
    return bool(_RELATIVE.search(text)) and not goes_elsewhere(text)


def goes_elsewhere(text: str) -> bool:
    """Whether relative paths of a RUN may be relative to another folder than the cwd."""
    return bool(_ELSEWHERE.search(text))


def claimed_names(claim: Effect) -> list[str]:
    return [f.name for f in claim.footprints if f.resource == "env" and f.access is Access.READ]


def forgotten_name(instruction: Instruction, claim: Effect, known: frozenset[str]) -> str | None:
    """A variable of the build that the text shows and the claim does not admit.

    Quoted with '...' or a backslash, or set by the text itself, a name says nothing for sure.
    """
    if instruction.json is not None:
        return None
    docs = [doc.body for doc in instruction.heredocs if doc.expands]
    text = _QUOTED.sub("", "\n".join([instruction.rest, *docs]))
    shown = (names_anywhere(text) & known) - set(_ASSIGNED.findall(text))
    admitted = claimed_names(claim)
    for name in sorted(shown):
        if not any(fnmatchcase(name, pattern) for pattern in admitted):
            return name
    return None


def _looks(instruction: Instruction, state: State, world: World) -> Iterator[_Look]:
    keyword = instruction.keyword
    for name in sorted(_names(instruction, state, world)):
        yield _variable(name)
    if keyword in ("COPY", "ADD"):
        words = instruction.json or plain_words(instruction.rest)
        if not (fill(words[-1], state, world).value.text or words[-1]).startswith("/"):
            yield _CWD
    if keyword == "WORKDIR":
        yield _USER
        if not instruction.rest.startswith("/"):
            yield _CWD
    if keyword in ("CMD", "ENTRYPOINT") and instruction.json is None:
        yield _SHELL


def _names(instruction: Instruction, state: State, world: World) -> frozenset[str]:
    """The variables that the builder fills in."""
    templates = [value for _, value in instruction.flags]
    if instruction.keyword in ("ENV", "ARG", "LABEL"):
        for name, value in pairs(instruction.keyword, instruction.rest, world.escape):
            templates += [name, value or ""]
    elif instruction.keyword in ("COPY", "ADD", "EXPOSE", "VOLUME"):
        templates += instruction.json or plain_words(instruction.rest)
    elif instruction.keyword in ("STOPSIGNAL", "USER", "WORKDIR"):
        templates.append(instruction.rest)
    found = {name for t in templates for name, _ in fill(t, state, world).looked}
    if instruction.keyword in ("COPY", "ADD"):
        bodies = [doc.body for doc in instruction.heredocs if doc.expands]
        found |= {name for body in bodies for name in names_anywhere(body)}
    return frozenset(found)
