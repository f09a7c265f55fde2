"""Findings as a Code Quality report: GitLab shows them in a merge request."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from reorder.reports.findings import Finding, Level, findings
from reorder.reports.outcome import Outcome

_SEVERITIES = {Level.error: "major", Level.warning: "minor", Level.note: "info"}


def render(outcomes: Sequence[Outcome]) -> str:
    """A list of findings; each fingerprint occurs once."""
    return json.dumps([_issue(finding) for finding in findings(outcomes)], indent=2) + "\n"


def _issue(finding: Finding) -> dict[str, Any]:
    return {
        "description": finding.message,
        "check_name": finding.rule.id,
        "fingerprint": finding.fingerprint,
        "severity": _SEVERITIES[finding.rule.level],
        "location": {
            "path": finding.path,
            "lines": {"begin": finding.line, "end": finding.end_line},
        },
    }
