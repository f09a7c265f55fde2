"""How the graph compares with the labels of tests/labels.

    python benchmarks/labels.py [--wrong] [--causes] [SHEET...]

One line a sheet: labelled pairs, recall, precision, missed pairs, wrong pairs; then the totals.
`--wrong` adds each missed pair, and each wrong one with what the graph says of it; `--causes` a
table in Markdown of what the graph says of the wrong ones.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from label_sheets import (  # noqa: E402
    SHEETS,
    Pair,
    Score,
    nearest_precision,
    precision,
    read_sheet,
    recall,
    scored,
)

FOLLOWS = "follows from other pairs, some of them wrong"
# Cause -> what the pair is (`COPY RUN`) and what the graph says of it; the first that fits counts.
CAUSES = {
    "a RUN that may do anything: no model, code of the project, words that are not known": (
        r".*\| .*(no model|not known|may do anything|own code|unseen code|which are code"
        r"|runs a file inside|is not read)"
    ),
    "a variable that the command might look at": r".*\| env:",
    "a command that might look at its folder": r".*\| cwd:",
    "CMD and ENTRYPOINT, USER and WORKDIR, VOLUME under the older builder": (
        r".*\| ((config|user|shell):|.*older|.*legacy builder)"
    ),
    "the search for a program where an install writes": (
        r".*\| .*(looks for the program|loads shared)"
    ),
    "two COPY or WORKDIR into one folder, mostly the same file twice": (
        r"(COPY|ADD|WORKDIR) (COPY|ADD|WORKDIR) \|"
    ),
    "a RUN that reads a file which a COPY below brings once more": (
        r"RUN (COPY|ADD) \| .*brings files into .*(reads|runs) [^*]*$"
    ),
    "an install that might write, or read, where a file is put": (
        r"(RUN (COPY|ADD|WORKDIR)|(COPY|ADD|WORKDIR) RUN) \|"
    ),
    "two RUNs whose folders meet (`/etc`, `/var/lib`, `~/.ssh`)": r"RUN RUN \|",
}


def main(arguments: Sequence[str]) -> None:
    names = [word for word in arguments if not word.startswith("--")]
    sheets = [path for path in SHEETS if not names or any(name in path.stem for name in names)]
    scores: list[Score] = []
    for path in sheets:
        with tempfile.TemporaryDirectory() as folder:
            scores.append(scored(read_sheet(path), Path(folder)))
        print(scores[-1].told())
        if "--wrong" in arguments:
            _explain(scores[-1])
    whole = sum(not score.missed for score in scores)
    print(
        f"{len(scores)} sheets, {sum(len(s.sheet.sure) for s in scores)} pairs: "
        f"recall {recall(scores):.1%}, precision {precision(scores):.1%} "
        f"({nearest_precision(scores):.1%} of the nearest), "
        f"{whole} of {len(scores)} sheets without a missed pair"
    )
    if "--causes" in arguments:
        _table(scores)


def _explain(score: Score) -> None:
    lines = score.sheet.text.splitlines()
    for kind, pairs in (("missed", score.missed), ("wrong", score.wrong)):
        for pair in sorted(pairs):
            cause = score.causes.get(pair, FOLLOWS if kind == "wrong" else "")
            print(f"  {kind}: {lines[pair.above - 1][:70]} -> {lines[pair.below - 1][:70]}")
            print(f"      {cause}")


def _table(scores: Sequence[Score]) -> None:
    counted = Counter(_cause(score, pair) for score in scores for pair in score.wrong)
    print("\n| wrong pairs | cause |\n|---|---|")
    for cause, pairs in counted.most_common():
        print(f"| {pairs} | {cause} |")


def _cause(score: Score, pair: Pair) -> str:
    if pair not in score.causes:
        return FOLLOWS
    text = f"{' '.join(_keywords(score, pair))} | {score.causes[pair]}"
    return next((cause for cause, form in CAUSES.items() if re.match(form, text)), "other")


def _keywords(score: Score, pair: Pair) -> Iterator[str]:
    lines = score.sheet.text.splitlines()
    return (lines[at - 1].split()[0].upper() for at in (pair.above, pair.below))


if __name__ == "__main__":
    main(sys.argv[1:])
