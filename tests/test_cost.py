"""Kinds of files, events and seconds -> the cost problem of a stage."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from reorder.context.files import Context
from reorder.context.history import Event, History
from reorder.cost import LEAST_EVENTS, ChangeEvent, Changes, Costing, StageCost, average, measured
from reorder.effects.instruction import Analysis, analyse
from reorder.effects.model import builtin
from reorder.pipeline import reorder
from reorder.plan import moved, seconds_of_event
from reorder.syntax.dockerfile import parse

# One event a kind, so that a mask shows the kinds: m(anifest), l(ock), n(amed), o(ther).
KINDS = {"manifest": "m", "lock": "l", "named": "n", "other": "o"}
EVENTS = tuple(ChangeEvent(1, frozenset([kind])) for kind in KINDS)
CHANGES = Changes(EVENTS, len(EVENTS))


def analysis(text: str) -> Analysis:
    return analyse(parse(text.encode()), context=None, models=builtin())


def kinds_of(mask: int) -> str:
    return "".join(letter for bit, letter in enumerate(KINDS.values()) if mask >> bit & 1)


def costs(text: str) -> list[StageCost]:
    costing = Costing(CHANGES)
    found = []
    for stage in analysis(text).stages:
        found.append(costing.of(stage.steps))
        costing = costing.below(stage)
    return found


TOUCHED = {
    "a folder": ("COPY . /app", "o"),
    "a folder by name": ("COPY src /app", "o"),
    "a folder with a slash": ("COPY src/ /app", "o"),
    "code by a pattern": ("COPY *.py /app/", "o"),
    "all by a pattern": ("COPY * /app/", "o"),
    "a manifest": ("COPY requirements.txt /app/", "m"),
    "a manifest in a folder": ("COPY a/b/package.json /app/", "m"),
    "a lock file": ("COPY poetry.lock /app/", "l"),
    "a manifest and its lock by a pattern": ("COPY package*.json /app/", "ml"),
    "two manifests": ("COPY pyproject.toml poetry.lock /app/", "ml"),
    "a manifest and a folder": ("COPY package.json src /app/", "mo"),
    "a file by name": ("COPY nginx.conf /etc/", "n"),
    "a file with a dot in front": ("COPY .config /etc/", "o"),
    "an address": ("ADD https://h.x/f.tgz /opt/", ""),
    "files of another image": ("COPY --from=alpine /x /y", ""),
    "a heredoc": ("COPY <<EOF /x\na\nEOF", ""),
    "a bind mount of all": ("RUN --mount=type=bind,target=/m make", "o"),
    "a bind mount of a manifest": (
        "RUN --mount=type=bind,source=package.json,target=/package.json npm ci",
        "m",
    ),
    "a cache mount": ("RUN --mount=type=cache,target=/c mkdir /x", ""),
    "a RUN": ("RUN mystery", ""),
    "a setting": ("ENV A=1", ""),
}


@pytest.mark.parametrize(("line", "expected"), TOUCHED.values(), ids=TOUCHED)
def test_what_a_change_touches(line: str, expected: str) -> None:
    (cost,) = costs(f"FROM debian:12\n{line}\n")
    assert [kinds_of(mask) for mask in cost.touches] == [expected]


def test_a_copy_from_a_stage_is_touched_by_all_that_touches_the_stage() -> None:
    text = (
        "FROM debian:12 AS a\nCOPY package.json /a/\nCOPY nginx.conf /n/\n"
        "FROM a AS b\nCOPY poetry.lock /b/\n"
        "FROM debian:12\nCOPY --from=b /b /b\nCOPY --from=a /a /a\n"
    )
    masks = [[kinds_of(mask) for mask in cost.touches] for cost in costs(text)]
    assert masks == [["m", "n"], ["l"], ["mln", "mn"]]


def test_a_file_that_a_stage_hands_on_changes_with_itself_only(tmp_path: Path) -> None:
    for name in ("package.json", "a.ts"):
        (tmp_path / name).write_text("{}")
    text = (
        "FROM debian:12 AS a\nWORKDIR /a\nCOPY package.json ./\nCOPY a.ts ./\nRUN mystery\n"
        "FROM debian:12\nCOPY --from=a /a/package.json /b/\n"
        "COPY --from=a /a/package.json /a/a.ts /b/\nCOPY --from=a /a/dist /b/\n"
    )
    events = (
        ChangeEvent(1, files=frozenset(["package.json"])),
        ChangeEvent(1, files=frozenset(["a.ts"])),
    )
    context = Context.open(tmp_path)
    costing = Costing(Changes(events, 2, None, context))
    first, second = analyse(parse(text.encode()), context=context, models=builtin()).stages
    assert costing.below(first).of(second.steps).touches == (0b01, 0b11, 0b11)


def test_an_arg_of_several_names_is_new_when_one_of_them_is() -> None:
    (cost,) = costs("FROM debian:12\nARG A=1 GIT_SHA\nARG A=1 MODE\n")
    assert [mask != 0 for mask in cost.touches] == [True, False]


def test_what_one_file_is_like_is_not_taken_for_another(tmp_path: Path) -> None:
    """Of a file that is not at hand its name tells nothing; of one that is, that it is one."""
    (tmp_path / "sort").write_text("")
    text = b"FROM debian:12\nCOPY sort /a\nRUN curl -o /b https://example.invalid/b\n"
    reorder(text)
    alone = reorder(text, context=Context.open(tmp_path))
    average().known.clear()
    again = reorder(text, context=Context.open(tmp_path))
    assert [plan.cost for plan in again.plans] == [plan.cost for plan in alone.plans]


def test_seconds_become_whole_milliseconds() -> None:
    (cost,) = costs("FROM debian:12\nRUN pip install flask\nENV A=1\nCOPY . /a\n")
    assert cost.milliseconds == (17_000, 0, 500)


def test_the_priors_are_nested_and_lose_nothing() -> None:
    events = average().events
    shares = {kind: sum(event.weight for event in events if kind in event.kinds) for kind in KINDS}
    assert shares == {"other": 933, "manifest": 133, "lock": 131, "named": 66}
    for smaller, larger in pairwise(events):
        assert smaller.kinds < larger.kinds
    assert sum(event.weight for event in events) <= average().total


def test_a_short_history_tells_nothing(tmp_path: Path) -> None:
    events = (Event(frozenset(["a"]), 1.0),) * (LEAST_EVENTS - 1)
    assert measured(History(events), Context.open(tmp_path)) is None


def test_a_history_tells_which_commits_touch_a_copy(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "a.py").write_text("")
    (tmp_path / "package.json").write_text("{}")
    rest = (Event(frozenset(["README"]), 0.5),) * LEAST_EVENTS
    history = History(
        (
            Event(frozenset(["src/gone.py"]), 1.0, "c1"),
            Event(frozenset(["package.json", "src/a.py"]), 0.75, "c2"),
            *rest,
        )
    )
    context = Context.open(tmp_path)
    changes = measured(history, context)
    assert changes is not None
    assert changes.total == 1750 + 500 * LEAST_EVENTS
    text = "FROM debian:12\nCOPY src /a\nCOPY package.json /b/\nCOPY . /c\nARG GIT_SHA\n"
    steps = analyse(parse(text.encode()), context=context, models=builtin()).stages[0].steps
    masks = Costing(changes).of(steps).touches
    everything = (1 << len(changes.events)) - 1
    assert masks == (0b11, 0b10, everything, everything)


def test_a_copy_of_the_repository_itself_changes_with_every_commit(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "HEAD").write_text("")
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "a.py").write_text("")
    events = (Event(frozenset(["src/a.py"]), 1.0),) * LEAST_EVENTS
    context = Context.open(tmp_path)
    changes = measured(History(events), context)
    assert changes is not None
    text = "FROM debian:12\nCOPY .git /g\nCOPY . /a\nCOPY src /b\nCOPY docs /c\n"
    steps = analyse(parse(text.encode()), context=context, models=builtin()).stages[0].steps
    everything = (1 << LEAST_EVENTS) - 1
    assert Costing(changes).of(steps).touches == (everything, everything, everything, 0)


def test_an_event_re_runs_all_from_the_first_step_that_it_touches() -> None:
    cost = StageCost((1000, 2000, 4000), (0b00, 0b01, 0b10), (1, 1), 2)
    assert seconds_of_event(cost, (0, 1, 2), 0) == 6.0
    assert seconds_of_event(cost, (0, 2, 1), 0) == 2.0
    assert seconds_of_event(cost, (0, 1, 2), 1) == 4.0
    assert seconds_of_event(cost, (0, 1, 2), 2) == 0.0


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ((), ()),
        ((0, 1, 2), ()),
        ((0, 2, 3, 1, 4), (1,)),
        ((3, 0, 1, 2), (3,)),
        ((1, 2, 3, 0), (0,)),
    ],
)
def test_what_moved_is_what_was_lifted_out(
    items: tuple[int, ...], expected: tuple[int, ...]
) -> None:
    assert moved(items) == expected


def test_code_is_what_is_copied_and_no_manifest(tmp_path: Path) -> None:
    for name in ("app.py", "package.json", "docs/x.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    files = (["app.py"], ["package.json"], ["docs/x.md"], ["package.json", "app.py"])
    events = tuple(Event(frozenset(names), 1.0) for names in files)
    changes = measured(History(events * LEAST_EVENTS), Context.open(tmp_path))
    assert changes is not None
    text = b"FROM scratch\nCOPY app.py package.json /\nCOPY docs /docs\nCOPY package.json /\n"
    steps = analyse(parse(text), context=changes.context, models=builtin()).stages[0].steps
    assert [(changes.mask(s) & 15, changes.code(s) & 15) for s in steps] == [
        (0b1011, 0b1001),
        (0b0100, 0b0100),
        (0b1010, 0),
    ]
