"""Models of Python libraries: TOML -> what importing and calling them reads and writes.

The form is in `reorder/tools/libraries/README.md`.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from types import MappingProxyType
from typing import Any

import tomli
from msgspec import Struct, field

from reorder.effects.model import ModelError


class LibraryError(ModelError):
    """A library file that cannot be used; the message names the file and the key."""


class CallModel(Struct, frozen=True):
    """What one call does; the keys of `[[call]]`.

    `roles`: argument -> read, write, ensure, local, folder; an argument in `parameters` (by
    position) or `keywords` without a role is looked at by nobody.
    """

    pattern: str
    parameters: tuple[str, ...] = ()
    keywords: frozenset[str] = frozenset()
    roles: Mapping[str, str] = field(default_factory=dict)
    stores: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    refuse: Mapping[str, str] = field(default_factory=dict)
    network: bool = False
    megabytes: float = 0.0
    sizes: tuple[tuple[str, float], ...] = ()
    opaque: str | None = None

    def seconds(self, rate: float, words: Iterable[str]) -> float:
        """The first size whose pattern is found in a word, else that of the call."""
        for pattern, size in self.sizes:
            if any(fnmatchcase(word, pattern) for word in words):
                return size * rate
        return self.megabytes * rate


class Library(Struct, frozen=True):
    """One import name. `imports`: what it imports itself; `env`, `reads`, `writes`: on import."""

    name: str
    imports: tuple[str, ...] = ()
    env: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    calls: tuple[CallModel, ...] = ()
    pure: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    methods: frozenset[str] = frozenset()
    settable: tuple[str, ...] = ()


class ModuleModel(Struct, frozen=True):
    """`python -m NAME WORDS... operands` is the call of `call`; options give its keywords."""

    name: str
    words: tuple[str, ...]
    call: str
    options: Mapping[str, str]


class Libraries(Struct, frozen=True):
    """All that is known of Python libraries.

    `names`: import names of well-known distributions and of the standard library; `builders`:
    of the distributions that installers of packages, and what they build, import.
    """

    libraries: Mapping[str, Library]
    names: frozenset[str]
    builders: frozenset[str]
    stores: Mapping[str, tuple[str, ...]]
    env: tuple[str, ...]
    reads: tuple[str, ...]
    network_env: tuple[str, ...]
    network_reads: tuple[str, ...]
    modules: tuple[ModuleModel, ...]
    rate: float
    unknown_seconds: float

    def get(self, name: str) -> Library | None:
        """The library that an object `name` belongs to."""
        return self.libraries.get(name.partition(".")[0])

    def call(self, name: str) -> CallModel | None:
        """What is known of a call; None when nothing is."""
        library = self.get(name)
        if library is None:
            return None
        found = next((c for c in library.calls if glob(c.pattern).fullmatch(name)), None)
        if found is None and (_matches(library.pure, name) or _is_method(library, name)):
            return _PURE
        return found

    def is_value(self, name: str) -> bool:
        """True when the object may be handed on: calling it would touch nothing."""
        library = self.get(name)
        if library is None:
            return False
        return _matches(library.values, name) or self.call(name) is _PURE

    def is_settable(self, name: str) -> bool:
        """True when assigning the attribute changes nothing that the models say."""
        library = self.get(name)
        return library is not None and _matches(library.settable, name)

    def closure(self, roots: Iterable[str]) -> tuple[Library, ...]:
        """The libraries and all that they import, sorted by name."""
        found: dict[str, Library] = {}
        pending = list(roots)
        while pending:
            name = pending.pop()
            library = self.libraries.get(name)
            if library is not None and name not in found:
                found[name] = library
                pending += library.imports
        return tuple(found[name] for name in sorted(found))


def _matches(patterns: Iterable[str], name: str) -> bool:
    return any(glob(pattern).fullmatch(name) for pattern in patterns)


def _is_method(library: Library, name: str) -> bool:
    """`a.b().eval` is a method of a result of library `a`."""
    before, _, last = name.rpartition(".")
    return "()" in before and last in library.methods


@cache
def builtin_libraries() -> Libraries:
    """The models that come with the tool."""
    return load(files("reorder") / "tools" / "libraries")


def load(folder: Traversable) -> Libraries:
    """Reads every TOML file of the folder."""
    paths = [path for path in folder.iterdir() if path.name.endswith(".toml")]
    tables = {path.name: _toml(path) for path in sorted(paths, key=lambda path: path.name)}
    raw: dict[str, Mapping[str, Any]] = {}
    stores: dict[str, tuple[str, ...]] = {}
    modules: list[ModuleModel] = []
    for file, table in tables.items():
        for name, library in table.get("library", {}).items():
            if name in raw:
                raise LibraryError(f"{file}: `{name}` has a model in another file already")
            raw[name] = library
        stores |= {name: tuple(t["folders"]) for name, t in table.get("store", {}).items()}
        modules += [_module(entry) for entry in table.get("module", ())]
    libraries = {name: _library(name, table, raw) for name, table in raw.items()}
    python, names = tables["stdlib.toml"]["python"], tables["names.toml"]
    known = {*names["names"], *names["old_stdlib"], *libraries, *sys.stdlib_module_names}
    known |= {imported for library in libraries.values() for imported in library.imports}
    return Libraries(
        libraries=MappingProxyType(libraries),
        names=frozenset(known),
        builders=frozenset(names["builders"]),
        stores=MappingProxyType(stores),
        env=tuple(python["env"]),
        reads=tuple(python["reads"]),
        network_env=tuple(python["network_env"]),
        network_reads=tuple(python["network_reads"]),
        modules=tuple(modules),
        rate=float(python["seconds_per_megabyte"]),
        unknown_seconds=float(python["unknown_seconds"]),
    )


def _toml(path: Traversable) -> Mapping[str, Any]:
    try:
        return tomli.loads(path.read_text("utf-8"))
    except tomli.TOMLDecodeError as error:
        raise LibraryError(f"{path.name}: {error}: mend the file or remove it") from error


_LIBRARY_KEYS = frozenset(
    ["imports", "env", "reads", "writes", "call", "pure", "values", "methods", "settable"]
)
_ROLES = ("read", "write", "ensure", "local", "folder", "url")
_CALL_KEYS = frozenset(
    (
        *("names", "parameters", "keywords", "store", "also", "reads", "writes"),
        *("refuse", "network", "mb", "sizes", "opaque", *_ROLES),
    )
)


def _library(name: str, table: Mapping[str, Any], raw: Mapping[str, Mapping[str, Any]]) -> Library:
    _check(name, table, _LIBRARY_KEYS)
    methods: set[str] = set()
    for method in table.get("methods", ()):
        methods |= set(raw[method[1:]]["methods"]) if method[0] == "@" else {method}
    return Library(
        name,
        imports=tuple(table.get("imports", ())),
        env=tuple(table.get("env", ("*",))),
        reads=tuple(table.get("reads", ())),
        writes=tuple(table.get("writes", ())),
        calls=tuple(model for entry in table.get("call", ()) for model in _calls(name, entry)),
        pure=_patterns(name, table.get("pure", ())),
        values=_patterns(name, [*table.get("values", ()), "__version__", "__file__", "__name__"]),
        methods=frozenset(methods),
        settable=_patterns(name, table.get("settable", ())),
    )


def _calls(library: str, entry: Mapping[str, Any]) -> Iterable[CallModel]:
    _check(library, entry, _CALL_KEYS)
    given = [(name, role) for role in _ROLES for name in entry.get(role, ())]
    roles = dict(given)
    if len(given) > len(roles) or roles.keys() & set(entry.get("keywords", ())):
        raise LibraryError(f"{library}: an argument of `{entry['names'][0]}` has two roles")
    for pattern in _patterns(library, entry["names"]):
        yield CallModel(
            pattern,
            parameters=tuple(entry.get("parameters", ())),
            keywords=frozenset(entry.get("keywords", ())),
            roles=roles,
            stores=tuple(entry.get("store", ())),
            also=tuple(entry.get("also", ())),
            reads=tuple(entry.get("reads", ())),
            writes=tuple(entry.get("writes", ())),
            refuse=entry.get("refuse", {}),
            network=entry.get("network", False),
            megabytes=float(entry.get("mb", 0.0)),
            sizes=tuple(entry.get("sizes", {}).items()),
            opaque=entry.get("opaque"),
        )


def _module(entry: Mapping[str, Any]) -> ModuleModel:
    _check(entry["name"], entry, frozenset(["name", "words", "call", "options"]))
    words, options = tuple(entry.get("words", ())), entry.get("options", {})
    return ModuleModel(entry["name"], words, entry["call"], MappingProxyType(options))


def _check(where: str, table: Mapping[str, Any], allowed: frozenset[str]) -> None:
    unknown = sorted(set(table) - allowed)
    if unknown:
        raise LibraryError(f"{where}: unknown key `{unknown[0]}`")


def _patterns(library: str, names: Iterable[str]) -> tuple[str, ...]:
    """`b.load` of `a` -> `a.b.load`; `().save` -> the method `save` of any result of a."""
    return tuple(
        f"{library}.**{name}" if name.startswith("().") else f"{library}.{name}" for name in names
    )


@cache
def glob(pattern: str) -> re.Pattern[str]:
    """`*` is any text without a dot or a bracket, `**` any text."""
    parts = [re.escape(part).replace(r"\*", r"[^.(\[]*") for part in pattern.split("**")]
    return re.compile(".*".join(parts), re.DOTALL)


_PURE = CallModel("")
