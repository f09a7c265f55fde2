"""The extension in a real window: Visual Studio Code's server for the browser, and Chromium."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

SERVER, VSIX = os.environ.get("REORDER_VSCODE", ""), os.environ.get("REORDER_VSIX", "")
pytestmark = [
    pytest.mark.vscode,
    pytest.mark.skipif(not SERVER, reason="no editor: REORDER_VSCODE (.ci/vscode) runs it"),
]
HERE = Path(__file__).parent.parent
CASE = HERE / "fixtures" / "model-download"
BEFORE = (CASE / "Dockerfile").read_text("utf-8")
AFTER = (CASE / "expected.Dockerfile").read_text("utf-8")
BROKEN = "FROM python:3.12\nCOPY . .\nRUN <<EOF\npip install torch\n"
PATIENCE = 240
OURS = {"editor.formatOnSave": True, "editor.defaultFormatter": "reorder.reorder"}
THEIRS = {
    "editor.formatOnSave": True,
    "editor.defaultFormatter": "other.other",
    "editor.codeActionsOnSave": {"source.fixAll.reorder": "explicit"},
}
# Another formatter of Dockerfiles: it adds a line at the end.
OTHER = """
const vscode = require("vscode");
exports.activate = () => vscode.languages.registerDocumentFormattingEditProvider("dockerfile", {
  provideDocumentFormattingEdits: (document) =>
    [vscode.TextEdit.insert(document.lineAt(document.lineCount - 1).range.end, "\\n# other\\n")],
});
"""


def wait(what: Any, name: str) -> Any:
    end = monotonic() + PATIENCE
    while monotonic() < end:
        if found := what():
            return found
        sleep(0.2)
    raise AssertionError(f"not within {PATIENCE} s: {name}")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an editor that has our extension and another formatter."""
    home = tmp_path_factory.mktemp("vscode")
    package = {
        "name": "other",
        "publisher": "other",
        "version": "1.0.0",
        "engines": {"vscode": "^1.82.0"},
        "main": "./main.js",
        "activationEvents": ["onLanguage:dockerfile"],
    }
    with zipfile.ZipFile(home / "other.vsix", "w") as other:
        other.writestr("extension/package.json", json.dumps(package))
        other.writestr("extension/main.js", OTHER)
    for vsix in (VSIX, str(home / "other.vsix")):
        done = subprocess.run(
            [*_words(home), "--install-extension", vsix], capture_output=True, text=True
        )
        assert "successfully installed" in done.stdout, done.stdout + done.stderr
    program = home / "bin" / "reorder"
    program.parent.mkdir()
    program.write_text(
        f'#!/bin/sh\nPYTHONPATH="{HERE}" exec "{sys.executable}" -m reorder "$@"\n', "utf-8"
    )
    program.chmod(0o755)
    return home


def _words(home: Path) -> list[str]:
    folders = {name: str(home / name) for name in ("user-data", "server-data", "extensions")}
    named = [word for name, path in folders.items() for word in (f"--{name}-dir", path)]
    return ["node", SERVER, "--accept-server-license-terms", "--telemetry-level", "off", *named]


