"""The table of broken rules fits the code; tests/mutate.py runs it."""

from __future__ import annotations

import pytest
from mutate import ROOT, Mutant, mutants

TABLE = list(mutants())


@pytest.mark.parametrize("mutant", TABLE, ids=lambda m: m.rule)
def test_a_rule_stands_once_in_its_file(mutant: Mutant) -> None:
    assert (ROOT / mutant.file).read_text("utf-8").count(mutant.old) == 1


def test_each_module_of_the_check_that_decides_has_a_mutant() -> None:
    broken = {mutant.file.rpartition("/")[2] for mutant in TABLE if "/check/" in mutant.file}
    assert broken >= {"actors.py", "copied.py", "look.py", "match.py", "pairs.py", "parts.py"}
    assert broken >= {"simulate.py", "stage.py", "touch.py"}
