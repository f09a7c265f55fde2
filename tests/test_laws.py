"""What holds for every Dockerfile: laws over generated texts in a small world."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from reorder.config import Config
from reorder.context.files import Context
from reorder.effects.effect import Effect
from reorder.pipeline import reorder
from reorder.plan import moved
from reorder.result import Result
from reorder.syntax.dockerfile import ParseError

# Any gain is worth a move here, so that much moves.
EAGER = Config(min_gain=0.0, min_gain_share=0.0)
# The same examples in every run, so that a change is to blame when one fails.
LAW = settings(
    deadline=None,
    max_examples=80,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)

FILES = {
    "app.py": "import json\n",
    "main.py": "print(1)\n",
    "requirements.txt": "flask==3.0\n",
    "requirements-dev.txt": "-r requirements.txt\npytest\n",
    "package.json": '{"name": "a", "version": "1.0.0"}\n',
    "package-lock.json": '{"name": "a", "lockfileVersion": 3, "packages": {}}\n',
    "src/a.txt": "a",
    "src/sub/b.txt": "b",
    "other/a.txt": "another a",
    "run.sh": "#!/bin/sh\nset -e\nmkdir -p /made\ncp /app/app.py /made/\n",
    "Dockerfile": "FROM scratch\n",
}

IMAGES = ["debian:12", "python:3.11-slim", "alpine:3.19", "node:20", "nobody/knows:1", "scratch"]
INSTALLS = [
    "RUN apt-get update && apt-get install -y --no-install-recommends curl",
    "RUN pip install flask",
    "RUN pip install -r requirements.txt",
    "RUN pip install -r requirements-dev.txt",
    "RUN pip install -r /app/requirements.txt",
    "RUN --mount=type=cache,target=/root/.cache/pip pip install -r requirements.txt",
    "RUN --mount=type=bind,source=requirements.txt,target=/r.txt pip install -r /r.txt",
    "RUN curl -fsSL -o /opt/tool https://example.invalid/tool && chmod +x /opt/tool",
    "RUN npm ci",
    'RUN ["apt-get", "install", "-y", "git"]',
]
KNOWN = [
    "RUN mkdir -p /app /data",
    "RUN mkdir x && cd x && touch y",
    "RUN cp -r /app /copy",
    "RUN rm -rf /app/sub",
    "RUN chmod +x run.sh",
    "RUN sh ./run.sh",
    "RUN cat *.txt > /all",
    "RUN echo $VERSION > /version",
    "RUN useradd -m app",
    "RUN chown -R app /app",
    "RUN ln -s /data /app/data",
    "RUN if [ -f /app/app.py ]; then touch /yes; fi",
    "RUN <<EOF\nset -e\nmkdir -p /heredoc\ntouch /heredoc/x\nEOF",
    "RUN mkdir -p \\\n    /one \\\n  # a comment inside\n    /two",
]
OPAQUE = ["RUN mystery --all", "RUN make", "RUN", 'RUN "$VERSION"', "RUN pip install ."]
BROAD = ["COPY . .", "COPY . /app", "COPY ./ ./", "COPY --chown=1000:1000 . .", "COPY src other ./"]
COPIES = [
    "COPY app.py .",
    "COPY app.py main.py /app/",
    "COPY *.py /app/",
    "COPY requirements*.txt ./",
    "COPY requirements.txt /app/",
    "COPY package.json ./",
    "COPY src /app",
    "COPY src ./src",
    "COPY other/ /app/",
    "COPY --chown=1000:1000 src /srv/a",
    "COPY --chown=app other /srv/b",
    "COPY --chmod=755 run.sh /usr/local/bin/run",
    "COPY run.sh .",
    "COPY $DIR/a.txt /x",
    "COPY <<EOF /etc/motd\nversion $VERSION\nEOF",
    "ADD src /added",
    "ADD https://example.invalid/x.tgz /opt/",
    "COPY missing.txt /m",
]
SMALL = [
    "ENV VERSION=1",
    "ENV PATH=/opt/bin:$PATH",
    "ENV PIP_NO_CACHE_DIR=1 DIR=src",
    "ENV LEGACY some value",
    "ARG VERSION",
    "ARG GIT_SHA=0",
    "ARG DIR=other",
    "WORKDIR /app",
    "WORKDIR sub",
    "ARG DIR=sub\nWORKDIR $DIR",
    "USER app",
    "USER root",
    'SHELL ["/bin/bash", "-o", "pipefail", "-c"]',
    "LABEL version=$VERSION",
    'LABEL a="1" b=2',
    "EXPOSE 80 443/udp",
    "VOLUME /data",
    'CMD ["python", "app.py"]',
    "CMD run $VERSION",
    'ENTRYPOINT ["/bin/sh"]',
    "HEALTHCHECK CMD curl -f http://localhost/",
    "STOPSIGNAL SIGTERM",
    "ONBUILD RUN touch /built",
    "MAINTAINER somebody",
]
BETWEEN = ["", "\n", "# a word\n", "# a header\n\n", "\n# a word\n", "# reorder: keep\n"]

# What often stands in a file stands here often: above all, a COPY and the install below it.
WRONG_ORDER = st.tuples(
    st.sampled_from([*BROAD, *COPIES]),
    st.sampled_from(["", *KNOWN, *SMALL]),
    st.sampled_from(INSTALLS),
).map("\n".join)
INSTRUCTIONS = st.one_of(
    WRONG_ORDER,
    WRONG_ORDER,
    *map(st.sampled_from, (INSTALLS, KNOWN, COPIES, COPIES, SMALL)),
    st.sampled_from([*OPAQUE, *KNOWN, *BROAD]),
)
BLOCKS = st.tuples(st.sampled_from([*[""] * 12, *BETWEEN]), INSTRUCTIONS).map("".join)
BODIES = st.tuples(
    st.sampled_from(["", "WORKDIR /app\n", "WORKDIR /app\n"]),
    st.lists(BLOCKS, max_size=6).map("\n".join),
).map("".join)
LATER = st.sampled_from(["COPY --from=0 /app /app\n", "COPY --from=one /data /data\n", ""])
HEADS = st.sampled_from(
    ["", "# syntax=docker/dockerfile:1\n", "# a file\n\n", "ARG VERSION=9\n", "\ufeff"]
)


@st.composite
def dockerfiles(draw: st.DrawFn) -> bytes:
    """One or two stages; any line end, with or without the last one."""
    text = f"{draw(HEADS)}FROM {draw(st.sampled_from(IMAGES))} AS one\n{draw(BODIES)}\n"
    if draw(st.integers(0, 3)) == 0:
        image = draw(st.sampled_from(["one", *IMAGES]))
        text += f"FROM {image}\n{draw(LATER)}{draw(BODIES)}\n"
    if draw(st.integers(0, 3)) == 0:
        text = text.replace("\n", "\r\n")
    data = text.encode()
    return data.rstrip(b"\r\n") if draw(st.integers(0, 3)) == 0 else data


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Context:
    root = tmp_path_factory.mktemp("context")
    for name, text in FILES.items():
        path = root / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return Context.open(root)


def run(data: bytes, context: Context | None) -> Result:
    """Texts that BuildKit rejects are no matter of these laws."""
    try:
        return reorder(data, context=context, config=EAGER)
    except ParseError:
        assume(False)
        raise


AGREED = {
    "a split below an image whose folder is known": (
        "FROM python:3.11-slim\nCOPY . .\nRUN pip install -r requirements.txt\n"
    ),
    "a relative COPY below an image whose folder is known": (
        "FROM debian:12\nCOPY src ./src\nRUN apt-get install -y git\n"
    ),
    "a relative COPY in a stage that goes on from another": (
        "FROM debian:12 AS one\nFROM one\nCOPY src ./src\nRUN apt-get install -y git\n"
    ),
    "a mount of a file that the COPY brings": (
        "FROM debian:12\nWORKDIR /app\nCOPY . .\n"
        "RUN --mount=type=bind,source=requirements.txt,target=/r.txt pip install -r /r.txt\n"
    ),
    "an empty RUN": "FROM debian:12\nCOPY . /app\nRUN\nRUN apt-get install -y git\n",
    "files of one name in two folders": (
        "FROM debian:12\nCOPY src /a\nCOPY other /b\nCOPY . /c\nRUN apt-get install -y git\n"
    ),
}


@pytest.mark.parametrize("text", AGREED.values(), ids=AGREED)
def test_the_check_agrees_that_this_may_move(text: str, context: Context) -> None:
    result = run(text.encode(), context)
    assert (result.refusals, result.changed) == ((), True)


@LAW
@given(data=dockerfiles(), known=st.booleans())
def test_the_check_agrees_and_a_second_run_changes_nothing(
    data: bytes, known: bool, context: Context
) -> None:
    given_context = context if known else None
    first = run(data, given_context)
    assert first.refusals == ()
    second = run(first.after, given_context)
    assert second.after == first.after
    assert second.refusals == ()


@LAW
@given(data=dockerfiles(), known=st.booleans())
def test_a_new_order_is_legal_and_costs_no_more(data: bytes, known: bool, context: Context) -> None:
    """Only a COPY that was split may have gone below what needs it."""
    result = run(data, context if known else None)
    assert result.seconds_after <= result.seconds_before
    for plan in result.plans:
        place = {item: at for at, item in enumerate(plan.items)}
        split = {part.broad for part in plan.parts}
        assert sorted(plan.items) == list(range(len(plan.steps)))
        swapped = [edge for edge in plan.edges if place[edge.before] > place[edge.after]]
        assert [edge for edge in swapped if edge.before not in split] == []


def lines(data: bytes) -> Counter[bytes]:
    return Counter(line.rstrip(b"\r") for line in data.removesuffix(b"\n").split(b"\n"))


@LAW
@given(data=dockerfiles())
def test_the_lines_are_those_of_the_author_and_the_new_copies(
    data: bytes, context: Context
) -> None:
    result = run(data, context)
    new = Counter(part.text.encode() for plan in result.plans for part in plan.parts)
    assert lines(result.after) == lines(result.before) + new
    assert result.after.endswith(b"\n") == data.endswith(b"\n")
    assert (b"\r\n" in result.after) == (b"\r\n" in data)


@LAW
@given(data=dockerfiles())
def test_the_effects_are_the_same_in_the_new_order(data: bytes, context: Context) -> None:
    """What an instruction does was found in the author's order; it must still do that."""
    result = run(data, context)
    again = run(result.after, context)
    for plan, later in zip(result.plans, again.plans, strict=True):
        was = [plan.steps[item] for item in plan.items]
        for old, new in zip(was, later.stage.steps, strict=True):
            assert old.instruction.text == new.instruction.text
            assert touched(old.effect) == touched(new.effect)


