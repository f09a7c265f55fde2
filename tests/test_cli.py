"""The command as a user meets it: paths, standard input, options and exit statuses."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import reorder
import reorder.check
from reorder.check import Refusal
from reorder.cli import main

MOVES = b"""\
FROM debian:12
COPY *.sh /app/
RUN apt-get update && apt-get install -y curl
CMD ["/app/run.sh"]
"""
MOVED = b"""\
FROM debian:12
RUN apt-get update && apt-get install -y curl
COPY *.sh /app/
CMD ["/app/run.sh"]
"""
BROKEN = b"FROM debian:12\nTYPO x\n"
OPAQUE = b"FROM debian:12\nCOPY *.sh /app/\nRUN frobnicate --all\n"

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A build context, and the folder in which the command runs."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()  # no settings are looked for above
    (tmp_path / "run.sh").write_text("#!/bin/sh\n")
    return tmp_path


def put(name: str, data: bytes = MOVES) -> Path:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def feed(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


# Refusals first.


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--frob"], "No such option: --frob"),
        (["--wri", "Dockerfile"], "No such option: --wri"),
        (["--write", "--check"], "--write and --check exclude each other: use one of them"),
        (["-q", "-v"], "--quiet and --verbose exclude each other: use one of them"),
        (["--build-arg", "X"], "'X': write it as NAME=VALUE"),
        (["--min-gain", "-1"], "-1.0 is not in the range x>=0.0"),
        (["--min-gain", "nan"], "nan: give seconds, 0 or more"),
        (["--format", "yaml"], "'yaml' is not one of 'text', 'json'"),
        (["why"], "Missing argument"),
    ],
)
def test_bad_usage_is_status_2_with_a_remedy(
    words: list[str], message: str, capsys: Capture
) -> None:
    assert main(words) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nix"], "reorder: nix: cannot be read: No such file or directory\n"),
        (["-", "Dockerfile"], "`-` stands alone and without --write: the text goes to the output"),
        (["-", "--write"], "`-` stands alone and without --write: the text goes to the output"),
        (["--context", "nix"], "--context nix: no such folder: give the folder that is built"),
        (["broken"], "reorder: broken:2: `TYPO` is no instruction"),
        (["why", "nix"], "reorder: nix: cannot be read: No such file or directory\n"),
        (["why", "broken"], "reorder: broken:2: `TYPO` is no instruction"),
        (["why", "Dockerfile:1"], "Dockerfile:1: no instruction stands there"),
        (["why", "Dockerfile:99"], "Dockerfile:99: no instruction stands there"),
        (["why", "."], "reorder: .: cannot be read: Is a directory\n"),
    ],
)
def test_bad_input_is_status_2_and_says_what_to_do(
    words: list[str], message: str, capsys: Capture
) -> None:
    put("Dockerfile")
    put("broken", BROKEN)
    assert main(words) == 2
    told = capsys.readouterr()
    assert message in told.err
    assert told.out == ""


def test_an_unparsable_file_keeps_its_bytes_and_the_others_run(capsys: Capture) -> None:
    put("a.Dockerfile", BROKEN)
    put("b.Dockerfile")
    assert main(["--write", "nix", "a.Dockerfile", "b.Dockerfile"]) == 2
    assert Path("a.Dockerfile").read_bytes() == BROKEN
    assert Path("b.Dockerfile").read_bytes() == MOVED
    assert "3 files, 1 cheaper, 2 failed: a code change now rebuilds in " in capsys.readouterr().err


def test_a_result_that_the_check_refuses_is_status_3_and_not_written(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    refusal = Refusal(2, "two lines changed places", "nobody knows why")
    monkeypatch.setattr(reorder.check, "check", lambda *_, **__: (refusal,))
    path = put("Dockerfile")
    assert main(["--write", "Dockerfile"]) == 3
    assert path.read_bytes() == MOVES
    assert capsys.readouterr().err == (
        "reorder: Dockerfile:2: the check refused our own result: two lines changed places: "
        "nobody knows why; nothing is written; this is a bug, please report it with the file\n"
    )


def test_a_refused_result_gives_standard_input_back(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    refusal = Refusal(2, "a", "b")
    monkeypatch.setattr(reorder.check, "check", lambda *_, **__: (refusal,))
    feed(monkeypatch, MOVES)
    assert main(["--stdin-filename", "Dockerfile", "-"]) == 3
    assert capsys.readouterr().out == MOVES.decode()


def test_a_file_that_cannot_be_written_is_status_2_and_stays(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    def deny(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.mkstemp", deny)
    path = put("Dockerfile")
    assert main(["--write"]) == 2
    assert path.read_bytes() == MOVES
    assert capsys.readouterr().err == (
        "reorder: Dockerfile: not written: Permission denied: the file is as it was\n"
    )


def test_a_malformed_ignore_file_is_said_and_the_context_not_used(capsys: Capture) -> None:
    put("Dockerfile")
    put(".dockerignore", b"[a\n")
    assert main(["Dockerfile"]) == 0
    told = capsys.readouterr()
    assert "reorder: Dockerfile: the build context is not looked at: " in told.err


def test_sources_in_no_folder_are_said_when_asked(capsys: Capture) -> None:
    put("Dockerfile", b"FROM debian:12\nCOPY nix /app/\n")
    main(["Dockerfile"])
    assert capsys.readouterr().err == ""
    main(["-v", "Dockerfile"])
    told = capsys.readouterr().err
    assert "`nix` is not in " in told
    assert "name the folder that is built with --context" in told


def test_a_bad_setting_is_status_2_for_its_files_only(tmp_path: Path, capsys: Capture) -> None:
    put("a/Dockerfile")
    put("a/run.sh")
    put("a/reorder.toml", b"frob = 1\n")
    put("b/Dockerfile")
    put("b/run.sh")
    assert main(["--write"]) == 2
    assert Path("a/Dockerfile").read_bytes() == MOVES
    assert Path("b/Dockerfile").read_bytes() == MOVED
    assert "a/reorder.toml: unknown setting `frob`: use one of" in capsys.readouterr().err


# What it does.


def test_without_options_it_shows_and_writes_nothing(capsys: Capture) -> None:
    path = put("Dockerfile")
    assert main([]) == 0
    assert path.read_bytes() == MOVES
    told = capsys.readouterr()
    assert told.out.startswith("Dockerfile: a rebuild takes 0.5 s instead of 34 s on average;")
    assert "\n+RUN apt-get update" in told.out
    assert told.err == ""


def test_a_file_in_good_order_says_nothing(capsys: Capture) -> None:
    put("Dockerfile", MOVED)
    assert main(["Dockerfile"]) == 0
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(("data", "status"), [(MOVES, 1), (MOVED, 0)])
def test_check_is_status_1_when_a_file_would_change(data: bytes, status: int) -> None:
    path = put("Dockerfile", data)
    assert main(["--check", "Dockerfile"]) == status
    assert path.read_bytes() == data


@pytest.mark.parametrize(
    ("words", "summary", "diff"),
    [
        (["--check"], True, False),
        (["--check", "--diff"], True, True),
        (["--write"], True, False),
        (["--write", "--diff"], True, True),
        (["--diff"], True, True),
        (["--quiet"], False, False),
        (["--quiet", "--diff"], False, True),
    ],
)
def test_what_is_shown(words: list[str], summary: bool, diff: bool, capsys: Capture) -> None:
    put("Dockerfile")
    main([*words, "Dockerfile"])
    out = capsys.readouterr().out
    assert ("a rebuild takes" in out, "+++ b/Dockerfile" in out) == (summary, diff)


def test_write_twice_writes_once() -> None:
    path = put("Dockerfile")
    assert main(["--write", "Dockerfile"]) == 0
    assert path.read_bytes() == MOVED
    os.utime(path, ns=(1, 1))
    assert main(["--write", "Dockerfile"]) == 0
    assert path.stat().st_mtime_ns == 1


def test_write_keeps_line_ends_and_bytes_that_are_no_utf8() -> None:
    comment = b"# caf\xe9\r\n"
    path = put("Dockerfile", comment + MOVES.replace(b"\n", b"\r\n"))
    assert main(["--write", "Dockerfile"]) == 0
    assert path.read_bytes() == comment + MOVED.replace(b"\n", b"\r\n")


def test_the_diff_of_bytes_that_are_no_utf8_has_the_same_bytes(
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    put("Dockerfile", MOVES.replace(b"COPY *.sh /app/", b"COPY *.sh /app/\xe9/"))
    main(["--diff", "Dockerfile"])
    assert b"\n COPY *.sh /app/\xe9/\n" in capfdbinary.readouterr().out


@pytest.mark.parametrize("name", ["with blank.Dockerfile", 'qu"ote.Dockerfile', "a\nb.Dockerfile"])
def test_git_applies_the_diff_of_an_odd_name(name: str, capsys: Capture) -> None:
    path = put(name)
    main(["--quiet", "--diff", name])
    patch = capsys.readouterr().out.encode()
    Path(".git").rmdir()
    subprocess.run(["git", "apply"], input=patch, check=True)
    assert path.read_bytes() == MOVED


def test_a_line_break_in_a_name_does_not_break_the_message(capsys: Capture) -> None:
    assert main(["a\nb"]) == 2
    assert capsys.readouterr().err == "reorder: a\\nb: cannot be read: No such file or directory\n"


def test_several_files_get_a_total(capsys: Capture) -> None:
    put("a/Dockerfile")
    put("a/run.sh")
    put("b/Dockerfile", MOVED)
    put("b/run.sh")
    assert main(["--check"]) == 1
    assert capsys.readouterr().err == (
        "2 files, 1 can be cheaper: a code change would rebuild in 0.5 s instead of 37 s\n"
    )


def test_a_folder_without_a_dockerfile_says_so(capsys: Capture) -> None:
    Path("empty").mkdir()
    assert main(["empty"]) == 0
    assert capsys.readouterr().err == "reorder: empty: no Dockerfile below: name the file itself\n"


def test_verbose_says_why_a_file_stays(capsys: Capture) -> None:
    put("Dockerfile", OPAQUE)
    assert main(["-v", "Dockerfile"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("Dockerfile: stays as it is: nothing to win: a rebuild takes ")
    assert out.endswith(
        "  Dockerfile:3: RUN frobnicate --all  (2.1 s, estimated)\n"
        "    it may do anything: no model for `frobnicate`; add one: docs/tools.md\n"
    )


def test_verbose_says_of_each_layer_where_its_seconds_are_from(capsys: Capture) -> None:
    put("Dockerfile", b"FROM debian:12\nLABEL a=b\nRUN make\nRUN apt-get install -y curl\n")
    put("build.log", b"#1 [2/3] RUN make\n#1 DONE 125.0s\n")
    assert main(["-v", "--timings", "build.log", "Dockerfile"]) == 0
    out = capsys.readouterr().out
    assert [line for line in out.splitlines() if line.startswith("  Dockerfile")] == [
        "  Dockerfile:3: RUN make  (2.1 min, measured)",
        "  Dockerfile:4: RUN apt-get install -y curl  (33 s, estimated)",
    ]


def test_min_gain_keeps_a_file(capsys: Capture) -> None:
    put("Dockerfile")
    assert main(["--check", "--min-gain", "60", "Dockerfile"]) == 0


def test_the_context_option_names_the_folder_that_is_built() -> None:
    put("docker/Dockerfile")
    put("code/run.sh")
    Path("run.sh").unlink()
    assert main(["--check", "docker/Dockerfile", "--context", "code"]) == 1


def test_the_context_is_found_above_the_dockerfile() -> None:
    put("docker/Dockerfile")
    assert main(["--check", "docker/Dockerfile"]) == 1


# Standard input.


@pytest.mark.parametrize(
    ("words", "data", "status", "out"),
    [
        ([], MOVES, 0, MOVED),
        ([], MOVED, 0, MOVED),
        ([], BROKEN, 2, BROKEN),
        ([], b"", 2, b""),
        (["--quiet"], MOVES, 0, MOVED),
        (["--check", "--quiet"], MOVES, 1, b""),
        (["--check", "--quiet"], MOVED, 0, b""),
        (["--check"], MOVED, 0, b""),
        (["--diff"], MOVED, 0, b""),
    ],
)
def test_standard_input(
    words: list[str],
    data: bytes,
    status: int,
    out: bytes,
    monkeypatch: pytest.MonkeyPatch,
    capsysbinary: pytest.CaptureFixture[bytes],
) -> None:
    feed(monkeypatch, data)
    assert main([*words, "--stdin-filename", "Dockerfile", "-"]) == status
    assert capsysbinary.readouterr().out == out


def test_standard_input_as_json_names_the_file(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    feed(monkeypatch, MOVES)
    assert main(["--format", "json", "--check", "--stdin-filename", "x/Dockerfile", "-"]) == 1
    files = json.loads(capsys.readouterr().out)["files"]
    assert [(f["path"], f["changed"]) for f in files] == [("x/Dockerfile", True)]


def test_a_filter_tells_its_story_aside_when_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    feed(monkeypatch, MOVES)
    assert main(["-v", "--stdin-filename", "Dockerfile", "-"]) == 0
    told = capsys.readouterr()
    assert told.out == MOVED.decode()
    context, gain = told.err.splitlines()[:2]
    assert context == (
        "reorder: Dockerfile: context ., from the nearest folder with all that is copied"
    )
    assert gain.startswith("Dockerfile: a rebuild takes 0.5 s instead of 34 s")


def test_text_without_a_name_has_no_context(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    feed(monkeypatch, MOVED)
    assert main(["-v", "-"]) == 0
    assert capsys.readouterr().err.startswith(
        "reorder: <stdin>: the build context is not looked at: the text has no place:"
        " name it with --stdin-filename or --context\n"
    )


# Colour.


@pytest.mark.parametrize(
    ("words", "environment", "terminal", "colored"),
    [
        ([], {}, False, False),
        ([], {}, True, True),
        ([], {"NO_COLOR": "1"}, True, False),
        ([], {"NO_COLOR": ""}, True, True),
        (["--color=always"], {"NO_COLOR": "1"}, False, True),
        (["--color=never"], {}, True, False),
    ],
)
def test_color(
    words: list[str],
    environment: dict[str, str],
    terminal: bool,
    colored: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Capture,
) -> None:
    put("Dockerfile")
    monkeypatch.delenv("NO_COLOR", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal)
    main([*words, "Dockerfile"])
    assert ("\033[" in capsys.readouterr().out) is colored


# The process.


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "reorder", *words]


ROOT = str(Path(__file__).parent.parent)


def test_a_reader_that_goes_away_leaves_no_traceback() -> None:
    for name in "abcdef":
        put(f"{name}.Dockerfile")
    process = subprocess.Popen(
        command("."),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": ROOT},
    )
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait() == 141


def test_an_interrupt_leaves_no_traceback_and_no_file(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    path = put("Dockerfile")
    before = sorted(Path().iterdir())
    monkeypatch.setattr(os, "fsync", interrupt)
    assert main(["--write", "Dockerfile"]) == 130
    assert capsys.readouterr().err == "reorder: interrupted\n"
    assert path.read_bytes() == MOVES
    assert sorted(Path().iterdir()) == before


# Start-up is a budget: what a plain file does not need is not loaded.
LOADED = "import sys; from reorder.cli import main; status = main(['--check', 'Dockerfile'])"
UNWANTED = (
    *("libcst", "rich", "pygls", "pydantic", "jsonschema", "yaml"),
    "reorder.context.builds.readers",
)


@pytest.mark.parametrize("data", [MOVES, MOVED])
def test_check_of_a_plain_file_loads_no_heavy_module(data: bytes) -> None:
    put("Dockerfile", data)
    asked = f"{LOADED}; print([m for m in {UNWANTED!r} if m in sys.modules], file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", asked],
        env=os.environ | {"PYTHONPATH": ROOT},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=True,
    )
    assert done.stderr == b"[]\n"


def test_the_version_is_that_of_the_package(capsys: Capture) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"reorder {reorder.__version__}\n"
