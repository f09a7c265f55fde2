"""What became of one file of a run: what every report of a whole run is made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from reorder.result import Result

if TYPE_CHECKING:
    from reorder.replay import Replay


class Done(Struct, frozen=True):
    """`path` is as named or found; `contexts`: the ways in which it is built, as JSON has them.

    `notes`: what was left out in finding them; `warning` is that of them which a person must see.
    `replay`: that of the last commits, where a report asks for it and there is a history.
    """

    path: str
    result: Result
    notes: tuple[str, ...] = ()
    warning: str = ""
    contexts: tuple[Mapping[str, Any], ...] = ()
    replay: Replay | None = None


class Failed(Struct, frozen=True):
    """A file that could not be read, parsed, written or proved; `status`: the exit status."""

    path: str
    message: str
    line: int | None
    status: int


Outcome = Done | Failed


def render(form: str, outcomes: Sequence[Outcome]) -> str:
    """The report on a whole run: each form is a module here, loaded only for it."""
    text: str = import_module(f"reorder.reports.{form}").render(outcomes)
    return text
