"""The git history of a build context, read from real repositories."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from reorder.context.files import Context
from reorder.context.history import Event, SinceError, read_history

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
DAY = "2026-01-31"
IDENTITY = ("-c", "user.name=n", "-c", "user.email=n@example.org", "-c", "commit.gpgSign=false")


def git(folder: Path, *arguments: str) -> str:
    clean = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    environment = clean | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    environment["GIT_COMMITTER_DATE"] = f"{DAY}T12:00:00Z"
    command = ["git", "-C", str(folder), *IDENTITY, *arguments]
    return subprocess.run(
        command, env=environment, check=True, capture_output=True, text=True
    ).stdout.strip()


def commit(folder: Path, **files: str | None) -> str:
    """Writes files (`__` for `/`, `_` for `.`; None removes), commits, gives the short hash."""
    for name, content in files.items():
        path = folder / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        if content is None:
            path.unlink()
        else:
            path.write_text(content)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "--message", "m")
    return git(folder, "rev-parse", "HEAD")[:10]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=main")
    return folder


def files(folder: Path, limit: int = 500) -> list[str]:
    """The files of each event, newest first."""
    events = read_history(Context.open(folder), limit).events
    return [" ".join(sorted(event.files)) for event in events]


def note(folder: Path) -> str:
    history = read_history(Context.open(folder))
    assert history.events == ()
    return str(history.note)


def test_without_git_there_is_a_note(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".git").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path))
    assert note(tmp_path) == "git is not installed: no history is read"


@needs_git
def test_a_folder_outside_a_repository_has_a_note(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", str(tmp_path))
    assert note(tmp_path) == "the build context is not in a git repository: no history is read"


@needs_git
def test_a_repository_without_commits_has_a_note(repository: Path) -> None:
    assert note(repository) == "the repository has no commit yet: no history is read"


@needs_git
def test_a_bare_repository_has_a_note(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet", "--bare")
    assert note(tmp_path).endswith("no history is read")


@needs_git
def test_a_broken_repository_has_a_note(repository: Path) -> None:
    commit(repository, a="1")
    commit(repository, a="2")
    (repository / ".git" / "config").write_text("no config")
    assert note(repository).startswith("git does not read the repository (")


@needs_git
def test_a_missing_object_cuts_the_history_with_a_note(repository: Path) -> None:
    first = commit(repository, a="1")
    commit(repository, a="2")
    commit(repository, a="3")
    whole = git(repository, "rev-parse", first)
    (repository / ".git" / "objects" / whole[:2] / whole[2:]).unlink()
    history = read_history(Context.open(repository))
    assert str(history.note).startswith("the history is cut after ")


@needs_git
def test_the_first_commit_is_no_event(repository: Path) -> None:
    commit(repository, a="1", b="1")
    assert note(repository) == "no commit but the first touches the build context"


@needs_git
def test_each_commit_is_an_event_and_the_newest_weighs_most(repository: Path) -> None:
    commit(repository, a="1", s__b="1")
    older = commit(repository, a="2", s__b="2")
    newer = commit(repository, a="3")
    history = read_history(Context.open(repository), half_life=1.0)
    assert history.note is None
    assert history.events == (
        Event(frozenset({"a"}), 1.0, newer, DAY, "m"),
        Event(frozenset({"a", "s/b"}), 0.5, older, DAY, "m"),
    )


@needs_git
def test_the_limit_cuts_the_oldest(repository: Path) -> None:
    commit(repository, a="0")
    for name in "abc":
        commit(repository, **{name: "1"})
    assert files(repository, limit=2) == ["c", "b"]


@needs_git
def test_a_rename_has_both_names_and_a_removal_one(repository: Path) -> None:
    commit(repository, a="text\n" * 9)
    git(repository, "config", "diff.renames", "copies")
    git(repository, "mv", "a", "b")
    commit(repository)
    commit(repository, b=None)
    assert files(repository) == ["b", "a b"]


@needs_git
def test_a_merge_is_one_event_and_its_commits_are_none(repository: Path) -> None:
    commit(repository, a="1")
    git(repository, "switch", "--quiet", "--create", "side")
    commit(repository, b="1")
    commit(repository, c="1")
    git(repository, "switch", "--quiet", "main")
    commit(repository, a="2")
    git(repository, "merge", "--quiet", "--message", "m", "side")
    assert files(repository) == ["b c", "a"]


@needs_git
def test_a_submodule_is_the_path_of_its_folder(repository: Path, tmp_path: Path) -> None:
    part = tmp_path / "part"
    part.mkdir()
    git(part, "init", "--quiet", "--initial-branch=main")
    commit(part, x="1")
    commit(repository, a="1")
    git(repository, "-c", "protocol.file.allow=always", "submodule", "add", "--quiet", str(part))
    git(repository, "config", "--file", ".gitmodules", "submodule.part.ignore", "all")
    commit(repository)
    commit(part, x="2")
    git(repository / "part", "-c", "protocol.file.allow=always", "pull", "--quiet")
    git(repository, "add", "--force", "part")
    git(repository, "commit", "--quiet", "--message", "m")
    assert files(repository) == ["part", ".gitmodules part"]


@needs_git
def test_a_shallow_clone_has_a_note_and_no_event_that_adds_everything(
    repository: Path, tmp_path: Path
) -> None:
    for content in "1234":
        commit(repository, a=content, b="1")
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", "--depth=2", f"file://{repository}", str(clone))
    history = read_history(Context.open(clone))
    assert [set(event.files) for event in history.events] == [{"a"}]
    assert history.note == "the clone is shallow, 1 commits are known: `git fetch --unshallow`"


@needs_git
def test_a_context_below_the_root_has_its_own_paths_only(repository: Path) -> None:
    commit(repository, a="1", s__b="1")
    commit(repository, a="2")
    commit(repository, a="3", s__b="2", s__t__c="1")
    assert files(repository / "s") == ["b t/c"]


@needs_git
def test_ignored_files_do_not_count(repository: Path) -> None:
    commit(repository, _dockerignore="docs\n.dockerignore", docs__a="1", b="1")
    commit(repository, docs__a="2", b="2")
    commit(repository, docs__a="3")
    commit(repository, docs__gone="1", b="3")
    assert files(repository) == ["b", "b"]


@needs_git
def test_names_are_taken_as_they_are(repository: Path) -> None:
    commit(repository, a="1")
    names = {"ä b", "\nnew line", '"quoted"', "\x01" + "0" * 40}
    commit(repository, **dict.fromkeys(names, "1"))
    commit(repository, a="2")
    events = read_history(Context.open(repository)).events
    assert [set(event.files) for event in events] == [{"a"}, names]


@needs_git
def test_a_git_that_takes_too_long_is_cut_with_a_note(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = shutil.which("git")
    commit(repository, a="0")
    for content in "123":
        commit(repository, a=content)
    slow = tmp_path / "bin" / "git"
    slow.parent.mkdir()
    slow.write_text(
        f'#!/bin/sh\ncase "$*" in *" log "*) {real} "$@"; exec sleep 60;; esac\n{real} "$@"\n'
    )
    slow.chmod(0o755)
    monkeypatch.setenv("PATH", f"{slow.parent}{os.pathsep}{os.environ['PATH']}")
    history = read_history(Context.open(repository), seconds=2.0)
    assert len(history.events) == 3
    assert history.note == "the history is cut after 3 commits: git took too long"


HOSTILE = [
    ("core.fsmonitor", "{script}"),
    ("core.pager", "{script}"),
    ("pager.log", "{script}"),
    ("core.editor", "{script}"),
    ("core.sshCommand", "{script}"),
    ("core.gitProxy", "{script}"),
    ("core.askPass", "{script}"),
    ("core.hooksPath", "{hooks}"),
    ("core.attributesFile", "{attributes}"),
    ("credential.helper", "!{script}"),
    ("diff.external", "{script}"),
    ("diff.mark.command", "{script}"),
    ("diff.mark.textconv", "{script}"),
    ("filter.mark.clean", "{script}"),
    ("filter.mark.smudge", "{script}"),
    ("filter.mark.process", "{script}"),
    ("gpg.program", "{script}"),
    ("gpg.ssh.program", "{script}"),
    ("log.showSignature", "true"),
    ("log.follow", "true"),
    ("log.diffMerges", "off"),
    ("alias.log", "!{script}"),
    ("alias.rev-parse", "!{script}"),
    ("protocol.ext.allow", "always"),
    ("remote.origin.url", "ext::{script}"),
    ("remote.origin.promisor", "true"),
    ("remote.origin.partialCloneFilter", "blob:none"),
    ("extensions.partialClone", "origin"),
    ("core.repositoryFormatVersion", "1"),
    ("diff.orderFile", "/nowhere"),
    ("diff.ignoreSubmodules", "all"),
    ("diff.relative", "false"),
    ("core.abbrev", "4"),
    ("format.pretty", "oneline"),
    ("color.ui", "always"),
]


def hostile(repository: Path, tmp_path: Path) -> Path:
    """Sets all of HOSTILE; gives the file that exists once anything has run."""
    mark = tmp_path / "mark"
    script = tmp_path / "script"
    script.write_text(f"#!/bin/sh\necho ran >> {mark}\n")
    script.chmod(0o755)
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for hook in ("pre-auto-gc", "post-index-change", "reference-transaction", "post-checkout"):
        (hooks / hook).symlink_to(script)
    attributes = tmp_path / "attributes"
    attributes.write_text("* diff=mark filter=mark\n")
    (repository / ".git" / "info" / "attributes").write_text("* diff=mark filter=mark\n")
    for name, value in HOSTILE:
        filled = value.format(script=script, hooks=hooks, attributes=attributes)
        git(repository, "config", name, filled)
    mark.unlink(missing_ok=True)
    return mark


def signed(repository: Path) -> None:
    """Rewrites HEAD with a signature, which `log.showSignature` would have a program look at."""
    raw = git(repository, "cat-file", "commit", "HEAD")
    head, _, message = raw.partition("\n\n")
    signature = "gpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----"
    made = subprocess.run(
        ["git", "-C", str(repository), "hash-object", "-t", "commit", "-w", "--stdin"],
        input=f"{head}\n{signature}\n\n{message}\n",
        check=True, capture_output=True, text=True,
    ).stdout.strip()  # fmt: skip
    git(repository, "update-ref", "HEAD", made)


@needs_git
def test_a_hostile_repository_runs_nothing(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit(repository, a="1", _gitattributes="* diff=mark filter=mark\n")
    commit(repository, a="2")
    signed(repository)
    mark = hostile(repository, tmp_path)
    for name in ("GIT_PAGER", "GIT_EXTERNAL_DIFF", "GIT_SSH_COMMAND", "GIT_ASKPASS"):
        monkeypatch.setenv(name, str(tmp_path / "script"))
    assert files(repository) == ["a"]
    assert not mark.exists()


@needs_git
@pytest.mark.parametrize(
    "command", ["status", "log -O/dev/null --patch --ext-diff", "log -O/dev/null"]
)
def test_the_same_repository_runs_its_programs_in_an_unguarded_git(
    repository: Path, tmp_path: Path, command: str
) -> None:
    commit(repository, a="1")
    commit(repository, a="2")
    signed(repository)
    mark = hostile(repository, tmp_path)
    subprocess.run(["git", *command.split()], cwd=repository, capture_output=True, check=False)
    assert mark.exists()


@needs_git
def test_nothing_is_fetched_for_a_missing_object(repository: Path, tmp_path: Path) -> None:
    commit(repository, a="1")
    commit(repository, a="2")
    commit(repository, a="3")
    mark = hostile(repository, tmp_path)
    tree = git(repository, "rev-parse", "HEAD~1^{tree}")
    (repository / ".git" / "objects" / tree[:2] / tree[2:]).unlink()
    history = read_history(Context.open(repository))
    assert str(history.note).startswith("the history is cut after ")
    assert not mark.exists()


@needs_git
def test_since_takes_what_is_later_than_a_commit_or_a_date(repository: Path) -> None:
    commit(repository, a="1")
    second = commit(repository, a="2")
    third = commit(repository, a="3")
    context = Context.open(repository)
    spans = ("", second, "HEAD~1", DAY, "2030-01-01")
    found = [[event.id for event in read_history(context, since=span).events] for span in spans]
    assert found == [[third, second], [third], [third], [third, second], []]


@needs_git
@pytest.mark.parametrize("since", ["frob", "--all", "2026", "HEAD --all", "HEAD^{tree}", " "])
def test_since_neither_a_commit_nor_a_date_is_refused(repository: Path, since: str) -> None:
    commit(repository, a="1")
    with pytest.raises(SinceError, match="is neither a commit nor a date"):
        read_history(Context.open(repository), since=since)


@needs_git
def test_a_subject_is_kept_as_it_is(repository: Path) -> None:
    commit(repository, a="1")
    (repository / "a").write_text("2")
    git(repository, "commit", "--all", "--message", "Größe \x1b[1m of\nthe queue\n\nMore")
    (event,) = read_history(Context.open(repository)).events
    assert (event.subject, event.date) == ("Größe \x1b[1m of the queue", DAY)
