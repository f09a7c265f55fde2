"""A few random Dockerfiles, built for real in two orders; more by tests/random_builds.py."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest
from random_builds import built, differing, groups, some, trials

ENGINE = os.environ.get("REORDER_ENGINE", "")

pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(
        not ENGINE.endswith("docker"),
        reason="no docker: REORDER_ENGINE=docker (.ci/engine) runs it",
    ),
]


def test_random_dockerfiles_have_the_same_files_in_two_orders(tmp_path: Path) -> None:
    # Docker 20.10 knows no here-documents.
    cases = [case for case in some(60, 1) if "<<" not in case.text and not case.args]
    pairs = list(trials([case for case in cases if not case.head], tmp_path, Counter()))[:10]
    found = [
        pair for group in groups(iter(pairs), 10) for pair in built(group, tmp_path, Counter())
    ]
    assert [t.case.text for t, before, after in found if t.failed or differing(before, after)] == []
    assert len(found) >= 5
