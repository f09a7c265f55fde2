"""Build logs -> steps -> the seconds of instructions; and what is kept of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reorder.config import Config
from reorder.effects.instruction import analyse
from reorder.effects.model import builtin
from reorder.pipeline import reorder
from reorder.reports.words import source_of_seconds
from reorder.syntax.dockerfile import parse
from reorder.timings import LogError
from reorder.timings.kept import remembered, save
from reorder.timings.log import read_log, read_logs, steps
from reorder.timings.match import Matched, Measured, matched
from reorder.timings.timed import Timed

PLAIN = """\
#1 [internal] load build definition from Dockerfile
#1 DONE 0.0s
#4 [build 1/4] FROM docker.io/library/golang:1.22
#4 DONE 9.0s
#5 [build 2/4] WORKDIR /src
#5 CACHED
#6 [build  3/4] RUN make all
#6 0.211 #7 [x 1/2] RUN no
#6 DONE 12.3s
#7 [stage-1 2/3] COPY --from=build /out /out
#6 [build  3/4] RUN make all
#7 DONE 0.4s
#8 [build 4/4] RUN false
#8 ERROR: exit code: 1
"""
STEPS = [("WORKDIR /src", "build", 2, None), ("RUN make all", "build", 3, 12.3)]
STEPS += [("COPY --from=build /out /out", "stage-1", 2, 0.4)]


def vertex(digest: str, name: str, end: str = "", **fields: object) -> str:
    times = {"started": "2024-01-31T10:00:00.000000000Z", "completed": end} if end else {}
    return json.dumps({"vertexes": [{"digest": digest, "name": name, **times, **fields}]})


END = "2024-01-31T10:00:12.250000001Z"
RAW = "\n".join(
    [
        vertex("a", "[build 1/3] FROM x", END),
        vertex("b", "[build 2/3] RUN make all"),
        vertex("b", "[build 2/3] RUN make all", END),
        json.dumps({"logs": [{"vertex": "b", "data": "aGk="}]}),
        vertex("c", "[build 3/3] WORKDIR /src", END, cached=True),
        vertex("d", "[2/2] RUN false", END, error="exit code 1"),
        '{"vertexes": [{"dig',
    ]
)
RAW_STEPS = [("RUN make all", "build", 2, 12.25), ("WORKDIR /src", "build", 3, None)]
# As buildx 0.13 writes them: a vertex stands there before it begins, and when it has begun; what
# goes wrong stands between, as text.
INDENTED = """\
#0 building with "default" instance using docker driver
{
  "vertexes": [
    {
      "digest": "b",
      "name": "[build 2/3] RUN make all"
    },
    {
      "digest": "c",
      "inputs": [
        "b"
      ],
      "name": "[build 3/3] WORKDIR /src"
    }
  ]
}
{
  "vertexes": [
    {
      "digest": "b",
      "name": "[build 2/3] RUN make all",
      "started": "2024-01-31T10:00:00.563573302Z"
    },
    {
      "digest": "c",
      "name": "[build 3/3] WORKDIR /src",
      "started": "2024-01-31T10:00:00.5Z",
      "completed": "2024-01-31T10:00:00.5Z",
      "cached": true
    }
  ],
  "logs": [{"vertex": "b", "data": "aGk="}]
}
{
  "vertexes": [
    {
      "digest": "b",
      "name": "[build 2/3] RUN make all",
      "started": "2024-01-31T10:00:00.563573302Z",
      "completed": "2024-01-31T10:00:12.813573302Z"
    }
  ]
}
ERROR: failed to push
{ echo of a program }"""
TIMES = [f"2024-01-31T10:00:{n:02}.0000000Z " for n in range(60)]


def timed(text: str, times: list[str] = TIMES) -> str:
    return "\n".join(f"{times[n]}{line}" for n, line in enumerate(text.splitlines()))


PODMAN = """\
[1/2] STEP 1/3: FROM golang AS build
[1/2] STEP 2/3: WORKDIR /src
--> Using cache 0123456789ab
--> 0123456789ab
[1/2] STEP 3/3: RUN make all
output
--> abcdef012345
[2/2] STEP 1/2: FROM debian
[2/2] STEP 2/2: COPY --from=build /out /out
[2/2] COMMIT shop
"""
PODMAN_STEPS = [
    ("WORKDIR /src", "stage-0", 2, None),
    ("RUN make all", "stage-0", 3, 2.0),
    ("COPY --from=build /out /out", "stage-1", 2, 1.0),
]
OLDER = """\
Step 1/3 : FROM debian
 ---> 0123456789ab