@pytest.fixture(scope="module")
def address(home: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    port = address.rpartition(":")[2]
    words = [*_words(home), "--without-connection-token", "--host", "127.0.0.1", "--port", port]
    with (home / "log").open("wb") as log:
        server = subprocess.Popen(words, stdout=log, stderr=log)
    wait(lambda: f":{port}" in (home / "log").read_text("utf-8"), "the editor's server")
    assert urlopen(f"http://{address}/version").status == 200
    yield address
    server.terminate()
    server.wait(PATIENCE)


@pytest.fixture(scope="module")
def driver() -> Iterator[Any]:
    webdriver = pytest.importorskip("selenium.webdriver")
    options = webdriver.ChromeOptions()
    for word in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(word)
    options.add_argument("--window-size=1400,900")
    options.binary_location = str(shutil.which("chromium"))
    service = webdriver.ChromeService(executable_path=shutil.which("chromedriver"))
    driver = webdriver.Chrome(options=options, service=service)
    yield driver
    driver.quit()


class Window:
    """A window of the editor, on a project with a Dockerfile."""

    def __init__(self, driver: Any, address: str, home: Path, project: Path) -> None:
        self.driver = driver
        self.address = address
        self.settings = home / "user-data" / "User" / "settings.json"
        self.program = str(home / "bin" / "reorder")
        self.file = project / "Dockerfile"
        self.file.write_text(BEFORE, "utf-8")

    def open(self, text: str = BEFORE, on_save: Any = OURS, **settings: Any) -> None:
        self.file.write_text(text, "utf-8")
        own = {
            "security.workspace.trust.enabled": False,
            "files.autoSave": "off",
            "terminal.integrated.gpuAcceleration": "off",
            "reorder.path": self.program,
            "reorder.timeout": PATIENCE,
            "[dockerfile]": on_save,
        }
        self.settings.parent.mkdir(parents=True, exist_ok=True)
        self.settings.write_text(json.dumps(own | settings), "utf-8")
        file = f"vscode-remote://{self.address}{self.file}"
        payload = json.dumps([["openFile", file], ["skipWelcome", "true"]])
        query = urlencode({"folder": self.file.parent, "payload": payload})
        self.driver.get(f"http://{self.address}/?{query}")
        self.sees(".view-line", text.splitlines()[-1][:20])

    def git(self, *words: str) -> None:
        own = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
        subprocess.run(["git", *own, *words], cwd=self.file.parent, check=True)

    def texts(self, selector: str) -> list[str]:
        """What the elements show, with plain blanks."""
        script = "return Array.from(document.querySelectorAll(arguments[0]), e => e.innerText)"
        found = self.driver.execute_script(script, selector)
        return [str(text).replace("\xa0", " ").replace("\u200a", "|") for text in found]

    def sees(self, selector: str, part: str) -> str:
        def seen() -> str:
            return next((text for text in self.texts(selector) if part in text), "")

        try:
            return str(wait(seen, f"{part!r} in {selector}"))
        except AssertionError as error:
            raise AssertionError(f"{error}; there is {self.texts(selector)}") from None

    def keys(self, *keys: str) -> None:
        """Pressed together; a word is typed."""
        from selenium.webdriver.common.action_chains import ActionChains
        from selenium.webdriver.common.keys import Keys

        names = [getattr(Keys, key, key) for key in keys]
        actions = ActionChains(self.driver)
        for held in names[:-1]:
            actions.key_down(held)
        actions.send_keys(names[-1])
        for held in names[:-1]:
            actions.key_up(held)
        actions.perform()

    def run(self, command: str) -> None:
        self.keys("F1")
        self.sees(".quick-input-widget", "")
        self.keys(command)
        self.sees(".quick-input-list .monaco-list-row.focused", command)
        self.keys("ENTER")

    def saved(self) -> str:
        """The file after a line was typed at its end, and saved."""
        wait(lambda: self.texts(".squiggly-info, .squiggly-warning"), "the marks")
        self.keys("CONTROL", "END")
        self.keys("# x")
        self.sees(".tab.dirty", "Dockerfile")
        self.keys("CONTROL", "s")
        wait(lambda: not self.texts(".tab.dirty"), "the save")
        return self.file.read_text("utf-8")


@pytest.fixture
def window(driver: Any, address: str, home: Path, tmp_path: Path) -> Window:
    project = tmp_path / "project"
    shutil.copytree(CASE / "context", project)
    return Window(driver, address, home, project)


SECONDS = ".statusbar-item[id*=reorder]"


def test_the_package_has_what_it_needs_and_no_more() -> None:
    with zipfile.ZipFile(VSIX) as package:
        names = {name for name in package.namelist() if name.startswith("extension/")}
    assert names == {
        "extension/LICENSE.txt",
        "extension/out/extension.js",
        "extension/package.json",
        "extension/readme.md",
    }


def test_a_window_shows_explains_previews_applies_and_replays(window: Window) -> None:
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "one"]):
        window.git(*words)
    (window.file.parent / "worker" / "new.py").touch()
    window.git("add", ".")
    window.git("commit", "-qm", "two")
    window.open()
    window.sees(SECONDS, "→")
    window.sees(".codelens-decoration", "a rebuild takes")
    window.sees(".view-line", "|12.5 min, 93 % → 13 %")
    assert len(window.texts(".squiggly-info")) == 1

    for _ in range(7):
        window.keys("DOWN")
    window.run("Reorder: Why Does This")
    window.sees(".panel .view-line", "it looks at OPENCLIP_CACHE_DIR")

    window.run("Reorder: Preview as Diff")
    window.sees(".tab", "Dockerfile (reordered)")
    for side, change in (("original", ".line-delete"), ("modified", ".line-insert")):
        window.sees(f".{side}-in-monaco-diff-editor .view-line", "COPY worker/*.py ./")
        wait(lambda change=change: window.texts(change), change)
    assert window.file.read_text("utf-8") == BEFORE
    window.run("View: Revert and Close Editor")

    window.run("Reorder: Replay")
    window.sees(".terminal .xterm-rows", "commits")
    window.run("View: Focus Active Editor Group")
    window.run("Reorder: Apply")
    wait(lambda: "→" not in "".join(window.texts(SECONDS)), "the better order")


def test_a_save_reorders_the_file_and_the_cursor_stays(window: Window) -> None:
    window.open()
    assert window.saved() == f"{AFTER}# x"
    window.sees(".statusbar-item", "Ln 11, Col 4")


def test_a_broken_file_is_saved_as_it_is_without_a_popup(window: Window) -> None:
    window.open(BROKEN)
    assert window.saved() == f"{BROKEN}# x"
    assert window.texts(".notification-toast") == []


def test_another_formatter_keeps_the_layout_and_the_action_reorders(window: Window) -> None:
    window.open(on_save=THEIRS)
    assert window.saved() == f"{AFTER}# x\n# other\n"


def test_a_program_that_is_not_there_is_told_with_the_remedy(window: Window) -> None:
    window.open(**{"reorder.path": "/no/such/reorder"})
    told = window.sees(".notification-toast", "reorder does not start")
    assert "pip install 'reorder[lsp]'" in told
