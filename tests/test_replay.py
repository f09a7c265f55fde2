"""The commits of a context replayed: what re-runs, what it costs, and what is said of it."""

from __future__ import annotations

import csv
import io
import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean

import pytest
from history_case import git, made
from hypothesis import given, settings
from hypothesis import strategies as st

from reorder.cli import main
from reorder.config import Config
from reorder.context.files import Context
from reorder.context.history import Event
from reorder.cost import ChangeEvent, Changes
from reorder.pipeline import reorder
from reorder.replay import Rebuild, Replay, figures, replay
from reorder.reports.replay import stages
from reorder.reports.replay import text as as_text
from reorder.result import Result
from reorder.timings.timed import Timed

Capture = pytest.CaptureFixture[str]
FILES = ("app/main.py", "app/util.py", "docs/a.md", "requirements.txt", "package.json")


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Context:
    folder = tmp_path_factory.mktemp("context")
    for name in FILES:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("{}\n")
    return Context.open(folder)


def event(*files: str) -> Event:
    return Event(frozenset(files), 1.0)


def planned(text: str, context: Context, events: Sequence[Event], config: Config) -> Result:
    """The result when each of the events is as likely."""
    found = tuple(ChangeEvent(1, files=event.files) for event in events)
    changes = Changes(found, len(found), context=context)
    return reorder(text.encode(), context=context, changes=changes, config=config)


def replayed(
    text: str,
    context: Context,
    *events: Event,
    target: str | None = None,
    seconds: Mapping[str, float] | None = None,
) -> Replay:
    times = tuple(Timed(t, "", 0, s) for t, s in (seconds or {}).items())
    result = planned(text, context, events, Config(timings=times))
    return replay(result, context, events, target)


def ran(text: str, found: Replay, at: int = 0) -> list[str]:
    """The lines of the file that a rebuild re-runs."""
    lines = text.splitlines()
    return [
        lines[plan.stage.steps[item].instruction.line - 1]
        for plan in found.stages
        for item in found.before[at].ran[plan.stage.stage.index]
    ]


RUNS = {
    "nothing of the file": ("FROM a\nCOPY app /app\nRUN x\n", "docs/a.md", []),
    "all below the first step": (
        "FROM a\nRUN w\nCOPY app /app\nENV A=1\nRUN x\n",
        "app/main.py",
        ["COPY app /app", "RUN x"],
    ),
    "a RUN with a new variable, and no COPY": (
        "FROM a\nARG GIT_SHA\nCOPY docs /d\nWORKDIR /w\nRUN x\nCOPY app /app\n",
        "README",
        ["RUN x", "COPY app /app"],
    ),
    "a COPY that names a new variable": (
        "FROM a\nARG GIT_SHA\nENV V=$GIT_SHA\nWORKDIR /w\nCOPY docs /d/$V/\n",
        "README",
        ["COPY docs /d/$V/"],
    ),
    "a RUN in a stage below a new variable": (
        "FROM a AS b\nARG GIT_SHA\nFROM b\nCOPY docs /d\nRUN x\n",
        "README",
        ["RUN x"],
    ),
    "a mount of the file": (
        "FROM a\nRUN --mount=type=bind,source=app,target=/m x\nRUN y\n",
        "app/main.py",
        ["RUN --mount=type=bind,source=app,target=/m x", "RUN y"],
    ),
    "no cache mount": (
        "FROM a\nRUN --mount=type=cache,target=/m x\nCOPY app /app\n",
        "app/main.py",
        ["COPY app /app"],
    ),
    "no COPY --link below, but all below it": (
        "FROM a\nCOPY app /app\nCOPY --link docs /d\nRUN x\n",
        "app/main.py",
        ["COPY app /app", "RUN x"],
    ),
    "a COPY --link of the file": (
        "FROM a\nCOPY docs /d\nCOPY --link app /app\nRUN x\n",
        "app/main.py",
        ["COPY --link app /app", "RUN x"],
    ),
    "a COPY --link with a mode as any other": (
        "FROM a\nCOPY app /app\nCOPY --link --chmod=644 docs /d\n",
        "app/main.py",
        ["COPY app /app", "COPY --link --chmod=644 docs /d"],
    ),
    "what takes files from a stage": (
        "FROM a AS b\nCOPY app /app\nFROM a\nCOPY docs /d\nCOPY --from=b /app /app\nRUN x\n",
        "app/main.py",
        ["COPY app /app", "COPY --from=b /app /app", "RUN x"],
    ),
    "all of a stage below a stage": (
        "FROM a AS b\nCOPY app /app\nFROM b\nCOPY docs /d\n",
        "app/util.py",
        ["COPY app /app", "COPY docs /d"],
    ),
    "nothing of a stage that is not built": (
        "FROM a AS b\nCOPY app /app\nFROM a\nCOPY docs /d\n",
        "app/main.py",
        [],
    ),
}


