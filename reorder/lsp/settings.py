"""What an editor sets, beside the settings files of the project."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import Struct, field

from reorder.inputs import COMMITS, Options


class SettingsError(ValueError):
    """A setting of the editor that cannot be used; the message names it and what is wanted."""


class Settings(Struct, frozen=True, rename="camel"):
    """`timeout`: seconds after which formatting answers "no edits"; the others as in the command.

    `status`: the editor wants `reorder/status` after each change.
    """

    enable: bool = True
    context: str | None = None
    min_gain: float | None = None
    unsafe: bool = False
    build_args: dict[str, str] = field(default_factory=dict)
    history: int = COMMITS
    diagnostics: Literal["changes", "all", "off"] = "changes"
    inlay_hints: bool = True
    code_lens: bool = True
    timeout: float = 2.0
    status: bool = False

    def options(self, folder: Path | None) -> Options:
        """As options of the command; a relative context is one of the workspace folder."""
        context = None
        if self.context:
            context = (folder or Path.cwd()) / Path(self.context).expanduser()
        return Options(
            context=context,
            build_args=self.build_args,
            min_gain=self.min_gain,
            history=self.history,
            unsafe=self.unsafe,
        )


def read_settings(given: Any, before: Settings) -> Settings:
    """`{"reorder": {"unsafe": true}}` or `{"unsafe": true}` -> settings.

    What is not given is as in `before`, and null is the default. Raises SettingsError.
    """
    if not isinstance(given, Mapping):
        return before
    own = given.get("reorder", given)
    if not isinstance(own, Mapping):
        raise SettingsError(f"`reorder` is {own!r}: give a table of settings")
    known = msgspec.to_builtins(before)
    default = msgspec.to_builtins(Settings())
    changed = {k: default[k] if v is None else v for k, v in own.items() if k in known}
    try:
        settings = msgspec.convert({**known, **changed}, Settings)
    except msgspec.ValidationError as error:
        raise SettingsError(f"the setting cannot be used: {error}") from error
    for name, least in (("history", 0), ("timeout", 0), ("min_gain", 0)):
        value = getattr(settings, name)
        if value is not None and not value >= least:
            raise SettingsError(f"`{name}` is {value}: give {least} or more")
    return settings
