"""Files at the edge: which ones are Dockerfiles, and writing them in one step."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

import pytest

from reorder.files import Changed, dockerfiles, is_dockerfile, write


def put(path: Path, data: bytes = b"FROM scratch\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Dockerfile.dockerignore", False),
        ("web.Dockerfile.dockerignore", False),
        ("Containerfile.containerignore", False),
        ("Dockerfile.md", False),
        ("Dockerfile~", False),
        ("Dockerfile.orig", False),
        ("Dockerfile.j2", False),
        ("Dockerfile.tmpl", False),
        ("dockerfile", False),
        ("MyDockerfile", False),
        (".dockerignore", False),
        ("Dockerfile", True),
        ("Dockerfile.dev", True),
        ("web.Dockerfile", True),
        ("web.dockerfile", True),
        ("Containerfile", True),
        ("Containerfile.dev", True),
    ],
)
def test_what_is_a_dockerfile(name: str, expected: bool) -> None:
    assert is_dockerfile(name) is expected


def found(folder: Path, *exclude: str) -> list[str]:
    return [p.relative_to(folder).as_posix() for p in dockerfiles(folder, exclude)]


def test_a_folder_outside_a_repository_is_walked_but_not_its_dependencies(tmp_path: Path) -> None:
    for name in ("b/Dockerfile", "a/x.Dockerfile", "node_modules/m/Dockerfile", "a/readme"):
        put(tmp_path / name)
    assert found(tmp_path) == ["a/x.Dockerfile", "b/Dockerfile"]


def test_git_ignored_files_are_left_out_and_untracked_ones_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", "/nonexistent")  # as in a hook
    for name in ("Dockerfile", "out/Dockerfile", "with blank/Dockerfile", "a\nb/Dockerfile"):
        put(tmp_path / name)
    put(tmp_path / ".gitignore", b"out/\n")
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    subprocess.run(["git", "init", "-q", str(tmp_path)], env=environment, check=True)
    assert found(tmp_path) == ["Dockerfile", "a\nb/Dockerfile", "with blank/Dockerfile"]
    assert found(tmp_path / "with blank") == ["Dockerfile"]


def test_a_tracked_file_that_is_gone_is_left_out(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    path = put(tmp_path / "Dockerfile")
    subprocess.run(["git", "-C", str(tmp_path), "add", "Dockerfile"], check=True)
    path.unlink()
    assert found(tmp_path) == []


def test_a_file_with_two_names_is_found_once(tmp_path: Path) -> None:
    put(tmp_path / "Dockerfile")
    (tmp_path / "Dockerfile.link").symlink_to("Dockerfile")
    (tmp_path / "Dockerfile.gone").symlink_to("nothing")
    assert found(tmp_path) == ["Dockerfile"]


def test_excluded_files_are_left_out(tmp_path: Path) -> None:
    for name in ("Dockerfile", "vendor/a/Dockerfile", "vendored/Dockerfile"):
        put(tmp_path / name)
    assert found(tmp_path, f"{tmp_path}/vendor/*") == ["Dockerfile", "vendored/Dockerfile"]


# Writing.


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def test_a_file_that_has_changed_since_it_was_read_is_not_written(tmp_path: Path) -> None:
    path = put(tmp_path / "Dockerfile", b"newer")
    with pytest.raises(Changed, match="it has changed since it was read"):
        write(path, b"old", b"new")
    assert path.read_bytes() == b"newer"
    assert names(tmp_path) == ["Dockerfile"]


def test_a_file_that_is_gone_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write(tmp_path / "Dockerfile", b"old", b"new")
    assert names(tmp_path) == []


def test_a_failure_in_between_leaves_the_file_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    path = put(tmp_path / "Dockerfile", b"old")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left on device"):
        write(path, b"old", b"new")
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["Dockerfile"]


@pytest.mark.parametrize("mode", [0o644, 0o600, 0o755, 0o444])
def test_the_mode_is_kept(tmp_path: Path, mode: int) -> None:
    path = put(tmp_path / "Dockerfile", b"old")
    path.chmod(mode)
    write(path, b"old", b"new")
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == mode


def test_a_link_stays_a_link_and_its_target_is_written(tmp_path: Path) -> None:
    target = put(tmp_path / "docker" / "real", b"old")
    link = tmp_path / "Dockerfile"
    link.symlink_to("docker/real")
    write(link, b"old", b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"


def test_a_name_of_the_greatest_length_is_written(tmp_path: Path) -> None:
    path = put(tmp_path / ("x" * 244 + ".Dockerfile"), b"old")
    write(path, b"old", b"new")
    assert path.read_bytes() == b"new"
