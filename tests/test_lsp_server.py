"""The real language server, driven over its pipes."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("pygls")

from lsp_client import JSON, Client, Editor, span

from reorder.inputs import STORE
from reorder.timings.kept import save
from reorder.timings.match import Measured

CASE = Path(__file__).parent.parent / "fixtures" / "model-download"
BEFORE = (CASE / "Dockerfile").read_text("utf-8")
AFTER = (CASE / "expected.Dockerfile").read_text("utf-8")
BROKEN = "FROM python:3.12\nCOPY . .\nRUN [unclosed <<EOF\npip install torch\n"
WHOLE = span(0, 0, 99, 0)
OPTIONS = {"tabSize": 4, "insertSpaces": True}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The project of the model download; it is no repository."""
    folder = tmp_path / "project"
    shutil.copytree(CASE / "context", folder)
    (folder / "Dockerfile").write_text(BEFORE, "utf-8")
    return folder


@pytest.fixture
def client(project: Path) -> Iterator[Client]:
    client = Client(project)
    yield client
    assert client.stop() == 0


def opened(client: Client, text: str = BEFORE, name: str = "Dockerfile") -> Editor:
    return Editor(client, (client.folder / name).as_uri(), text)


def test_the_server_says_what_it_can(client: Client) -> None:
    can = client.start()
    assert can["positionEncoding"] == "utf-16"
    assert can["textDocumentSync"]["change"] == 2
    kinds = can["codeActionProvider"]["codeActionKinds"]
    assert kinds == ["quickfix", "source.fixAll.reorder"]


@pytest.mark.parametrize(
    "text",
    [BROKEN, "", "no instruction\n", "FROM a\nRUN <<EOF\n", "\x00", "FROM a\nCOPY \ud800 .\n"],
    ids=["here-document", "empty", "no keyword", "unclosed", "nul", "lone surrogate"],
)
def test_a_text_that_cannot_be_read_stays_as_it_is_without_a_popup(
    client: Client, text: str
) -> None:
    client.start()
    editor = opened(client, text)
    editor.marks()
    assert editor.formatted() == text
    assert editor.ask("rangeFormatting", range=WHOLE, options=OPTIONS) in ([], None)
    assert editor.ask("codeAction", range=WHOLE, context={"diagnostics": []}) in ([], None)
    for view in ("inlayHint", "codeLens"):
        editor.ask(view, range=WHOLE)
    assert editor.ask("hover", position={"line": 0, "character": 0}) is None
    assert [m for m in client.told if m["method"] == "window/showMessage"] == []


def test_an_unreadable_line_is_marked(client: Client) -> None:
    client.start()
    marks = opened(client, "FROM a\n  FOO bar\n").marks()
    assert [(m["code"], m["range"]["start"]["line"]) for m in marks] == [("unreadable", 1)]


def test_formatting_moves_lines_and_touches_no_others(client: Client) -> None:
    client.start()
    editor = opened(client)
    edits = editor.ask("formatting", options=OPTIONS)
    assert editor.after(edits) == AFTER
    assert [edit["range"]["start"]["line"] for edit in edits] == [5, 8]


def test_what_is_formatted_is_not_formatted_again(client: Client) -> None:
    client.start()
    editor = opened(client, AFTER)
    assert editor.marks() == []
    assert editor.formatted() == AFTER


@pytest.mark.parametrize(("last", "after"), [(6, BEFORE), (8, AFTER)])
def test_range_formatting_takes_what_lies_in_the_range(
    client: Client, last: int, after: str
) -> None:
    client.start()
    editor = opened(client)
    edits = editor.ask("rangeFormatting", range=span(4, 0, last, 0), options=OPTIONS)
    assert editor.after(edits or []) == after


def test_a_mark_tells_the_seconds_and_where_to_read_on(client: Client) -> None:
    client.start()
    [mark] = opened(client).marks()
    assert mark["range"] == span(5, 0, 5, 19)
    assert mark["severity"] == 3
    assert "a rebuild takes 103 s instead of 11.7 min" in mark["message"]
    path, _, anchor = mark["codeDescription"]["href"].removeprefix("file://").partition("#")
    assert f"\n## {anchor}\n" in Path(path).read_text("utf-8")
    assert [r["location"]["range"]["start"]["line"] for r in mark["relatedInformation"]] == [6, 7]


