"""What a shell text comes down to: the commands that it may run."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct


class Arg(Struct, frozen=True):
    """A word as a command sees it.

    `text` is None when it is not known; then `prefix` is its known beginning.
    `glob`: it holds an unquoted `*`, `?` or `[...]`, and `text` is the pattern.
    `many`: it may be any number of words, even none.
    `shape` says what is known of a text that is not (shell_shapes); `form` is that text with `*`
    for its unknown parts, none of which holds a slash.
    A path below an unknown home starts with `?home`; `source` is the word as written.
    """

    text: str | None
    glob: bool = False
    source: str = ""
    prefix: str = ""
    many: bool = False
    shape: int = 0
    form: str = ""


class Redirect(Struct, frozen=True):
    target: Arg
    access: Literal["read", "write", "append"]


class Use(Struct, frozen=True):
    """A command that may run.

    `argv[0]` is `test` for `[`, `[[` and the folder that a `cd` looks for, `source` for `.`, and
    `:` for redirections without a command.
    `cwds` are all folders it may run in: absolute, or below an unknown one (`?cwd`, `?home`, and
    `?cd:LINE`, whose name means something inside this one script only).
    `stdin` is the text that a here-document or `<<<` feeds it, when known.
    `piped` is the index in `Script.uses` of the one command whose output feeds it; -1 when
    several, or something outside the command, do.
    `assigns` are the variables that the script has set and that the command sees, text "" when
    unset; the name `*` stands for any name.
    `sourced` is the text that a `source` was taken to read. `umask` is the one that the script has
    set (`0002`), "" when it has not. `line` counts from 0.
    """

    argv: tuple[Arg, ...]
    cwds: tuple[str, ...]
    redirects: tuple[Redirect, ...] = ()
    stdin: str | None = None
    piped: int | None = None
    assigns: tuple[tuple[str, Arg], ...] = ()
    line: int = 0
    sourced: str | None = None
    umask: str = ""


class Script(Struct, frozen=True):
    """`uses` in the order of the text, where loops and functions repeat theirs.

    `names` are the variables of the environment outside that the shell itself expands or looks
    at. `together`: ranges of uses of which no order is known (a loop, a pipeline, `&`).
    With `opaque` (the reason) `uses` and `names` are only those found before it gave up.
    """

    uses: tuple[Use, ...]
    names: frozenset[str]
    opaque: str | None = None
    together: tuple[tuple[int, int], ...] = ()
