"""What is shown, and what is changed, in the words of the protocol."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from lsprotocol import types as lsp

from reorder.lsp.pieces import Piece, pieces, within
from reorder.lsp.project import Outcome
from reorder.lsp.show import DOCUMENT, Hint, Mark, hints, lens, marks
from reorder.lsp.text import Edit, Encoding, Position, Text, decoded, edits
from reorder.reports.words import Move, added, moves, seconds, short
from reorder.result import Result

FIX_ALL = "source.fixAll.reorder"
_SEVERITIES = {
    "warning": lsp.DiagnosticSeverity.Warning,
    "information": lsp.DiagnosticSeverity.Information,
    "hint": lsp.DiagnosticSeverity.Hint,
}


class Answers:
    """The answers about one outcome of the buffer `uri`; `version` as the editor counts.

    `versioned`: the editor takes edits that name the version of their buffer.
    """

    def __init__(
        self,
        uri: str,
        version: int | None,
        outcome: Outcome,
        *,
        encoding: Encoding = "utf-16",
        versioned: bool = False,
    ) -> None:
        self.uri = uri
        self.version = version
        self.outcome = outcome
        self.text = Text(outcome.text, encoding)
        self.versioned = versioned

    def formatting(self) -> list[lsp.TextEdit]:
        """The edits that make the whole buffer what the command would write."""
        return self._edits(edits(self.outcome.text, self.outcome.after))

    def formatting_of(self, span: lsp.Range) -> list[lsp.TextEdit]:
        """The edits that lie wholly in a range and are legal without the others."""
        result = self.outcome.result
        if result is None or not result.changed:
            return []
        first, last = self._lines(span)
        part = within(result, first, last)
        return self._to(part) if part else []

    def diagnostics(self, *, barriers: bool) -> list[lsp.Diagnostic]:
        return [self._diagnostic(mark) for mark in marks(self.outcome, barriers=barriers)]

    def actions(
        self, span: lsp.Range, given: Sequence[lsp.Diagnostic], only: Sequence[str] | None
    ) -> list[lsp.CodeAction]:
        """A quick fix for each piece that meets the range, and one action for the whole file."""
        result = self.outcome.result
        if result is None or not result.changed:
            return []
        found: list[lsp.CodeAction] = []
        if _wants(only, "quickfix"):
            first, last = self._lines(span)
            near = [p for p in pieces(result) if p.first <= last and first <= p.last]
            found = [self._fix(piece, given) for piece in near]
        if _wants(only, FIX_ALL):
            title = "Reorder the whole file"
            edit = self.edit(self.formatting())
            found.append(lsp.CodeAction(title, kind=FIX_ALL, edit=edit))
        return found

    def hover(self, found: tuple[int, int, str] | None) -> lsp.Hover | None:
        if found is None:
            return None
        start, stop, text = found
        content = lsp.MarkupContent(lsp.MarkupKind.PlainText, text)
        return lsp.Hover(content, self._range(start, stop))

    def hints(self, span: lsp.Range) -> list[lsp.InlayHint]:
        first, last = self._lines(span)
        return [
            self._hint(hint) for hint in hints(self.outcome) if first <= self._row(hint) <= last
        ]

    def lenses(self, command: str) -> list[lsp.CodeLens]:
        """The total above the first stage; a click makes the changes, when there are some."""
        found = lens(self.outcome)
        if found is None:
            return []
        offset, title = found
        changed = self.outcome.result is not None and self.outcome.result.changed
        name, arguments = (command, [self.uri]) if changed else ("", None)
        return [
            lsp.CodeLens(self._range(offset, offset), lsp.Command(title, name, None, arguments))
        ]

    def edit(self, changes: list[lsp.TextEdit]) -> lsp.WorkspaceEdit:
        """Tied to the version of the buffer, where the editor can: it refuses what is too late."""
        if not self.versioned:
            return lsp.WorkspaceEdit(changes={self.uri: changes})
        place = lsp.OptionalVersionedTextDocumentIdentifier(self.uri, self.version)
        return lsp.WorkspaceEdit(document_changes=[lsp.TextDocumentEdit(place, list(changes))])

    def _fix(self, piece: Piece, given: Sequence[lsp.Diagnostic]) -> lsp.CodeAction:
        about = [d for d in given if d.source == "reorder" and self._meets(d.range, piece)]
        edit = self.edit(self._to(piece.result))
        kind = lsp.CodeActionKind.QuickFix
        return lsp.CodeAction(_title(piece), kind=kind, edit=edit, diagnostics=about or None)

    def _to(self, result: Result) -> list[lsp.TextEdit]:
        return self._edits(edits(self.outcome.text, decoded(result.after)))

    def _edits(self, changes: Iterable[Edit]) -> list[lsp.TextEdit]:
        return [lsp.TextEdit(self._range(e.start, e.stop), e.text) for e in changes]

    def _diagnostic(self, mark: Mark) -> lsp.Diagnostic:
        return lsp.Diagnostic(
            range=self._range(mark.start, mark.stop),
            message=mark.message,
            severity=_SEVERITIES[mark.severity],
            code=mark.code,
            code_description=lsp.CodeDescription(f"{DOCUMENT.as_uri()}#{mark.code}"),
            source="reorder",
            related_information=[
                lsp.DiagnosticRelatedInformation(
                    lsp.Location(self.uri, self._range(start, stop)), why
                )
                for start, stop, why in mark.related
            ],
        )

    def _hint(self, hint: Hint) -> lsp.InlayHint:
        place = self._place(self.text.position(hint.offset))
        return lsp.InlayHint(place, hint.label, tooltip=hint.tooltip, padding_left=True)

    def _row(self, hint: Hint) -> int:
        return self._line(hint.offset)

    def _lines(self, span: lsp.Range) -> tuple[int, int]:
        """The first and last line of the Dockerfile that a range touches, 1-based."""
        start = self.text.offset(Position(span.start.line, span.start.character))
        stop = self.text.offset(Position(span.end.line, span.end.character))
        if stop > start and self.outcome.text[stop - 1] == "\n":
            stop -= 1
        return self._line(start), self._line(stop)

    def _line(self, offset: int) -> int:
        return self.outcome.text.count("\n", 0, offset) + 1

    def line(self, position: lsp.Position) -> int:
        """The 1-based line of the Dockerfile at a position."""
        return self._line(self.text.offset(Position(position.line, position.character)))

    def _meets(self, span: lsp.Range, piece: Piece) -> bool:
        first, last = self._lines(span)
        return first <= piece.last and piece.first <= last

    def _range(self, start: int, stop: int) -> lsp.Range:
        ends = (self.text.position(start), self.text.position(stop))
        return lsp.Range(*(self._place(end) for end in ends))

    def _place(self, position: Position) -> lsp.Position:
        return lsp.Position(position.line, position.character)


def _wants(only: Sequence[str] | None, kind: str) -> bool:
    """`source` asks for `source.fixAll.reorder`, too."""
    return not only or any(kind == word or kind.startswith(f"{word}.") for word in only)


def _title(piece: Piece) -> str:
    return f"{' and '.join(_steps(piece.result))} (saves {seconds(piece.saves)})"


def _steps(result: Result) -> Iterator[str]:
    """The first of its changes in words, and how many there are beside it."""
    told = [f"Add `{new.text}` for line {new.reader.line}" for new in added(result)]
    told += [f"Move `{short(move.instruction)}`{_aim(move)}" for move in moves(result)]
    yield from told[:1]
    if len(told) > 1:
        yield f"{len(told) - 1} more"


def _aim(move: Move) -> str:
    if move.upwards:
        return f" above line {move.passes[0].instruction.line}"
    return f" below line {move.passes[-1].instruction.line}"
