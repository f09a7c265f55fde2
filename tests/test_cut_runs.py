"""A RUN of several commands is cut between them, and the check proves it by itself."""

from __future__ import annotations

import pytest

from reorder.check import check_cut
from reorder.cut.run import boundaries
from reorder.cut.text import cut
from reorder.effects.effect import GONE, RIGHTS, Access, Effect, Extent, Footprint, opaque
from reorder.pipeline import reorder
from reorder.syntax.dockerfile import parse

TOP = "FROM debian:12\n"


def cuts(text: str) -> tuple[int, ...]:
    return boundaries(parse((TOP + text).encode()).instructions[1])


def parts(text: str, *wish: int) -> str | None:
    found = cut(parse((TOP + text).encode()), {1: wish})
    return found and bytes(found.dockerfile).decode().removeprefix(TOP)


@pytest.mark.parametrize(
    "text",
    [
        "RUN a\n",
        "RUN a; b\n",
        "RUN a || b && c\n",
        "RUN a && b || c\n",
        "RUN a && b; c\n",
        "RUN a && b & c\n",
        "RUN export X=1 && b\n",
        "RUN X=1 && b\n",
        "RUN umask 077 && b\n",
        "RUN . ./x && b\n",
        "RUN eval x && b\n",
        "RUN f() { a; } && f\n",
        "RUN { a; } && b\n",
        "RUN if a; then b; fi && c\n",
        "RUN a ${X:=1} && b\n",
        "RUN a $((X=1)) && b\n",
        "RUN printf -v X 1 && b\n",
        "RUN a x && b $_\n",
        "RUN a && b $!\n",
        "RUN cd /app && b\n",
        "RUN --mount=type=cache,target=/c a && b\n",
        'RUN ["sh", "-c", "a && b"]\n',
        "RUN a <<X && b\nX\n",
        "RUN [[ a && b ]]\n",
        "CMD a && b\n",
    ],
)
def test_a_run_whose_commands_share_a_shell_has_no_boundary(text: str) -> None:
    assert cuts(text) == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("RUN a && b\n", (1,)),
        ("RUN a | b && (c && d) && e > x\n", (1, 2)),
        ("RUN X=1 a && b\n", (1,)),
        ("RUN a && if b; then c; fi\n", (1,)),
        ("RUN a && export X=1 && b\n", (1,)),
        ("RUN cd /app && a && b\n", (2,)),
        ("RUN set -ex && cd /app && a && b && cd / && c\n", (3, 4)),
        ("RUN test -f x && [ -f y ] && a '&& b'\n", (1, 2)),
    ],
)
def test_the_boundaries_of_a_run(text: str, expected: tuple[int, ...]) -> None:
    assert cuts(text) == expected


@pytest.mark.parametrize(
    ("text", "wish", "expected"),
    [
        ("RUN a && b && c\n", (1,), "RUN a\nRUN b && c\n"),
        ("RUN a && b && c\n", (1, 2), "RUN a\nRUN b\nRUN c\n"),
        ("run a && b", (1,), "run a\nrun b"),
        ("RUN a x \\\n    && b \\\n    && c\n", (2,), "RUN a x \\\n    && b\nRUN c\n"),
        ("RUN a && \\\n    b && \\\n    c\n", (1,), "RUN a\nRUN b && \\\n    c\n"),
        ("RUN \\\n  a \\\n  && b\n", (1,), "RUN \\\n  a\nRUN b\n"),
        ("RUN a \\\r\n  && b\r\n", (1,), "RUN a\r\nRUN b\r\n"),
        ("RUN a \\\n  # b && c\n  && b\n", (1,), "RUN a\n# b && c\nRUN b\n"),
        ("RUN a && \\\n\n  # note\n  b\n", (1,), "RUN a\n# note\nRUN b\n"),
        ("RUN a 'x && y' && b\n", (1,), "RUN a 'x && y'\nRUN b\n"),
        ("RUN a $(b && c) && d\n", (1,), "RUN a $(b && c)\nRUN d\n"),
        ("RUN cd /app && a && b\n", (2,), "RUN cd /app && a\nRUN cd /app && b\n"),
        ("RUN set -ex && a \\\n && b\n", (2,), "RUN set -ex && a\nRUN set -ex && b\n"),
    ],
)
def test_a_run_is_cut(text: str, wish: tuple[int, ...], expected: str) -> None:
    assert parts(text, *wish) == expected
    after = (TOP + expected).encode()
    claims = {i.line: Effect() for i in parse(after).instructions}
    assert check_cut((TOP + text).encode(), after, frozenset(), claims) == ()


