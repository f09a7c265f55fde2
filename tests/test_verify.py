"""`reorder verify` from end to end, with an engine that builds nothing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from reorder.cli import main
from reorder.engine.engine import find_engine, known_fault, names
from reorder.engine.fault import EngineError

FAKE = Path(__file__).parent / "fake_engine.py"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a context `c`; its engine is `./podman`, its images lie in `images`."""
    for folder in ("c", "images", "tmp"):
        (tmp_path / folder).mkdir()
    (tmp_path / "c" / "a.py").write_text("a\n")
    program = tmp_path / "podman"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} {FAKE} "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("FAKE_ENGINE", str(tmp_path / "images"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.chdir(tmp_path / "c")
    return tmp_path


def files(place: Path, before: str, after: str) -> list[str]:
    """The words that compare two texts."""
    (place / "c" / "Dockerfile").write_text(f"FROM scratch\n{before}\n")
    (place / "c" / "Other").write_text(f"FROM scratch\n{after}\n")
    return ["verify", "Dockerfile", "--against", "Other", "--engine", str(place / "podman")]


def left(place: Path) -> list[str]:
    """What a session has left behind."""
    images = {path.name for path in (place / "images").iterdir()} - {"calls", "waiting"}
    return [*images, *(path.name for path in (place / "tmp").iterdir())]


def calls(place: Path) -> list[list[str]]:
    return [json.loads(line) for line in (place / "images" / "calls").read_text().splitlines()]


# What stops it: a build of the original, or the engine.
FAULTS = {
    "RUN: exit status 3": "Dockerfile: the build failed: the engine ended with status 125",
    "write /x: no space left on device": "Dockerfile: the disk is full: write /x: no space left",
    "Cannot connect to the Docker daemon at unix:///x": "Dockerfile: the engine does not answer",
    "pull access denied for x": "Dockerfile: an image that the build starts from cannot be had",
    "Error: unknown flag: --x": "Dockerfile: the engine does not know an option",
}


