"""The language server: wiring only. Nothing of the workspace is ever run."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any, cast

from lsprotocol import types as lsp
from pygls.lsp.server import LanguageServer
from pygls.uris import to_fs_path

from reorder import __version__
from reorder.inputs import Options
from reorder.lsp.answers import FIX_ALL, Answers
from reorder.lsp.buffers import Buffer, Buffers, Outdated
from reorder.lsp.settings import Settings, SettingsError, read_settings
from reorder.lsp.show import hover, total
from reorder.lsp.text import Encoding, Position, Text

APPLY, PREVIEW, WHY = "reorder.server.apply", "reorder.server.preview", "reorder.server.why"
STATUS = "reorder/status"


class Server(LanguageServer):
    """The open buffers, and the settings that hold for them."""

    def __init__(self) -> None:
        super().__init__("reorder", __version__)
        self.settings = Settings()
        self.buffers = Buffers(self.options)
        self.ended = False

    def options(self, path: Path | None) -> Options:
        """A relative context belongs to the innermost workspace folder around the path."""
        folders = [path_of(uri) for uri in self.workspace.folders] or [path_of(self._root())]
        around = [
            f for f in folders if f is not None and path is not None and path.is_relative_to(f)
        ]
        innermost = max(around, key=lambda folder: len(folder.parts), default=None)
        return self.settings.options(innermost or next(iter(folders), None))

    def _root(self) -> str:
        return self.workspace.root_uri or ""

    @property
    def encoding(self) -> Encoding:
        return cast(Encoding, self.server_capabilities.position_encoding or "utf-16")

    async def answers(self, uri: str, *, timeout: float | None = None) -> Answers | None:
        """None: unknown, changed meanwhile, not ready in time, or a fault of ours, which is told
        in the log: an editor shows an error as a popup."""
        buffer = self.buffers.open.get(uri)
        if buffer is None or not self.settings.enable:
            return None
        version = buffer.version
        try:
            found = await asyncio.wait_for(self.buffers.outcome(buffer), timeout)
        except TimeoutError:
            self.say(f"{uri}: not ready after {timeout} s: it stays as it is")
            return None
        except Outdated:
            return None
        except Exception as error:
            self.say(f"{uri}: {error!r}: this is a bug, please report it with the file")
            return None
        edits = (
            self.client_capabilities.workspace and self.client_capabilities.workspace.workspace_edit
        )
        versioned = bool(edits and edits.document_changes)
        return Answers(uri, version, found, encoding=self.encoding, versioned=versioned)

    async def show(self, buffer: Buffer) -> None:
        """Publishes what is known of a buffer."""
        answers = await self.answers(buffer.uri)
        if buffer.uri not in self.buffers.open or (answers is None and self.settings.enable):
            return
        shown: list[lsp.Diagnostic] = []
        if answers is not None and self.settings.diagnostics != "off":
            shown = answers.diagnostics(barriers=self.settings.diagnostics == "all")
        self.text_document_publish_diagnostics(
            lsp.PublishDiagnosticsParams(buffer.uri, shown, buffer.version)
        )
        if self.settings.status:
            self.protocol.notify(STATUS, _status(buffer.uri, answers))

    def show_soon(self) -> None:
        for buffer in self.buffers.open.values():
            self.buffers.soon(buffer, self.show)

    async def refresh(self, _: Buffer | None = None) -> None:
        """Asks the editor to ask again for what it shows of its own accord."""
        workspace = self.client_capabilities.workspace
        if workspace and workspace.inlay_hint and workspace.inlay_hint.refresh_support:
            await self.workspace_inlay_hint_refresh_async(None)
        if workspace and workspace.code_lens and workspace.code_lens.refresh_support:
            await self.workspace_code_lens_refresh_async(None)

    def configure(self, given: Any) -> None:
        try:
            self.settings = read_settings(given, self.settings)
        except SettingsError as error:
            self.say(str(error))

    def say(self, message: str) -> None:
        """One line to the log of the editor: never a popup."""
        self.window_log_message(
            lsp.LogMessageParams(lsp.MessageType.Warning, f"reorder: {message}")
        )

    def report_server_error(self, error: Exception, source: Any) -> None:
        self.say(f"{error}: this is a bug, please report it")


def path_of(uri: str) -> Path | None:
    """The file of a buffer; None when it has none, as `untitled:Untitled-1`."""
    path = to_fs_path(uri) if uri.startswith("file:") else None
    return Path(path) if path else None


def _status(uri: str, answers: Answers | None) -> dict[str, Any]:
    result = answers.outcome.result if answers else None
    if result is None:
        return {"uri": uri}
    seconds = {"before": result.seconds_before, "after": result.seconds_after}
    return {"uri": uri, "changed": result.changed, "total": total(result), **seconds}


def serve() -> None:
    """Serves until the editor ends it."""
    server = Server()
    for register in (_life, _text, _watching, _changes, _views, _commands):
        register(server)
    server.start_io()


def _life(server: Server) -> None:
    @server.feature(lsp.INITIALIZE)
    def initialize(params: lsp.InitializeParams) -> None:
        server.configure(params.initialization_options)

    @server.feature(lsp.INITIALIZED)
    async def initialized(_: lsp.InitializedParams) -> None:
        await _register(server)
        await _pull(server)

    @server.feature(lsp.SHUTDOWN)
    def shutdown(_: None) -> None:
        server.ended = True

    @server.feature(lsp.EXIT)
    def leave(_: None) -> None:
        # No end in good order, which waits for threads: one may still plan, and nothing is kept.
        os._exit(0 if server.ended else 1)


async def _register(server: Server) -> None:
    workspace = server.client_capabilities.workspace
    watched = workspace.did_change_watched_files if workspace else None
    if not (watched and watched.dynamic_registration):
        return
    # Any file may be one that a COPY brings; a commit tells what changes between builds.
    globs = ("**/*", "**/.git/HEAD", "**/.git/logs/HEAD")
    options = lsp.DidChangeWatchedFilesRegistrationOptions(
        [lsp.FileSystemWatcher(glob) for glob in globs]
    )
    asked = lsp.Registration("files", lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES, options)
    await server.client_register_capability_async(lsp.RegistrationParams([asked]))


async def _pull(server: Server) -> None:
    """Asks for the settings, where the editor can tell them."""
    workspace = server.client_capabilities.workspace
    if workspace and workspace.configuration:
        item = lsp.ConfigurationItem(section="reorder")
        params = lsp.ConfigurationParams([item])
        for given in await server.workspace_configuration_async(params):
            server.configure(given)
        server.show_soon()


def _text(server: Server) -> None:
    # The text is kept here: a line ends where the protocol says, which not all libraries do.
    @server.feature(lsp.TEXT_DOCUMENT_DID_OPEN)
    def did_open(params: lsp.DidOpenTextDocumentParams) -> None:
        item = params.text_document
        buffer = Buffer(item.uri, path_of(item.uri), item.text, item.version)
        server.buffers.open[item.uri] = buffer
        server.buffers.soon(buffer, server.show)

    @server.feature(lsp.TEXT_DOCUMENT_DID_CHANGE)
    def did_change(params: lsp.DidChangeTextDocumentParams) -> None:
        buffer = server.buffers.open.get(params.text_document.uri)
        if buffer is None:
            return
        for change in params.content_changes:
            buffer.text = _changed(buffer.text, change, server.encoding)
        buffer.version = params.text_document.version
        server.buffers.soon(buffer, server.show)

    @server.feature(lsp.TEXT_DOCUMENT_DID_CLOSE)
    def did_close(params: lsp.DidCloseTextDocumentParams) -> None:
        uri = params.text_document.uri
        server.buffers.close(uri)
        server.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(uri, []))


def _changed(text: str, change: lsp.TextDocumentContentChangeEvent, encoding: Encoding) -> str:
    if isinstance(change, lsp.TextDocumentContentChangeWholeDocument):
        return change.text
    start, stop = (
        Position(end.line, end.character) for end in (change.range.start, change.range.end)
    )
    return Text(text, encoding).changed(start, stop, change.text)


def _watching(server: Server) -> None:
    async def again() -> None:
        server.show_soon()
        await server.refresh()

    @server.feature(lsp.TEXT_DOCUMENT_DID_SAVE)
    def did_save(_: lsp.DidSaveTextDocumentParams) -> None:
        server.show_soon()

    @server.feature(lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    async def did_change_files(_: lsp.DidChangeWatchedFilesParams) -> None:
        await again()

    @server.feature(lsp.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    async def did_change_folders(_: lsp.DidChangeWorkspaceFoldersParams) -> None:
        await again()

    @server.feature(lsp.WORKSPACE_DID_CHANGE_CONFIGURATION)
    async def did_change_configuration(params: lsp.DidChangeConfigurationParams) -> None:
        if params.settings:
            server.configure(params.settings)
        else:
            await _pull(server)
        await again()


def _changes(server: Server) -> None:
    @server.feature(lsp.TEXT_DOCUMENT_FORMATTING)
    async def formatting(params: lsp.DocumentFormattingParams) -> list[lsp.TextEdit] | None:
        answers = await server.answers(params.text_document.uri, timeout=server.settings.timeout)
        return answers.formatting() if answers else None

    @server.feature(lsp.TEXT_DOCUMENT_RANGE_FORMATTING)
    async def range_formatting(
        params: lsp.DocumentRangeFormattingParams,
    ) -> list[lsp.TextEdit] | None:
        answers = await server.answers(params.text_document.uri, timeout=server.settings.timeout)
        return answers.formatting_of(params.range) if answers else None

    kinds = [lsp.CodeActionKind.QuickFix, FIX_ALL]

    @server.feature(lsp.TEXT_DOCUMENT_CODE_ACTION, lsp.CodeActionOptions(kinds))
    async def code_action(params: lsp.CodeActionParams) -> list[lsp.CodeAction] | None:
        answers = await server.answers(params.text_document.uri, timeout=server.settings.timeout)
        context = params.context
        if answers is None:
            return None
        return answers.actions(params.range, context.diagnostics, context.only)


def _views(server: Server) -> None:
    @server.feature(lsp.TEXT_DOCUMENT_HOVER)
    async def hovered(params: lsp.HoverParams) -> lsp.Hover | None:
        answers = await server.answers(params.text_document.uri)
        if answers is None:
            return None
        return answers.hover(_why(server, answers, answers.line(params.position)))

    @server.feature(lsp.TEXT_DOCUMENT_INLAY_HINT)
    async def inlay_hint(params: lsp.InlayHintParams) -> list[lsp.InlayHint] | None:
        answers = await server.answers(params.text_document.uri)
        return answers.hints(params.range) if answers and server.settings.inlay_hints else None

    @server.feature(lsp.TEXT_DOCUMENT_CODE_LENS)
    async def code_lens(params: lsp.CodeLensParams) -> list[lsp.CodeLens] | None:
        answers = await server.answers(params.text_document.uri)
        return answers.lenses(APPLY) if answers and server.settings.code_lens else None


def _why(server: Server, answers: Answers, line: int) -> tuple[int, int, str] | None:
    path = path_of(answers.uri)
    return hover(answers.outcome, path.name if path else "buffer", line)


def _commands(server: Server) -> None:
    @server.command(APPLY)
    async def apply(uri: str) -> bool:
        """Makes all changes in the buffer; false when there is nothing to do."""
        answers = await server.answers(uri)
        changes = answers.formatting() if answers else []
        if answers is None or not changes:
            return False
        params = lsp.ApplyWorkspaceEditParams(answers.edit(changes), label="Reorder")
        return (await server.workspace_apply_edit_async(params)).applied

    @server.command(PREVIEW)
    async def preview(uri: str) -> str | None:
        """The text as it would be."""
        answers = await server.answers(uri)
        return answers.outcome.after if answers else None

    @server.command(WHY)
    async def why(uri: str, line: int) -> str | None:
        """Why the instruction on a 1-based line stands where it stands."""
        answers = await server.answers(uri)
        found = _why(server, answers, line) if answers else None
        return found[2] if found else None
