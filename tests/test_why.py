"""What re-runs an instruction, what does not, where it could stand, and the graph of it all."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reorder.cli import main
from reorder.context.files import Context
from reorder.context.history import Event, History
from reorder.cost import Changes, measured
from reorder.pipeline import reorder
from reorder.reports.arcs import lanes, rows, svg
from reorder.reports.causes import Room, causes, pinned, room, without_effect
from reorder.reports.graph import Drawing, Link, Node, dot, drawing, mermaid
from reorder.reports.why import explain, told
from reorder.result import Result

ROOT = Path(__file__).parent.parent
CASE = str(ROOT / "fixtures" / "model-download" / "Dockerfile")


@pytest.fixture
def context(tmp_path: Path) -> Context:
    for name in ("src/main.py", "docs/a.md", "requirements.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    return Context.open(tmp_path)


def commits(context: Context, *groups: tuple[int, str]) -> Changes:
    """So many commits that touch a file, the newest first."""
    events = [Event(frozenset([name]), 1.0, f"c{n}") for many, name in groups for n in range(many)]
    changes = measured(History(tuple(events)), context)
    assert changes is not None
    return changes


def result_of(
    *lines: str, context: Context | None = None, changes: Changes | None = None
) -> Result:
    text = "".join(f"{line}\n" for line in ("FROM debian:12", *lines))
    return reorder(text.encode(), context=context, changes=changes)


def reasons(result: Result, at: int, *, not_by: bool = False, stage: int = -1) -> list[str]:
    find = without_effect if not_by else causes
    events = len(result.changes.events)
    return [told(cause, events) for cause in find(result.plans[stage], at, result.changes)]


EDIT = "an edit of it or of a line above (metadata such as LABEL excepted)"
IMAGE = "a new image debian:12 (line 1)"
CAUSES: dict[str, tuple[tuple[str, ...], list[str]]] = {
    "a setting has none": (("RUN x", "CMD x"), []),
    "the first one": (("RUN x",), [IMAGE, "an edit of it"]),
    "files": (
        ("COPY src /app", "RUN x"),
        ["a change of src (line 2): 93 % of rebuilds", IMAGE, EDIT],
    ),
    "the most frequent first": (
        ("COPY go.mod /app/", "COPY src /app", "RUN x"),
        [
            "a change of src (line 3): 93 % of rebuilds",
            "a change of go.mod (line 2): 13 % of rebuilds",
            *(IMAGE, EDIT),
        ],
    ),
    "a value": (("ARG MODEL", "RUN x"), ["a new value of ARG MODEL (line 2)", IMAGE, EDIT]),
    "a value that is new with every build": (
        ("ARG GIT_SHA", "RUN x"),
        ["a new value of ARG GIT_SHA (line 2): 93 % of rebuilds", IMAGE, EDIT],
    ),
    "no value that a COPY does not name": (
        ("ARG MODEL", "COPY --from=other:1 /x /x"),
        [IMAGE, EDIT],
    ),
    "a value that a COPY names": (
        ("ARG MODEL", "COPY --from=other:1 /x /$MODEL"),
        ["a new value of ARG MODEL (line 2)", IMAGE, EDIT],
    ),
    "an image that is pinned is never new": (
        ("RUN x", "FROM debian:12@sha256:0123", "RUN y"),
        ["an edit of it"],
    ),
    "another stage below": (
        ("FROM debian:12 AS b", "COPY src /app", "FROM b", "RUN x"),
        ["a change of the stage b below it (line 4)", "an edit of it"],
    ),
    "files of another stage": (
        ("COPY src /app", "FROM scratch", "COPY --from=0 /app /app"),
        [
            "a change of what it takes from the stage 0 (line 4): 93 % of rebuilds",
            "an edit of it",
        ],
    ),
}


@pytest.mark.parametrize(("lines", "expected"), CAUSES.values(), ids=CAUSES)
def test_what_re_runs_the_last_instruction(lines: tuple[str, ...], expected: list[str]) -> None:
    result = result_of(*lines)
    assert reasons(result, len(result.plans[-1].stage.steps) - 1) == expected


def test_commits_are_counted_where_there_is_a_history(context: Context) -> None:
    changes = commits(context, (47, "src/main.py"), (3, "docs/a.md"))
    result = result_of("COPY src /app", "RUN x", context=context, changes=changes)
    assert reasons(result, 1)[0] == "a change of src (line 2): 47 of the last 50 commits"


def test_what_does_not_re_run_it() -> None:
    result = result_of("COPY go.mod /app/", "RUN x", "ARG MODEL", "COPY . /app", "RUN y")
    assert reasons(result, 1, not_by=True) == [
        "a new value of ARG MODEL (line 4)",
        "a change of . (line 5): 93 % of rebuilds",
    ]


ROOMS: dict[str, tuple[tuple[str, ...], int, Room | None]] = {
    "anywhere": (("ENV A=1", "EXPOSE 80"), 1, Room(None, None)),
    "below what it needs": (("WORKDIR /app", "ENV A=1", "COPY src ./"), 2, Room(2, None)),
    "above what needs it": (("WORKDIR /app", "ENV A=1", "COPY src ./"), 0, Room(None, 4)),
    "pinned": (("ENV A=1", "# reorder: keep", "EXPOSE 80"), 1, None),
    "between pins": (
        ("# reorder: keep", "LABEL a=b", "EXPOSE 80", "# reorder: keep", "LABEL c=d"),
        1,
        Room(3, 6),
    ),
}


@pytest.mark.parametrize(("lines", "at", "expected"), ROOMS.values(), ids=ROOMS)
def test_where_it_could_stand(lines: tuple[str, ...], at: int, expected: Room | None) -> None:
    result = result_of(*lines)
    assert room(result.plans[0], at, pinned(result)) == expected


SENTENCES = {
    "a setting that RUNs see": (
        ("ENV A=1", "RUN x"),
        2,
        "  is a setting: nothing of it runs; an edit of it re-runs each RUN below it,"
        " from line 3 on\n",
    ),
    "a setting that none sees": (
        ("LABEL a=b", "RUN x"),
        2,
        "  is a setting: nothing of it runs, and an edit of it re-runs nothing\n",
    ),
    "a pin": (
        ("# reorder: keep", "EXPOSE 80"),
        3,
        "  stays where it is: a comment `# reorder:` pins it\n",
    ),
    "room": (("EXPOSE 80",), 2, "  could stand anywhere in the stage\n"),
}


@pytest.mark.parametrize(("lines", "line", "expected"), SENTENCES.values(), ids=SENTENCES)
def test_sentences_of_one_line(lines: tuple[str, ...], line: int, expected: str) -> None:
    assert expected in explain("D", result_of(*lines), line)


# The graph.

STAGES = ("COPY src /app", "RUN x", "FROM alpine", "WORKDIR /a", "COPY --from=0 /app ./", "RUN y")


def links(graph: Drawing) -> list[tuple[int, int]]:
    return [(link.above, link.below) for link in graph.links]


def test_the_graph_has_all_instructions_and_joins_the_stages() -> None:
    graph = drawing(result_of(*STAGES))
    assert [node.line for node in graph.nodes] == [1, 2, 3, 4, 5, 6, 7]
    assert links(graph) == [(2, 3), (5, 6), (6, 7), (1, 6)]


def test_the_graph_around_a_line_has_what_it_needs_and_what_needs_it() -> None:
    graph = drawing(result_of(*STAGES)).around(6)
    assert [node.line for node in graph.nodes] == [1, 5, 6, 7]
    assert links(graph) == [(5, 6), (6, 7), (1, 6)]


def test_around_a_line_without_an_instruction_is_nothing() -> None:
    assert drawing(result_of("RUN x")).around(9) == Drawing((), ())


HOSTILE = 'RUN echo "a\\nb" </text><script>alert(1)</script> ]] end \x1b[31m \udcff'


def hostile() -> Drawing:
    text = HOSTILE.encode("utf-8", "surrogateescape")
    return drawing(reorder(b"FROM debian:12\nRUN x\n" + text + b"\n"))


def test_quotes_and_backslashes_stay_inside_of_a_string_of_graphviz() -> None:
    for line in dot(hostile()).splitlines():
        outside = re.sub(r'"(?:[^"\\]|\\.)*"', "", line)
        assert re.fullmatch(r"[\w {}\[\]=,;>.-]*", outside), line


def test_special_characters_are_numbers_for_mermaid() -> None:
    body = mermaid(hostile()).splitlines()[1:]
    for line in body:
        assert re.fullmatch(r'[\w ]*(\["[\w\s#;:.,/=\ufffd-]*"\])?|  n\d+ --> n\d+', line), line


def test_the_svg_is_xml_without_scripts_and_has_all_labels_and_links() -> None:
    graph = hostile()
    root = ElementTree.fromstring(svg(graph))
    names = [element.tag.rpartition("}")[2] for element in root.iter()]
    assert set(names) <= {"svg", "style", "rect", "text", "title", "path"}
    assert names.count("text") == len(graph.nodes)
    assert names.count("path") == len(graph.links)


def test_the_svg_of_nothing_is_xml() -> None:
    assert ElementTree.fromstring(svg(Drawing((), ()))).tag.endswith("svg")


@settings(max_examples=200)
@given(st.sets(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=25))
def test_lines_that_run_side_by_side_have_lanes_of_their_own(pairs: set[tuple[int, int]]) -> None:
    nodes = tuple(Node(n, n, "RUN x", 0, 0.0, "") for n in range(12))
    graph = Drawing(nodes, tuple(Link(a, b, "") for a, b in sorted(pairs) if a < b))
    lane, row = lanes(graph), rows(graph)
    end = {a: max(row[b] for x, b in links(graph) if x == a) for a in lane}
    clashes = [
        (a, b)
        for a in lane
        for b in lane
        if a < b and lane[a] == lane[b] and row[b] <= end[a] and row[a] <= end[b]
    ]
    assert clashes == []


# The command.


@pytest.mark.parametrize(
    ("form", "begin"), [("dot", "digraph"), ("mermaid", "flowchart TD\n"), ("svg", "<svg ")]
)
def test_the_command_draws(form: str, begin: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["why", "--graph", form, CASE]) == 0
    whole = capsys.readouterr().out
    assert main(["why", "--graph", form, f"{CASE}:7"]) == 0
    around = capsys.readouterr().out
    assert whole.startswith(begin)
    assert around.startswith(begin)
    assert len(around) < len(whole)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--graph", "png", CASE], "'png' is not one of 'dot', 'mermaid', 'svg'"),
        (["--graph", "dot", "--format", "json", CASE], "--graph and --format exclude each other"),
        (["--graph", "dot", f"{CASE}:99"], "no instruction stands there"),
    ],
)
def test_bad_usage_is_status_2(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["why", *words]) == 2
    assert message in capsys.readouterr().err


MODULE = {"go.mod": "module shop\n", "go.sum": "", "main.go": "package main\n"}
AHEAD: dict[str, tuple[str, dict[str, str], bool]] = {
    "a build below the code": ("COPY . .\nRUN go build .", {}, True),
    "a build that may do anything": ("COPY . .\nRUN go test ./...", {}, True),
    "the command stands above": (
        "COPY go.mod go.sum ./\nRUN go mod download\nCOPY . .\nRUN go build .",
        {},
        False,
    ),
    "in the same RUN": ("COPY . .\nRUN go mod download && go build .", {}, False),
    "what it needs lies in the context": (
        "COPY . .\nRUN go build .",
        {"vendor/modules.txt": ""},
        False,
    ),
    "its folder is the builder's": (
        "COPY . .\nRUN --mount=type=cache,target=/go/pkg/mod go build .",
        {},
        False,
    ),
    "only files are named": ("COPY go.mod go.sum main.go ./\nRUN go build .", {}, False),
}


@pytest.mark.parametrize("name", AHEAD)
def test_a_build_that_the_code_holds_names_the_command_that_could_stand_above(
    name: str, tmp_path: Path
) -> None:
    text, more, expected = AHEAD[name]
    for path, content in {**MODULE, **more}.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(content)
    dockerfile = f"FROM golang:1.22\nWORKDIR /src\n{text}\n".encode()
    result = reorder(dockerfile, context=Context.open(tmp_path))
    advice = "a part of it could stay cached: `RUN go mod download` above line 3 (COPY . .)"
    assert expected == (advice in explain("Dockerfile", result))
