"""Tool models: TOML -> what a command reads and writes (the form is in docs/tools.md).

A family is loaded when a command of it is met, not before: start-up time is a budget.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

_HEADER = re.compile(r'^\[command\.(?:"([^"]+)"|([^\].]+))\]', re.MULTILINE)
_NAMES = re.compile(r"^names = \[([^\]]*)\]", re.MULTILINE)
_SECTION = re.compile(r"^\[", re.MULTILINE)
DEFAULT_SECONDS = 0.1


class ModelError(ValueError):
    """A model file that cannot be used; the message names the file and the key."""


class When(Struct, frozen=True):
    """Keys that hold instead when one of `flags` was used and none of `unless`."""

    flags: frozenset[str]
    unless: frozenset[str]
    keys: Mapping[str, Any]


class Packages(Struct, frozen=True):
    """What the names of the packages tell: `all` of them, or `any` of them, has one of the forms.

    One of `flags` must be used, if there are any, and none of `unless`. `system` is the set of
    paths that stands for `@system`.
    """

    all: tuple[str, ...]
    any: tuple[str, ...]
    flags: frozenset[str]
    unless: frozenset[str]
    kind: str
    apart: tuple[str, ...]
    system: str


class Model(Struct, frozen=True):
    """One command or subcommand; tuples of footprint templates as written in the file."""

    name: str
    family: str
    source: str
    style: str = "gnu"
    dialect: str = ""
    flags: Mapping[str, str] = field(default_factory=dict)
    operands: tuple[str, ...] = ()
    subs: Mapping[str, Model] = field(default_factory=dict)
    env: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    ensures: tuple[str, ...] = ()
    seconds: float = DEFAULT_SECONDS
    network: bool = False
    fetches: str | None = None
    compiles: bool = False
    removes: bool = False
    ahead: str = ""
    keeps: str | None = None
    root: bool = False
    opaque: str | None = None
    manifest: str | None = None
    plain: str | None = None
    clock: tuple[str, ...] = ()
    harmless: bool = False
    code: bool = False
    anywhere: bool = False
    prints: str = ""
    parts: str | None = None
    heads: str | None = None
    default: str = ""
    becomes: str = ""
    when: tuple[When, ...] = ()
    kind: str = ""
    apart: tuple[str, ...] = ()
    steady: tuple[str, ...] | None = None
    packages: tuple[Packages, ...] = ()
    home: str | None = None
    homes: tuple[str, ...] = ()
    skeleton: str = ""
    system: bool = False
    text: str = ""
    environment: bool = False


class Models(Struct, frozen=True):
    """The models of `folders`; a later folder overrides an earlier one, command by command."""

    folders: tuple[Path, ...]

    def get(self, command: str) -> Model | None:
        """The model of a command by the base name of its argv[0]; None when there is none."""
        where = _index(self.folders).get(command)
        return None if where is None else _family(where)[command]

    def place(self, command: str) -> Path | None:
        """The file that holds the model of a command."""
        return _index(self.folders).get(command)

    def is_own(self, command: str) -> bool:
        """Whether the model comes from the project, not from us."""
        place = self.place(command)
        return place is not None and place.parent != self.folders[0]

    def names(self) -> tuple[str, ...]:
        """Every modelled command, sorted."""
        return tuple(sorted(_index(self.folders)))

    def env_set(self, name: str) -> tuple[str, ...]:
        """The variables of `@name` in `env`."""
        return self._set("sets", name)

    def path_set(self, name: str) -> tuple[str, ...]:
        """The paths of `@name` in `reads` and `writes`."""
        return self._set("paths", name)

    def _set(self, table: str, name: str) -> tuple[str, ...]:
        return _set(self.folders, table, name)


@cache
def _set(folders: tuple[Path, ...], table: str, name: str) -> tuple[str, ...]:
    """The set of the last folder that has one of the name."""
    found: tuple[str, ...] = ()
    for path in (folder / "env.toml" for folder in folders):
        if path.is_file():
            found = tuple(toml_of(path)[table].get(name, found))
    return found


@cache
@cache
def programs_of(distribution: str, folders: tuple[str, ...]) -> tuple[str, ...]:
    """Where a file would take the place of a program that the packages' scripts may call."""
    table = toml_of(Path(__file__).parent.parent / "tools" / "packages" / f"{distribution}.toml")
    return tuple(sorted(f"{folder}/{name}" for folder in folders for name in table["programs"]))


@cache
def names_of(form: str) -> tuple[str, ...]:
    """`@debian/runtime` -> the names of these packages; another form is itself."""
    if not form.startswith("@") or "/" not in form:
        return (form,)
    distribution, _, names = form[1:].partition("/")
    path = Path(__file__).parent.parent / "tools" / "packages" / f"{distribution}.toml"
    return tuple(toml_of(path)["names"][names])


@cache
def builtin() -> Models:
    """The models that come with the tool."""
    return Models((Path(__file__).parent.parent / "tools",))


