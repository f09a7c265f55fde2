"""Laws of the independent check, held against a tiny builder that runs both texts.

What the check proves, the builder must not be able to tell apart; any damage must be refused.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from reorder.check import check
from reorder.effects.effect import GONE, Access, Effect, Extent, Footprint


class Failed(Exception):
    """The build fails here."""


@dataclass(slots=True)
class Image:
    """`files`: path -> (content, owner); `folders`: path -> (mode, owner)."""

    files: dict[str, tuple[str, str]] = field(default_factory=dict)
    folders: dict[str, tuple[str, str]] = field(default_factory=lambda: {"/": ("0755", "0:0")})
    env: dict[str, str] = field(default_factory=dict)
    config: dict[str, object] = field(default_factory=dict)
    cwd: str = "/"
    user: str = "0:0"
    claims: list[Effect] = field(default_factory=list)
    brought: list[tuple[str, ...]] = field(default_factory=list)

    def fill(self, text: str) -> str:
        return re.sub(r"\$(\w)", lambda found: self.env.get(found[1], ""), text)

    def path(self, text: str) -> str:
        return posixpath.normpath(posixpath.join(self.cwd, text))

    def make(self, folder: str, owner: str) -> None:
        if folder in self.files:
            raise Failed
        if folder not in self.folders:
            self.make(posixpath.dirname(folder), owner)
            self.folders[folder] = ("0755", owner)

    def put(self, path: str, content: str, owner: str) -> None:
        if path in self.folders or posixpath.dirname(path) not in self.folders:
            raise Failed
        self.files[path] = (content, owner)

    def final(self) -> object:
        env = self.config.get("env", {})
        assert isinstance(env, dict)
        return self.files, self.folders, self.env, self.config, list(env), self.cwd, self.user


def build(lines: Sequence[str]) -> Image:
    """Raises Failed; the claims and the files brought are collected on the way."""
    image = Image()
    for line in lines:
        image.claims.append(Effect())
        image.brought.append(())
        keyword, _, rest = line.partition(" ")
        _BUILD[keyword](image, rest)
    return image


def _env(image: Image, rest: str) -> None:
    name, _, value = rest.partition("=")
    env = image.config.setdefault("env", {})
    assert isinstance(env, dict)
    env[name] = image.fill(value)
    _arg(image, rest)


def _arg(image: Image, rest: str) -> None:
    name, _, value = rest.partition("=")
    filled = image.fill(value)
    image.env.pop(name, None)
    image.env[name] = filled


def _workdir(image: Image, rest: str) -> None:
    image.cwd = image.path(image.fill(rest))
    image.make(image.cwd, image.user)


def _user(image: Image, rest: str) -> None:
    image.user = "0:0" if rest == "root" else f"{rest}:{rest}"


# Source -> the files and folders (with a slash) below the destination.
_CONTEXT = {"x": ["x"], "y": ["y"], "x y": ["x", "y"], "tree": ["x", "e/", "e/z"]}


def _copy(image: Image, rest: str) -> None:
    owner = "0:0"
    if rest.startswith("--chown="):
        flag, _, rest = rest.partition(" ")
        owner = f"{flag[8:]}:{flag[8:]}"
    sources, _, dest = rest.rpartition(" ")
    folder = image.path(image.fill(dest))
    image.make(folder, owner)
    for name in _CONTEXT[sources]:
        path = posixpath.join(folder, name)
        if name.endswith("/"):
            image.make(path[:-1], owner)
            image.folders[path[:-1]] = (f"mode of {sources}", owner)
            continue
        image.put(path, f"{sources} {name}", owner)
        image.brought[-1] += (path,)


def _run(image: Image, rest: str) -> None:
    command, *words = rest.split()
    names = [Footprint("env", name, Access.READ) for name in re.findall(r"\$(\w)", rest)]
    cwd = [] if all(w[0] in "/$" for w in words) else [Footprint("cwd", "", Access.READ)]
    paths = [image.path(word) for word in words if word[0] != "$"]
    touched = _RUN[command](image, paths, image.fill(words[-1]))
    image.claims[-1] = Effect((*names, *cwd, *touched))


def _put(image: Image, paths: Sequence[str], value: str) -> list[Footprint]:
    image.put(paths[0], value, image.user)
    return [Footprint("path", paths[0], Access.WRITE)]


def _make(image: Image, paths: Sequence[str], _: str) -> list[Footprint]:
    image.make(paths[0], image.user)
    parts = paths[0].split("/")
    above = ["/".join(parts[:n]) for n in range(2, len(parts) + 1)]
    return [Footprint("path", p, Access.ENSURE, owner=f"{image.user}:0755") for p in above]


def _remove(image: Image, paths: Sequence[str], _: str) -> list[Footprint]:
    for tree in (image.files, image.folders):
        for path in [p for p in tree if (p + "/").startswith(paths[0] + "/")]:
            tree.pop(path)
    if image.cwd not in image.folders:
        raise Failed
    return [Footprint("path", paths[0], Access.WRITE, owner=GONE)]


def _list(image: Image, paths: Sequence[str], _: str) -> list[Footprint]:
    seen = [*image.files.items(), *image.folders.items()]
    inside = sorted(item for item in seen if (item[0] + "/").startswith(paths[0] + "/"))
    image.put(paths[1], repr(inside), image.user)
    tree = Footprint("path", paths[0], Access.READ, Extent.TREE)
    return [tree, Footprint("path", paths[1], Access.WRITE)]


def _look(image: Image, paths: Sequence[str], _: str) -> list[Footprint]:
    seen = image.files.get(paths[0], image.folders.get(paths[0]))
    image.put(paths[1], repr(seen), image.user)
    return [Footprint("path", paths[0], Access.READ), Footprint("path", paths[1], Access.WRITE)]


def _label(image: Image, rest: str) -> None:
    name, _, value = rest.partition("=")
    image.config[f"label {name}"] = image.fill(value)


def _cmd(image: Image, rest: str) -> None:
    image.config["cmd"] = rest


def _expose(image: Image, rest: str) -> None:
    image.config[f"port {image.fill(rest)}"] = True


_RUN: Mapping[str, Callable[[Image, Sequence[str], str], list[Footprint]]] = {
    "put": _put,
    "make": _make,
    "remove": _remove,
    "list": _list,
    "look": _look,
}
_BUILD: Mapping[str, Callable[[Image, str], None]] = {
    "ENV": _env,
    "ARG": _arg,
    "WORKDIR": _workdir,
    "USER": _user,
    "COPY": _copy,
    "RUN": _run,
    "LABEL": _label,
    "CMD": _cmd,
    "EXPOSE": _expose,
}

_PLACE = st.sampled_from(["/d", "/d/e", "/f", "e", "o", "/d/x", "/d/o"])
_VALUE = st.sampled_from(["1", "2", "$A", "$B", "$A$B"])
_NAME = st.sampled_from(["A", "B"])
_LINE = st.one_of(
    st.builds("ENV {}={}".format, _NAME, _VALUE),
    st.builds("ARG {}={}".format, _NAME, _VALUE),
    st.builds("WORKDIR {}".format, st.sampled_from(["/d", "e", "/f", "/d/$A"])),
    st.builds("USER {}".format, st.sampled_from(["5", "root"])),
    st.builds(
        "COPY {}{} {}".format,
        st.sampled_from(["", "", "--chown=5 "]),
        st.sampled_from(list(_CONTEXT)),
        st.sampled_from(["./", "/d/", "/d/e/", "/f/", "/d/$A/"]),
    ),
    st.builds("RUN put {} {}".format, _PLACE, st.sampled_from(["$A", "$B"])),
    st.builds("RUN make {}".format, _PLACE),
    st.builds("RUN remove {}".format, _PLACE),
    st.builds("RUN list {} {}".format, _PLACE, st.sampled_from(["/l", "/d/l"])),
    st.builds("RUN look {} {}".format, _PLACE, st.sampled_from(["/k", "/f/k"])),
    st.builds("LABEL {}={}".format, _NAME, _VALUE),
    st.builds("CMD {}".format, _NAME),
    st.builds("EXPOSE {}".format, _VALUE),
)


@st.composite
def swapped(draw: st.DrawFn) -> tuple[list[str], list[str]]:
    """A stage, and the same with a few neighbours swapped."""
    lines = ["WORKDIR /w", *draw(st.lists(_LINE, min_size=2, max_size=7))]
    after = list(lines)
    for at in draw(st.lists(st.integers(0, len(lines) - 2), min_size=1, max_size=4)):
        after[at], after[at + 1] = after[at + 1], after[at]
    return lines, after


def _final(lines: Sequence[str]) -> object:
    try:
        return build(lines).final()
    except Failed:
        return "failed"


def _text(lines: Sequence[str]) -> bytes:
    return ("\n".join(["FROM a", *lines]) + "\n").encode()


def _proved(lines: Sequence[str], after: Sequence[str]) -> bool:
    image = build(lines)
    claims = {n + 2: claim for n, claim in enumerate(image.claims)}
    brought = {n + 2: files or None for n, files in enumerate(image.brought)}
    return check(_text(lines), _text(after), claims, brought=brought) == ()


@settings(max_examples=400, deadline=None)
@given(swapped())
@example(
    (["WORKDIR /d", "WORKDIR /f", "RUN remove /d"], ["WORKDIR /d", "RUN remove /d", "WORKDIR /f"])
)
def test_what_it_proves_builds_the_same_image(texts: tuple[list[str], list[str]]) -> None:
    lines, after = texts
    assume(_final(lines) != "failed" and lines != after)
    assert not _proved(lines, after) or _final(lines) == _final(after)


@settings(max_examples=100, deadline=None)
@given(st.lists(_LINE, max_size=6), st.data())
def test_it_refuses_any_damage_to_the_text(lines: list[str], data: st.DataObject) -> None:
    before = _text(["# comment", *lines])
    at = data.draw(st.integers(0, len(before) - 1))
    byte = data.draw(st.sampled_from([b"", b"#", b"\n", b"\\", b" ", b"x", b"\r"]))
    after = before[:at] + byte + before[at + 1 :]
    assume(after != before)
    assert check(before, after, dict.fromkeys(range(9), Effect())) != ()


@settings(max_examples=100, deadline=None)
@given(st.lists(_LINE, min_size=1, max_size=6), st.data())
def test_it_refuses_a_lost_or_a_doubled_line(lines: list[str], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(lines) - 1))
    lost = _text([*lines[:at], *lines[at + 1 :]])
    doubled = _text([*lines[:at], lines[at], *lines[at:]])
    claims = dict.fromkeys(range(9), Effect())
    assert [check(_text(lines), text, claims) != () for text in (lost, doubled)] == [True, True]


@settings(max_examples=50, deadline=None)
@given(st.lists(_LINE, max_size=6), st.integers(0, 6))
def test_it_proves_that_a_comment_may_stand_anywhere(lines: list[str], at: int) -> None:
    before = _text(["# comment", *lines])
    after = _text([*lines[:at], "# comment", *lines[at:]])
    assert check(before, after, {}) == ()