@pytest.mark.parametrize(
    ("before", "after", "fact"),
    [
        ("RUN a && b\n", "RUN a\nRUN c\n", "its parts do not run its commands"),
        ("RUN a && b\n", "RUN b\nRUN a\n", "its parts do not run its commands"),
        ("RUN a && b && c\n", "RUN a\nRUN c\n", "its parts do not run its commands"),
        ("RUN a && b\n", "RUN a\n", "the RUN of line 2 is lost or changed"),
        ("RUN a && b\n", "RUN a && c\n", "the RUN of line 2 is lost or changed"),
        ("RUN a && b\n", "RUN a\nCMD b\n", "the RUN of line 2 is lost or changed"),
        ("RUN a; b\n", "RUN a\nRUN b\n", "its commands are no plain list of `&&`"),
        ("RUN a || b\n", "RUN a\nRUN b\n", "its commands are no plain list of `&&`"),
        ("RUN a && b & c\n", "RUN a\nRUN b & c\n", "its commands are no plain list of `&&`"),
        ("RUN a && b; c\n", "RUN a\nRUN b; c\n", "its commands are no plain list of `&&`"),
        ("RUN [[ a && b ]]\n", "RUN [[ a\nRUN b ]]\n", "its commands are no plain list of `&&`"),
        ("RUN ! [[ a && b ]]\n", "RUN ! a\nRUN b\n", "its commands are no plain list of `&&`"),
        ("RUN a '&& b'\n", "RUN a '\nRUN b'\n", "a part is no list of its commands"),
        ("RUN a && b\n", "RUN a\nRUN --network=none b\n", "it has more than a shell text"),
        ("RUN a && b\n", 'RUN a\nRUN ["b"]\n', "it has more than a shell text"),
        (
            "RUN X=1 && b\n", "RUN X=1\nRUN b\n",
            "a command changes the shell that those below it run in",
        ),
        (
            "RUN export X=1 && b\n", "RUN export X=1\nRUN b\n",
            "a command changes the shell that those below it run in",
        ),
        (
            "RUN a && umask 077 && b\n", "RUN a && umask 077\nRUN b\n",
            "a command changes the shell that those below it run in",
        ),
        (
            "RUN ! cd /x && b\n", "RUN ! cd /x\nRUN b\n",
            "a command changes the shell that those below it run in",
        ),
        (
            "RUN a ${X:=1} && b\n", "RUN a ${X:=1}\nRUN b\n",
            "a command changes the shell that those below it run in",
        ),
        (
            "RUN cd /x && a && b\n", "RUN cd /x && a\nRUN cd /y && b\n",
            "a part is no list of its commands",
        ),
        (
            'SHELL ["pwsh", "-c"]\nRUN a && b\n', 'SHELL ["pwsh", "-c"]\nRUN a\nRUN b\n',
            "the RUN of line 3 is lost or changed",
        ),
        ("# x\nRUN a && b\n", "RUN a\nRUN b\n", "more than what is cut differs"),
    ],
)  # fmt: skip
def test_the_check_refuses_another_cut(before: str, after: str, fact: str) -> None:
    text = (TOP + after).encode()
    claims = {i.line: Effect() for i in parse(text).instructions}
    found = check_cut((TOP + before).encode(), text, frozenset(), claims)
    assert [refusal.fact for refusal in found] == [fact]


