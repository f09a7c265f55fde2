"""The home folders of accounts that a Dockerfile makes."""

from __future__ import annotations

import pytest

from reorder.effects.accounts import all_run
from reorder.effects.instruction import analyse
from reorder.effects.model import builtin
from reorder.syntax.dockerfile import parse

UNKNOWN = {
    "nobody made it": "RUN true",
    "another one is made": "RUN useradd other",
    "it may be there": "RUN id app || useradd app",
    "it may be there, asked by a condition": "RUN if ! id app; then useradd app; fi",
    "a command that fails goes unseen": "RUN useradd app; true",
    "it joins a group": "RUN adduser app staff",
    "a version may choose another folder": "RUN adduser --system app",
    "a file chooses the folder": "RUN adduser --conf /srv/adduser.conf app",
    "the folder is not known": "RUN useradd -d $(cat /place) app",
    "the folder is relative": "RUN useradd -d srv app",
    "it is moved": "RUN useradd app && usermod -d /srv/app app",
    "the list is edited": "RUN useradd app && sed -i s,/home,/srv, /etc/passwd",
    "the list is edited below": "RUN useradd app\nRUN sed -i s,/home,/srv, /etc/passwd",
    "the list is brought": "RUN useradd app\nCOPY --from=busybox /etc/passwd /etc/passwd",
    "something unknown runs below": "RUN useradd app\nRUN ./setup",
    "something unknown runs beside it": "RUN useradd app && ./setup",
    "the settings are edited": "RUN echo HOME=/srv > /etc/default/useradd\nRUN useradd app",
    "the other settings are edited": "RUN echo DHOME=/srv > /etc/adduser.conf\nRUN adduser app",
    "the settings are edited beside it": "RUN echo HOME=/srv > /etc/default/useradd && useradd app",
}

KNOWN = {
    "the usual folder": ("RUN useradd app", "/home/app"),
    "behind a group": ("RUN groupadd app && useradd -g app app", "/home/app"),
    "behind set -e": ("RUN set -eux; groupadd app; useradd -m app; chown app /srv", "/home/app"),
    "on Alpine": ("RUN addgroup -S app && adduser -S -G app app", "/home/app"),
    "a folder of its own": ("RUN useradd --home-dir /srv/app app", "/srv/app"),
    "a folder of its own, on Alpine": ("RUN adduser -D -h /srv/app app", "/srv/app"),
    "a folder of its own, of the system": ("RUN adduser --system --home /srv/app app", "/srv/app"),
    "a name of a variable": ("ARG NAME=app\nRUN useradd ${NAME}", "/home/app"),
    "others below it": ("RUN useradd app\nRUN useradd other && usermod -aG other app", "/home/app"),
    "packages below it": ("RUN useradd app\nRUN apt-get install -y nginx", "/home/app"),
}


def home(text: str) -> str | None:
    """Where `~` is below `USER app`, as a RUN that writes there tells."""
    source = f"FROM debian:12\n{text}\nUSER app\nRUN touch ~/mark\n"
    last = analyse(parse(source.encode()), context=None, models=builtin()).stages[-1].steps[-1]
    written = [f.name for f in last.effect.writes if f.name.endswith("/mark")]
    return None if written == ["?home/mark"] else written[0].removesuffix("/mark")


@pytest.mark.parametrize("text", UNKNOWN.values(), ids=UNKNOWN)
def test_a_home_is_not_known_where_anything_else_may_be_so(text: str) -> None:
    assert home(text) is None


@pytest.mark.parametrize(("text", "expected"), KNOWN.values(), ids=KNOWN)
def test_a_home_is_known_of_an_account_that_was_surely_made(text: str, expected: str) -> None:
    assert home(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a", True),
        ("a && b $x && c > d", True),
        ("set -e; a; b && c", True),
        ("set -ex && a", True),
        ("{ a; }", True),
        ("", False),
        ("a; b", False),
        ("a || b", False),
        ("a && b || c", False),
        ("a | b", False),
        ("! a", False),
        ("a &", False),
        ("(a)", False),
        ("a $(b)", False),
        ("exit 0 && a", False),
        ("set -e; a && b; c", False),
        ("set -e; set +e; a; b", False),
        ("set -e; exit 0; a", False),
        ("if a; then b; fi", False),
        ("for x in 1; do a; done", False),
        ("a 'b", False),
    ],
)
def test_a_text_whose_commands_have_all_run(text: str, expected: bool) -> None:
    assert all_run(text) is expected
