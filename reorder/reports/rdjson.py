"""Findings in the Reviewdog Diagnostic Format: each edit becomes a suggestion that one can take."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from reorder.reports.findings import Finding, Level, findings
from reorder.reports.outcome import Outcome

_SEVERITIES = {Level.error: "ERROR", Level.warning: "WARNING", Level.note: "INFO"}


def render(outcomes: Sequence[Outcome]) -> str:
    """One `DiagnosticResult`; ranges without columns are whole lines, the last line end excluded.

    Each suggestion alone leaves the image the same, so they may be taken in any number.
    """
    document = {
        "source": {"name": "reorder"},
        "diagnostics": [_diagnostic(finding) for finding in findings(outcomes)],
    }
    return json.dumps(document, indent=2) + "\n"


def _diagnostic(finding: Finding) -> dict[str, Any]:
    lines = {"start": {"line": finding.line}, "end": {"line": finding.end_line}}
    told: dict[str, Any] = {
        "message": finding.message,
        "location": {"path": finding.path, "range": lines},
        "severity": _SEVERITIES[finding.rule.level],
        "code": {"value": finding.rule.id},
    }
    if finding.hunk is not None and finding.hunk.text is not None:
        told["suggestions"] = [{"range": lines, "text": finding.hunk.text}]
    return told