def forget() -> None:
    """Model files are read again: those of a project change while an editor runs."""
    for known in (_index, _set, toml_of, _family):
        known.cache_clear()


@cache
def _index(folders: tuple[Path, ...]) -> Mapping[str, Path]:
    """Command -> its file, from the headers alone: parsing every file would cost too much."""
    index: dict[str, Path] = {}
    for folder in folders:
        for path in sorted(folder.glob("*.toml")):
            index.update(dict.fromkeys(commands_in(path.read_text("utf-8")), path))
    return MappingProxyType(index)


def commands_in(text: str) -> list[str]:
    """The names that a file models, from its headers alone."""
    names: list[str] = []
    for header in _HEADER.finditer(text):
        names.append(header[1] or header[2])
        end = _SECTION.search(text, header.end())
        listed = _NAMES.search(text, header.end(), end.start() if end else len(text))
        if listed:
            names += [name.strip(" \"'") for name in listed[1].split(",") if name.strip()]
    return names


@cache
def toml_of(path: Path) -> Mapping[str, Any]:
    """The content of a model file. Raises ModelError."""
    import tomli

    try:
        return tomli.loads(path.read_text("utf-8"))
    except tomli.TOMLDecodeError as error:
        raise ModelError(f"{path}: {error}: mend the file or remove it") from error


@cache
def _family(path: Path) -> Mapping[str, Model]:
    data = toml_of(path)
    models: dict[str, Model] = {}
    for name, table in data.get("command", {}).items():
        system = bool(data.get("system", False))
        env = tuple(data.get("env", ()))
        root = Model(name, str(data["family"]), str(data["source"]), system=system, env=env)
        model = _model(name, table, root)
        models.update(dict.fromkeys([name, *table.get("names", ())], model))
    return MappingProxyType(models)


_SCALARS = (
    *("seconds", "network", "root", "opaque", "manifest", "style", "dialect", "plain"),
    *("harmless", "becomes", "kind", "fetches", "compiles", "removes", "keeps"),
    "ahead",
    *("code", "anywhere", "prints", "parts", "heads", "default", "text", "environment"),
    *("home", "skeleton"),
)
_TUPLES = ("reads", "writes", "ensures", "env", "operands", "clock", "apart", "homes")


def _model(name: str, table: Mapping[str, Any], parent: Model) -> Model:
    own = {key: tuple(table.get(key, ())) for key in _TUPLES}
    inherited = {
        key: getattr(parent, key) + own[key] for key in ("env", "reads", "writes", "clock")
    }
    scalars = {key: table[key] for key in _SCALARS if key in table}
    scalars.setdefault("style", parent.style)
    scalars.setdefault("root", parent.root)
    scalars.setdefault("harmless", parent.harmless)
    scalars.setdefault("plain", parent.plain)
    scalars.setdefault("anywhere", parent.anywhere)
    scalars.setdefault("becomes", parent.becomes)
    if "steady" in table:
        scalars["steady"] = tuple(table["steady"])
    flags = {**parent.flags, **_spellings(table.get("flags", {}))}
    model = Model(
        name,
        parent.family,
        parent.source,
        **{**own, **inherited, **scalars, "flags": flags, "when": _whens(table, parent)},
        packages=_packages(table),
        system=parent.system,
    )
    subs: dict[str, Model] = {}
    for sub, subtable in table.get("sub", {}).items():
        made = _model(f"{name} {sub}".rstrip(), subtable, model)
        subs.update(dict.fromkeys([sub, *subtable.get("names", ())], made))
    return replace(model, subs=MappingProxyType(subs))


def _spellings(table: Mapping[str, str]) -> dict[str, str]:
    """`{"-r, --requirement": "read"}` -> one entry a spelling."""
    return {name.strip(): role for names, role in table.items() for name in names.split(",")}


def _whens(table: Mapping[str, Any], parent: Model) -> tuple[When, ...]:
    return tuple(
        When(
            frozenset(entry.get("flags", ())),
            frozenset(entry.get("unless", ())),
            {
                key: _override(key, value, parent)
                for key, value in entry.items()
                if key not in ("flags", "unless")
            },
        )
        for entry in table.get("when", ())
    )


def _packages(table: Mapping[str, Any]) -> tuple[Packages, ...]:
    return tuple(
        Packages(
            tuple(entry.get("all", ())),
            tuple(entry.get("any", ())),
            frozenset(entry.get("flags", ())),
            frozenset(entry.get("unless", ())),
            entry["kind"],
            tuple(entry.get("apart", ())),
            entry.get("system", "@system"),
        )
        for entry in table.get("packages", ())
    )


def _override(key: str, value: Any, parent: Model) -> Any:
    """What the parent always reads and writes holds in a `when`, too."""
    if not isinstance(value, list):
        return value
    return (
        getattr(parent, key) + tuple(value) if key in ("env", "reads", "writes") else tuple(value)
    )