@pytest.mark.parametrize(("text", "file", "expected"), RUNS.values(), ids=RUNS)
def test_a_commit_re_runs(text: str, file: str, expected: list[str], context: Context) -> None:
    assert ran(text, replayed(text, context, event(file))) == expected


CAUSES = {
    "a file": ("FROM a\nRUN x\nCOPY app /app\nCOPY . /all\n", "app/main.py", (3, "app/main.py")),
    "a value": ("FROM a\nARG GIT_SHA\nRUN x\n", "README", (2, None)),
    "a file of another stage": (
        "FROM a AS b\nCOPY app /app\nFROM a\nCOPY --from=b /app /app\nRUN x\n",
        "app/main.py",
        (2, "app/main.py"),
    ),
    "a file of the stage below": (
        "FROM a AS b\nCOPY app /a\nFROM b\nRUN x\n",
        "app/main.py",
        (2, "app/main.py"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "file", "expected"), CAUSES.values(), ids=CAUSES)
def test_the_cause_is_the_first_step_and_its_file(
    text: str, file: str, expected: tuple[int, str | None], context: Context
) -> None:
    (rebuild,) = replayed(text, context, event(file, "zzz")).before
    assert rebuild.cause is not None
    assert (rebuild.cause.step.instruction.line, rebuild.cause.file) == expected


def test_stages_run_side_by_side(context: Context) -> None:
    text = (
        "FROM a AS one\nCOPY app /a\nRUN one\nFROM a AS two\nCOPY app /b\nRUN two\n"
        "FROM a\nCOPY --from=one /x /x\nCOPY --from=two /y /y\nRUN three\n"
    )
    seconds = {"RUN one": 10.0, "RUN two": 30.0, "RUN three": 5.0}
    seconds |= {"COPY app /a": 0.0, "COPY app /b": 0.0}
    seconds |= {"COPY --from=one /x /x": 1.0, "COPY --from=two /y /y": 2.0}
    found = replayed(text, context, event("app/main.py"), seconds=seconds)
    (rebuild,) = found.before
    assert (dict(rebuild.seconds), rebuild.wall) == ({0: 10.0, 1: 30.0, 2: 8.0}, 37.0)
    assert (found.measured, found.timed) == (7, 7)


def test_only_what_the_target_needs_is_built(context: Context) -> None:
    text = "FROM a AS one\nCOPY app /a\nRUN one\nFROM a\nCOPY app /b\nRUN two\n"
    found = replayed(text, context, event("app/main.py"), target="one")
    assert ran(text, found) == ["COPY app /a", "RUN one"]
    with pytest.raises(ValueError, match="no stage is called `none`"):
        replayed(text, context, event("app/main.py"), target="none")


def test_the_figures_of_some_rebuilds() -> None:
    def rebuild(seconds: float) -> Rebuild:
        return Rebuild({0: seconds}, seconds / 2, {0: (1,) if seconds else ()}, None)

    found = figures([rebuild(float(n)) for n in range(10)])
    assert found == (4.5, 4.5, 8.0, 45.0, 1)
    assert figures([rebuild(3.0)], wall=True) == (1.5, 1.5, 1.5, 1.5, 0)


LINES = (
    "COPY app /app",
    "COPY . /all",
    "COPY requirements.txt /r/",
    "RUN apt-get update && apt-get install -y curl",
    "RUN pip install -r /r/requirements.txt",
    "RUN mystery",
    "ENV A=1",
    "WORKDIR /w",
)
STAGES = st.lists(st.lists(st.sampled_from(LINES), min_size=1, max_size=5), min_size=1, max_size=3)
EVENTS = st.lists(st.sets(st.sampled_from(FILES), min_size=1), min_size=1, max_size=6)


def written(stages: Sequence[Sequence[str]], below: Sequence[bool]) -> str:
    """Each stage starts from the one above, or takes files from it: all of them are needed."""
    text = ""
    for n, lines in enumerate(stages):
        base = f"s{n - 1}" if n and below[n] else "debian:12"
        taken = [f"COPY --from=s{n - 1} /app /taken"] if n and not below[n] else []
        text += "\n".join([f"FROM {base} AS s{n}", *taken, *lines]) + "\n"
    return text


@settings(max_examples=40, deadline=None)
@given(STAGES, st.lists(st.booleans(), min_size=3, max_size=3), EVENTS)
def test_the_mean_of_the_replay_is_what_a_rebuild_is_said_to_take(
    context: Context, stages: list[list[str]], below: list[bool], files: list[set[str]]
) -> None:
    events = [event(*names) for names in files]
    result = planned(written(stages, below), context, events, Config())
    found = replay(result, context, events)
    assert fmean(r.total for r in found.before) == pytest.approx(result.seconds_before)
    after = found.after or found.before
    assert fmean(r.total for r in after) == pytest.approx(result.seconds_after)
    assert all(r.wall <= r.total + 1e-9 for r in (*found.before, *after))


def test_new_values_and_links_cost_no_more_than_a_rebuild_is_said_to_take(
    context: Context,
) -> None:
    text = "FROM a\nARG GIT_SHA\nCOPY docs /d\nRUN x\nCOPY app /app\nCOPY --link docs /l\n"
    events = [event("app/main.py"), event("README")]
    result = planned(text, context, events, Config())
    found = replay(result, context, events)
    assert fmean(r.total for r in found.before) < result.seconds_before


# The command.

DOCKERFILE = "FROM debian:12\nCOPY *.sh /app/\nRUN apt-get update && apt-get install -y curl\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    commits = [(["run.sh"], "Run"), (["README"], 'Say, "how"'), (["run.sh", "a.sh"], "Again")]
    files = {"Dockerfile": DOCKERFILE, "run.sh": "#!/bin/sh\n", "README": "\n"}
    made(tmp_path, files, commits)
    return tmp_path


BAD = {
    "no file": (["none"], "none: cannot be read: No such file"),
    "no number": (["Dockerfile", "--history", "0"], "0 is not in the range x>=1"),
    "no commit": (["Dockerfile", "--since", "frob"], "'frob' is neither a commit nor a date: give"),
    "an option for a commit": (["Dockerfile", "--since", "--all"], "--since: '--all' is neither"),
    "no later commit": (["Dockerfile", "--since", "2030-01-01"], "no commit"),
    "no stage": (["Dockerfile", "--target", "x"], "--target: no stage is called `x`: name one"),
    "no log": (["Dockerfile", "--timings", "x.log"], "x.log: the log cannot be read: No such"),
    "no context": (["Dockerfile", "--context", "none"], "none"),
    "no form": (["Dockerfile", "--format", "html"], "'html' is not one of 'text', 'json', 'csv'"),
}


@pytest.mark.parametrize(("words", "message"), BAD.values(), ids=BAD)
def test_what_cannot_be_replayed_is_refused(
    words: list[str], message: str, project: Path, capsys: Capture
) -> None:
    assert main(["replay", *words]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert message in shown.err


def test_a_folder_without_history_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("Dockerfile").write_text(DOCKERFILE)
    Path("run.sh").write_text("")
    assert main(["replay", "Dockerfile"]) == 2
    assert "no commit is replayed: the build context is not in a git" in capsys.readouterr().err


def test_a_table_for_a_spreadsheet(project: Path, capsys: Capture) -> None:
    assert main(["replay", "Dockerfile", "--format", "csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [(r["date"], r["subject"], r["line"], r["file"]) for r in rows] == [
        ("2026-01-02", "Run", "2", "run.sh"),
        ("2026-01-03", 'Say, "how"', "", ""),
        ("2026-01-04", "Again", "2", "a.sh"),
    ]
    assert [(r["before"], r["after"]) for r in rows] == [
        ("36.9", "0.5"),
        ("0.0", "0.0"),
        ("36.9", "0.5"),
    ]


SINCE = {
    "a date": (["--since", "2026-01-03 13:00"], ["Again"]),
    "a commit": (["--since", "HEAD~2"], ['Say, "how"', "Again"]),
    "a number": (["--history", "1"], ["Again"]),
    "both": (["--since", "HEAD~2", "--history", "1"], ["Again"]),
}


@pytest.mark.parametrize(("words", "expected"), SINCE.values(), ids=SINCE)
def test_the_commits_that_are_asked_for(
    words: list[str], expected: list[str], project: Path, capsys: Capture
) -> None:
    assert main(["replay", "Dockerfile", "--format", "json", *words]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [commit["subject"] for commit in document["commits"]] == expected


def test_stages_have_figures_of_their_own_as_far_as_they_fit(context: Context) -> None:
    text = (
        "FROM a AS one\nCOPY docs /d\nRUN x\nFROM a\nCOPY app /app\nRUN y\nCOPY --from=one /d /d\n"
    )
    seconds = {"RUN x": 10.0, "RUN y": 20.0}
    seconds |= {"COPY docs /d": 1.0, "COPY app /app": 1.0, "COPY --from=one /d /d": 1.0}
    found = replayed(text, context, event("docs/a.md"), event("app/main.py"), seconds=seconds)
    assert list(stages(found)) == [
        ("", "mean", "p90", "total", "median", "re-run nothing"),
        ("stages side by side", "17 s", "22 s", "34 s", "17 s", "0"),
        ("stage one (line 1)", "5.5 s", "11 s", "11 s", "5.5 s", "1"),
        ("stage 1 (line 4)", "12 s", "22 s", "23 s", "12 s", "0"),
    ]
    shown = as_text("Dockerfile", found, 60)
    assert "  stage one (line 1)   5.5 s  11 s  11 s   5.5 s\n" in shown


@pytest.mark.parametrize("width", [40, 60, 80, 140])
def test_the_bars_fit_the_terminal(width: int, context: Context) -> None:
    text = "FROM a\nCOPY app /app\nRUN x\n"
    events = [event("app/main.py"), event("docs/a.md"), event("app/util.py")] * 30
    shown = as_text("Dockerfile", replayed(text, context, *events), width)
    (row,) = [line for line in shown.splitlines() if "█" in line]
    assert len(row) <= width
    assert len(row) == min(width, len("  now  ") + 60)


def test_a_commit_that_re_runs_nothing_has_no_bar(context: Context) -> None:
    text = "FROM a\nCOPY app /app\nRUN x\n"
    found = replayed(text, context, event("app/main.py"), event("docs/a.md"))
    assert "  now  ·█\n" in as_text("Dockerfile", found)


def test_a_page_replays_the_commits(project: Path, capsys: Capture) -> None:
    assert main(["--format", "html", "--history", "2", "Dockerfile"]) == 0
    page = capsys.readouterr().out.partition("What a rebuild costs")[0]
    assert page.count('<rect class="before"') == page.count('<rect class="after"') == 2
    assert "2026-01-04 Again: 0.5 s; a.sh changes what line 2" in page
    assert main(["--format", "html", "--history", "0", "Dockerfile"]) == 0
    assert "commits" not in capsys.readouterr().out.partition("</style>")[2]


def test_a_page_beside_another_report_replays_the_commits(project: Path) -> None:
    assert main(["--quiet", "--report", "html=page.html", "Dockerfile"]) == 0
    assert "3 commits replayed, 2026-01-02 to 2026-01-04" in Path("page.html").read_text()


def test_a_target_that_is_no_stage_is_told(project: Path, capsys: Capture) -> None:
    Path("compose.yaml").write_text("services: {a: {build: {context: ., target: nope}}}\n")
    assert main(["replay", "Dockerfile"]) == 2
    assert "target nope, from compose.yaml:1: no stage is called `nope`" in capsys.readouterr().err
    assert main(["--format", "html", "Dockerfile"]) == 0
    assert "commits replayed" not in capsys.readouterr().out


def test_of_several_builds_the_one_that_is_replayed_is_named(
    project: Path, capsys: Capture
) -> None:
    Path("Dockerfile").write_text(DOCKERFILE.replace("\n", "\nARG A=1\n", 1))
    Path("compose.yaml").write_text(
        "services:\n  a: {build: .}\n  b: {build: {context: ., args: {A: '2'}}}\n"
    )
    assert main(["replay", "Dockerfile"]) == 0
    assert "replayed with the context ., from compose.yaml:2" in capsys.readouterr().err


def test_a_file_that_stays_has_one_column(project: Path, capsys: Capture) -> None:
    Path("Dockerfile").write_text("FROM debian:12\nCOPY *.sh /app/\n")
    assert main(["replay", "Dockerfile"]) == 0
    shown = capsys.readouterr().out
    assert "reordered" not in shown
    assert shown.endswith("  reorder would leave the file as it is\n")


def test_a_log_is_used_kept_and_used_again(project: Path, capsys: Capture) -> None:
    Path("build.log").write_text(
        "#5 [2/3] COPY *.sh /app/\n#5 DONE 2.0s\n#6 [3/3] RUN old\n#6 DONE 9.0s\n"
        "#7 [3/3] RUN apt-get update && apt-get install -y curl\n#7 DONE 100.0s\n"
    )
    words = ["--timings", "build.log", "--save-timings", "--format", "json", "Dockerfile"]
    assert main(words) == 0
    first = capsys.readouterr()
    assert json.loads(first.out)["files"][0]["measured"] == [2, 3]
    assert "match no instruction: 1 (`RUN old`)" in first.err
    assert "the seconds of 2 instructions are kept in" in first.err
    assert main(["why", "Dockerfile:3"]) == 0
    assert "(100 s, measured)" in capsys.readouterr().out
    Path("build.log").unlink()
    assert main(["replay", "Dockerfile", "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["measured"], document["before"]["p90"]) == (2, 102.0)


def test_seconds_that_are_to_be_kept_need_a_log(project: Path, capsys: Capture) -> None:
    assert main(["--save-timings", "Dockerfile"]) == 2
    assert "--save-timings keeps what --timings LOG tells of a file" in capsys.readouterr().err
    assert not Path(".reorder-timings.json").exists()


def test_the_repository_stays_as_it_is(project: Path) -> None:
    before = git(project, "status", "--porcelain")
    assert main(["replay", "Dockerfile"]) == 0
    assert git(project, "status", "--porcelain") == before
    assert subprocess.run(["git", "-C", str(project), "fsck"], capture_output=True).returncode == 0