def test_a_quick_fix_and_fix_all_carry_edits_for_this_version(client: Client) -> None:
    client.start(capabilities={"workspace": {"workspaceEdit": {"documentChanges": True}}})
    editor = opened(client)
    given = editor.marks()
    actions = editor.ask("codeAction", range=span(5, 0, 5, 0), context={"diagnostics": given})
    assert [action["kind"] for action in actions] == ["quickfix", "source.fixAll.reorder"]
    assert actions[0]["title"] == "Move `COPY worker/*.py ./` below line 8 (saves 10 min)"
    assert actions[0]["diagnostics"] == given
    for action in actions:
        [change] = action["edit"]["documentChanges"]
        assert change["textDocument"] == {"uri": editor.uri, "version": 1}
        assert editor.after(change["edits"]) == AFTER


@pytest.mark.parametrize(
    ("only", "kinds"),
    [
        ("quickfix", ["quickfix"]),
        ("source", ["source.fixAll.reorder"]),
        ("source.fixAll.reorder", ["source.fixAll.reorder"]),
        ("source.fixAll.other", []),
        ("refactor", []),
    ],
)
def test_only_the_actions_that_are_asked_for_are_given(
    client: Client, only: str, kinds: list[str]
) -> None:
    client.start()
    context = {"diagnostics": [], "only": [only]}
    actions = opened(client).ask("codeAction", range=WHOLE, context=context)
    assert [action["kind"] for action in actions] == kinds


def test_far_from_a_change_there_is_no_quick_fix(client: Client) -> None:
    client.start()
    context = {"diagnostics": [], "only": ["quickfix"]}
    assert opened(client).ask("codeAction", range=span(0, 0, 1, 0), context=context) == []


def test_hover_hints_and_lens_tell_why_how_often_and_the_total(client: Client) -> None:
    client.start()
    editor = opened(client)
    told = editor.ask("hover", position={"line": 7, "character": 3})
    assert "it looks at OPENCLIP_CACHE_DIR" in told["contents"]["value"]
    assert told["range"]["start"] == {"line": 7, "character": 0}
    hints = editor.ask("inlayHint", range=span(7, 0, 8, 0))
    assert [hint["label"] for hint in hints] == ["12.5 min, 93 % → 13 %"]
    [lens] = editor.ask("codeLens")
    assert lens["command"]["title"].startswith("a rebuild takes 103 s instead of 11.7 min")
    assert lens["command"]["command"] == "reorder.server.apply"


def test_the_seconds_of_build_logs_are_shown_as_soon_as_they_are_kept(client: Client) -> None:
    client.start()
    editor = opened(client)
    assert editor.formatted() == AFTER
    text = f"RUN {BEFORE.splitlines()[7].removeprefix('RUN ')}"
    file = client.folder / "Dockerfile"
    save(client.folder / STORE, file, [Measured("stage-0", 6, text, (90.0,))])
    hints = editor.ask("inlayHint", range=span(7, 0, 8, 0))
    assert [hint["label"] for hint in hints] == ["90 s, 93 % → 13 %"]
    save(client.folder / STORE, file, [Measured("stage-0", 6, text, (0.0,))])
    assert editor.ask("inlayHint", range=span(7, 0, 8, 0)) == []
    assert editor.formatted() == BEFORE


def test_the_commands_apply_preview_and_explain(project: Path) -> None:
    client = Client(project, {"workspace/applyEdit": {"applied": True}})
    client.start()
    editor = opened(client)
    for command, more, answer in (
        ("preview", [], AFTER),
        ("apply", [], True),
        ("why", [1], None),
    ):
        name = f"reorder.server.{command}"
        told = client.request(
            "workspace/executeCommand", command=name, arguments=[editor.uri, *more]
        )
        assert told == answer
    [asked] = [m for m in client.asked if m["method"] == "workspace/applyEdit"]
    assert editor.after(asked["params"]["edit"]["changes"][editor.uri]) == AFTER
    assert client.stop() == 0


def test_changes_are_followed_in_utf_16(client: Client) -> None:
    client.start()
    text = "# 🐳🐳\x0c\u2028 whales\n" + BEFORE.replace("\n", "\r\n")
    editor = opened(client, text)
    editor.change((span(0, 4, 0, 6), "🐋é"), (span(0, 6, 0, 6), "x"))
    assert editor.text.startswith("# 🐳🐋xé\x0c\u2028 whales\n")
    wanted = editor.text[: editor.text.index("\n") + 1] + AFTER.replace("\n", "\r\n")
    assert editor.formatted() == wanted
    editor.change((span(1, 0, 1, 0), "# reorder: skip-file\r\n"))
    assert editor.formatted() == editor.text
    editor.change((None, BEFORE))
    assert editor.formatted() == AFTER


def test_a_mark_behind_a_whale_counts_its_two_units(client: Client) -> None:
    client.start()
    comment = "# 🐳\n"
    text = comment + BEFORE.replace("worker/*.py ./", 'worker/*.py "./🐳/"')
    marks = opened(client, text).marks()
    assert [m["range"] for m in marks if m["code"] == "misplaced"] == [span(6, 0, 6, 24)]


