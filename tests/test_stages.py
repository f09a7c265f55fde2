"""Stages, what they need, and what each instruction sees."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reorder.syntax.dockerfile import parse
from reorder.syntax.scope import DEFAULT_PATH, DEFAULT_SHELL
from reorder.syntax.stages import (
    BaseImage,
    Scope,
    Stage,
    reachable,
    source_stage,
    split,
    start,
)

PYTHON = BaseImage(
    env={"LANG": "C.UTF-8"},
    workdir="/srv",
    user="",
    shell=("/bin/bash", "-c"),
    env_unknown=("PYTHON_VERSION",),
)


def stages_of(text: str, build_args: dict[str, str] | None = None) -> tuple[Stage, ...]:
    return split(parse(text.encode()), build_args or {})[1]


def scopes(
    text: str, base: BaseImage | None = None, build_args: dict[str, str] | None = None
) -> list[Scope]:
    """The last scope of every stage."""
    given_args = build_args or {}
    global_args, stages = split(parse(text.encode()), given_args)
    ends: dict[int, Scope] = {}
    for stage in stages:
        scope = start(stage, ends, base, global_args, given_args)
        for instruction in stage.instructions:
            scope = scope.after(instruction)
        ends[stage.index] = scope
    return list(ends.values())


def end(
    text: str, base: BaseImage | None = None, build_args: dict[str, str] | None = None
) -> Scope:
    return scopes(text, base, build_args)[-1]


# FROM: the index of the stage that the last FROM means, None for an image.
BASES = {
    "an image": ("FROM a\n", None),
    "a stage above": ("FROM a AS b\nFROM b\n", 0),
    "the nearest of two": ("FROM a AS b\nFROM a AS b\nFROM b\n", 1),
    "a stage named in capitals": ("FROM a AS B\nFROM b\n", 0),
    "capitals mean an image": ("FROM a AS b\nFROM B\n", None),
    "a number means an image": ("FROM a\nFROM 0\n", None),
    "a stage below": ("FROM b\nFROM a AS b\nFROM c\n", None),
    "itself": ("FROM b AS b\n", None),
    "a stage called scratch": ("FROM a AS scratch\nFROM scratch\n", 0),
    "a default of a global argument": ("ARG B=b\nFROM a AS b\nFROM ${B}\n", 0),
    "a global argument made of others": ("ARG A=b\nARG B=$A\nFROM a AS b\nFROM $B\n", 0),
    "an argument without a value": ("ARG B\nFROM a AS b\nFROM $B\n", None),
    "an argument of a stage does not count": ("FROM a AS b\nARG B=b\nFROM c$B\n", None),
    "an argument of the builder": ("FROM a AS b\nFROM $TARGETARCH\n", None),
    "quotes": ("FROM a AS b\nFROM 'b'\n", 0),
}

# --from: asked by the last stage.
SOURCES = {
    "a name": ("FROM a AS b\nFROM c\n", "b", 0),
    "a name in other letters": ("FROM a AS b\nFROM c\n", "B", 0),
    "the last of two": ("FROM a AS b\nFROM a AS b\nFROM c\n", "b", 1),
    "a number": ("FROM a\nFROM c\n", "0", 0),
    "a number with a sign and zeros": ("FROM a\nFROM b\nFROM c\n", "+01", 1),
    "a negative number": ("FROM a\nFROM c\n", "-1", None),
    "its own number": ("FROM a\nFROM c\n", "1", None),
    "its own name": ("FROM a\nFROM c AS d\n", "d", None),
    "a number without end": ("FROM a\nFROM c\n", "0" * 5000, None),
    "an image": ("FROM a AS b\nFROM c\n", "a", None),
    "a name with a variable": ("FROM a AS b\nFROM c\n", "$b", None),
}

NEEDED = {
    "one stage": ("FROM a\n", None, {0}),
    "the last stage": ("FROM a\nFROM b\n", None, {1}),
    "a base": ("FROM a AS b\nFROM c\nFROM b\n", None, {0, 2}),
    "COPY --from": ("FROM a AS b\nFROM c\nCOPY --from=b d e\n", None, {0, 1}),
    "COPY --from of a number": ("FROM a\nFROM b\nFROM c\nCOPY --from=1 d e\n", None, {1, 2}),
    "a mount": ("FROM a AS b\nFROM c\nRUN --mount=from=b,target=/d e\n", None, {0, 1}),
    "a mount in quotes": (
        'FROM a AS b\nFROM c\nRUN --mount=type=bind,\\"From=b\\" e\n',
        None,
        {0, 1},
    ),
    "a mount whose source is a number means an image": (
        "FROM a\nFROM c\nRUN --mount=from=0,target=/d e\n",
        None,
        {1},
    ),
    "an image": ("FROM a AS b\nFROM c\nCOPY --from=d:1 e f\n", None, {1}),
    "a chain": (
        "FROM a AS b\nFROM b AS c\nFROM x AS d\nFROM y\nCOPY --from=c e f\n",
        None,
        {0, 1, 3},
    ),
    "a target": ("FROM a AS b\nFROM b AS c\nFROM d\n", "C", {0, 1}),
    "a trigger of the base": (
        "FROM a AS b\nFROM c AS d\nONBUILD COPY --from=b e f\nFROM d\n",
        None,
        {0, 1, 2},
    ),
    "a trigger that never runs": (
        "FROM a AS b\nFROM c AS d\nONBUILD COPY --from=b e f\n",
        None,
        {1},
    ),
    "a base that is not known may be any named stage above": (
        "FROM a AS b-x\nFROM a AS b-y\nFROM c\nFROM b-$TARGETARCH\n",
        None,
        {0, 1, 3},
    ),
}

# The value of X at the end: "" is empty or unset, None is not known.
VALUES: dict[str, tuple[str, str | None]] = {
    "nothing known of the base": ("FROM a\n", None),
    "unset above scratch": ("FROM scratch\n", ""),
    "ENV": ("FROM a\nENV X=1\n", "1"),
    "ENV in the old form": ("FROM a\nENV X 1 'b'\n", "1 b"),
    "ENV without quotes": ("FROM a\nENV X='1 \"2\"' Y=3\n", '1 "2"'),
    "ENV twice": ("FROM a\nENV X=1\nENV X=2\n", "2"),
    "ENV of itself": ("FROM a\nENV X=1\nENV X=$X:2\n", "1:2"),
    "ENV of itself, not known": ("FROM a\nENV X=$X:2\n", None),
    "all of one ENV see what is above": ("FROM a\nENV Y=1\nENV Y=2 X=$Y\n", "1"),
    "ENV with an expanded name": ("FROM a\nENV Y=X\nENV $Y=1\n", "1"),
    "ENV with an unknown name may set anything": ("FROM a\nENV X=1\nENV $Y=2\n", None),
    "ENV that cannot be expanded": ("FROM a\nENV X='1\n", None),
    "ARG with a default": ("FROM a\nARG X=1\n", "1"),
    "ARG with an empty default": ("FROM a\nARG X=\n", ""),
    "ARG without a default": ("FROM scratch\nARG X\n", None),
    "ARG wins over the ENV above": ("FROM a\nENV X=1\nARG X=2\n", "2"),
    "ENV wins over the ARG above": ("FROM a\nARG X=1\nENV X=2\n", "2"),
    "ARG without a default above may change an ENV": ("FROM a\nENV X=1\nARG X\n", None),
    "a global ARG is not seen": ("ARG X=1\nFROM scratch\n", ""),
    "a global ARG is seen when it is declared": ("ARG X=1\nFROM scratch\nARG X\n", "1"),
    "a global ARG binds again": ("ARG X=1\nFROM a\nARG X=2\nARG X\n", "1"),
    "a default of the stage counts": ("ARG X=1\nFROM a\nARG X=2\n", "2"),
    "a global ARG without a value": ("ARG X\nFROM a\nARG X\n", None),
    "arguments of one line see each other": ("FROM a\nARG Y=1 X=$Y\n", "1"),
    "an argument with a quoted name may set another": ("FROM a\nENV X=1\nARG 'X'=2\n", None),
    "an argument of the builder": ("FROM scratch\nARG TARGETARCH\nENV X=$TARGETARCH\n", None),
    "an argument of the builder, undeclared": ("FROM scratch\nENV X=a$TARGETARCH\n", "a"),
    "a default for an argument of the builder": (
        "FROM scratch\nARG TARGETARCH=b\nENV X=$TARGETARCH\n",
        "b",
    ),
    "a stage hands on its ENV": ("FROM a AS b\nENV X=1\nFROM b\n", "1"),
    "a stage hands on its ARG": ("FROM scratch AS b\nARG X=1\nFROM b\n", "1"),
    "an unknown image may have an ENV that wins over a handed on ARG": (
        "FROM a AS b\nARG X=1\nFROM b\n",
        None,
    ),
    "ENV wins over a handed on ARG": ("FROM a AS b\nENV X=1\nARG X=2\nFROM b\n", "1"),
    "another stage hands on nothing": ("FROM a AS b\nENV X=1\nFROM scratch\n", ""),
    "a trigger does not run in its own stage": ("FROM scratch\nONBUILD ENV X=1\n", ""),
    "a trigger runs in the next stage": (
        "FROM scratch AS b\nENV X=0\nONBUILD ENV X=1\nONBUILD ENV X=$X$X\nFROM b\n",
        "11",
    ),
    "a trigger runs once": (
        "FROM scratch AS b\nONBUILD ENV X=1$X\nFROM b AS c\nFROM c\n",
        "1",
    ),
    "RUN sets nothing": ("FROM scratch\nRUN export X=1\n", ""),
    "the escape character": ("# escape=`\nFROM a\nENV X=C:\\`$\n", "C:\\$"),
}

# One HIDDEN stands for a part of the platform.
PARTLY: dict[str, tuple[str, str | None]] = {
    "a part of the platform": ("FROM scratch\nARG TARGETARCH\nENV X=a-$TARGETARCH\n", "a-\1"),
    "by way of another": (
        "FROM scratch\nARG TARGETOS\nENV Y=$TARGETOS-\nARG X=a$Y/b\n",
        "a\1-/b",
    ),
    "a value that is known": ("FROM scratch\nARG TARGETARCH=b\nENV X=a-$TARGETARCH\n", None),
    "the whole platform has slashes": (
        "FROM scratch\nARG TARGETPLATFORM\nENV X=a-$TARGETPLATFORM\n",
        None,
    ),
    "an argument of any text": ("FROM scratch\nARG V\nARG TARGETARCH\nENV X=$V$TARGETARCH\n", None),
    "a default where it is empty": (
        "FROM scratch\nARG TARGETVARIANT\nENV X=a-${TARGETVARIANT:-v8}\n",
        None,
    ),
    "it is not declared": ("FROM a\nENV X=a-$TARGETARCH\n", None),
    "an ENV of that name": ("FROM a\nARG V\nENV TARGETARCH=$V\nENV X=a-$TARGETARCH\n", None),
    "set again": ("FROM scratch\nARG V\nARG TARGETARCH\nENV X=a-$TARGETARCH\nENV X=$V\n", None),
    "any variable may have been set": (
        "FROM scratch\nARG V\nARG TARGETARCH\nENV X=a-$TARGETARCH\nENV $V=1\n",
        None,
    ),
    "of the stage above": (
        "FROM scratch AS b\nARG V\nENV X=$V\nARG TARGETARCH\nARG X=a-$TARGETARCH\nFROM b\n",
        None,
    ),
}

CWDS = {
    "nothing known": ("FROM a\n", "?cwd"),
    "scratch": ("FROM scratch\n", "/"),
    "absolute": ("FROM a\nWORKDIR /b\n", "/b"),
    "not normal": ("FROM a\nWORKDIR //b/./c/../d/\n", "/b/d"),
    "above the root": ("FROM a\nWORKDIR /../..\n", "/"),
    "relative ones add up": ("FROM a\nWORKDIR /b\nWORKDIR c\nWORKDIR ../d\n", "/b/d"),
    "relative from the root": ("FROM scratch\nWORKDIR b\n", "/b"),
    "below an unknown one": ("FROM a\nWORKDIR b\nWORKDIR c/../d\n", "?cwd/b/d"),
    "back to an unknown one": ("FROM a\nWORKDIR b\nWORKDIR ..\n", "?cwd"),
    "above an unknown one": ("FROM a\nWORKDIR b\nWORKDIR ../..\n", "?workdir:3"),
    "here": ("FROM a\nWORKDIR .\n", "?cwd"),
    "an empty value stays": ("FROM scratch\nWORKDIR /b\nWORKDIR $C\n", "/b"),
    "a value": ("FROM a\nENV B=/b\nWORKDIR $B/c\n", "/b/c"),
    "an unknown value": ("FROM a\nWORKDIR /b\nWORKDIR $C\nWORKDIR d\n", "?workdir:3/d"),
    "an unknown value below": ("FROM a\nWORKDIR /b/$C\n", "?workdir:2"),
    "blanks belong to the name": ("FROM a\nWORKDIR /b c\n", "/b c"),
    "quotes do not": ("FROM a\nWORKDIR '/b c'\n", "/b c"),
    "a drive": ("FROM a\nWORKDIR C:/b\n", "?workdir:2"),
    "a backslash": ("# escape=`\nFROM a\nWORKDIR b\\c\n", "?workdir:3"),
    "a stage hands on its folder": ("FROM a AS b\nWORKDIR /c\nFROM b\nWORKDIR d\n", "/c/d"),
    "a trigger": ("FROM a AS b\nONBUILD WORKDIR /c\nFROM b\nWORKDIR d\n", "/c/d"),
}

USERS: dict[str, tuple[str, str | None]] = {
    "nothing known": ("FROM a\n", None),
    "scratch": ("FROM scratch\n", "root"),
    "a user": ("FROM a\nUSER b:c\n", "b:c"),
    "a value": ("FROM a\nARG B=b\nUSER $B\n", "b"),
    "an unknown value": ("FROM scratch\nARG B\nUSER $B\n", None),
    "an empty value is root": ("FROM scratch\nUSER b\nUSER $C\n", "root"),
    "a stage hands on its user": ("FROM a AS b\nUSER c\nFROM b\n", "c"),
}


@pytest.mark.parametrize(("text", "expected"), BASES.values(), ids=BASES)
def test_from_means(text: str, expected: int | None) -> None:
    assert stages_of(text)[-1].base_stage == expected


@pytest.mark.parametrize(("text", "name", "expected"), SOURCES.values(), ids=SOURCES)
def test_copy_from_means(text: str, name: str, expected: int | None) -> None:
    stages = stages_of(text)
    assert source_stage(stages, stages[-1].index, name) == expected


def test_a_number_in_a_mount_means_an_image() -> None:
    assert source_stage(stages_of("FROM a\nFROM b\n"), 1, "0", numbers=False) is None


@pytest.mark.parametrize(("text", "expected"), PARTLY.values(), ids=PARTLY)
def test_of_a_value_is_known_but_for_the_platform(text: str, expected: str | None) -> None:
    assert end(text).partly.get("X") == expected


@pytest.mark.parametrize(("text", "target", "expected"), NEEDED.values(), ids=NEEDED)
def test_a_build_runs(text: str, target: str | None, expected: set[int]) -> None:
    assert reachable(stages_of(text), target) == expected


def test_a_target_that_is_no_stage_is_refused() -> None:
    with pytest.raises(ValueError, match="no stage is called `c`"):
        reachable(stages_of("FROM a AS b\n"), "c")


def test_a_stage_keeps_what_its_from_says() -> None:
    text = "ARG V=1\nFROM --platform=$BUILDPLATFORM a:$V AS B\nRUN c\nFROM d-$TARGETOS\n"
    global_args, (first, second) = split(parse(text.encode()))
    assert [found.keyword for found in global_args] == ["ARG"]
    assert (first.index, first.name, first.base, first.image) == (0, "b", "a:$V", "a:1")
    assert first.platform == "$BUILDPLATFORM"
    assert (first.from_.line, [found.keyword for found in first.instructions]) == (2, ["RUN"])
    assert (second.index, second.name, second.image, second.platform) == (1, None, None, "")
    assert second.instructions == ()


def test_a_build_argument_wins_over_defaults() -> None:
    text = "ARG B=b\nFROM a AS b\nFROM a AS c\nFROM $B\nARG X=1\nARG B\n"
    assert stages_of(text, {"B": "c"})[-1].base_stage == 1
    last = end(text, None, {"B": "c", "X": "2", "Y": "3"})
    assert (last.lookup("B"), last.lookup("X"), last.lookup("Y")) == ("c", "2", None)
    assert end("FROM a\nARG TARGETOS\n", None, {"TARGETOS": "b"}).lookup("TARGETOS") == "b"


@pytest.mark.parametrize(("text", "expected"), VALUES.values(), ids=VALUES)
def test_the_value_of_x(text: str, expected: str | None) -> None:
    assert end(text).lookup("X") == expected


@pytest.mark.parametrize(("text", "expected"), CWDS.values(), ids=CWDS)
def test_the_folder(text: str, expected: str) -> None:
    assert end(text).cwd == expected


@pytest.mark.parametrize(("text", "expected"), USERS.values(), ids=USERS)
def test_the_user(text: str, expected: str | None) -> None:
    assert end(text).user == expected


def test_the_shell() -> None:
    assert end("FROM a\n").shell is None
    assert end("FROM scratch\n").shell == DEFAULT_SHELL
    assert end('FROM a AS b\nSHELL ["c", "-d"]\nFROM b\n').shell == ("c", "-d")


def test_a_known_base() -> None:
    scope = end("FROM python\n", PYTHON)
    assert (scope.cwd, scope.user, scope.shell) == ("/srv", "root", ("/bin/bash", "-c"))
    assert [scope.lookup(name) for name in ("LANG", "PYTHON_VERSION", "OTHER", "PATH")] == [
        "C.UTF-8",
        None,
        "",
        DEFAULT_PATH,
    ]
    assert scope.env_names == {"LANG", "PATH", "PYTHON_VERSION"}


def test_a_known_base_keeps_its_path_and_an_empty_folder_is_the_root() -> None:
    scope = end("FROM a\n", BaseImage({"PATH": "/b"}, "", "c", ()))
    assert (scope.lookup("PATH"), scope.cwd, scope.user) == ("/b", "/", "c")
    assert scope.shell == DEFAULT_SHELL


def test_scratch_has_nothing_but_a_path() -> None:
    assert end("FROM scratch\n").values == {"PATH": DEFAULT_PATH}


def test_the_image_keeps_env_and_not_arg() -> None:
    scope = end("FROM a\nENV A=1\nARG A=2 B=3\n")
    assert scope.env_names == {"A"}
    assert (scope.values, scope.image_env) == ({"A": "2", "B": "3"}, {"A": "1"})


def test_a_scope_does_not_change() -> None:
    dockerfile = parse(b"FROM scratch\nENV A=1\nARG B=2\nWORKDIR /c\nUSER d\nONBUILD RUN e\n")
    global_args, (stage,) = split(dockerfile)
    first = start(stage, {}, None, global_args)
    seen = [first]
    for instruction in stage.instructions:
        seen.append(seen[-1].after(instruction))
    assert first == start(stage, {}, None, global_args)
    assert seen[1].values == {"PATH": DEFAULT_PATH, "A": "1"}


LINES = st.sampled_from(
    ["ENV A=1", "ENV A=$B", "ARG A", "ARG A=2", "ARG B=$A", "ENV B=b C=$B", "ENV $C=c", "RUN a"]
)


@given(st.lists(LINES, max_size=8), st.sampled_from(["x", ""]))
def test_a_known_value_holds_for_every_base_image(lines: list[str], value: str) -> None:
    text = "\n".join(["FROM a", *lines, ""])
    known = end(text)
    base = BaseImage({"A": value, "B": value, "C": value}, "/", "root", ())
    real = end(text, base)
    for name in "ABC":
        assert known.lookup(name) in (None, real.lookup(name))


@given(st.lists(st.sampled_from(["/a", "b", "..", ".", "$A", "c/../d", "/"]), max_size=6))
def test_a_known_folder_holds_for_every_start(folders: list[str]) -> None:
    lines = "".join(f"WORKDIR {folder}\n" for folder in folders)
    known = end(f"FROM a\n{lines}").cwd
    real = end(f"FROM a\n{lines}", BaseImage({}, "/x/y", "root", ())).cwd
    if known.startswith("/"):
        assert known == real
    elif known.startswith("?cwd"):
        assert real == known.replace("?cwd", "/x/y")
