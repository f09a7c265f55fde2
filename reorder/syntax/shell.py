"""The shell text of a RUN, read without running it: which commands it may run, with which words.

    cd /app && X=1 && tool -r "$X.txt" > out
    ->  test -d /app;  tool -r 1.txt, in /app, writes out

Every command that a shell may run stands in `Script.uses`; where that cannot be shown the script
is opaque, with the reason. Two readers of the text must agree on its commands, and the words
follow POSIX; with `bash` false a text that sh and bash understand differently is not known.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from reorder.syntax.shell_parse import parse
from reorder.syntax.shell_state import State
from reorder.syntax.shell_tree import Unread
from reorder.syntax.shell_uses import Arg, Redirect, Script, Use
from reorder.syntax.shell_walk import Walk

__all__ = ["Arg", "Redirect", "Script", "Use", "read_script"]


def read_script(
    text: str,
    *,
    lookup: Callable[[str], str | None],
    cwd: str,
    home: str | None,
    bash: bool = False,
    args: Sequence[str | None] | None = (),
    aborts: bool = False,
    prints: Callable[[Sequence[Use]], int] = lambda uses: 0,
    sourced: Callable[[str], str | None] = lambda path: None,
    partly: Callable[[str], str | None] = lambda name: None,
) -> Script:
    """The commands that `text` may run in the folder `cwd`.

    `lookup` gives the value of a variable outside: "" when it is empty or known to be unset, None
    when nothing is known. `home` None: `~` is the path `?home`. `args` are `$1` and on, None one
    that is not known or, for all, that not even their number is; `aborts`
    is `set -e`. `prints` tells the shape (shell_shapes) of what a pipeline prints, `sourced` the
    text of a file that the shell reads (`. FILE`), None when not known. `partly` gives a value
    outside in which only parts of a platform are not known (`scope.HIDDEN`). CDPATH of
    which nothing is known is taken to be unset. What the shell reads when it starts (BASH_ENV,
    SHELLOPTS, profiles) is not in the text and stays with the caller.
    """
    walk = Walk(lookup, home, bash, prints, sourced)
    walk.values.partly = partly
    opaque = None
    try:
        if bash and lookup("BASH_ENV"):
            raise Unread("BASH_ENV is set: bash runs that file first")
        parameters = None if args is None else tuple(args)
        state = State({}, frozenset((cwd,)), parameters=parameters, aborts=aborts)
        walk.script(parse(text), state)
    except Unread as reason:
        opaque = str(reason)
    return Script(tuple(walk.uses), frozenset(walk.values.names), opaque, tuple(walk.together))
