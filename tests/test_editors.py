"""Editors and formatter runners, with the real programs and the configuration of the docs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent.parent
DOCS = HERE / "docs" / "editors.md"
CASE = HERE / "fixtures" / "model-download"
BEFORE = (CASE / "Dockerfile").read_bytes()
AFTER = (CASE / "expected.Dockerfile").read_bytes()
BROKEN = b"FROM python:3.12\nCOPY . .\nRUN <<EOF\npip install torch\n"
SECONDS = 120


def block(mark: str) -> str:
    """The code of the docs that has the line `tested: NAME`."""
    found = re.findall(r"```\w+\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL)
    [code] = [code for code in found if f"tested: {mark}\n" in code]
    return str(code)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    shutil.copytree(CASE / "context", folder)
    (folder / "Dockerfile").write_bytes(BEFORE)
    return folder


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """`reorder` on PATH is the one that is tested."""
    program = tmp_path / "bin" / "reorder"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m reorder "$@"\n', "utf-8")
    program.chmod(0o755)
    path = f"{program.parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "PYTHONPATH": str(HERE), "HOME": str(tmp_path)}


def program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def run(words: list[str], folder: Path, environment: dict[str, str]) -> str:
    done = subprocess.run(
        words, cwd=folder, env=environment, capture_output=True, text=True, timeout=SECONDS
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


# Keeps two screens, saves in between; waits until the server has answered once.
DRIVE = """
local function screen(name)
  vim.fn.writefile(vim.api.nvim_buf_get_lines(0, 0, -1, true), name)
  vim.cmd("redraw!")
  local rows = {}
  for row = 1, 12 do
    local cells = {}
    for column = 1, vim.o.columns do
      cells[column] = vim.fn.screenstring(row, column)
    end
    rows[row] = (table.concat(cells):gsub("%s+$", ""))
  end
  vim.fn.writefile(rows, (name:gsub("txt", "screen")))
