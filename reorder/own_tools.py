"""`reorder tools`: what is known of commands, and the first lines of a new model."""

from __future__ import annotations

import re
from pathlib import Path

from reorder.config import own_tools
from reorder.effects.model import ModelError, Models
from reorder.inputs import InputError, models
from reorder.reports.tools import description, family_of, listing, skeleton

_COMMAND = re.compile(r"[A-Za-z0-9_][\w.+-]*")


def show(name: str = "") -> str:
    """All commands, or one of them. Raises InputError."""
    known = _models()
    if not name:
        return listing(known)
    model, place = known.get(name), known.place(name)
    if model is None or place is None:
        raise InputError(f"{name}: no model: `reorder tools new {name}` begins one")
    return description(model, str(place) if place.parent != known.folders[0] else "built in")


def begin(name: str) -> str:
    """Writes the skeleton of a model; says where. Raises InputError."""
    if not _COMMAND.fullmatch(name):
        raise InputError(f"{name!r}: no name of a command: give it without its folder and words")
    known = _models()
    path = _folder() / f"{family_of(name)}.toml"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(skeleton(name))
    except FileExistsError as error:
        raise InputError(f"{path}: is there already: it is left as it is") from error
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror}") from error
    hides = " It hides our model of it." if known.get(name) else ""
    return f"{path}: written.{hides} Until it is filled in, `{name}` stays a barrier.\n"


def _models() -> Models:
    try:
        return models(None)
    except ModelError as error:
        raise InputError(str(error)) from error


def _folder() -> Path:
    """Where the project keeps its models: beside its settings or its repository, else here."""
    here = Path.cwd()
    found = own_tools(here)
    if found is not None:
        return found
    marks = ("reorder.toml", "pyproject.toml", ".git")
    roots = (
        folder for folder in (here, *here.parents) if any((folder / m).exists() for m in marks)
    )
    return next(roots, here) / ".reorder" / "tools"
