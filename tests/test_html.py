"""The page as text: nothing of a Dockerfile runs in it, nothing is fetched, nothing is missing."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reorder.context.files import Context
from reorder.context.history import Event, History
from reorder.cost import Changes, measured
from reorder.pipeline import reorder
from reorder.replay import replay
from reorder.reports.html import render
from reorder.reports.outcome import Done, Failed
from reorder.reports.page.layers import heat
from reorder.reports.page.plot import columns

ROOT = Path(__file__).parent.parent
CASE = ROOT / "fixtures" / "model-download"
HOSTILE = "</style><script>alert(1)</script><img src=x onerror=alert(1)>\"'&"
# Elements of HTML that have no end.
VOID = frozenset(["meta", "br", "img"])
KNOWN = frozenset(
    (
        *("html", "head", "meta", "title", "style", "body", "header", "main", "section"),
        *("h1", "h2", "h3", "h4", "h5", "p", "b", "s", "i", "span", "div", "ul", "ol", "li"),
        *("svg", "path", "rect", "g", "defs", "pattern", "figure", "figcaption", "details"),
        *("summary", "table", "thead", "tbody", "tr", "th", "td", "code", "pre"),
    )
)


class Page(HTMLParser):
    """Which elements and attributes a page has; raises when they do not nest."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID and not (self.get_starttag_text() or "").endswith("/>"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def page_of(data: bytes, path: str = "Dockerfile", changes: Changes | None = None) -> str:
    return render([Done(path, reorder(data, changes=changes))])


def case() -> Done:
    context = Context.open(CASE / "context")
    return Done("Dockerfile", reorder((CASE / "Dockerfile").read_bytes(), context=context))


def is_harmless(text: str) -> None:
    for tag, attributes in Page(text).elements:
        assert tag in KNOWN, tag
        names = {name for name in attributes if name.startswith("on")} | {"href", "src"}
        assert names & set(attributes) == set()
    assert "url(" not in text.replace("url(#stripes)", "")
    assert "@import" not in text


PLACES = {
    "an instruction": f"RUN echo {HOSTILE}",
    "a comment": f"# {HOSTILE}\nRUN x",
    "a source": f"COPY {HOSTILE.split('<img')[0]} /app/",
    "a variable": f"ENV A='{HOSTILE.replace(chr(39), '')}'",
    "a stage": "RUN x\nFROM <b>\nRUN y",
    "an argument": "ARG X=<script>alert(1)</script>\nRUN pip install flask",
}


@pytest.mark.parametrize("text", PLACES.values(), ids=PLACES)
def test_hostile_text_stays_text(text: str) -> None:
    is_harmless(page_of(f"FROM debian:12\n{text}\n".encode(), HOSTILE))


def test_a_hostile_commit_stays_text(tmp_path: Path) -> None:
    events = [Event(frozenset([HOSTILE]), 1.0, "<b>", HOSTILE, HOSTILE) for _ in range(30)]
    context = Context.open(tmp_path)
    changes = measured(History(tuple(events)), context)
    result = reorder(b"FROM debian:12\nCOPY . /app\nRUN make\n", changes=changes)
    page = render([Done("Dockerfile", result, replay=replay(result, context, events))])
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    is_harmless(page)


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="<>&\"'`= \\/scriptonhref:;{}\x00\x1b\udcff", max_size=60))
def test_any_text_is_harmless(text: str) -> None:
    line = text.replace("\\", "").encode("utf-8", "surrogateescape")
    is_harmless(page_of(b"FROM debian:12\nCOPY . /app\nRUN echo " + line + b"x\n", text))


def test_a_failed_file_is_named_beside_the_others() -> None:
    page = render([Failed("b/<Dockerfile>", "b: `<x>` is no instruction", 1, 2), case()])
    is_harmless(page)
    assert "b: `&lt;x&gt;` is no instruction" in page
    assert "reorder: 1 of 2 Dockerfiles can rebuild faster" in page


def test_the_page_forbids_scripts_and_the_network() -> None:
    page = render([case()])
    policy = "content=\"default-src 'none'; style-src 'unsafe-inline'\""
    assert policy in page
    assert "<script" not in page
    assert re.findall(r"https?://", page) == []


def test_the_page_tells_what_the_text_report_tells() -> None:
    page = render([case()])
    for told in (
        "12.5 min</s> <span>0.7 s",
        "line 6: COPY worker/*.py ./ moves down, below line 8",
        "and imports no module of such a name",
        "-COPY worker/*.py ./\n",
    ):
        assert told in page


@pytest.mark.parametrize(
    ("share", "expected"), [(0.0, 0), (0.05, 0), (0.06, 1), (0.5, 2), (0.93, 4), (1.0, 4)]
)
def test_the_colour_is_the_share_of_rebuilds(share: float, expected: int) -> None:
    assert heat(share) == expected


def test_the_area_of_the_columns_is_the_average_rebuild() -> None:
    result = case().result
    found = columns(result)
    before = sum(column.share * column.before for column in found)
    after = sum(column.share * column.after for column in found)
    assert (before, after) == pytest.approx((result.seconds_before, result.seconds_after))
    assert sum(column.share for column in found) == pytest.approx(1.0)
