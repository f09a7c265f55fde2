"""Git, read-only: nothing that a repository configures is run.

No monitor, hook, pager, signature program, external diff or transport; and, as it is asked for
commits and trees only, no filter of the work tree.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

# Set on the command line, so that they win over the repository's own.
_SETTINGS = (
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.pager=cat",
    "core.attributesFile=/dev/null",
    "diff.external=",
    "diff.orderFile=/dev/null",
    "log.diffMerges=separate",
    "log.follow=false",
    "log.showRoot=false",
    "log.showSignature=false",
    "log.mailmap=false",
    "protocol.allow=never",
    "safe.bareRepository=explicit",
)
_ENVIRONMENT = {
    "GIT_ALLOW_PROTOCOL": "",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_PAGER": "cat",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}


class Output(Struct, frozen=True):
    """What git wrote; `error` is its first line when it failed; cut at the limit of time."""

    text: bytes
    error: str
    complete: bool


def ask(program: str, folder: Path, arguments: Sequence[str], seconds: float) -> Output:
    """Runs `git ARGUMENTS` in the folder for at most so many seconds."""
    import subprocess  # start-up is a budget, and folders without a repository need none

    settings = [word for setting in _SETTINGS for word in ("-c", setting)]
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    try:
        process = subprocess.Popen(
            [program, "--no-pager", "-C", str(folder), *settings, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=inherited | _ENVIRONMENT,
        )
    except OSError as error:
        return Output(b"", f"git cannot be run: {error.strerror}", complete=False)
    try:
        text, error_text = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        text, _ = process.communicate()
        return Output(text, "", complete=False)
    lines = error_text.decode(errors="replace").strip().splitlines()
    failed = process.returncode != 0
    return Output(text, lines[0] if failed and lines else "", complete=not failed)
