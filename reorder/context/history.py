"""The history of the build context: which files change together, and how lately."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from functools import cache

from msgspec import Struct

from reorder.context.git import Output, ask
from reorder.context.tree import Context

_SECONDS = 1.0
_NO_REPOSITORY = "the build context is not in a git repository: no history is read"
_HASH = 10  # characters of a short hash

# `-m --first-parent`: a merge is one event, all that it brings into the line of HEAD.
# Without renames both names are listed.
_LOG = (
    "log", "--first-parent", "-m", "--name-only", "-z",
    "--format=tformat:%x00%H %P%n%cI%n%s", "--encoding=UTF-8",
    "--no-renames", "--no-ext-diff", "--no-textconv", "--no-show-signature", "--no-notes",
    "--no-color", "--no-decorate", "--ignore-submodules=none", "--submodule=short", "--relative",
)  # fmt: skip


# A year alone would be a tag as well as a date.
_DATE = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d)?)?|\d+[. ](day|week|month|year)s?[. ]ago")


class SinceError(ValueError):
    """What the history is to begin with is neither a commit nor a date."""


class Event(Struct, frozen=True):
    """One change of the build context: the paths that it touched, also such that are gone.

    A changed submodule is the path of its folder. `id` is a short hash, "" when not a commit;
    `date` (2026-01-31) and `subject` are those of the commit.
    """

    files: frozenset[str]
    weight: float
    id: str = ""
    date: str = ""
    subject: str = ""


class History(Struct, frozen=True):
    """`events`, the newest first; `note` says what is missing from them and why, if anything.

    `cut`: there are more events than these.
    """

    events: tuple[Event, ...]
    note: str | None = None
    cut: bool = False


class _Commit(Struct, frozen=True):
    id: str
    parents: int
    date: str
    subject: str
    files: tuple[str, ...]


def read_history(
    context: Context,
    limit: int = 500,
    *,
    half_life: float = 100.0,
    seconds: float = _SECONDS,
    since: str = "",
) -> History:
    """The last `limit` commits that touch the context; what cannot be read gives a note.

    An event weighs 2^(-age / half_life), its age counted in events: files that changed often a
    year ago say little of the next rebuild, and counting in events keeps a pause in the work
    from making all of them old. 100 events are a few weeks of a busy project.
    A first commit, also that of a shallow clone, adds everything at once and is no event.
    Git gets `seconds`; what it has not told by then is cut, and the note says so.
    `since`: only those later than a date or a commit; raises SinceError when it is neither.
    """
    if not any((folder / ".git").exists() for folder in (context.root, *context.root.parents)):
        return History((), _NO_REPOSITORY)
    program = shutil.which("git")
    if program is None:
        return History((), "git is not installed: no history is read")
    asked = ask(program, context.root, ("rev-parse", "--is-inside-work-tree", "HEAD"), seconds)
    if not asked.text.startswith(b"true\n") or asked.error:
        return History((), _refusal(asked))
    shallow = ask(program, context.root, ("rev-parse", "--is-shallow-repository"), seconds)
    span = _span(program, context, since, seconds)
    words = (*_LOG, f"--max-count={limit}", *span, "--", ".")
    log = ask(program, context.root, words, seconds)
    commits = list(_commits(log.text))
    whole = commits if log.complete else commits[:-1]
    events = tuple(_events(context, whole, half_life))
    is_shallow = shallow.text == b"true\n"
    note = _note(events, log, is_shallow=is_shallow)
    return History(events, note, cut=is_shallow or not log.complete)


def _span(program: str, context: Context, since: str, seconds: float) -> tuple[str, ...]:
    """What is asked for: all of HEAD, from a commit on, or from a date on."""
    if not since:
        return ("HEAD",)
    if _DATE.fullmatch(since):
        # To git a date alone is that day at the present time of day.
        return (f"--since={since}{'T00:00:00' if len(since) == 10 else ''}", "HEAD")
    words = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{since}^{{commit}}")
    found = ask(program, context.root, words, seconds).text.decode("ascii", "replace").split()
    if not found:
        raise SinceError(f"{since!r} is neither a commit nor a date")
    return (f"{found[-1]}..HEAD",)


def _refusal(asked: Output) -> str:
    if "not a git repository" in asked.error:
        return _NO_REPOSITORY
    if asked.text.startswith(b"true\n"):
        return "the repository has no commit yet: no history is read"
    if asked.error:
        return f"git does not read the repository ({asked.error}): no history is read"
    return "the build context is not in a git work tree: no history is read"


def _commits(text: bytes) -> Iterator[_Commit]:
    r"""`\0hash parent\ndate\nsubject\0\na\0b\0`, again and again.

    No name is empty, so `\0\0` ends a commit.
    """
    header: str | None = None
    files: list[str] = []
    expected = False
    for token in text.split(b"\0"):
        if expected:
            header, files, expected = token.decode("utf-8", "replace"), [], False
        elif token:
            files.append(os.fsdecode(token if files else token.removeprefix(b"\n")))
        else:
            if header is not None:
                yield _commit(header, files)
            expected = True


def _commit(header: str, files: list[str]) -> _Commit:
    hashes, date, subject = (*header.split("\n", 2), "", "")[:3]
    words = hashes.split()
    return _Commit("".join(words[:1])[:_HASH], len(words) - 1, date[:10], subject, tuple(files))


def _events(context: Context, commits: list[_Commit], half_life: float) -> Iterator[Event]:
    ignores = cache(context.ignore.ignores)
    age = 0
    for commit in commits:
        files = frozenset(f for f in commit.files if not ignores(f))
        if commit.parents and files:
            weight = 2.0 ** (-age / half_life)
            yield Event(files, weight, commit.id, commit.date, commit.subject)
            age += 1


def _note(events: tuple[Event, ...], log: Output, *, is_shallow: bool) -> str | None:
    if log.error:
        return f"the history is cut after {len(events)} commits: git says {log.error!r}"
    if not log.complete:
        return f"the history is cut after {len(events)} commits: git took too long"
    if is_shallow:
        return f"the clone is shallow, {len(events)} commits are known: `git fetch --unshallow`"
    if not events:
        return "no commit but the first touches the build context"
    return None