def writing(path: str, **more: str) -> Effect:
    return Effect((Footprint("path", path, Access.WRITE, Extent.TREE, **more),))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("first", "then", "word"),
    [
        (opaque("unknown", 1), Effect(), "leaves running"),
        (writing("/etc/hosts"), Effect(), "mounts anew"),
        (writing("/dev/shm/x"), Effect(), "mounts anew"),
        (writing("/srv/x"), opaque("unknown", 1), "compare the times"),
        (writing("/srv/x"), Effect(clock=("Makefile",)), "compare the times"),
        (writing("/srv/x"), writing("/srv", owner=RIGHTS), "may be one"),
        (writing("/etc", kind="system"), writing("/etc/x", owner=RIGHTS), "may be one"),
        (writing("/usr", kind="system"), writing("/usr/bin/git"), "may be one"),
        (writing("/srv/x"), writing("/srv/x"), "may be one"),
        (writing("/srv/x", kind="language"), writing("/srv/x/a"), "may be one"),
    ],
)
def test_the_check_refuses_parts_that_share_more_than_files(
    first: Effect, then: Effect, word: str
) -> None:
    before, after = f"{TOP}RUN a && b\n".encode(), f"{TOP}RUN a\nRUN b\n".encode()
    (refusal,) = check_cut(before, after, frozenset(), {2: first, 3: then})
    assert word in refusal.fact


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (writing("/usr", kind="system"), opaque("unknown", 1)),
        (writing("/srv/x"), writing("/srv/x", owner=GONE)),
        (writing("/srv/x", owner=GONE), writing("/srv/x")),
        (writing("/usr", kind="system"), writing("/usr/local/bin/x")),
        (
            writing("/srv/x/a", kind="language"),
            Effect((Footprint("path", "/srv/x", Access.WRITE),)),
        ),
        (writing("/usr", kind="system"), writing("/usr/lib/x", kind="language")),
        (writing("/srv/x", owner=GONE), opaque("unknown", 1)),
        (writing("/srv/x"), writing("/opt", owner=RIGHTS)),
    ],
)
def test_the_check_lets_parts_stand_apart(first: Effect, then: Effect) -> None:
    before, after = f"{TOP}RUN a && b\n".encode(), f"{TOP}RUN a\nRUN b\n".encode()
    assert check_cut(before, after, frozenset(), {2: first, 3: then}) == ()


@pytest.mark.parametrize(
    ("lead", "first"),
    [
        ("cd /b", writing("/b", owner=GONE)),
        ("cd /b/c", writing("/b", owner=GONE)),
        ("cd /b", writing("/b", owner=RIGHTS)),
        ("cd /b/c", writing("/b")),
        ("cd b", writing("/x", owner=GONE)),
        ("cd /a && cd b", writing("/a/b", owner=GONE)),
    ],
)
def test_the_check_refuses_parts_whose_folder_may_be_gone(lead: str, first: Effect) -> None:
    before = f"{TOP}RUN {lead} && a && b\n".encode()
    after = f"{TOP}RUN {lead} && a\nRUN {lead} && b\n".encode()
    (refusal,) = check_cut(before, after, frozenset(), {2: first, 3: Effect()})
    assert "may take away" in refusal.fact


@pytest.mark.parametrize("lead", ["cd /b", "cd /b/c", "cd b", "WORKDIR"])
def test_the_check_lets_parts_fill_the_folder_that_they_enter(lead: str) -> None:
    head = f"{TOP}WORKDIR /b\n" if lead == "WORKDIR" else TOP
    lead = "cd c" if lead == "WORKDIR" else lead
    before = f"{head}RUN {lead} && a && b\n".encode()
    after = f"{head}RUN {lead} && a\nRUN {lead} && b\n".encode()
    line = head.count("\n") + 1
    claims = {line: writing("/b/c"), line + 1: Effect()}
    assert check_cut(before, after, frozenset(), claims) == ()


