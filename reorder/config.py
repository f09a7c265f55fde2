"""Settings: `[tool.reorder]` in pyproject.toml, or reorder.toml; the nearest file upwards wins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any


class ConfigError(ValueError):
    """A setting that cannot be used; the message names file, key and remedy."""


@dataclass(frozen=True, slots=True)
class Config:
    """`min_gain`: seconds; `min_gain_share`: part of the expected rebuild, 0 to 1.

    Both must be reached, or nothing moves. `context` is relative to the file that gives it.
    """

    min_gain: float = 1.0
    min_gain_share: float = 0.05
    context: str | None = None
    unsafe: bool = False
    exclude: tuple[str, ...] = ()
    build_args: Mapping[str, str] = field(default_factory=dict)


_TYPES: Mapping[str, tuple[type, ...]] = {
    "min_gain": (int, float),
    "min_gain_share": (int, float),
    "context": (str,),
    "unsafe": (bool,),
    "exclude": (list,),
    "build_args": (dict,),
}


def find_config(start: Path) -> Config:
    """The settings that hold for files in the folder `start`."""
    for folder in (start, *start.parents):
        own = folder / "reorder.toml"
        if own.is_file():
            return _config(_load(own), own)
        project = folder / "pyproject.toml"
        if project.is_file() and b"[tool.reorder]" in project.read_bytes():
            return _config(_load(project)["tool"]["reorder"], project)
        if (folder / ".git").exists():
            break
    return Config()


def _load(path: Path) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {error}: mend the file") from error


def _config(table: Mapping[str, Any], path: Path) -> Config:
    known = {f.name for f in fields(Config)}
    values: dict[str, Any] = {}
    for key, value in table.items():
        name = key.replace("-", "_")
        if name not in known:
            allowed = ", ".join(sorted(k.replace("_", "-") for k in known))
            raise ConfigError(f"{path}: unknown setting `{key}`: use one of {allowed}")
        good = isinstance(value, _TYPES[name]) and isinstance(value, bool) == (name == "unsafe")
        if not good:
            wanted = " or ".join(t.__name__ for t in _TYPES[name])
            raise ConfigError(f"{path}: `{key}` is {value!r}: give a {wanted}")
        values[name] = tuple(value) if isinstance(value, list) else value
    if "context" in values:
        values["context"] = str(path.parent / values["context"])
    return replace(Config(), **values)