def touched(effect: Effect) -> frozenset[tuple[object, ...]]:
    """What is touched and how, without the reasons.

    A RUN that does not look at its folder may start in another one in the new order.
    """
    return frozenset(
        (f.resource, f.name, f.access, f.extent, f.members, f.owner)
        for f in effect.footprints
        if not f.why.startswith("starts in")
    )


@settings(LAW, max_examples=300)
@given(st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode)))
def test_any_bytes_give_a_result_or_a_parse_error(data: bytes) -> None:
    with suppress(ParseError):
        assert reorder(data, config=EAGER).before == data


@settings(LAW, max_examples=150)
@given(
    st.lists(
        st.one_of(
            INSTRUCTIONS,
            st.sampled_from(["FROM a", "RUN ", "COPY ", "ENV ", "ARG ", "# escape=`", "<<EOF"]),
            st.text(alphabet="$\"'\\`{}[]<>|&;()*?~ \t\nEOFRUN=-#a", max_size=20),
        ),
        max_size=8,
    )
)
def test_any_pieces_give_a_result_or_a_parse_error(pieces: list[str]) -> None:
    data = ("FROM debian:12\n" + "\n".join(pieces)).encode()
    with suppress(ParseError):
        result = reorder(data, config=EAGER)
        assert result.refusals == ()
        assert lines(result.after) >= lines(data)


@LAW
@given(st.permutations(range(7)))
def test_what_was_moved_is_the_least_that_has_to_be(items: list[int]) -> None:
    """Without the moved ones the rest stands in the old order, and no smaller set does that."""
    gone = set(moved(items))
    rest = [item for item in items if item not in gone]
    assert rest == sorted(rest)
    longest = max(
        bin(mask).count("1")
        for mask in range(1 << len(items))
        if _ascends([item for at, item in enumerate(items) if mask >> at & 1])
    )
    assert len(rest) == longest


def _ascends(items: Sequence[int]) -> bool:
    return all(a < b for a, b in pairwise(items))
