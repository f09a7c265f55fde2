"""The page as a browser shows it: widths, colours and text that fits, without JavaScript."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from history_case import replayed

from reorder.context.files import Context
from reorder.pipeline import reorder
from reorder.reports.html import render
from reorder.reports.outcome import Done, Failed

webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
pytestmark = pytest.mark.browser

FIXTURES = Path(__file__).parent.parent / "fixtures"
NAMES = ("model-download", "split-npm-ci", "split-dotnet-solution")
STAGES = (
    "FROM debian:12 AS one\nCOPY README.md /r\nRUN make\n"
    "FROM debian:12\nCOPY worker /w\nRUN apt-get install -y curl\nCOPY --from=one /r /r\n"
)
HOSTILE = "<img/src=x/onerror=document.title='run'>"
PROGRAMS = [shutil.which(name) for name in ("chromium", "chromedriver")]


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Done:
    return replayed(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory, done: Done) -> Path:
    outcomes: list[Done | Failed] = []
    for name in NAMES:
        context = Context.open(FIXTURES / name / "context")
        data = (FIXTURES / name / "Dockerfile").read_bytes()
        outcomes.append(Done(f"{name}/Dockerfile", reorder(data, context=context)))
    hostile = f"FROM debian:12\nCOPY . /app\nRUN echo {HOSTILE * 9}\n".encode()
    outcomes.append(Done(f"a/very/long/path/{HOSTILE * 3}/Dockerfile", reorder(hostile)))
    outcomes += [done, replayed(tmp_path_factory.mktemp("stages"), STAGES)]
    outcomes.append(Failed("broken", "broken:2: `TYPO` is no instruction", 2, 2))
    path = tmp_path_factory.mktemp("page") / "page.html"
    path.write_text(render(outcomes), "utf-8")
    return path


@pytest.fixture(scope="module")
def driver() -> Iterator[Any]:
    if None in PROGRAMS:
        pytest.skip("chromium and chromedriver are not installed (Debian: chromium-driver)")
    options = webdriver.ChromeOptions()
    for word in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(word)
    options.binary_location = str(PROGRAMS[0])
    service = webdriver.ChromeService(executable_path=PROGRAMS[1])
    driver = webdriver.Chrome(options=options, service=service)
    yield driver
    driver.quit()


class Browser:
    """A window with the page in it; `scheme` is light or dark."""

    def __init__(self, driver: Any, page: Path, width: int = 1100, scheme: str = "light") -> None:
        self.driver = driver
        metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        driver.get(page.as_uri())

    def ask(self, script: str) -> Any:
        return self.driver.execute_script(f"return {script}")

    def all(self, selector: str, script: str) -> list[Any]:
        found: list[Any] = self.ask(
            f"Array.from(document.querySelectorAll({selector!r}), e => {script})"
        )
        return found


def test_a_bar_is_as_wide_as_its_step_is_long(driver: Any, page: Path) -> None:
    browser = Browser(driver, page)
    shown = browser.all(
        "#file-0 .layers .row:has(.bar)",
        "[parseFloat(e.dataset.seconds), e.querySelector('.bar').getBoundingClientRect().width,"
        " e.querySelector('.track').getBoundingClientRect().width]",
    )
    longest = max(took for took, _, _ in shown)
    assert len(shown) >= 14
    assert longest > 600
    for took, bar, track in shown:
        assert bar == pytest.approx(track * took / longest, abs=0.6)


def test_moves_join_the_two_places_of_an_instruction(driver: Any, page: Path) -> None:
    browser = Browser(driver, page)
    middle = "(r => r.top + r.height / 2)(e.getBoundingClientRect())"
    now = browser.all("#file-0 .now .row.lifted", middle)
    new = browser.all("#file-0 .reordered .row.lifted", middle)
    (line,) = browser.all(
        "#file-0 .move.lifted", "(r => [r.top, r.bottom])(e.getBoundingClientRect())"
    )
    assert line == pytest.approx([*now, *new], abs=2)


def test_columns_are_as_high_as_a_rebuild_is_long(driver: Any, page: Path) -> None:
    browser = Browser(driver, page)
    high = browser.all("#file-0 .columns g:nth-of-type(1) rect", "e.getBoundingClientRect().height")
    told = browser.ask("document.querySelector('#file-0 .columns g title').textContent")
    before, after = re.findall(r"([\d.]+) (?:min|s)", told)[:2]
    assert high[1] / high[2] == pytest.approx(float(before) * 60 / float(after), rel=0.1)


HISTORY = "#file-4 .commits"


@pytest.mark.parametrize("kind", ["before", "after"])
def test_a_commit_is_as_high_as_what_it_re_runs_is_long(
    driver: Any, page: Path, done: Done, kind: str
) -> None:
    browser = Browser(driver, page)
    assert done.replay is not None and done.replay.after is not None
    rebuilds = done.replay.before if kind == "before" else done.replay.after
    (plot,) = browser.all(f"{HISTORY}.{kind}", "e.getBoundingClientRect().height")
    shown = browser.all(
        f"{HISTORY} rect.{kind}",
        "(r => [r.left, r.width, r.height, r.bottom])(e.getBoundingClientRect())",
    )
    assert len(shown) == len(rebuilds) == 40
    longest = max(rebuild.total for rebuild in done.replay.before)
    for (_, wide, high, _), rebuild in zip(shown, rebuilds, strict=True):
        expected = rebuild.total / longest * plot
        assert high == pytest.approx(expected, abs=2)
        assert (high > 0.5) is (not rebuild.hits)
        assert wide > 3
    lefts = [left for left, *_ in shown]
    assert lefts == sorted(lefts)
    assert len({round(bottom) for *_, bottom in shown}) == 1


def test_the_mean_of_the_commits_is_a_line_at_its_height(
    driver: Any, page: Path, done: Done
) -> None:
    browser = Browser(driver, page)
    assert done.replay is not None and done.replay.after is not None
    longest = max(rebuild.total for rebuild in done.replay.before)
    for kind, rebuilds in (("before", done.replay.before), ("after", done.replay.after)):
        (plot,) = browser.all(
            f"{HISTORY}.{kind}", "(r => [r.bottom, r.height])(e.getBoundingClientRect())"
        )
        (line,) = browser.all(
            f"{HISTORY}.{kind} .mean", "(r => (r.top + r.bottom) / 2)(e.getBoundingClientRect())"
        )
        mean = sum(rebuild.total for rebuild in rebuilds) / len(rebuilds)
        assert plot[0] - line == pytest.approx(mean / longest * plot[1], abs=2)


def test_the_replay_is_told_in_words_too(driver: Any, page: Path) -> None:
    browser = Browser(driver, page, 360)
    shown = browser.ask("document.querySelector('#file-4').innerText")
    for told in (
        "40 commits replayed, 2026-01-02 to 2026-02-13 (seconds estimated)",
        "10.7 min on average",
        "9 of 10 within (p90)",
        "12.8 min 2026-02-08 Newer libraries",
        "requirements.txt changes what line 4 (COPY requirements.txt .) takes from the context",
    ):
        assert told in shown


def test_the_stages_have_figures_of_their_own(driver: Any, page: Path) -> None:
    browser = Browser(driver, page)
    rows = browser.all("#file-5 .scroll + .scroll th", "e.innerText")
    assert rows[-3:] == ["stages side by side", "stage one (line 1)", "stage 1 (line 4)"]
    assert len(browser.all("#file-5 .scroll + .scroll thead td", "e.innerText")) == 5


@pytest.mark.parametrize("width", [360, 768, 1100])
def test_nothing_is_wider_than_the_window(driver: Any, page: Path, width: int) -> None:
    browser = Browser(driver, page, width)
    assert browser.ask("document.documentElement.scrollWidth") <= width
    outside = browser.all(
        "main *:not(.scroll *):not(pre *):not(.tip):not(.tip *)",
        f"e.getBoundingClientRect().right > {width} + 0.5 ? e.outerHTML.slice(0, 80) : ''",
    )
    assert [text for text in outside if text] == []


def test_on_a_phone_names_begin_and_figures_are_whole(driver: Any, page: Path) -> None:
    browser = Browser(driver, page, 360)
    cut = browser.all(".value", "e.scrollWidth > e.clientWidth + 1 ? e.textContent : ''")
    assert [text for text in cut if text] == []
    assert min(browser.all(".layers .name", "e.clientWidth")) >= 120
    overlap = browser.all(
        ".layers .row",
        "e.nextElementSibling ? e.nextElementSibling.getBoundingClientRect().top"
        " - e.querySelector('.value').getBoundingClientRect().bottom : 1",
    )
    assert min(overlap) >= 0
    tables = browser.all("table", "e.getBoundingClientRect().right")
    assert tables and max(tables) <= 360


def luminance(color: str) -> float:
    parts = [int(part) / 255 for part in re.findall(r"\d+", color)[:3]]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_and_bars_stand_out_from_the_ground(driver: Any, page: Path, scheme: str) -> None:
    browser = Browser(driver, page, scheme=scheme)
    ground = browser.ask("getComputedStyle(document.body).backgroundColor")
    assert (luminance(ground) < 0.05) is (scheme == "dark")
    for selector in ("h1", "p.note", ".value", ".name", ".name b", ".error", ".row.lifted .name"):
        colors = set(browser.all(selector, "getComputedStyle(e).color"))
        assert colors
        assert min(contrast(color, ground) for color in colors) >= 4.5, selector
    heats = set(browser.all(".legend .bar", "getComputedStyle(e).backgroundColor"))
    assert len(heats) == 5
    assert min(contrast(color, ground) for color in heats) >= 3
    drawn = [(".arc", "stroke"), (".columns .after", "fill"), (".commits .mean", "stroke")]
    drawn += [(".commits rect.before", "fill"), (".commits rect.after", "fill")]
    for selector, style in drawn:
        assert contrast(browser.all(selector, f"getComputedStyle(e).{style}")[0], ground) >= 3


def test_the_reason_of_a_row_is_shown_on_focus(driver: Any, page: Path) -> None:
    browser = Browser(driver, page, 360)
    tips = "#file-0 .graph .row.r8"
    assert browser.ask(f"document.querySelector('{tips} .tip').checkVisibility()") is False
    browser.ask(f"document.querySelector('{tips}').focus()")
    assert browser.ask(f"document.querySelector('{tips} .tip').checkVisibility()") is True
    told = browser.ask(f"document.querySelector('{tips} .tip').innerText")
    assert "below line 7: it looks at OPENCLIP_CACHE_DIR" in told
    left, right = browser.all(
        f"{tips} .tip", "(r => [r.left, r.right])(e.getBoundingClientRect())"
    )[0]
    assert 0 <= left < right <= 360


def test_a_row_that_is_pointed_at_lights_up_its_lines(driver: Any, page: Path) -> None:
    browser = Browser(driver, page)
    stroke = "getComputedStyle(e).stroke"
    assert len(set(browser.all("#file-0 .arc", stroke))) == 1
    browser.ask("document.querySelector('#file-0 .graph .row.r3').focus()")
    assert len(set(browser.all("#file-0 .arc.a3", stroke))) == 1
    assert set(browser.all("#file-0 .arc.a3", stroke)) != set(
        browser.all("#file-0 .arc:not(.a3)", stroke)
    )


def test_hostile_text_neither_runs_nor_becomes_an_element(driver: Any, page: Path) -> None:
    browser = Browser(driver, page)
    assert browser.all("img, script, a", "e.outerHTML") == []
    assert browser.ask("document.title") == "reorder: 5 of 7 Dockerfiles can rebuild faster"
    assert HOSTILE in browser.ask("document.querySelector('#file-3 .tip').textContent") or (
        HOSTILE in browser.ask("document.querySelector('#file-3').textContent")
    )