@pytest.mark.parametrize("said", FAULTS)
def test_a_fault_is_told_with_its_reason(
    said: str, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(files(place, f"# fails {said}", "# file /a 1")) == 2
    told = capsys.readouterr()
    assert (told.out, FAULTS[said] in told.err) == ("", True)
    assert left(place) == []


@pytest.mark.parametrize(
    "words, message",
    [
        (["--engine", "kaniko"], "no engine is called `kaniko`: known are docker, podman, buildah"),
        (["--engine", "/nowhere/docker"], "/nowhere/docker: No such file or directory"),
        (["--rebuild", "b.py"], "--rebuild b.py: no such file in "),
        (["--rebuild", "ignored.py"], "the ignore file leaves it out"),
        (["--rebuild", "../podman"], "--rebuild ../podman: no such file in "),
        (["--rebuild", "link"], "--rebuild link: no such file in "),
        (["--context", "nowhere"], "nowhere is not a folder"),
        (["--against", "None"], "None: cannot be read"),
    ],
)
def test_words_that_cannot_be_used_build_nothing(
    words: list[str], message: str, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    context = place / "c"
    (context / "ignored.py").touch()
    (context / ".dockerignore").write_text("ignored.py\n")
    (context / "link").symlink_to("a.py")
    assert main([*files(place, "# file /a 1", "# file /a 1"), *words]) == 2
    assert message in " ".join(capsys.readouterr().err.split())
    assert left(place) == []
    assert not (place / "images" / "calls").exists()


def test_a_file_that_stays_is_not_built(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files(place, "", "")
    words = ["verify", "Dockerfile", "--engine", str(place / "podman")]
    assert main(words) == 0
    assert "stays as it is, so there is nothing to build" in capsys.readouterr().out
    assert main([*words, "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["built"] is False
    assert not (place / "images" / "calls").exists()


def test_equal_images_are_the_same(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(files(place, "# file /a 1", "# file /a 1")) == 0
    assert "Dockerfile: the images are the same: 2 paths and the config (podman)" in (
        capsys.readouterr().out
    )
    assert len(calls(place)) == 2
    assert left(place) == []


def test_another_image_is_told_path_by_path(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = files(place, "# file /a 1\n# file /b 1", "# file /a 2\n# file /c 1")
    assert main(words) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Dockerfile: the images differ in 3 facts (podman)"
    assert lines[1].startswith("  /a: content: sha256:")
    assert lines[2:4] == ["  /b: file is missing", "  /c: file is new"]
    assert left(place) == []


def test_what_two_builds_of_the_original_differ_in_is_noise(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(files(place, "# time /log", "# time /log")) == 0
    text = capsys.readouterr().out
    assert text.endswith("two builds of the original differ as well:\n    /log (content)\n")
    assert len(calls(place)) == 3


def test_noise_hides_nothing_else(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = files(place, "# time /log\n# file /a 1", "# time /log\n# file /a 2")
    assert main([*words, "--format", "json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert [d["path"] for d in found["differences"]] == ["/a"]
    assert [d["path"] for d in found["noise"]] == ["/log"]


def test_a_rewritten_file_that_does_not_build_differs(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(files(place, "# file /a 1", "# fails no such file")) == 1
    assert "Other does not build, Dockerfile does (podman)" in capsys.readouterr().out
    assert left(place) == []


def test_an_engine_that_fails_on_the_second_file_gives_no_verdict(place: Path) -> None:
    assert main(files(place, "# file /a 1", "# fails no space left on device")) == 2
    assert left(place) == []


def test_options_of_a_build_are_passed_on(place: Path) -> None:
    words = [
        *("--build-arg=A=1", "--target=x", "--platform=linux/arm64", "--secret=id=s,src=f"),
        *("--ssh=default", "--", "--network=host"),
    ]
    assert main([*files(place, "# file /a 1", "# file /a 1"), *words]) == 0
    for call in calls(place):
        assert call[-7:-1] == [word for word in words if word != "--"]
        assert "--no-cache" in call
        assert call[-1] == str(place / "c")


def test_what_a_compose_file_says_of_the_build_holds(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "services:\n  web:\n    build: {context: ., target: x, args: {A: '1'}}\n"
    (place / "c" / "compose.yaml").write_text(text)
    assert main(files(place, "ARG A\n# file /a 1", "ARG A\n# file /a 1")) == 0
    assert [call[-3:-1] for call in calls(place)] == [["--build-arg=A=1", "--target=x"]] * 2
    assert main([*files(place, "ARG A", "ARG A"), "--target=y", "--build-arg=A=2"]) == 0
    assert calls(place)[-1][-3:-1] == ["--build-arg=A=2", "--target=y"]


def test_the_ignore_file_of_the_dockerfile_is_passed_on(place: Path) -> None:
    (place / "c" / "Dockerfile.dockerignore").write_text("b\n")
    assert main(files(place, "# file /a 1", "# file /a 1")) == 0
    assert all(any(w.startswith("--ignorefile=") for w in call[:-1]) for call in calls(place))


def test_a_rebuild_is_timed_on_a_copy_of_the_context(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*files(place, "# file /a 1", "# file /a 1"), "--rebuild", "a.py"]) == 0
    assert "  a rebuild after a change of a.py takes 0." in capsys.readouterr().out
    assert (place / "c" / "a.py").read_text() == "a\n"
    contexts = [call[-1] for call in calls(place)]
    assert contexts[:2] == [str(place / "c")] * 2
    assert len(contexts[2:]) == 4 and len(set(contexts[2:])) == 1
    assert ["--no-cache" in call for call in calls(place)] == [True] * 2 + [False] * 4
    assert left(place) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_end_from_outside_leaves_nothing_behind(number: signal.Signals, place: Path) -> None:
    words = files(place, "# file /a 1", "# waits")
    process = subprocess.Popen(
        [sys.executable, "-m", "reorder", *words],
        env={**os.environ, "PYTHONPATH": str(FAKE.parent.parent)},
        stderr=subprocess.PIPE,
        # A shell's job in the background ignores the first.
        preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),
    )
    while not (place / "images" / "waiting").exists():
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (130, b"reorder: interrupted\n")
    assert left(place) == []


def test_a_newer_client_without_its_builder_is_named(tmp_path: Path) -> None:
    program = tmp_path / "docker"
    program.write_text("#!/bin/sh\necho 'docker: unknown command: docker buildx' >&2\nexit 1\n")
    program.chmod(0o755)
    with pytest.raises(EngineError, match="builds with buildx only, and has none"):
        find_engine(str(program))


@pytest.mark.parametrize(
    "answer, title",
    [
        ("Name: default\nDriver: docker\nStatus: running", "docker buildx"),
        ("Name: farm\nDriver: docker-container", "docker buildx, builder of its own"),
        ("Name: farm\nDriver: remote", "docker buildx, builder of its own"),
        ("20.10.24 24.0.7", "docker with BuildKit"),
    ],
)
def test_what_an_engine_answers_tells_how_it_builds(
    answer: str, title: str, tmp_path: Path
) -> None:
    program = tmp_path / "docker"
    program.write_text(f"#!/bin/sh\ncat <<'E'\n{answer}\nE\n")
    program.chmod(0o755)
    assert find_engine(str(program)).title == title


@pytest.mark.parametrize("answer", ["28.2.2 28.2.2", "Driver: docker\nStatus: inactive", ""])
def test_an_engine_that_cannot_build_is_not_taken(answer: str, tmp_path: Path) -> None:
    program = tmp_path / "docker"
    program.write_text(f"#!/bin/sh\ncat <<'E'\n{answer}\nE\n")
    program.chmod(0o755)
    with pytest.raises(EngineError, match="no engine answers"):
        find_engine(str(program))


def test_a_docker_without_buildx_whose_engine_is_gone_says_the_latter(tmp_path: Path) -> None:
    program = tmp_path / "docker"
    program.write_text(
        "#!/bin/sh\nif [ $1 = buildx ]; then echo \"'buildx' is not a docker command\"\n"
        "else echo 'Cannot connect to the Docker daemon at tcp://127.0.0.1:1'; fi\n"
    )
    program.chmod(0o755)
    with pytest.raises(EngineError, match="docker: the engine does not answer"):
        find_engine(str(program))


def test_every_program_of_a_name_on_the_path_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder, answer in (("new", "28.2.2 28.2.2"), ("old", "20.10.1 20.10.1")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "docker").write_text(f"#!/bin/sh\necho {answer}\n")
        (tmp_path / folder / "docker").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/new:{tmp_path}/old")
    assert find_engine().program == str(tmp_path / "old" / "docker")
    with pytest.raises(EngineError, match="no engine answers"):
        find_engine("podman")


def test_a_builder_is_passed_to_what_knows_builders(tmp_path: Path) -> None:
    program = tmp_path / "docker"
    program.write_text('#!/bin/sh\necho "Driver: remote $3"\n')
    program.chmod(0o755)
    assert find_engine(str(program), "farm").builder == "farm"
    with pytest.raises(EngineError, match="none of podman is installed"):
        find_engine("podman", "farm")


def test_the_engines_have_names() -> None:
    assert names() == ["docker", "podman", "buildah"]


def test_a_plain_failure_is_no_known_fault() -> None:
    assert known_fault(["RUN make: exit code 2", "make: *** [all] Error 1"]) is None
