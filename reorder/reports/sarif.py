"""Findings as SARIF 2.1.0, with an edit for each that has one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from reorder import __version__
from reorder.reports.findings import RULES, Finding, Rule, findings
from reorder.reports.hunks import Hunk
from reorder.reports.outcome import Failed, Outcome

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)


def render(outcomes: Sequence[Outcome]) -> str:
    """One run; regions without columns are whole lines, the last line end excluded."""
    driver = {"name": "reorder", "version": __version__, "rules": [_rule(rule) for rule in RULES]}
    failed = any(isinstance(outcome, Failed) for outcome in outcomes)
    run = {
        "tool": {"driver": driver},
        "invocations": [{"executionSuccessful": not failed}],
        "results": [_result(finding) for finding in findings(outcomes)],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.help},
        "help": {"text": rule.help.replace("`", ""), "markdown": rule.help},
        "defaultConfiguration": {"level": rule.level},
    }


def _result(finding: Finding) -> dict[str, Any]:
    region = {"startLine": finding.line, "endLine": finding.end_line}
    told: dict[str, Any] = {
        "ruleId": finding.rule.id,
        "ruleIndex": RULES.index(finding.rule),
        "level": finding.rule.level,
        "message": {"text": finding.message},
        "locations": [
            {"physicalLocation": {"artifactLocation": _file(finding.path), "region": region}}
        ],
        "partialFingerprints": {"reorder/v1": finding.fingerprint},
    }
    if finding.hunk is not None and finding.hunk.text is not None:
        told["fixes"] = [_fix(finding.path, finding.rule, finding.hunk, finding.hunk.text)]
    return told


def _fix(path: str, rule: Rule, hunk: Hunk, text: str) -> dict[str, Any]:
    replacement = {
        "deletedRegion": {"startLine": hunk.line, "endLine": hunk.end_line},
        "insertedContent": {"text": text},
    }
    return {
        "description": {"text": rule.title},
        "artifactChanges": [{"artifactLocation": _file(path), "replacements": [replacement]}],
    }


def _file(path: str) -> dict[str, str]:
    """A relative path is below the root of the repository, where the run is taken to be."""
    name = PurePath(path)
    if name.is_absolute():
        return {"uri": name.as_uri()}
    return {"uri": quote(name.as_posix()), "uriBaseId": "%SRCROOT%"}