end
vim.o.columns, vim.o.wrap = 100, false
vim.defer_fn(function() vim.cmd("qall!") end, 100000)
vim.defer_fn(function()
  vim.wait(60000, function() return #vim.diagnostic.get(0) > 0 end, 50)
  screen("before.txt")
  vim.cmd("write")
  vim.wait(20000, function() return #vim.diagnostic.get(0) == 0 end, 50)
  screen("after.txt")
  vim.cmd("qall!")
end, 0)
"""


def saved_by_neovim(project: Path, environment: dict[str, str]) -> bytes:
    pytest.importorskip("pygls")
    nvim = program("nvim")
    init = project.parent / "init.lua"
    patient = block("neovim").replace("root_dir", "init_options = { timeout = 60 }, root_dir")
    init.write_text(patient.replace("2000", "60000"), "utf-8")
    drive = project.parent / "drive.lua"
    drive.write_text(DRIVE, "utf-8")
    words = [nvim, "--headless", "-u", str(init), "-n", "Dockerfile", "-c", f"luafile {drive}"]
    run(words, project, environment)
    return (project / "Dockerfile").read_bytes()


def test_neovim_reorders_on_save_and_shows_what_the_docs_show(
    project: Path, environment: dict[str, str]
) -> None:
    assert saved_by_neovim(project, environment) == AFTER
    assert (project / "before.txt").read_bytes() == BEFORE
    assert (project / "after.txt").read_bytes() == AFTER
    shown = "".join(
        f"-- {name} :w\n{(project / f'{name}.screen').read_text('utf-8')}"
        for name in ("before", "after")
    )
    captured = re.search(
        r"<!-- capture: neovim -->\n```text\n(.*?)```", DOCS.read_text(), re.DOTALL
    )
    assert captured is not None
    assert captured[1] == shown


def test_neovim_saves_a_broken_file_as_it_is(project: Path, environment: dict[str, str]) -> None:
    (project / "Dockerfile").write_bytes(BROKEN)
    assert saved_by_neovim(project, environment) == BROKEN


def saved_by_emacs(project: Path, environment: dict[str, str]) -> bytes:
    emacs = program("emacs")
    init = project.parent / "init.el"
    init.write_text(block("emacs"), "utf-8")
    edit = '(progn (find-file "Dockerfile") (goto-char 9) (insert "") (set-buffer-modified-p t)'
    edit += " (save-buffer))"
    run([emacs, "-Q", "--batch", "-l", str(init), "--eval", edit], project, environment)
    return (project / "Dockerfile").read_bytes()


def test_emacs_reorders_on_save(project: Path, environment: dict[str, str]) -> None:
    assert saved_by_emacs(project, environment) == AFTER


def test_emacs_saves_a_broken_file_as_it_is(project: Path, environment: dict[str, str]) -> None:
    (project / "Dockerfile").write_bytes(BROKEN)
    assert saved_by_emacs(project, environment) == BROKEN


# Saves, and waits until it is as it will be: a plugin may format in the background.
SAVE = """
edit Dockerfile
set filetype=dockerfile
call append('$', '# x')
let seen = localtime()
write
while &modified || (DONE && localtime() - seen < 60)
  sleep 50m
endwhile
qall!
"""


def saved_by_vim(name: str, project: Path, environment: dict[str, str], until: str) -> bytes:
    vim = program("vim")
    script = project.parent / "init.vim"
    ale = Path("/usr/share/vim/vimfiles/pack/dist-bundle/opt/ale")
    if name == "ale" and not ale.is_dir():
        pytest.skip("ALE is not installed")
    start = "packadd ale\n" if name == "ale" else ""
    script.write_text(f"{start}{block(name)}{SAVE.replace('DONE', until)}", "utf-8")
    run([vim, "-N", "-u", "NORC", "-n", "-es", "-S", str(script)], project, environment)
    return (project / "Dockerfile").read_bytes()


@pytest.mark.parametrize("name", ["vim", "ale"])
def test_vim_reorders_on_save(name: str, project: Path, environment: dict[str, str]) -> None:
    until = "getline(7) !~# '^RUN python'"
    assert saved_by_vim(name, project, environment, until) == AFTER + b"# x\n"


@pytest.mark.parametrize("name", ["vim", "ale"])
def test_vim_saves_a_broken_file_as_it_is(
    name: str, project: Path, environment: dict[str, str]
) -> None:
    (project / "Dockerfile").write_bytes(BROKEN)
    until = "localtime() - seen < 5" if name == "ale" else "0"
    assert saved_by_vim(name, project, environment, until) == BROKEN + b"# x\n"


# What eglot-ensure does after the next command of a user.
CONNECT = """(progn
  (setq eglot-sync-connect 60 eglot-connect-timeout 60 jsonrpc-default-request-timeout 60)
  (find-file "Dockerfile")
  (unless (derived-mode-p 'dockerfile-mode) (dockerfile-mode))
  (eglot--maybe-activate-editing-mode)
  (unless (eglot-current-server) (apply #'eglot--connect (eglot--guess-contact)))
  (goto-char (point-max))
  (insert "# x\n")
  (save-buffer)
  (eglot-shutdown-all))"""


def saved_by_eglot(project: Path, environment: dict[str, str]) -> bytes:
    pytest.importorskip("pygls")
    emacs = program("emacs")
    found = '(and (locate-library "eglot") (locate-library "dockerfile-mode"))'
    there = [emacs, "--batch", "--eval", "(package-initialize)"]
    probe = [*there, "--eval", f"(kill-emacs (if {found} 0 1))"]
    if subprocess.run(probe, env=environment, capture_output=True).returncode:
        pytest.skip("eglot or dockerfile-mode is not installed")
    init = project.parent / "init.el"
    # A busy machine may take longer than a user would wait.
    patient = block("eglot").replace('"lsp")', '"lsp" :initializationOptions (:timeout 60))')
    init.write_text(f"{patient}\n(require 'eglot)\n(require 'dockerfile-mode)\n", "utf-8")
    run([*there, "-l", str(init), "--eval", CONNECT], project, environment)
    return (project / "Dockerfile").read_bytes()


def test_emacs_with_eglot_reorders_on_save(project: Path, environment: dict[str, str]) -> None:
    assert saved_by_eglot(project, environment) == AFTER + b"# x\n"


def test_emacs_with_eglot_saves_a_broken_file_as_it_is(
    project: Path, environment: dict[str, str]
) -> None:
    (project / "Dockerfile").write_bytes(BROKEN)
    assert saved_by_eglot(project, environment) == BROKEN + b"# x\n"


@pytest.mark.parametrize(("text", "after", "status"), [(BEFORE, AFTER, 0), (BROKEN, BROKEN, 2)])
def test_the_filter_gives_the_whole_text(
    project: Path, environment: dict[str, str], text: bytes, after: bytes, status: int
) -> None:
    words = ["reorder", "-", "--stdin-filename", "Dockerfile"]
    done = subprocess.run(words, input=text, cwd=project, env=environment, capture_output=True)
    assert (done.stdout, done.returncode) == (after, status)
    assert bool(done.stderr) == bool(status)


def test_a_runner_gives_paths_and_files_in_order_keep_their_time(
    project: Path, environment: dict[str, str]
) -> None:
    """As treefmt and lint-staged do: several paths, and what is formatted is not touched."""
    other = project / "other.dockerfile"
    other.write_bytes(AFTER)
    times = other.stat()
    words = ["reorder", "--write", "--quiet", str(project / "Dockerfile"), str(other)]
    assert run(words, project, environment) == ""
    assert (project / "Dockerfile").read_bytes() == AFTER
    assert (other.stat().st_mtime_ns, other.stat().st_ino) == (times.st_mtime_ns, times.st_ino)


def test_a_runner_learns_of_a_broken_file_and_the_others_are_done(
    project: Path, environment: dict[str, str]
) -> None:
    broken = project / "broken.dockerfile"
    broken.write_bytes(BROKEN)
    words = ["reorder", "--write", "--quiet", str(broken), str(project / "Dockerfile")]
    done = subprocess.run(words, cwd=project, env=environment, capture_output=True, text=True)
    assert (done.returncode, broken.read_bytes()) == (2, BROKEN)
    assert "broken.dockerfile:3" in done.stderr
    assert (project / "Dockerfile").read_bytes() == AFTER
