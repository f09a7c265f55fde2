"""How an instruction changes what the next one sees, and what it sees itself."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Hashable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from reorder.check.expand import expand
from reorder.check.reader import Instruction
from reorder.check.state import Folder, State, Symbols, Value, lookup
from reorder.check.words import pairs, plain_words

_LOGIN = re.compile(r"-[a-z]*l[a-z]*|--login")


class World(Struct, frozen=True):
    """What is the same for both texts: the numbers of values, the escape, the ARGs above FROM.

    `volatile`: variables whose place among the others is free.
    """

    symbols: Symbols
    escape: str
    globals: Mapping[str, Value]
    volatile: frozenset[str]


class Expanded(Struct, frozen=True):
    """`looked`: each name that the template looks at with its term."""

    value: Value
    looked: tuple[tuple[str, int], ...]


def fill(template: str, state: State, world: World) -> Expanded:
    """A template as the instruction at this state expands it."""

    def text_of(name: str) -> str | None:
        return lookup(state, world.symbols, name).text

    found = expand(template, world.escape, text_of)
    looked = tuple((n, lookup(state, world.symbols, n).term) for n in sorted(found.names))
    return Expanded(Value(world.symbols.of("text", template, looked), found.text), looked)


def step(state: State, instruction: Instruction, identity: int, world: World) -> State:
    """The state below the instruction; `identity` is its line in `before`."""
    change = _STEPS.get(instruction.keyword)
    return change(state, instruction, identity, world) if change else state


def _env(state: State, instruction: Instruction, _: int, world: World) -> State:
    """All values of one ENV see the variables above it."""
    env, names = dict(state.env), dict(state.names)
    for name, template in pairs("ENV", instruction.rest, world.escape):
        value = fill(template or "", state, world).value
        env.pop(name, None)
        env[name] = value
        names[name] = value.term
    return replace(state, env=env, names=names)


def _arg(state: State, instruction: Instruction, _: int, world: World) -> State:
    """A default counts unless the build gives a value; versions differ in what later ones see."""
    found = pairs("ARG", instruction.rest, world.escape)
    above = [lookup(state, world.symbols, name).term for name, _ in found]
    for name, template in found:
        filled = fill(template or "", state, world)
        above += [term for _, term in filled.looked]
        default = filled.value
        if template is None:
            default = world.globals.get(name, Value(default.term, None))
        term = world.symbols.of("arg", instruction.rest, name, default.term, *above)
        env = {key: value for key, value in state.env.items() if key != name}
        state = replace(state, env={**env, name: Value(term, default.text)})
    return state


def _workdir(state: State, instruction: Instruction, identity: int, world: World) -> State:
    value = fill(instruction.rest, state, world).value
    path = joined(state.cwd.path, value.text) if value.text is not None else None
    absolute = value.text is not None and value.text.startswith("/")
    term = world.symbols.of("cwd", value.term, None if absolute else state.cwd.term)
    cwd = Folder(term, f"?workdir:{identity}" if path is None else path)
    return _set(replace(state, cwd=cwd), "workdir", term)


def joined(cwd: str, path: str) -> str | None:
    """`/a` and `../b` -> `/b`; None when the place is not known."""
    if "\\" in path or re.match("[A-Za-z]:", path):
        return None
    if path.startswith("/"):
        return posixpath.normpath("/" + path.lstrip("/"))
    root, _, below = cwd.partition("/")
    normal = posixpath.normpath(posixpath.join(below, path))
    if not root:
        return posixpath.normpath("/" + normal)
    if normal.split("/")[0] == "..":
        return None
    return root if normal == "." else f"{root}/{normal}"


def _user(state: State, instruction: Instruction, _: int, world: World) -> State:
    value = fill(instruction.rest, state, world).value
    return _set(replace(state, user=value), "user", value.term)


def _shell(state: State, instruction: Instruction, _: int, world: World) -> State:
    words = instruction.json or ()
    login = any(_LOGIN.fullmatch(word) for word in words[1:])
    term = world.symbols.of("shell", words)
    return _set(replace(state, shell=term, login=login), "shell", term)


def _label(state: State, instruction: Instruction, _: int, world: World) -> State:
    """A label whose name is not known may be any: then all that was set before it counts."""
    config = dict(state.config)
    for name, template in pairs("LABEL", instruction.rest, world.escape):
        key = fill(name, state, world).value
        value = fill(template or "", state, world).value.term
        if key.text is None:
            above = tuple(sorted((k, v) for k, v in config.items() if k.startswith("label ")))
            config[f"labels of name {key.term}"] = world.symbols.of(above, value)
        else:
            config[f"label {key.text}"] = value
    return replace(state, config=config)


def _set(state: State, field: str, value: Hashable) -> State:
    return replace(state, config={**state.config, field: value})


def _listed(value: Hashable) -> tuple[Hashable, ...]:
    return value if isinstance(value, tuple) else ()


def _cmd(state: State, instruction: Instruction, _: int, world: World) -> State:
    return replace(_set(state, "cmd", _started(state, instruction)), cmd_set=True)


def _entrypoint(state: State, instruction: Instruction, _: int, world: World) -> State:
    """Wipes the CMD of the base unless this stage has set one."""
    state = state if state.cmd_set else _set(state, "cmd", None)
    return _set(state, "entrypoint", _started(state, instruction))


def _started(state: State, instruction: Instruction) -> Hashable:
    return instruction.json or (instruction.rest, state.shell)


def _healthcheck(state: State, instruction: Instruction, _: int, world: World) -> State:
    return _set(state, "healthcheck", (instruction.flags, instruction.rest))


def _maintainer(state: State, instruction: Instruction, _: int, world: World) -> State:
    return _set(state, "maintainer", instruction.rest)


def _stopsignal(state: State, instruction: Instruction, _: int, world: World) -> State:
    return _set(state, "stopsignal", fill(instruction.rest, state, world).value.term)


def _onbuild(state: State, instruction: Instruction, _: int, world: World) -> State:
    text = (instruction.rest, instruction.heredocs)
    return _set(state, "onbuild", (*_listed(state.config.get("onbuild")), text))


def _gathered(state: State, instruction: Instruction, _: int, world: World) -> State:
    """EXPOSE and VOLUME fill a set."""
    words = instruction.json or plain_words(instruction.rest)
    terms = frozenset(fill(word, state, world).value.term for word in words)
    field = instruction.keyword.lower()
    known = state.config.get(field)
    return _set(state, field, terms | known if isinstance(known, frozenset) else terms)


_Step = Callable[[State, Instruction, int, World], State]
_STEPS: Mapping[str, _Step] = {
    "ARG": _arg,
    "CMD": _cmd,
    "ENTRYPOINT": _entrypoint,
    "ENV": _env,
    "EXPOSE": _gathered,
    "HEALTHCHECK": _healthcheck,
    "LABEL": _label,
    "MAINTAINER": _maintainer,
    "ONBUILD": _onbuild,
    "SHELL": _shell,
    "STOPSIGNAL": _stopsignal,
    "USER": _user,
    "VOLUME": _gathered,
    "WORKDIR": _workdir,
}