def test_a_request_that_is_cancelled_ends(client: Client) -> None:
    client.start()
    editor = opened(client)
    number = client.send("textDocument/codeLens", textDocument=editor.document)
    client.notify("$/cancelRequest", id=number)
    assert client.response(number)["error"]["code"] == -32800
    assert editor.formatted() == AFTER


def test_what_is_not_ready_in_time_stays_as_it_is(client: Client) -> None:
    client.start(options={"timeout": 0})
    editor = opened(client)
    assert editor.ask("formatting", options=OPTIONS) is None


def test_a_file_of_the_context_that_appears_is_seen(client: Client) -> None:
    """`import os` would take it: the download may no longer pass the copy."""
    client.start()
    editor = opened(client)
    assert editor.formatted() == AFTER
    shadow = client.folder / "worker" / "os.py"
    shadow.write_text("raise SystemExit\n", "utf-8")
    assert editor.formatted() == BEFORE
    (client.folder / ".dockerignore").write_text("worker/os.py\n", "utf-8")
    assert editor.formatted() == AFTER


def test_watched_files_renew_the_marks(project: Path) -> None:
    client = Client(project)
    watch = {"didChangeWatchedFiles": {"dynamicRegistration": True}}
    client.start(capabilities={"workspace": watch})
    asked = client.asked_next("client/registerCapability")
    [registered] = asked["registrations"]
    assert registered["method"] == "workspace/didChangeWatchedFiles"
    editor = opened(client)
    assert len(editor.marks()) == 1
    shadow = project / "worker" / "os.py"
    shadow.write_text("", "utf-8")
    client.notify("workspace/didChangeWatchedFiles", changes=[{"uri": shadow.as_uri(), "type": 1}])
    assert editor.marks() == []
    assert client.stop() == 0


def test_the_settings_of_the_project_are_read_again(client: Client) -> None:
    client.start()
    editor = opened(client)
    assert editor.formatted() == AFTER
    settings = client.folder / "reorder.toml"
    settings.write_text("min-gain = 1000000\n", "utf-8")
    assert editor.formatted() == BEFORE
    settings.write_text('min-gain = "much"\n', "utf-8")
    assert editor.formatted() == BEFORE
    settings.unlink()
    assert editor.formatted() == AFTER


def test_a_model_of_the_project_is_read_again(client: Client) -> None:
    client.start()
    text = "FROM python:3.12\nCOPY a.py /srv/\nRUN frobnicate\n"
    (client.folder / "a.py").write_text("", "utf-8")
    editor = opened(client, text)
    assert editor.formatted() == text
    own = client.folder / ".reorder" / "tools" / "frobnicate.toml"
    own.parent.mkdir(parents=True)
    model = 'family = "frobnicate"\nsource = "its manual"\n\n[command.frobnicate]\nseconds = {}\n'
    own.write_text(model.format("60.0"), "utf-8")
    assert editor.formatted() == "FROM python:3.12\nRUN frobnicate\nCOPY a.py /srv/\n"
    own.write_text(model.format("0.1"), "utf-8")
    assert editor.formatted() == text


def test_a_settings_file_that_cannot_be_used_is_a_mark(client: Client) -> None:
    client.start()
    (client.folder / "reorder.toml").write_text("exclude = 3\n", "utf-8")
    [mark] = opened(client).marks()
    assert mark["code"] == "unreadable"
    assert "`exclude` is 3: give a list of patterns" in mark["message"]


def test_what_the_settings_exclude_is_left_alone(client: Client) -> None:
    client.start()
    (client.folder / "reorder.toml").write_text('exclude = ["Docker*"]\n', "utf-8")
    editor = opened(client)
    assert editor.marks() == []
    assert editor.formatted() == BEFORE


def test_the_editors_settings_change_while_it_runs(client: Client) -> None:
    client.start(options={"minGain": 1e6})
    editor = opened(client)
    assert editor.formatted() == BEFORE
    client.notify("workspace/didChangeConfiguration", settings={"reorder": {"minGain": None}})
    assert editor.formatted() == AFTER
    client.notify("workspace/didChangeConfiguration", settings={"reorder": {"enable": False}})
    assert editor.formatted() == BEFORE


def test_the_editor_is_asked_for_its_settings(project: Path) -> None:
    client = Client(project, {"workspace/configuration": [{"minGain": 1e6}]})
    client.start(capabilities={"workspace": {"configuration": True}})
    assert client.asked_next("workspace/configuration") == {"items": [{"section": "reorder"}]}
    editor = opened(client)
    assert editor.marks() == []
    assert editor.formatted() == BEFORE
    assert client.stop() == 0


