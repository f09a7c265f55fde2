"""Findings as workflow commands: GitHub shows them beside the lines of a pull request."""

from __future__ import annotations

from collections.abc import Sequence

from reorder.reports.findings import Finding, Level, findings
from reorder.reports.outcome import Outcome

_COMMANDS = {Level.error: "error", Level.warning: "warning", Level.note: "notice"}


def render(outcomes: Sequence[Outcome]) -> str:
    """`::warning file=Dockerfile,line=3,endLine=4,title=...::message`, one a line."""
    return "".join(f"{_command(finding)}\n" for finding in findings(outcomes))


def _command(finding: Finding) -> str:
    properties = {
        "file": finding.path,
        "line": str(finding.line),
        "endLine": str(finding.end_line),
        "title": finding.rule.title,
    }
    told = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{_COMMANDS[finding.rule.level]} {told}::{_data(finding.message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
