"""What an instruction sees: variables, folder, user and shell, as a fold over instructions."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Mapping

from msgspec import Struct, field
from msgspec.structs import replace

from reorder.syntax.dockerfile import Instruction
from reorder.syntax.expand import ExpandError, Lookup, expand

DEFAULT_SHELL = ("/bin/sh", "-c")
# BuildKit gives this PATH to every image that has none.
DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

# Set by the builder, with values that depend on the machine and the command line.
_PLATFORM_ARGS = (
    "BUILDARCH",
    "BUILDOS",
    "BUILDOSVERSION",
    "BUILDPLATFORM",
    "BUILDVARIANT",
    "TARGETARCH",
    "TARGETOS",
    "TARGETOSVERSION",
    "TARGETPLATFORM",
    "TARGETSTAGE",
    "TARGETVARIANT",
)
# The parts of a platform, each a plain word without a slash: `arm64`; a variant may be empty.
_PLATFORM_PARTS = frozenset(
    f"{side}{part}" for side in ("BUILD", "TARGET") for part in ("ARCH", "OS", "VARIANT")
)
# In a value of which the rest is known: the part of a platform that is not.
HIDDEN = "\1"
# `${NAME:-x}` and its kin ask whether a value is empty, or change it.
_MODIFIED = re.compile(r"\$\{\w+[^}\w]")
_PLAIN_NAME = re.compile(r"[^$'\"\\`]*")
_MAYBE_WINDOWS = re.compile(r"[A-Za-z]:|.*\\", re.DOTALL)


class BaseImage(Struct, frozen=True):
    """What is known of an external image; variables in `env_unknown` have an unknown value.

    `env_open`: it may have further variables.
    """

    env: Mapping[str, str]
    workdir: str
    user: str
    shell: tuple[str, ...]
    env_unknown: tuple[str, ...] = ()
    env_open: bool = False


class Scope(Struct, frozen=True):
    """What an instruction sees.

    `values`: the variables of ENV and ARG, None for an unknown value. `image_env`: those that
    the image keeps. `known_base`: whether a name in neither is surely unset. `cwd`: absolute and
    normal, or below a folder that is not known (`?cwd`, `?workdir:7/src`). `user`, `shell`: None
    when not known. `triggers`: what ONBUILD stored for stages that start from this one.
    `partly`: of values that are not known, those in which only parts of a platform are not:
    `tool-$TARGETARCH` is `tool-` and HIDDEN.
    """

    values: Mapping[str, str | None] = field(default_factory=dict)
    image_env: Mapping[str, str | None] = field(default_factory=dict)
    global_args: Mapping[str, str | None] = field(default_factory=dict)
    build_args: Mapping[str, str | None] = field(default_factory=dict)
    cwd: str = "?cwd"
    user: str | None = None
    shell: tuple[str, ...] | None = None
    known_base: bool = False
    escape: str = "\\"
    triggers: tuple[Instruction, ...] = ()
    partly: Mapping[str, str] = field(default_factory=dict)

    @property
    def env_names(self) -> frozenset[str]:
        """The variables that are in the image, not arguments of the build only."""
        return frozenset(self.image_env)

    def lookup(self, name: str) -> str | None:
        """The value of a variable; None when not known, "" only when it is empty or unset."""
        if name in self.values:
            return self.values[name]
        return "" if self.known_base else None

    def expand(self, text: str) -> str | None:
        """Expanded text; None when a value is not known, or the build fails here."""
        return expanded(text, self.lookup, self.escape)

    def after(self, instruction: Instruction) -> Scope:
        """What the next instruction sees."""
        change = _CHANGES.get(instruction.keyword)
        return change(self, instruction) if change else self


def scratch(scope: Scope) -> Scope:
    """The scope below `FROM scratch`."""
    return below_image(scope, BaseImage({}, "/", "root", DEFAULT_SHELL))


def below_image(scope: Scope, base: BaseImage) -> Scope:
    """The scope below FROM of an image that is known."""
    values = {"PATH": DEFAULT_PATH, **base.env, **dict.fromkeys(base.env_unknown)}
    return replace(
        scope,
        values=values,
        partly={},
        image_env=values,
        cwd=_joined("/", base.workdir) or "?cwd",
        user=base.user or "root",
        shell=base.shell or DEFAULT_SHELL,
        known_base=not base.env_open,
    )


def below_stage(parent: Scope) -> Scope:
    """The scope below FROM of a stage: its ENV wins over its ARG again, then its ONBUILD run."""
    # The unknown image below may have an ENV of any name that is only an ARG so far.
    inherited = parent.values if parent.known_base else dict.fromkeys(parent.values)
    values = {**inherited, **parent.image_env}
    scope = replace(parent, values=values, partly={}, triggers=())
    for trigger in parent.triggers:
        scope = scope.after(trigger)
    return scope


def global_values(
    instructions: Iterable[Instruction], build_args: Mapping[str, str | None], escape: str
) -> Mapping[str, str | None]:
    """The ARGs above the first FROM and those of the builder, None for an unknown value."""
    values: dict[str, str | None] = {**dict.fromkeys(_PLATFORM_ARGS)}
    values.update((name, build_args[name]) for name in _PLATFORM_ARGS if name in build_args)
    for instruction in instructions:
        for name, default in instruction.pairs:
            if name in build_args:
                values[name] = build_args[name]
            elif default is not None:
                values[name] = expanded(default, lambda name: values.get(name, ""), escape)
            else:
                values.setdefault(name, None)
    return values


def expanded(text: str, lookup: Lookup, escape: str) -> str | None:
    """Expanded text; None when a value is not known, or the text cannot be expanded."""
    try:
        return expand(text, lookup, escape=escape).text
    except ExpandError:
        return None


def _after_env(scope: Scope, instruction: Instruction) -> Scope:
    """All names and values of one ENV see the variables above it."""
    pairs = [(scope.expand(name), scope.expand(value or "")) for name, value in instruction.pairs]
    new = {name: value for name, value in pairs if name is not None}
    partly = {
        name: _partly(scope, v or "")
        for (name, _), (_, v) in zip(pairs, instruction.pairs, strict=True)
    }
    if any(name is None for name, _ in pairs):
        scope = _forgotten(scope)
    scope = _having(scope, new, partly)
    return replace(scope, image_env={**scope.image_env, **new})


def _having(
    scope: Scope, values: Mapping[str, str | None], partly: Mapping[str | None, str | None]
) -> Scope:
    """With new values, and what is known of those that are not."""
    old = {name: text for name, text in scope.partly.items() if name not in values}
    new = {name: text for name, text in partly.items() if name and text and values[name] is None}
    return replace(scope, values={**scope.values, **values}, partly={**old, **new})


def _partly(scope: Scope, text: str) -> str | None:
    """The value in which parts of a platform are HIDDEN; None when something else is not known."""
    if HIDDEN in text or _MODIFIED.search(text):
        return None
    missing: list[str] = []

    def look(name: str) -> str:
        value = scope.lookup(name)
        value = scope.partly.get(name) if value is None else value
        missing.extend([name] if value is None else [])
        return value or ""

    found = expanded(text, look, scope.escape)
    return None if missing else found


def _after_arg(scope: Scope, instruction: Instruction) -> Scope:
    """The arguments of one ARG see those before them; without a default the global one counts."""
    for name, default in instruction.pairs:
        if not _PLAIN_NAME.fullmatch(name):
            # Versions of BuildKit differ: older ones expand the name.
            scope = _forgotten(scope)
        value: str | None = scope.global_args.get(name)
        partly = HIDDEN if name in _PLATFORM_PARTS else None
        if name in scope.build_args:
            value, partly = scope.build_args[name], None
        elif default is not None:
            value, partly = scope.expand(default), _partly(scope, default)
        scope = _having(scope, {name: value}, {name: partly})
    return scope


def _forgotten(scope: Scope) -> Scope:
    """The scope after a variable with an unknown name was set."""
    return replace(
        scope,
        values=dict.fromkeys(scope.values),
        partly={},
        image_env=dict.fromkeys(scope.image_env),
        known_base=False,
    )


def _after_workdir(scope: Scope, instruction: Instruction) -> Scope:
    path = scope.expand(instruction.rest)
    cwd = None if path is None else _joined(scope.cwd, path)
    return replace(scope, cwd=f"?workdir:{instruction.line}" if cwd is None else cwd)


def _joined(cwd: str, path: str) -> str | None:
    """`/a` and `b/../c` -> `/a/c`; None when the place is not known."""
    if _MAYBE_WINDOWS.match(path):
        return None
    if path.startswith("/"):
        cwd = "/"
    root, _, below = cwd.partition("/")
    normal = posixpath.normpath(f"{below}/{path}".strip("/"))
    if not root:
        return posixpath.normpath(f"/{normal}")
    if normal == ".":
        return root
    return None if normal.split("/")[0] == ".." else f"{root}/{normal}"


def _after_user(scope: Scope, instruction: Instruction) -> Scope:
    user = scope.expand(instruction.rest)
    return replace(scope, user="root" if user == "" else user)


def _after_shell(scope: Scope, instruction: Instruction) -> Scope:
    return replace(scope, shell=instruction.words)


def _after_onbuild(scope: Scope, instruction: Instruction) -> Scope:
    stored = (instruction.trigger,) if instruction.trigger else ()
    return replace(scope, triggers=(*scope.triggers, *stored))


_CHANGES: Mapping[str, Callable[[Scope, Instruction], Scope]] = {
    "ARG": _after_arg,
    "ENV": _after_env,
    "ONBUILD": _after_onbuild,
    "SHELL": _after_shell,
    "USER": _after_user,
    "WORKDIR": _after_workdir,
}
