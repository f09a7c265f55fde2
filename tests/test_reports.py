"""What the reports say: figures, sentences, diffs, and JSON as docs/json.md has it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reorder.cli import main
from reorder.context.files import Context
from reorder.effects.effect import Access, Extent, Footprint
from reorder.graph import Edge
from reorder.pipeline import reorder
from reorder.reports.json import render
from reorder.reports.outcome import Done
from reorder.reports.passing import may_pass, why_it_may
from reorder.reports.reasons import direct, sentence
from reorder.reports.text import diff, layers, stays, summary
from reorder.reports.why import explain
from reorder.reports.words import listed, moves, path_of, seconds, short, shown
from reorder.result import Result

ROOT = Path(__file__).parent.parent
FILES = ("run.sh", "a/x.txt", "b/y.txt", "requirements.txt", "src/main.py")


@pytest.fixture
def context(tmp_path: Path) -> Context:
    for name in FILES:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    (tmp_path / "requirements.txt").write_text("flask\n")
    return Context.open(tmp_path)


def result_of(context: Context, *lines: str, base: str = "debian:12") -> Result:
    text = "".join(f"{line}\n" for line in (f"FROM {base}", *lines))
    return reorder(text.encode(), context=context)


# Figures and names.


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.0, "0.0 s"),
        (0.53, "0.5 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (75.0, "75 s"),
        (119.4, "119 s"),
        (120.0, "2 min"),
        (750.0, "12.5 min"),
    ],
)
def test_seconds_read_well(value: float, expected: str) -> None:
    assert seconds(value) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [("a b", "a b"), ("a\nb", "a\\nb"), ("caf\xe9", "caf\xe9"), ("\udcff", "\\udcff")],
)
def test_a_name_stands_on_one_line(name: str, expected: str) -> None:
    assert shown(name) == expected


def test_long_lists_are_cut_and_equal_names_told_once() -> None:
    assert listed(["b", "a", "b", "c", "d", "e", "f"]) == "b, a, c, d and 2 more"


@pytest.mark.parametrize(
    ("name", "extent", "expected"),
    [
        ("/app/x", Extent.POINT, "/app/x"),
        ("/app", Extent.TREE, "/app/**"),
        ("/", Extent.TREE, "/**"),
        ("?cwd/x", Extent.POINT, "x"),
        ("?cwd", Extent.TREE, "a folder that is not known/**"),
    ],
)
def test_paths_are_shown_as_patterns(name: str, extent: Extent, expected: str) -> None:
    assert path_of(Footprint("path", name, Access.READ, extent)) == expected


def test_an_instruction_is_shown_in_one_short_line(context: Context) -> None:
    result = result_of(context, "RUN echo a \\", f"  {'b' * 80}")
    line = short(result.plans[0].stage.steps[0].instruction)
    assert line == f"RUN echo a {'b' * 48}…"


# Why a pair keeps its order.


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (
            ("WORKDIR /app", "COPY run.sh ./"),
            "its destination is relative, and line 2 sets the working directory",
        ),
        (("RUN frobnicate", "RUN mkdir /x"), "line 2 may do anything (no model for `frobnicate`)"),
        (
            ("COPY run.sh /app/", "RUN frobnicate"),
            "it may do anything (no model for `frobnicate`), and line 2 brings files into /app",
        ),
        (("ENV DIR=/x", "WORKDIR $DIR"), "it expands $DIR, and line 2 sets DIR"),
        (
            ("ENV A=1", "ENV B=2"),
            "the order of variables is the order of the image's environment",
        ),
        (("USER app", "RUN mkdir /x"), "it runs as the user that USER sets, and line 2 sets"),
        (
            ("RUN mkdir /srv/d", "COPY run.sh /srv/d"),
            "a folder there takes the file, and in line 2 `mkdir` writes /srv/d",
        ),
        (("CMD x", "CMD y"), "it sets cmd"),
        (
            ("ENV PIP_NO_INPUT=1", "RUN pip install flask"),
            "`pip install` looks at PIP_NO_INPUT, and line 2 sets PIP_NO_INPUT",
        ),
        (
            ("RUN apt-get install -y python3-pip", "RUN pip install flask"),
            "and in line 2 `apt-get install` ",
        ),
    ],
)
def test_an_edge_is_told_in_a_sentence(
    context: Context, lines: tuple[str, ...], expected: str
) -> None:
    plan = result_of(context, *lines).plans[0]
    edge = next(edge for edge in plan.edges if (edge.before, edge.after) == (0, 1))
    told = sentence(edge, plan.stage.steps)
    assert expected in told
    assert not re.search(r"\bit (its|it|the|a|`)|@|\?", told)


def test_a_reason_names_the_folder_and_not_the_word_of_the_model(context: Context) -> None:
    plan = result_of(context, "RUN pip install a", "RUN pip install b", base="python:3.11").plans[0]
    assert "/usr/local/" in sentence(plan.edges[0], plan.stage.steps)


PAIRS = st.sets(
    st.tuples(st.integers(0, 7), st.integers(0, 7)).filter(lambda pair: pair[0] < pair[1])
)


def reaches(pairs: set[tuple[int, int]]) -> set[tuple[int, int]]:
    """The transitive closure, slowly."""
    found = set(pairs)
    while more := {(a, d) for a, b in found for c, d in found if b == c} - found:
        found |= more
    return found


@given(PAIRS)
@settings(deadline=None)
def test_direct_edges_imply_all_others_and_none_of_themselves(pairs: set[tuple[int, int]]) -> None:
    kept = {(e.before, e.after) for e in direct([Edge(a, b, "x", "y") for a, b in sorted(pairs)])}
    assert reaches(kept) == reaches(pairs)
    assert all(pair not in reaches(kept - {pair}) for pair in kept)


# Why a move is allowed.


@pytest.mark.parametrize(
    ("lines", "line", "expected"),
    [
        (
            ("COPY *.sh /app/", "RUN apt-get install -y curl"),
            2,
            (
                "line 3 neither reads nor writes what line 2 brings (/app/run.sh):"
                " line 3 runs only what has a model (`apt-get install`)",
            ),
        ),
        (
            ("ARG GIT_SHA", "RUN apt-get install -y curl"),
            2,
            ("line 3 does not look at GIT_SHA",),
        ),
        (
            ("COPY src /src/", "WORKDIR /data", "RUN apt-get install -y curl"),
            2,
            (
                "line 3 only sets the working directory, which line 2 does not look at",
                "line 4 neither reads nor writes what line 2 brings (/src/main.py):"
                " line 4 runs only what has a model (`apt-get install`)",
            ),
        ),
        (
            (
                "COPY src /src/",
                "COPY requirements.txt /r/",
                "RUN pip install -r /r/requirements.txt",
            ),
            2,
            (
                "they bring different files: line 2 /src/main.py, line 3 /r/requirements.txt",
                "line 4 neither reads nor writes what line 2 brings (/src/main.py):"
                " line 4 runs only what has a model (`pip install`)",
            ),
        ),
    ],
)
def test_a_move_says_why_each_pair_commutes(
    context: Context, lines: tuple[str, ...], line: int, expected: tuple[str, ...]
) -> None:
    result = result_of(context, *lines, base="python:3.11-slim")
    told = {move.instruction.line: may_pass(move) for move in moves(result)}
    assert told[line][: len(expected)] == expected


@pytest.mark.parametrize(
    ("lines", "line", "expected"),
    [
        (
            ("ARG GIT_SHA", "ARG TAG", "RUN apk add curl"),
            4,
            ("line 4 does not look at GIT_SHA, TAG",),
        ),
        (
            ("COPY *.sh /a/", "COPY src /b/", "LABEL x=1", "LABEL y=2", "RUN apk add curl"),
            6,
            (
                "line 6 neither reads nor writes what lines 2 and 3 bring (/a/run.sh, /b/main.py):"
                " line 6 runs only what has a model (`apk add`)",
                "lines 4 and 5 only change the image config, which line 6 does not look at",
            ),
        ),
        (
            ("ARG GIT_SHA", "RUN apk add curl", "RUN apk add git"),
            2,
            ("lines 3 and 4 do not look at GIT_SHA",),
        ),
    ],
)
def test_those_that_are_passed_alike_share_a_sentence(
    context: Context, lines: tuple[str, ...], line: int, expected: tuple[str, ...]
) -> None:
    result = result_of(context, *lines, base="alpine:3.20")
    told = {move.instruction.line: why_it_may(move) for move in moves(result)}
    assert expected == told[line]


def test_a_split_tells_the_new_line_and_for_whom(context: Context) -> None:
    result = result_of(
        context,
        "WORKDIR /app",
        "COPY . .",
        "RUN pip install -r requirements.txt",
        base="python:3.11-slim",
    )
    told = summary("Dockerfile", result)
    assert (
        "  new: COPY requirements.txt ./\n"
        "    for line 4 (RUN pip install -r requirements.txt), which needs no more of what line 3"
        " (COPY . .) brings\n"
        "  Dockerfile:3: COPY . .\n"
        "    moves down, below line 4 (RUN pip install -r requirements.txt):\n"
        "    line 4 reads of what line 3 brings only what is copied above it:"
        " line 4 runs only what has a model (`pip install`)\n"
    ) in told
    assert json.loads(render([Done("Dockerfile", result)]))["files"][0]["added"] == [
        {"text": "COPY requirements.txt ./", "of_line": 3, "for_line": 4}
    ]


def test_the_summary_begins_with_the_seconds(context: Context) -> None:
    result = result_of(context, "COPY *.sh /app/", "RUN apt-get install -y curl")
    assert summary("Dockerfile", result).splitlines()[:3] == [
        "Dockerfile: a rebuild takes 0.5 s instead of 31 s on average;"
        " after a code change 0.5 s instead of 33 s (estimated)",
        "  Dockerfile:2: COPY *.sh /app/",
        "    moves down, below line 3 (RUN apt-get install -y curl):",
    ]


@pytest.mark.parametrize("name", ["model-download", "model-download-shadowed-by-os"])
def test_the_case_that_started_the_project(name: str) -> None:
    folder = ROOT / "fixtures" / name
    data = (folder / "Dockerfile").read_bytes()
    result = reorder(data, context=Context.open(folder / "context"))
    if name == "model-download":
        assert (
            "line 8 neither reads nor writes what line 6 brings (/app/jobs.py, /app/worker.py),"
            " and imports no module of such a name: line 8 runs only what has a model (`python`"
        ) in summary("Dockerfile", result)
        assert "    line 6 does not look at OPENCLIP_CACHE_DIR\n" in summary("Dockerfile", result)
        assert "after a code change 0.7 s instead of 12.5 min" in summary("Dockerfile", result)
    else:
        assert summary("Dockerfile", result) == ""
        assert "  below line 6 (COPY worker/*.py ./): it imports " in explain("D", result, 8)


# What stays.


def test_a_file_that_stays_says_what_had_to_be_saved(context: Context) -> None:
    assert stays("Dockerfile", result_of(context, "COPY run.sh /app/"), 1.0) == (
        "Dockerfile: stays as it is: nothing to win: a rebuild takes 0.0 s on average"
        " (estimated), and no order that surely builds the same image saves 1.0 s of it\n"
    )


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("RUN frobnicate", "no model for `frobnicate`; add one: docs/tools.md"),
        (
            "RUN mkdir $NOT_KNOWN/x",
            "not known before the build; write it out, or give its value with --build-arg",
        ),
    ],
)
def test_an_opaque_line_says_the_remedy(context: Context, line: str, expected: str) -> None:
    result = result_of(context, "ARG NOT_KNOWN", line)
    told = layers("Dockerfile", result)
    assert told.startswith(f"  Dockerfile:3: {line}  (")
    assert "\n    it may do anything: " in told
    assert expected in told


# `why`.


def test_why_tells_each_instruction(context: Context) -> None:
    result = result_of(context, "WORKDIR /app", "COPY *.sh ./", "RUN apt-get install -y curl")
    assert explain("Dockerfile", result).split("\n\n")[1] == (
        "Dockerfile:3: COPY *.sh ./  (0.5 s, estimated)\n"
        "  re-runs in 93 % of rebuilds\n"
        "  below line 2 (WORKDIR /app): its destination is relative,"
        " and line 2 sets the working directory\n"
        "  would stand below line 4 (RUN apt-get install -y curl)"
    )
    assert "  re-runs in 93 % of rebuilds, in 0 % in the new order\n" in explain("D", result, 4)


def test_why_for_a_line_tells_all_of_it(context: Context) -> None:
    result = result_of(context, "WORKDIR /app", "COPY *.sh ./", "RUN apt-get install -y curl")
    assert explain("Dockerfile", result, 3) == (
        "Dockerfile:3: COPY *.sh ./  (0.5 s, estimated)\n"
        "  re-runs in 93 % of rebuilds\n"
        "  re-run by a change of *.sh (line 3): 93 % of rebuilds\n"
        "  re-run by a new image debian:12 (line 1)\n"
        "  re-run by an edit of it or of a line above (metadata such as LABEL excepted)\n"
        "  not by an edit of a line below\n"
        "  writes /app/run.sh\n"
        "  below line 2 (WORKDIR /app): its destination is relative,"
        " and line 2 sets the working directory\n"
        "  could stand anywhere from below line 2 to the end of the stage;"
        " line 2 keeps it from going higher\n"
        "  would stand below line 4 (RUN apt-get install -y curl)\n"
    )


def test_why_for_a_line_tells_what_stays_below_it(context: Context) -> None:
    result = result_of(context, "WORKDIR /app", "COPY run.sh ./")
    assert "  above line 3 (COPY run.sh ./): there its destination" in explain("D", result, 2)
    assert "above" not in explain("D", result).replace("instructions above it", "")


def test_why_for_a_line_inside_of_an_instruction(context: Context) -> None:
    result = result_of(context, "RUN mkdir \\", "  /x")
    assert explain("D", result, 3).startswith("D:2: RUN mkdir /x")
    assert explain("D", result, 1) == ""


# The diff.


@pytest.mark.parametrize("odd", ["\x0c", "\x1c", "\u2028", "\x85", "\r"])
def test_only_a_line_feed_ends_a_line_of_the_diff(context: Context, odd: str) -> None:
    result = result_of(
        context, f'LABEL a="b{odd}c"', "COPY *.sh /app/", "RUN apt-get install -y curl"
    )
    assert diff("D", result).split("\n")[4] == f' LABEL a="b{odd}c"'


def test_a_missing_final_line_feed_is_told_as_git_does(context: Context) -> None:
    text = b"FROM debian:12\nCOPY *.sh /app/\nRUN apt-get install -y curl"
    result = reorder(text, context=context)
    assert diff("D", result).splitlines()[4:] == [
        "-COPY *.sh /app/",
        "-RUN apt-get install -y curl",
        "\\ No newline at end of file",
        "+RUN apt-get install -y curl",
        "+COPY *.sh /app/",
        "\\ No newline at end of file",
    ]


# JSON.


def examples() -> Iterator[tuple[str, str]]:
    """Each Dockerfile of the page with the document that it shows."""
    page = (ROOT / "docs" / "json.md").read_text()
    found = re.findall(r"```dockerfile\n(.*?)```.*?```json\n(.*?)```", page, re.DOTALL)
    yield from found


@pytest.mark.parametrize(
    ("number", "words"), [(0, ["Dockerfile"]), (1, ["why", "why.Dockerfile"])], ids=["run", "why"]
)
def test_the_examples_of_the_page_are_what_comes_out(
    number: int,
    words: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    dockerfile, expected = list(examples())[number]
    monkeypatch.chdir(tmp_path)
    Path(words[-1]).write_text(dockerfile)
    Path("run.sh").write_text("")
    assert main([*words, "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads(expected)


def keys(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
    for inner in value.values() if isinstance(value, dict) else value:
        if isinstance(inner, dict | list):
            yield from keys(inner)


@pytest.mark.parametrize("command", [[], ["why"], ["replay"]])
def test_every_field_that_comes_out_is_on_the_page(
    command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    told = set(re.findall(r"`([a-z0-9_]+)`", (ROOT / "docs" / "json.md").read_text()))
    main([*command, "--format", "json", str(ROOT / "fixtures" / "model-download" / "Dockerfile")])
    assert set(keys(json.loads(capsys.readouterr().out))) <= told


def test_a_failed_file_has_the_fields_of_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("good").write_text("FROM scratch\n")
    assert main(["--format", "json", "good", "nix"]) == 2
    good, bad = json.loads(capsys.readouterr().out)["files"]
    assert list(good) == list(bad)
    assert bad["error"] == {
        "message": "nix: cannot be read: No such file or directory",
        "line": None,
        "status": 2,
    }


def test_bytes_that_are_no_text_become_replacement_characters(context: Context) -> None:
    text = b"FROM debian:12\nCOPY *.sh /app\xff/\nRUN apt-get install -y curl\n"
    done = Done("\udcff", reorder(text, context=context))
    told = json.loads(render([done]))["files"][0]
    assert told["path"] == "\ufffd"
    assert "/app\ufffd/" in told["diff"]
    json.dumps(told, ensure_ascii=False).encode()
