"""Settings: which file holds, and what it may say."""

from __future__ import annotations

from pathlib import Path

import pytest

from reorder.config import Config, ConfigError, find_config


@pytest.fixture(autouse=True)
def repository(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("frob = 1", "unknown setting `frob`: use one of min-gain, min-gain-share, context, "),
        ("min-gain = '1'", "`min-gain` is '1': give a number of seconds, 0 or more"),
        ("min-gain = true", "`min-gain` is True: give a number of seconds, 0 or more"),
        ("min-gain = -1", "`min-gain` is -1: give a number of seconds, 0 or more"),
        ("min-gain = nan", "`min-gain` is nan: give a number of seconds, 0 or more"),
        ("min-gain-share = 5", "`min-gain-share` is 5: give a number from 0 to 1"),
        ("context = 1", "`context` is 1: give the path of a folder, as a string"),
        ("unsafe = 1", "`unsafe` is 1: give true or false"),
        ("exclude = 'a'", "`exclude` is 'a': give a list of patterns"),
        ("volatile = 'A'", "`volatile` is 'A': give a list of patterns"),
        ("not-volatile = [1]", "`not-volatile` is [1]: give a list of patterns"),
        ("exclude = [1]", "`exclude` is [1]: give a list of patterns"),
        ("build-args = {A = 1}", "`build-args` is {'A': 1}: give a table of strings"),
        ("min-gain = ", "Invalid value (at end of document): mend the file"),
    ],
)
def test_a_bad_setting_names_file_key_and_remedy(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "reorder.toml"
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        find_config(tmp_path)
    assert str(caught.value).startswith(f"{file}: {message}")


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "reorder.toml").write_bytes(b"context = '\xff'")
    with pytest.raises(ConfigError, match="mend the file"):
        find_config(tmp_path)


def test_a_table_of_the_wrong_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool]\nreorder = 3\n")
    with pytest.raises(ConfigError, match=r"`tool\.reorder` is 3: give a table"):
        find_config(tmp_path)


@pytest.mark.parametrize(
    "text", ["", "[project]\nname = 'reorder'\n", "tool = 1 # reorder\n", "not toml at all ]["]
)
def test_a_project_file_without_our_table_says_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    assert find_config(tmp_path) == Config()


def test_every_setting_is_read_and_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    (tmp_path / "reorder.toml").write_text(
        "min-gain = 2\nmin_gain_share = 0.1\ncontext = 'code'\nunsafe = true\n"
        "exclude = ['vendor/*']\n[build-args]\nFOO_BAR = 'x'\n"
    )
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    assert find_config(below) == Config(
        min_gain=2,
        min_gain_share=0.1,
        context=f"{tmp_path}/code",
        unsafe=True,
        exclude=(f"{tmp_path}/vendor/*",),
        build_args={"FOO_BAR": "x"},
    )


@pytest.mark.parametrize(
    "text", ["[tool.reorder]\nmin-gain = 3\n", "[tool]\nreorder = {min-gain = 3}\n"]
)
def test_the_project_file_may_hold_the_settings(tmp_path: Path, text: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    assert find_config(tmp_path) == Config(min_gain=3)


def test_the_own_file_wins_over_the_project_file_and_the_nearer_folder_over_both(
    tmp_path: Path,
) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.reorder]\nmin-gain = 3\n")
    (tmp_path / "reorder.toml").write_text("min-gain = 4\n")
    below = tmp_path / "below"
    below.mkdir()
    (below / "pyproject.toml").write_text("[tool.reorder]\nmin-gain = 5\n")
    assert find_config(tmp_path).min_gain == 4
    assert find_config(below).min_gain == 5


def test_nothing_is_looked_for_above_the_repository(tmp_path: Path) -> None:
    (tmp_path / "reorder.toml").write_text("min-gain = 4\n")
    inner = tmp_path / "inner"
    (inner / ".git").mkdir(parents=True)
    assert find_config(inner) == Config()
