"""Settings: `[tool.reorder]` in pyproject.toml, or reorder.toml; the nearest file upwards wins."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field
from msgspec.structs import replace

if TYPE_CHECKING:
    from reorder.timings.timed import Timed


class ConfigError(ValueError):
    """A setting that cannot be used; the message names file, key and remedy."""


class Config(Struct, frozen=True):
    """`min_gain`: seconds; `min_gain_share`: part of the expected rebuild, 0 to 1.

    Both must be reached, or nothing moves. `context` and `exclude` are absolute; in the file
    they are relative to its folder. `exclude` holds for folders, not for files that are named.
    `volatile`: variables with a new value in every build, beside the usual ones.
    `timings`: steps of build logs, those that are remembered first; no setting of the file.
    """

    min_gain: float = 1.0
    min_gain_share: float = 0.05
    context: str | None = None
    unsafe: bool = False
    exclude: tuple[str, ...] = ()
    build_args: Mapping[str, str] = field(default_factory=dict)
    volatile: tuple[str, ...] = ()
    not_volatile: tuple[str, ...] = ()
    timings: tuple[Timed, ...] = ()


def find_config(start: Path) -> Config:
    """The settings that hold for files in the folder `start`. Raises ConfigError."""
    for folder in (start, *start.parents):
        table, path = _table(folder)
        if table is not None:
            return _config(table, path)
        if (folder / ".git").exists():
            break
    return Config()


def own_tools(start: Path) -> Path | None:
    """The nearest `.reorder/tools` of the folder `start` and those above, in the same project."""
    for folder in (start, *start.parents):
        found = folder / ".reorder" / "tools"
        if found.is_dir():
            return found
        if (folder / ".git").exists():
            break
    return None


def _table(folder: Path) -> tuple[Any, Path]:
    """The settings in one folder, and their file; None when it has none."""
    own = folder / "reorder.toml"
    if own.is_file():
        return _load(own), own
    project = folder / "pyproject.toml"
    if not project.is_file() or b"reorder" not in _bytes(project):
        return None, project
    tool = _load(project).get("tool")
    return tool.get("reorder") if isinstance(tool, dict) else None, project


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}: make it readable") from error


def _load(path: Path) -> dict[str, Any]:
    import tomli

    try:
        return tomli.loads(_bytes(path).decode("utf-8"))
    except (tomli.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {error}: mend the file") from error


def _is_seconds(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0


def _is_texts(values: Any) -> bool:
    return all(isinstance(value, str) for value in values)


_PATTERNS = ("a list of patterns", lambda v: isinstance(v, list) and _is_texts(v))
# Key -> what it must be, and the test of it.
_WANTED: Mapping[str, tuple[str, Callable[[Any], bool]]] = {
    "min-gain": ("a number of seconds, 0 or more", _is_seconds),
    "min-gain-share": ("a number from 0 to 1", lambda v: _is_seconds(v) and v <= 1),
    "context": ("the path of a folder, as a string", lambda v: isinstance(v, str)),
    "unsafe": ("true or false", lambda v: isinstance(v, bool)),
    "exclude": _PATTERNS,
    "volatile": _PATTERNS,
    "not-volatile": _PATTERNS,
    "build-args": (
        "a table of strings",
        lambda v: isinstance(v, dict) and _is_texts(v.values()),
    ),
}


def _config(table: Any, path: Path) -> Config:
    if not isinstance(table, dict):
        raise ConfigError(f"{path}: `tool.reorder` is {table!r}: give a table")
    values: dict[str, Any] = {}
    for key, value in table.items():
        name = key.replace("_", "-")
        if name not in _WANTED:
            raise ConfigError(f"{path}: unknown setting `{key}`: use one of {', '.join(_WANTED)}")
        wanted, good = _WANTED[name]
        if not good(value):
            raise ConfigError(f"{path}: `{key}` is {value!r}: give {wanted}")
        values[name.replace("-", "_")] = value
    if "context" in values:
        values["context"] = str(path.parent / values["context"])
    if "exclude" in values:
        values["exclude"] = tuple(f"{path.parent}/{pattern}" for pattern in values["exclude"])
    for key in ("volatile", "not_volatile"):
        values[key] = tuple(values.get(key, ()))
    return replace(Config(), **values)
