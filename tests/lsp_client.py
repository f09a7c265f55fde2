"""A small client that drives the real language server over its pipes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from queue import Queue
from typing import Any

from reorder.lsp.text import Edit, Position, Text, applied

_PATIENCE = 120.0
JSON = Any


class Client:
    """Requests and notifications; what the server asks gets `replies`, or null."""

    def __init__(self, folder: Path, replies: Mapping[str, JSON] | None = None) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "reorder", "lsp"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)},
        )
        self.folder = folder
        self.replies = dict(replies or {})
        self.told: list[JSON] = []
        self.asked: list[JSON] = []
        self._passed: list[JSON] = []  # told while something else was waited for
        self._messages: Queue[JSON] = Queue()
        self._id = 0
        threading.Thread(target=self._read, daemon=True).start()

    def start(self, *, options: JSON = None, capabilities: JSON = None, folders: int = 1) -> JSON:
        """Initializes; `folders` 0: without a workspace."""
        found = self.request(
            "initialize",
            processId=None,
            rootUri=self.folder.as_uri() if folders else None,
            capabilities=capabilities or {},
            initializationOptions={"timeout": _PATIENCE, **(options or {})},
        )
        self.notify("initialized")
        return found["capabilities"]

    def request(self, method: str, **params: JSON) -> JSON:
        """The result. Fails on an error of the server."""
        answer = self.response(self.send(method, **params))
        assert "error" not in answer, answer
        return answer["result"]

    def send(self, method: str, **params: JSON) -> int:
        self._id += 1
        self._write({"id": self._id, "method": method, "params": params})
        return self._id

    def notify(self, method: str, **params: JSON) -> None:
        self._write({"method": method, "params": params})

    def response(self, number: int) -> JSON:
        return self._until(lambda m: m.get("id") == number and "method" not in m)

    def told_next(self, method: str) -> JSON:
        """The parameters of the next such notification that nobody has asked for yet."""
        for message in self._passed:
            if message["method"] == method:
                self._passed.remove(message)
                return message["params"]
        return self._until(lambda m: m.get("method") == method and "id" not in m)["params"]

    def asked_next(self, method: str) -> JSON:
        """The parameters of the next such request of the server."""
        return self._until(lambda m: m.get("method") == method and "id" in m)["params"]

    def stop(self) -> int:
        self.request("shutdown")
        self.notify("exit")
        assert self.process.stdin is not None
        self.process.stdin.close()  # as editors do: a reader that waits for more would stay
        status = self.process.wait(_PATIENCE)
        for pipe in (self.process.stdout, self.process.stderr):
            assert pipe is not None
            pipe.close()
        return status

    def _until(self, wanted: Callable[[JSON], bool]) -> JSON:
        while True:
            message = self._messages.get(timeout=_PATIENCE)
            if "method" in message:
                (self.asked if "id" in message else self.told).append(message)
            if "method" in message and "id" in message:
                reply = self.replies.get(message["method"])
                self._write({"id": message["id"], "result": reply})
            if wanted(message):
                return message
            if "method" in message and "id" not in message:
                self._passed.append(message)

    def _write(self, message: JSON) -> None:
        data = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(data), data))
        self.process.stdin.flush()

    def _read(self) -> None:
        stream = self.process.stdout
        assert stream is not None
        while True:
            size = 0
            while line := stream.readline().strip():
                name, _, value = line.partition(b":")
                size = int(value) if name.lower() == b"content-length" else size
            if not size:
                return
            self._messages.put(json.loads(stream.read(size)))


class Editor:
    """A buffer on both sides of the pipe."""

    def __init__(self, client: Client, uri: str, text: str) -> None:
        self.client = client
        self.uri = uri
        self.text = text
        self.version = 1
        item = {"uri": uri, "languageId": "dockerfile", "version": 1, "text": text}
        client.notify("textDocument/didOpen", textDocument=item)

    @property
    def document(self) -> JSON:
        return {"uri": self.uri}

    def marks(self) -> JSON:
        """The diagnostics of this version."""
        while True:
            told = self.client.told_next("textDocument/publishDiagnostics")
            if told["uri"] == self.uri and told.get("version") == self.version:
                return told["diagnostics"]

    def ask(self, what: str, **params: JSON) -> JSON:
        return self.client.request(f"textDocument/{what}", textDocument=self.document, **params)

    def formatted(self) -> str:
        options = {"tabSize": 4, "insertSpaces": True}
        return self.after(self.ask("formatting", options=options) or [])

    def after(self, edits: JSON) -> str:
        """The buffer with some edits of the server."""
        return applied(self.text, [self._edit(edit) for edit in edits])

    def _edit(self, edit: JSON) -> Edit:
        text = Text(self.text)
        ends = (edit["range"]["start"], edit["range"]["end"])
        start, stop = (text.offset(Position(e["line"], e["character"])) for e in ends)
        return Edit(start, stop, edit["newText"])

    def change(self, *changes: tuple[JSON, str]) -> None:
        """Ranges and their new texts, in turn; None: the whole text."""
        content = []
        for span, new in changes:
            self.text = new if span is None else self.after([{"range": span, "newText": new}])
            content.append({"text": new} if span is None else {"range": span, "text": new})
        self.version += 1
        self.client.notify(
            "textDocument/didChange",
            textDocument={"uri": self.uri, "version": self.version},
            contentChanges=content,
        )


def span(line: int, start: int, last: int, stop: int) -> JSON:
    """A range, 0-based."""
    return {
        "start": {"line": line, "character": start},
        "end": {"line": last, "character": stop},
    }