Step 2/3 : RUN make all
 ---> Running in 0123456789ab
 ---> 0123456789ab
Step 3/3 : CMD x
Successfully built 0123456789ab
"""


def told(text: str) -> list[tuple[str, str, int, float | None]]:
    return [(s.text, s.stage, s.at, s.seconds) for s in steps(text.encode(), "log")]


NO_LOGS = {
    "nothing": ("", "log: no step of a build stands in it: give the output of"),
    "another file": ("FROM x\nRUN y\n", "log: no step of a build stands in it"),
    "a terminal": (" => [2/3] RUN make a…  12.3s\n", "cuts the steps short: build with"),
    "a program": ("\x7fELF\0\0", "log: is neither text nor a build record: give the output of"),
    "no times": (PODMAN, "log:5: the step has no seconds: this engine prints none"),
    "no status": (
        f'{{"vertexes": 3}}\n{vertex("b", "[2/2] RUN x", END)}',
        "log:1: is no status of a build",
    ),
    "no status in rows": (
        f'{INDENTED}\n{{\n  "vertexes": [\n}}\n',
        "log:46: is no status of a build",
    ),
}


@pytest.mark.parametrize(("text", "message"), NO_LOGS.values(), ids=NO_LOGS)
def test_what_is_no_log_is_refused_with_a_remedy(text: str, message: str) -> None:
    with pytest.raises(LogError) as error:
        steps(text.encode(), "log")
    assert message in str(error.value)


def test_a_log_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LogError, match="the log cannot be read: No such file"):
        read_log(tmp_path / "none.log")


LOGS = {
    "plain": (PLAIN, STEPS),
    "plain with the line ends of Windows": (PLAIN.replace("\n", "\r\n"), STEPS),
    "plain in colour": (PLAIN.replace("#6 DONE 12.3s", "\x1b[34m#6 DONE 12.3s\x1b[0m"), STEPS),
    "plain from a service": ("\ufeff" + timed(PLAIN), STEPS),
    "plain from a client of the service": (
        "\n".join(f"build\tBuild the image\t{line}" for line in timed(PLAIN).splitlines()),
        STEPS,
    ),
    "plain with marks of the stream": (
        "\n".join(f"2024-01-31T10:00:00.000000Z 01O {line}" for line in PLAIN.splitlines()),
        STEPS,
    ),
    "plain of several platforms": (
        "#1 [linux/amd64 build 2/3] RUN make\n#1 DONE 1.0s\n"
        "#2 [linux/amd64->arm64 build 2/3] RUN make\n#2 DONE 9.0s\n#3 [linux/arm64 2/2] ADD a b\n"
        "#3 DONE 1.5s\n",
        [
            ("RUN make", "build", 2, 1.0),
            ("RUN make", "build", 2, 9.0),
            ("ADD a b", "linux/arm64", 2, 1.5),
        ],
    ),
    "plain that is waited for twice": (
        "#1 [2/2] RUN make\n#1 DONE 1.0s\n#1 [2/2] RUN make\n#1 DONE 3.0s\n",
        [("RUN make", "", 2, 3.0)],
    ),
    "raw": (RAW, RAW_STEPS),
    "raw of an older version": (
        f'{{"Vertexes": [{{"Digest": "a", "Name": "[2/2] RUN x",'
        f' "Started": "{END}", "Completed": "{END}"}}]}}',
        [("RUN x", "", 2, 0.0)],
    ),
    "raw in rows": (INDENTED, RAW_STEPS),
    "raw in rows, cut": (f'{INDENTED}\n{{\n  "vertexes": [\n    {{', RAW_STEPS),
    "raw in rows from a service": (timed(INDENTED), RAW_STEPS),
    "podman from a service": (timed(PODMAN), PODMAN_STEPS),
    "the older builder": (timed(OLDER), [("RUN make all", "stage-0", 2, 2.0)]),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), LOGS.values(), ids=LOGS)
def test_the_steps_of_a_log(text: str, expected: list[tuple[str, str, int, float | None]]) -> None:
    assert [(t, s, a, x if x is None else round(x, 3)) for t, s, a, x in told(text)] == expected


def test_a_log_of_powershell_is_read() -> None:
    data = PLAIN.encode("utf-16")
    assert [(s.text, s.stage, s.at, s.seconds) for s in steps(data, "log")] == STEPS


PIECES = st.sampled_from(
    (
        *(
            "#1 ",
            "#2 ",
            "[",
            "2/3",
            "] ",
            "RUN x",
            "DONE 1.5s",
            "CACHED",
            "\n",
            "STEP 2/3: ADD a b",
        ),
        *("--> Using cache", "COMMIT", "2024-01-31T10:00:01Z ", '{"vertexes": [', '{"digest": 1}'),
        *('"name": "a"', "]}", "\x1b[0m", "\t", "2024-99-99T99:99:99Z ", "é", "FROM y"),
    )
)


@given(st.lists(PIECES).map("".join))
def test_any_text_has_steps_or_a_remedy(text: str) -> None:
    try:
        found = steps(text.encode(), "log")
    except LogError as error:
        assert str(error).startswith("log:")
    else:
        assert all(s.seconds is None or s.seconds >= 0 for s in found)


def test_builds_after_one_another_are_told_apart(tmp_path: Path) -> None:
    log = tmp_path / "log"
    one = "#1 [internal] load\n#2 [2/2] RUN a\n#2 DONE 1.0s\n"
    log.write_text(one + one.replace("#2", "#3").replace("RUN a", "RUN b").replace("#1", "#2"))
    assert [(s.text, s.build) for s in read_logs([log, log])] == [
        *(("RUN a", 0), ("RUN b", 1)),
        *(("RUN a", 2), ("RUN b", 3)),
    ]


def match(text: str, *found: tuple[str, str, int, float | None]) -> Matched:
    stages = analyse(parse(text.encode()), context=None, models=builtin()).stages
    return matched([Timed(*fields) for fields in found], stages)


def lines(text: str, *found: tuple[str, str, int, float | None]) -> dict[str, list[float | None]]:
    """`1 RUN make` -> its seconds, in order."""
    timings = match(text, *found).timings
    return {
        f"{stage} {spelled}": list(some)
        for (stage, spelled), some in timings.items()
        if any(s is not None for s in some)
    }


TWO = "FROM a AS build\nRUN make\nFROM a\nRUN make\nRUN make\n"
MATCHES = {
    "the file has changed": (
        "FROM a\nRUN new\nRUN make\n", [("RUN make", "", 2, 3.0)], {"0 RUN make": [3.0]},
    ),
    "a name of a stage": (TWO, [("RUN make", "build", 2, 3.0)], {"0 RUN make": [3.0]}),
    "a number of a stage": (TWO, [("RUN make", "stage-1", 2, 3.0)], {"1 RUN make": [3.0, None]}),
    "the order in a stage": (
        TWO,
        [("RUN make", "stage-1", 3, 5.0), ("RUN make", "stage-1", 2, 3.0)],
        {"1 RUN make": [3.0, 5.0]},
    ),
    "a stage with a new name": (
        "FROM a AS deps\nRUN make\n", [("RUN make", "build", 2, 3.0)], {"0 RUN make": [3.0]},
    ),
    "two platforms": (
        "FROM a\nRUN make\n",
        [("RUN make", "", 2, 3.0), ("RUN make", "", 2, 5.0)],
        {"0 RUN make": [4.0]},
    ),
    "a cached step": ("FROM a\nRUN make\n", [("RUN make", "", 2, None)], {}),
    "blanks and continuations": (
        "FROM a\nRUN make \\\n    all\n", [("RUN make     all", "", 2, 3.0)],
        {"0 RUN make     all": [3.0]},
    ),
    "escapes": (
        'FROM a\nRUN echo "a\\tb" \\$X\n', [('RUN echo "a\\tb" $X', "", 2, 3.0)],
        {'0 RUN echo "a\\tb" \\$X': [3.0]},
    ),
    "a value that is known": (
        "FROM a\nARG V=1\nRUN make V=$V\nRUN make V=2\n",
        [("RUN make V=1", "", 2, 3.0), ("RUN make V=2", "", 3, 4.0)],
        {"0 RUN make V=$V": [3.0], "0 RUN make V=2": [4.0]},
    ),
    "a value that is not known": (
        "FROM a\nARG V\nRUN make V=${V:-x}\n", [("RUN make V=7", "", 2, 3.0)],
        {"0 RUN make V=${V:-x}": [3.0]},
    ),
    "a variable of the shell": (
        "FROM a\nRUN for i in 1 2; do $i; done\n",
        [("RUN for i in 1 2; do $i; done", "", 2, 3.0)],
        {"0 RUN for i in 1 2; do $i; done": [3.0]},
    ),
    "two that an unknown value may stand for": (
        "FROM a\nARG V\nRUN make $V\nRUN make -s $V\n", [("RUN make -s 7", "", 2, 3.0)], {},
    ),
    "a here-document": (
        "FROM a\nRUN <<EOF\nmake\nmake check\nEOF\n", [("RUN <<EOF (make...)", "", 2, 3.0)],
        {"0 RUN <<EOF\nmake\nmake check\n": [3.0]},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "found", "expected"), MATCHES.values(), ids=MATCHES)
def test_steps_find_their_instructions(
    text: str,
    found: list[tuple[str, str, int, float | None]],
    expected: dict[str, list[float | None]],
) -> None:
    assert lines(text, *found) == expected


def test_steps_that_match_nothing_are_counted() -> None:
    found = match("FROM a\nRUN make\n", ("RUN old", "", 2, 1.0), ("RUN make", "", 3, 2.0))
    assert found.unmatched == ("RUN old",)


def test_what_is_remembered_of_an_instruction_that_is_gone_is_not_counted() -> None:
    stages = analyse(parse(b"FROM a\nRUN make\n"), context=None, models=builtin()).stages
    found = matched([Timed("RUN gone", "stage-0", 0, 1.0, 0, True)], stages)
    assert (found.unmatched, found.measured) == ((), ())


def test_a_log_counts_more_than_what_is_remembered() -> None:
    stages = analyse(parse(b"FROM a\nRUN make\nRUN b\n"), context=None, models=builtin()).stages
    kept = [Timed("RUN make", "stage-0", 0, 90.0, 0, True), Timed("RUN b", "", 1, 7.0, 0, True)]
    found = matched([*kept, Timed("RUN make", "", 2, 3.0)], stages)
    assert found.timings == {(0, "RUN make"): (3.0,), (0, "RUN b"): (7.0,)}
    assert [m.seconds for m in found.measured] == [(90.0, 3.0), (7.0,)]


SOURCES = {
    "nothing": ([], "estimated"),
    "a part": ([Timed("RUN make", "", 2, 3.0)], "1 of 2 measured"),
    "all": ([Timed("RUN make", "", 2, 3.0), Timed("COPY . /a", "", 3, 0.0)], "measured"),
}


@pytest.mark.parametrize(("found", "expected"), SOURCES.values(), ids=SOURCES)
def test_the_summary_says_where_seconds_come_from(found: list[Timed], expected: str) -> None:
    result = reorder(b"FROM a\nRUN make\nCOPY . /a\n", config=Config(timings=tuple(found)))
    assert source_of_seconds(result) == expected


def test_measured_seconds_decide_the_order() -> None:
    """A copy that takes long is worth more than a short RUN."""
    text = b"FROM debian:12\nCOPY *.sh /app/\nRUN apt-get update && apt-get install -y curl\n"
    quick = Timed("RUN apt-get update && apt-get install -y curl", "", 3, 0.1)
    assert reorder(text).changed
    assert not reorder(text, config=Config(timings=(quick,))).changed


def test_what_is_kept_is_remembered_and_bounded(tmp_path: Path) -> None:
    store, file = tmp_path / ".reorder-timings.json", tmp_path / "a" / "Dockerfile"
    file.parent.mkdir()
    file.write_text("FROM a\n")
    save(store, tmp_path / "gone", [])
    save(store, file, [Measured("build", 1, "RUN make", tuple(map(float, range(9))))])
    assert [(s.text, s.stage, s.at, s.seconds) for s in remembered(store, file)] == [
        ("RUN make", "build", 1, float(n)) for n in range(4, 9)
    ]
    assert list(json.loads(store.read_text())["files"]) == ["a/Dockerfile"]
    assert sorted(path.name for path in tmp_path.iterdir()) == [".reorder-timings.json", "a"]


BROKEN = {
    "no JSON": "{",
    "another version": '{"version": 2, "files": {}}',
    "no files": '{"version": 1}',
    "no text": '{"version": 1, "files": {"D": [{"stage": "", "at": 1, "text": 1, "seconds": []}]}}',
    "no seconds": (
        '{"version": 1, "files": {"D": [{"stage": "", "at": 1, "text": "", "seconds": [NaN]}]}}'
    ),
}  # fmt: skip


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_a_broken_file_is_refused_and_left_as_it_is(text: str, tmp_path: Path) -> None:
    store = tmp_path / ".reorder-timings.json"
    store.write_text(text)
    with pytest.raises(LogError, match="the remembered seconds cannot be read"):
        remembered(store, tmp_path / "D")
    with pytest.raises(LogError, match="the remembered seconds cannot be read"):
        save(store, tmp_path / "D", [])
    assert store.read_text() == text
