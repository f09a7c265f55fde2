"""How the graph compares with the labels of tests/labels.

    python benchmarks/labels.py [--wrong] [SHEET...]

One line a sheet: labelled pairs, recall, precision, missed pairs, wrong pairs; then the totals.
`--wrong` adds each missed pair, and each wrong one with what the graph says of it.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from label_sheets import SHEETS, Score, precision, read_sheet, recall, scored  # noqa: E402


def main(arguments: list[str]) -> None:
    names = [word for word in arguments if word != "--wrong"]
    sheets = [path for path in SHEETS if not names or any(name in path.stem for name in names)]
    scores: list[Score] = []
    for path in sheets:
        with tempfile.TemporaryDirectory() as folder:
            score = scored(read_sheet(path), Path(folder))
        scores.append(score)
        print(score.told())
        if "--wrong" in arguments:
            _explain(score)
    whole = sum(not score.missed for score in scores)
    print(
        f"{len(scores)} sheets, {sum(len(s.sheet.sure) for s in scores)} pairs: "
        f"recall {recall(scores):.1%}, precision {precision(scores):.1%}, "
        f"{whole} of {len(scores)} sheets without a missed pair"
    )


def _explain(score: Score) -> None:
    lines = score.sheet.text.splitlines()
    for kind, pairs in (("missed", score.missed), ("wrong", score.wrong)):
        for pair in sorted(pairs):
            cause = score.causes.get(pair, "follows from others" if kind == "wrong" else "")
            print(f"  {kind}: {lines[pair.above - 1][:70]} -> {lines[pair.below - 1][:70]}")
            print(f"      {cause}")


if __name__ == "__main__":
    main(sys.argv[1:])