@pytest.mark.parametrize(
    "command", ["(a &)", "a $(b &)", '"a" "$(b & c)"', "(a", "(a) > x b &", "X=1 :"]
)
def test_the_check_refuses_parts_that_leave_a_process(command: str) -> None:
    before, after = f"{TOP}RUN {command} && b\n", f"{TOP}RUN {command}\nRUN b\n"
    assert check_cut(before.encode(), after.encode(), frozenset(), {2: Effect(), 3: Effect()})


@pytest.mark.parametrize("command", ["(a || true)", "a 'b&c' \"d&e\" > x 2>&1", "(a && b)", "! a"])
def test_the_check_lets_parts_be_groups(command: str) -> None:
    before, after = f"{TOP}RUN {command} && b\n", f"{TOP}RUN {command}\nRUN b\n"
    claims = {2: Effect(), 3: Effect()}
    assert check_cut(before.encode(), after.encode(), frozenset(), claims) == ()


def test_the_check_takes_a_turned_status_for_a_command() -> None:
    before, after = f"{TOP}RUN ! a && ! b\n".encode(), f"{TOP}RUN ! a\nRUN ! b\n".encode()
    assert check_cut(before, after, frozenset(), {2: Effect(), 3: Effect()}) == ()


def test_a_download_is_cut_off_what_needs_the_code() -> None:
    text = "COPY . /srv/\nRUN curl -fsSL -o /opt/big https://example.invalid/big && rm -f /srv/x\n"
    expected = (
        "RUN curl -fsSL -o /opt/big https://example.invalid/big\nCOPY . /srv/\nRUN rm -f /srv/x\n"
    )
    found = reorder((TOP + text).encode())
    assert found.after.decode() == TOP + expected
    again = reorder(found.after)
    assert again.after == again.before


def test_an_install_is_cut_off_a_build_which_installs_no_packages() -> None:
    text = (
        "COPY . /opt/app/\nWORKDIR /opt/app\nRUN apt-get update && apt-get install -y gcc && {}\n"
    )
    cut = "RUN apt-get update && apt-get install -y gcc"
    for build in ("cargo build --release", "go build -o /opt/x ."):
        found = reorder(("FROM golang:1.22\n" + text.format(build)).encode()).after.decode()
        assert found.index(cut + "\n") < found.index("COPY") < found.index(f"RUN {build}")


@pytest.mark.parametrize(
    "text",
    [
        # The lists would stay in the layer above.
        "RUN apt-get update && apt-get install -y jq && sh /srv/x && rm -rf /var/lib/apt/lists/*\n",
        # The compiler would stay in the layer above.
        "RUN apk add gcc && rm -f /srv/x && apk del gcc\n",
        "RUN apk add gcc && /srv/build.sh && apk del gcc\n",
        # Code that nobody knows may want fresh lists.
        "RUN apt-get update && apt-get install -y gcc && make -C /srv\n",
        "RUN apt-get update && /srv/install.sh\n",
        # ... or compare times.
        "RUN curl -fsSL -o /opt/big https://example.invalid/big && make -C /srv\n",
        # Started for the commands below it.
        "RUN service postgresql start && /srv/load.sh\n",
        # Kept together by the author.
        "# reorder: keep\nRUN curl -fsSL -o /opt/big https://example.invalid/big && rm /srv/x\n",
        # The builder mounts it anew for every RUN.
        "RUN echo 1.2.3.4 x >> /etc/hosts && apt-get update && sh /srv/x\n",
    ],
)
def test_a_run_stays_whole(text: str) -> None:
    before = f"{TOP}COPY . /srv/\n{text}".encode()
    assert reorder(before).after == before
