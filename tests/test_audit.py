"""The four questions, and the comments of our own where an order is load-bearing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reorder.annotate import annotated
from reorder.cli import main
from reorder.pipeline import reorder
from reorder.reports.audit import Answer, audit
from reorder.result import Result
from reorder.syntax.dockerfile import parse

ROOT = Path(__file__).parent.parent
INSTALL = "RUN apt-get update && apt-get install -y curl\n"
PIP = "RUN pip install flask\n"
OURS = "# reorder: order matters: "
SPARED = f"{OURS}36 s of steps above do not re-run when this changes\n"
LOOKS = f"{OURS}a download below looks at PIP_INDEX_URL\n"


def result_of(text: str, base: str = "debian:12") -> Result:
    return reorder(f"FROM {base}\n{text}".encode())


def answers(text: str) -> dict[str, Answer]:
    return {answer.id: answer for answer in audit(result_of(text, "python:3.12-slim"))}


VERDICTS = {
    "nothing at all": ("", "not applicable", "not applicable", "not applicable"),
    "no code": (INSTALL, "not applicable", "not applicable", "not applicable"),
    "nothing slow": ("COPY . /app\nRUN mkdir /x\n", "not applicable", "yes", "not applicable"),
    "slow above code": (f"{INSTALL}COPY . /app\n", "yes", "yes", "not applicable"),
    "slow below code": (f"COPY . /app\n{INSTALL}", "no", "no", "not applicable"),
    "slow below a manifest": (f"COPY go.mod /app/\n{INSTALL}", *["not applicable"] * 3),
    "what builds the code stays below it": (
        "WORKDIR /app\nCOPY . .\nRUN npm run build\n",
        *("yes", "yes", "not applicable"),
    ),
    "a volatile argument above": (
        f"ARG GIT_SHA\n{INSTALL}",
        *("not applicable", "no", "not applicable"),
    ),
    "a variable above its download": (
        f"ENV PIP_INDEX_URL=https://p.example\n{PIP}",
        *("not applicable", "not applicable", "yes"),
    ),
    "a variable below its download": (
        f"{PIP}ENV PIP_INDEX_URL=https://p.example\n",
        *("not applicable", "not applicable", "no"),
    ),
    "a variable that is set above, and again below": (
        f"ENV PIP_INDEX_URL=a\n{PIP}ENV PIP_INDEX_URL=b\n",
        *("not applicable", "not applicable", "yes"),
    ),
    "a variable for programs at run time": (
        f"{PIP}ENV PYTHONUNBUFFERED=1 LANG=C.UTF-8\n",
        *["not applicable"] * 3,
    ),
}


@pytest.mark.parametrize(("text", "slow", "often", "variables"), VERDICTS.values(), ids=VERDICTS)
def test_the_first_three_questions(text: str, slow: str, often: str, variables: str) -> None:
    found = answers(text)
    verdicts = [found[id].verdict for id in ("slow-first", "often-last", "variables-set")]
    assert verdicts == [slow, often, variables]


COMMENTS = {
    "none": (f"{INSTALL}COPY . /app\n", "no"),
    "one that says nothing of the order": (f"{INSTALL}# the app\nCOPY . /app\n", "no"),
    "one at the code": (f"{INSTALL}# changes with every commit\nCOPY . /app\n", "yes"),
    "one at the slow step": (f"# keep above the code: slow\n{INSTALL}COPY . /app\n", "yes"),
    "one with a blank line below it": (
        f"{INSTALL}# below all that is slow\n\nCOPY . /app\n",
        "yes",
    ),
    "ours": (f"{INSTALL}{SPARED}COPY . /app\n", "yes"),
    "nothing to explain": ("COPY . /app\n", "not applicable"),
}


@pytest.mark.parametrize(("text", "expected"), COMMENTS.values(), ids=COMMENTS)
def test_the_question_for_comments(text: str, expected: str) -> None:
    assert answers(text)["order-explained"].verdict == expected


def test_evidence_has_lines_reasons_and_a_remedy() -> None:
    slow, *_ = audit(result_of(f"COPY . /app\n{INSTALL}"))
    assert [(fact.line, fact.holds, fact.text) for fact in slow.evidence] == [
        (
            3,
            False,
            "RUN apt-get update && apt-get install -y curl (36 s, estimated) stands below line 2"
            " (COPY . /app) and does not need it; `reorder --write` mends that",
        )
    ]


# Comments of our own.

ANNOTATED = {
    "nothing to say": ("COPY . /app\n", "COPY . /app\n"),
    "not where the order is wrong": (f"COPY . /app\n{INSTALL}", f"COPY . /app\n{INSTALL}"),
    "slow steps above code": (f"{INSTALL}COPY . /app\n", f"{INSTALL}{SPARED}COPY . /app\n"),
    "not where the author says it": (
        f"{INSTALL}# below all that is slow\nCOPY . /app\n",
        f"{INSTALL}# below all that is slow\nCOPY . /app\n",
    ),
    "below the author's own comment": (
        f"{INSTALL}# the app\nCOPY . /app\n",
        f"{INSTALL}# the app\n{SPARED}COPY . /app\n",
    ),
    "figures are brought up to date": (
        f"{INSTALL}{OURS}3 s of steps above do not re-run when this changes\nCOPY . /app\n",
        f"{INSTALL}{SPARED}COPY . /app\n",
    ),
    "a stale one goes": (f"{SPARED}COPY . /app\n{LOOKS}", "COPY . /app\n"),
    "ours goes when the author says it": (
        f"{INSTALL}# changes often\n{SPARED}COPY . /app\n",
        f"{INSTALL}# changes often\nCOPY . /app\n",
    ),
    "words of control stay": (
        f"# reorder: keep\n{INSTALL}COPY . /app\n",
        f"# reorder: keep\n{INSTALL}{SPARED}COPY . /app\n",
    ),
    "a file that asks to be left alone": (
        f"# reorder: skip-file\n{INSTALL}COPY . /app\n",
        f"# reorder: skip-file\n{INSTALL}COPY . /app\n",
    ),
    "no line of a here-document": (
        f"RUN <<E\n{SPARED}E\n{INSTALL}",
        f"RUN <<E\n{SPARED}E\n{INSTALL}",
    ),
    "no comment inside of an instruction": (
        f"RUN mkdir \\\n{SPARED}  /x\n",
        f"RUN mkdir \\\n{SPARED}  /x\n",
    ),
    "line ends of Windows": (
        f"{INSTALL}COPY . /app\n".replace("\n", "\r\n"),
        f"{INSTALL}{SPARED}COPY . /app\n".replace("\n", "\r\n"),
    ),
    "no line end at the end": (f"{INSTALL}COPY . /app", f"{INSTALL}{SPARED}COPY . /app"),
}


@pytest.mark.parametrize(("text", "expected"), ANNOTATED.values(), ids=ANNOTATED)
def test_comments_of_our_own(text: str, expected: str) -> None:
    end = "\r\n" if "\r\n" in text else "\n"
    assert annotated(reorder(f"FROM debian:12{end}{text}".encode())) == (
        f"FROM debian:12{end}{expected}".encode()
    )


def test_a_variable_of_a_download_gets_a_comment() -> None:
    text = f"ENV PIP_INDEX_URL=https://p.example\n{PIP}"
    result = result_of(text, "python:3.12-slim")
    assert annotated(result) == f"FROM python:3.12-slim\n{LOOKS}{text}".encode()


FIXTURES = sorted((ROOT / "fixtures").glob("*/Dockerfile"))


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.parent.name)
def test_comments_change_no_instruction_and_a_second_run_changes_nothing(path: Path) -> None:
    before = path.read_bytes()
    once = annotated(reorder(before))
    assert annotated(reorder(once)) == once
    assert [(i.keyword, i.text) for i in parse(once).instructions] == [
        (i.keyword, i.text) for i in parse(before).instructions
    ]
    own = [line for line in once.splitlines(keepends=True) if not line.startswith(OURS.encode())]
    assert b"".join(own) == before


def test_some_fixture_gets_a_comment() -> None:
    texts = [annotated(reorder(path.read_bytes())) for path in FIXTURES]
    assert sum(OURS.encode() in text for text in texts) >= 3


def test_a_comment_moves_with_its_instruction() -> None:
    text = f"{INSTALL}{SPARED}COPY . /app\nRUN pip install flask\n"
    after = result_of(text).after.decode()
    assert after.endswith(f"{SPARED}COPY . /app\n")


# The command.


@pytest.fixture
def dockerfile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()  # no settings are looked for above
    path = Path("Dockerfile")
    path.write_text(f"FROM debian:12\n{INSTALL}COPY . /app\n")
    return path


USAGE = {
    "no file": (["audit"], "Missing argument"),
    "a missing file": (["audit", "nix"], "nix: cannot be read"),
    "write alone": (["audit", "--write", "Dockerfile"], "--write needs --annotate"),
    "write and check": (
        ["audit", "--annotate", "--write", "--check", "Dockerfile"],
        "--write and --check exclude each other",
    ),
}


@pytest.mark.parametrize(("words", "message"), USAGE.values(), ids=USAGE)
def test_bad_usage_is_status_2(
    words: list[str], message: str, dockerfile: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    assert message in capsys.readouterr().err


def test_check_fails_for_a_no_only(dockerfile: Path) -> None:
    assert main(["audit", "Dockerfile"]) == 0
    assert main(["audit", "--check", "Dockerfile"]) == 1  # no comment says why
    dockerfile.write_text("FROM debian:12\nCOPY . /app\n")
    assert main(["audit", "--check", "Dockerfile"]) == 0


def test_annotate_shows_then_writes_then_is_content(
    dockerfile: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = dockerfile.read_text()
    assert main(["audit", "--annotate", "--check", "Dockerfile"]) == 1
    assert f"+{SPARED}" in capsys.readouterr().out
    assert dockerfile.read_text() == before
    assert main(["audit", "--annotate", "--write", "Dockerfile"]) == 0
    assert dockerfile.read_text() == f"FROM debian:12\n{INSTALL}{SPARED}COPY . /app\n"
    assert main(["audit", "--annotate", "--check", "Dockerfile"]) == 0


def test_the_json_has_the_same_answers(
    dockerfile: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["audit", "--format", "json", "Dockerfile"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["version"] == 1
    assert [answer["verdict"] for answer in found["answers"]] == [
        *("yes", "yes", "not applicable", "no"),
    ]
    assert found["answers"][3]["evidence"][0]["line"] == 3


def test_measured_seconds_make_a_step_slow_or_quick(
    dockerfile: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dockerfile.write_text("FROM debian:12\nCOPY . /app\nRUN mkdir /x\n")
    Path("build.log").write_text("#1 [3/3] RUN mkdir /x\n#1 DONE 75.0s\n")
    assert main(["audit", "--check", "Dockerfile"]) == 0
    assert main(["audit", "--check", "--timings", "build.log", "Dockerfile"]) == 1
    assert "RUN mkdir /x (75 s, measured) stands below line 2" in capsys.readouterr().out


def test_verdicts_are_coloured(dockerfile: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "--color", "always", "Dockerfile"]) == 0
    shown = capsys.readouterr().out
    for told in ("\033[32myes\033[0m", "\033[31mno\033[0m", "\033[2mnot applicable\033[0m"):
        assert told in shown