def test_a_setting_of_the_wrong_kind_is_told_in_the_log(client: Client) -> None:
    client.start(options={"unsafe": "yes"})
    [told] = [m["params"] for m in client.told if m["method"] == "window/logMessage"]
    assert "Expected `bool`, got `str` - at `$.unsafe`" in told["message"]


def test_all_marks_tell_also_what_is_in_the_way(client: Client) -> None:
    client.start(options={"diagnostics": "all"})
    marks = opened(client, "FROM python:3.12\nCOPY . .\nRUN frobnicate\n").marks()
    assert [(m["code"], m["severity"], m["range"]["start"]["line"]) for m in marks] == [
        ("barrier", 4, 2)
    ]
    assert "no model for" in marks[0]["message"]


def test_a_buffer_without_a_file_is_moved_without_a_context(client: Client) -> None:
    client.start()
    text = "FROM python:3.12\nCOPY a.py /srv/\nRUN pip install torch\n"
    editor = Editor(client, "untitled:Untitled-1", text)
    assert editor.formatted() == "FROM python:3.12\nRUN pip install torch\nCOPY a.py /srv/\n"
    [lens] = editor.ask("codeLens")
    assert lens["command"]["title"].endswith("without the build context")


def test_an_end_that_was_not_announced_is_a_failure(project: Path) -> None:
    client = Client(project)
    client.start()
    client.notify("exit")
    assert client.process.wait(60) == 1
    for pipe in (client.process.stdin, client.process.stdout, client.process.stderr):
        assert pipe is not None
        pipe.close()


def test_each_root_has_its_own_context_and_settings(project: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(project, other)
    (other / "reorder.toml").write_text("min-gain = 1000000\n", "utf-8")
    client = Client(project)
    client.start()
    added = [{"uri": other.as_uri(), "name": "other"}]
    client.notify("workspace/didChangeWorkspaceFolders", event={"added": added, "removed": []})
    assert opened(client).formatted() == AFTER
    assert Editor(client, (other / "Dockerfile").as_uri(), BEFORE).formatted() == BEFORE
    assert client.stop() == 0


def test_a_relative_context_is_one_of_the_workspace_folder(client: Client) -> None:
    client.start(options={"context": "worker"})
    editor = opened(client, "FROM python:3.12\nCOPY worker.py /srv/\nRUN pip install torch\n")
    [lens] = editor.ask("codeLens")
    assert not lens["command"]["title"].endswith("without the build context")


def test_the_buffer_counts_and_not_the_file(client: Client) -> None:
    client.start()
    (client.folder / "Dockerfile").write_text(BROKEN, "utf-8")
    assert opened(client).formatted() == AFTER


def test_the_editor_may_ask_for_the_seconds(client: Client) -> None:
    client.start(options={"status": True})
    editor = opened(client)
    told: JSON = client.told_next("reorder/status")
    assert (told["uri"], told["changed"]) == (editor.uri, True)
    assert told["before"] > told["after"] > 0


def test_a_closed_buffer_has_no_marks(client: Client) -> None:
    client.start()
    editor = opened(client)
    assert editor.marks() != []
    client.notify("textDocument/didClose", textDocument=editor.document)
    assert client.told_next("textDocument/publishDiagnostics")["diagnostics"] == []


def test_nothing_of_the_workspace_is_run(project: Path) -> None:
    """Programs, hooks and settings of the project that would leave a trace."""
    trace = project.parent / "trace"
    spy = f"#!/bin/sh\ntouch {trace}\n"
    for name in ("pip", "python", "git", "hook"):
        (project / name).write_text(spy, "utf-8")
        (project / name).chmod(0o755)
    (project / "sitecustomize.py").write_text(f"open({str(trace)!r}, 'w')\n", "utf-8")
    git = ("git", "-c", "user.name=a", "-c", "user.email=a@example.org", "-C", str(project))
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "Dockerfile"], check=True)
    subprocess.run([*git, "commit", "-qm", "one"], check=True)
    for key in ("core.fsmonitor", "core.pager", "diff.external"):
        subprocess.run([*git, "config", key, str(project / "hook")], check=True)
    client = Client(project)
    client.start()
    opened(client).formatted()
    assert client.stop() == 0
    assert not trace.exists()


def test_without_pygls_the_remedy_is_told() -> None:
    code = "import sys; sys.modules['pygls'] = None; import reorder.cli as cli; "
    code += "sys.exit(cli.main(['lsp']))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert "pip install 'reorder[lsp]'" in done.stderr
