"""`reorder tools` and `reorder lsp`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from reorder.cli.app import (
    STATUS,
    app,
    ended,
)
from reorder.inputs import InputError
from reorder.runner import FINE
from reorder.terminal import out


@app.command("tools", epilog=STATUS)
def tools_command(
    words: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME | new NAME]", help="A command.")
    ] = None,
) -> None:
    """List the commands that are known, show what is known of one, or begin a model of your own.

    `reorder tools new NAME` writes .reorder/tools/NAME.toml; models there extend and override ours.
    """
    raise ended(lambda: _tools(words or []))


def _tools(words: Sequence[str]) -> int:
    from reorder.own_tools import begin, show

    if words[:1] == ["new"] and len(words) == 2:
        out(begin(words[1]))
    elif len(words) < 2 and words != ["new"]:
        out(show(*words))
    else:
        raise InputError("tools: give one NAME, or `new NAME`")
    return FINE


@app.command("lsp", epilog="Set-up of each editor: docs/editors.md.")
def lsp_command(
    stdio: Annotated[
        bool, typer.Option("--stdio", help="As editors say it; there is no other way.")
    ] = True,
) -> None:
    """Serve an editor on standard input and output (Language Server Protocol)."""
    raise ended(_lsp)


def _lsp() -> int:
    try:
        from reorder.lsp.server import serve
    except ModuleNotFoundError as error:
        raise InputError(
            f"the language server needs `{error.name}`: pip install 'reorder[lsp]'"
        ) from error
    serve()
    return FINE
