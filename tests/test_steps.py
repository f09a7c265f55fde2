"""The effect of every instruction: what it reads, writes, makes, and where it stands."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from msgspec.structs import replace

from reorder.context.files import Context
from reorder.effects.effect import Extent, Footprint
from reorder.effects.instruction import analyse
from reorder.effects.model import builtin
from reorder.effects.place import Place, Step
from reorder.syntax.dockerfile import parse

FILES: Mapping[str, str] = {
    "a.py": "a",
    "b.py": "b",
    "src/x.txt": "x",
    "src/sub/y.txt": "y",
    "run.sh": "mkdir -p /made\n",
}


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Context:
    root = tmp_path_factory.mktemp("context")
    for name, text in FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.parent.chmod(0o755)
        path.write_text(text)
    (root / "linked").mkdir()
    (root / "linked" / "l").symlink_to("/opt/real")
    return Context.open(root)


def steps(text: str, context: Context | None = None, image: str = "debian:12") -> tuple[Step, ...]:
    dockerfile = parse(f"FROM {image}\n{text}\n".encode())
    return analyse(dockerfile, context=context, models=builtin()).stages[-1].steps


def shown(step: Step, *resources: str) -> list[str]:
    """`write env:A`, `ensure path:/app 0:0:0755`, `write path:/app (a, b)`, sorted."""
    return sorted(_row(f) for f in step.effect.footprints if f.resource in resources)


def _row(footprint: Footprint) -> str:
    suffix = {Extent.TREE: "/**", Extent.GLOB: " (glob)"}.get(footprint.extent, "")
    if footprint.extent is Extent.LISTED:
        suffix = f" ({', '.join(footprint.members)})"
    owner = f" {footprint.owner}" if footprint.owner else ""
    return f"{footprint.access.value} {footprint.resource}:{footprint.name}{suffix}{owner}"


ALL = ("env", "cwd", "user", "shell", "path", "config", "cache")

SETTINGS = {
    "ENV A=1 B=$C": [
        "read env:C",
        "write config:env:A",
        "write config:env:B",
        "write env:A",
        "write env:B",
    ],
    "ENV A some $B text": ["read env:B", "write config:env:A", "write env:A"],
    "ARG A=${B:-$C} D": ["read env:B", "read env:C", "write env:A", "write env:D"],
    "LABEL a=1 b=$C": ["read env:C", "write config:label:a", "write config:label:b"],
    "EXPOSE 80 $P/udp": ["read env:P", "write config:port:$P/udp", "write config:port:80"],
    "USER $U": ["read env:U", "write config:user", "write user:"],
    'SHELL ["/bin/bash", "-c"]': ["write config:shell", "write shell:"],
    'CMD ["a", "$B"]': ["write config:cmd"],
    "CMD a $B": ["read shell:", "write config:cmd"],
    'ENTRYPOINT ["a"]': ["write config:entrypoint"],
    "ENTRYPOINT a": ["read shell:", "write config:entrypoint"],
    "HEALTHCHECK CMD a $B": ["write config:healthcheck"],
    "STOPSIGNAL $S": ["read env:S", "write config:stopsignal"],
    "ONBUILD RUN $A": ["write config:onbuild"],
    "MAINTAINER $A": ["write config:maintainer"],
    "VOLUME /data $D/x": [
        "read env:D",
        "write config:volume:*",
        "write config:volume:/data",
        "write path://**",
        "write path:/data/**",
    ],
}


@pytest.mark.parametrize(("line", "expected"), SETTINGS.items(), ids=SETTINGS)
def test_a_setting(line: str, expected: list[str]) -> None:
    (*_, step) = steps(f"ARG D\n{line}" if line.startswith("VOLUME") else line)
    assert shown(step, *ALL) == expected
    assert step.effect.seconds == 0.0


WORKDIRS = {
    "a new folder": ("WORKDIR /a/b", ["ensure path:/a 0:0:0755", "ensure path:/a/b 0:0:0755"]),
    "a folder of the system": ("WORKDIR /opt", []),
    "a relative one": (
        "WORKDIR /a\nWORKDIR b",
        ["ensure path:/a 0:0:0755", "ensure path:/a/b 0:0:0755"],
    ),
    "a variable": ("ENV A=/a\nWORKDIR $A", ["ensure path:/a 0:0:0755"]),
    "a variable that is not known": ("ARG A\nWORKDIR $A", ["write path://**"]),
    "a user by number": ("USER 1000\nWORKDIR /a", ["ensure path:/a 1000:0755"]),
    "a user by name": (
        "USER app\nWORKDIR /a",
        ["ensure path:/a app:0755", "read path:/etc/group", "read path:/etc/passwd"],
    ),
    "root by another name": ("USER 0:0\nWORKDIR /a", ["ensure path:/a 0:0:0755"]),
}


@pytest.mark.parametrize(("text", "expected"), WORKDIRS.values(), ids=WORKDIRS)
def test_a_workdir_makes_its_folders(text: str, expected: list[str]) -> None:
    assert shown(steps(text)[-1], "path") == expected


def test_a_workdir_reads_the_user_and_only_a_relative_one_the_folder() -> None:
    first, second = steps("WORKDIR /a\nWORKDIR b")
    assert shown(first, "cwd", "user") == ["read user:", "write cwd:"]
    assert shown(second, "cwd", "user") == ["read cwd:", "read user:", "write cwd:"]


COPIES = {
    "a file to a folder": (
        "COPY a.py /app/",
        ["ensure path:/app 0:0:0755", "write path:/app (/app/a.py)"],
    ),
    "a file to a name": (
        "COPY a.py /app/x",
        ["ensure path:/app 0:0:0755", "read path:/app/x", "write path:/app/x/**"],
    ),
    "two files": (
        "COPY a.py b.py /app/",
        ["ensure path:/app 0:0:0755", "write path:/app (/app/a.py, /app/b.py)"],
    ),
    "a pattern": (
        "COPY *.py /app/",
        ["ensure path:/app 0:0:0755", "write path:/app (/app/a.py, /app/b.py)"],
    ),
    "a folder": (
        "COPY src /app",
        [
            "ensure path:/app 0:0:0755",
            "setdir path:/app (/app/sub) 0:0:0755",
            "write path:/app (/app/sub/y.txt, /app/x.txt)",
        ],
    ),
    "for an owner": (
        "COPY --chown=1:2 a.py /app/",
        ["ensure path:/app 1:2:0755", "write path:/app (/app/a.py)"],
    ),
    "for an owner by name": (
        "COPY --chown=app a.py /app/",
        [
            "ensure path:/app app:0755",
            "read path:/etc/group",
            "read path:/etc/passwd",
            "write path:/app (/app/a.py)",
        ],
    ),
    "with a mode": (
        "COPY --chmod=700 a.py /app/",
        ["ensure path:/app 0:0:700", "write path:/app (/app/a.py)"],
    ),
    "a file that is missing": (
        "COPY none /app/",
        ["ensure path:/app 0:0:0755", "write path:/app/**"],
    ),
    "files of another image": (
        "COPY --from=alpine /x /app/",
        ["ensure path:/app 0:0:0755", "write path:/app (/app/x)", "write path:/app/**"],
    ),
    "a source that is not known": (
        "ARG A\nCOPY $A /app/",
        ["ensure path:/app 0:0:0755", "write path:/app/**"],
    ),
    "a destination that is not known": ("ARG A\nCOPY a.py $A", ["write path://**"]),
    "a heredoc": (
        "COPY <<E /app/x\nE",
        ["ensure path:/app 0:0:0755", "write path:/app/x/**"],
    ),
    "an address": (
        "ADD https://h.x/f /app/",
        ["ensure path:/app 0:0:0755", "write path:/app/**"],
    ),
    "by another name of the folder": ("COPY a.py /bin/", ["write path:/usr/bin (/usr/bin/a.py)"]),
}


@pytest.mark.parametrize(("text", "expected"), COPIES.values(), ids=COPIES)
def test_a_copy_writes_what_it_brings(text: str, expected: list[str], context: Context) -> None:
    assert shown(steps(text, context)[-1], "path") == expected


def test_a_link_of_the_context_is_told(context: Context) -> None:
    (step,) = steps("COPY linked /app/", context)
    assert step.effect.links == ("/app/l",)
    assert step.brought == {}


def test_a_copy_below_a_link_may_write_anywhere(context: Context) -> None:
    _, second = steps("COPY linked /app/\nCOPY a.py /app/l/", context)
    assert shown(second, "path") == ["write path://**"]


def test_without_a_context_a_copy_may_write_all_below_its_destination() -> None:
    (step,) = steps("COPY src /app")
    assert shown(step, "path") == ["write path:/app/**"]
    assert step.brought == {}


BROUGHT = {
    "a folder": ("COPY src /app", {"/app/x.txt": "src/x.txt", "/app/sub/y.txt": "src/sub/y.txt"}),
    "a file with a new name": ("COPY a.py /app/x", {"/app/x": "a.py"}),
    "a file where something may be": ("RUN mkdir /app/x\nCOPY a.py /app/x", {}),
    "a file that is missing": ("COPY none /app/", {}),
}


@pytest.mark.parametrize(("text", "expected"), BROUGHT.values(), ids=BROUGHT)
def test_a_copy_knows_which_file_is_which(
    text: str, expected: dict[str, str], context: Context
) -> None:
    assert steps(text, context)[-1].brought == expected


SOURCES = {
    "COPY . /x": ("",),
    "COPY ./src/ a.py /x/": ("src", "a.py"),
    "COPY /a.py /x": ("a.py",),
    "COPY *.py /x/": ("*.py",),
    "COPY --from=alpine a /x": (),
    "ADD https://h.x/f /x": (),
    "COPY <<E /x\nE": (),
    "RUN --mount=type=bind,target=/m true": ("",),
    "RUN --mount=type=bind,source=src,target=/m true": ("src",),
    "RUN --mount=type=bind,from=alpine,target=/m true": (),
    "RUN --mount=type=cache,target=/m true": (),
    "RUN true": (),
}


@pytest.mark.parametrize(("line", "expected"), SOURCES.items(), ids=SOURCES)
def test_what_of_the_context_re_runs_an_instruction(line: str, expected: tuple[str, ...]) -> None:
    assert steps(line)[-1].sources == expected


STAGES = {
    "by name": ("COPY --from=one /x /x", (0,)),
    "by name in capitals": ("COPY --from=ONE /x /x", (0,)),
    "by number": ("COPY --from=1 /x /x", (1,)),
    "an image": ("COPY --from=alpine /x /x", ()),
    "a mount": ("RUN --mount=type=bind,from=two,target=/m true", (1,)),
    "a mount of a number, which is an image": ("RUN --mount=from=1,target=/m true", ()),
    "none": ("RUN true", ()),
}


@pytest.mark.parametrize(("line", "expected"), STAGES.values(), ids=STAGES)
def test_the_stages_that_an_instruction_copies_from(line: str, expected: tuple[int, ...]) -> None:
    text = f"FROM debian:12 AS one\nFROM debian:12 AS two\nFROM debian:12\n{line}\n"
    analysis = analyse(parse(text.encode()), context=None, models=builtin())
    assert analysis.stages[-1].steps[-1].stages == expected


RUNS = {
    "exec form": ('RUN ["mkdir", "/x"]', ["read user:"]),
    "shell form": ("RUN mkdir /x", ["read shell:", "read user:"]),
    "in its folder": ("WORKDIR /w\nRUN mkdir x", ["read cwd:", "read shell:", "read user:"]),
    "a cache mount": (
        "RUN --mount=type=cache,target=/c/ mkdir /x",
        ["read cache:/c", "read shell:", "read user:", "write cache:/c"],
    ),
    "a cache mount with an id": (
        "RUN --mount=type=cache,id=me,target=/c mkdir /x",
        ["read cache:me", "read shell:", "read user:", "write cache:me"],
    ),
}


@pytest.mark.parametrize(("text", "expected"), RUNS.values(), ids=RUNS)
def test_a_run_reads_where_it_stands(text: str, expected: list[str]) -> None:
    assert shown(steps(text)[-1], "cwd", "user", "shell", "cache") == expected


def test_an_opaque_run_touches_everything_but_the_config() -> None:
    (step,) = steps("RUN mystery")
    rows = shown(step, *ALL)
    assert {"read path://**", "write path://**", "read env:*", "read cwd:", "read user:"} <= {*rows}
    assert shown(step, "config") == []
    assert "no model for `mystery`" in (step.effect.opaque or "")


def place_after(text: str, context: Context) -> Place:
    dockerfile = parse(f"FROM debian:12\n{text}\n".encode())
    analysed = analyse(dockerfile, context=context, models=builtin()).stages[-1]
    return replace(analysed.first, scope=analysed.end, earlier=analysed.steps)


READABLE = {
    "a file of the context": ("COPY a.py /app/", "/app/a.py", b"a"),
    "the last of two": ("COPY a.py /x\nCOPY b.py /y\nCOPY a.py /app/\n", "/app/a.py", b"a"),
    "a file that was changed": ("COPY a.py /app/\nRUN touch /app/a.py", "/app/a.py", None),
    "a file whose rights were changed": (
        "COPY a.py /app/\nRUN chmod -R 700 /app",
        "/app/a.py",
        b"a",
    ),
    "a file below a folder that was changed": (
        "COPY a.py /app/\nRUN rm -r /app",
        "/app/a.py",
        None,
    ),
    "a file after an opaque RUN": ("COPY a.py /app/\nRUN mystery", "/app/a.py", None),
    "a file after a RUN elsewhere": ("COPY a.py /app/\nRUN touch /x", "/app/a.py", b"a"),
    "no file": ("COPY a.py /app/", "/app/b.py", None),
}


@pytest.mark.parametrize(("text", "path", "expected"), READABLE.values(), ids=READABLE)
def test_a_file_is_read_as_far_as_it_surely_is_that_of_the_context(
    text: str, path: str, expected: bytes | None, context: Context
) -> None:
    assert place_after(text, context).read_file(path) == expected


EXISTS = {
    "brought": ("COPY a.py /app/", "/app/a.py", True),
    "nowhere": ("COPY a.py /app/", "/app/b.py", False),
    "maybe": ("RUN touch /app/b.py", "/app/b.py", None),
    "maybe, from a folder that is not known": ("COPY --from=x / /app", "/app/b.py", None),
}


@pytest.mark.parametrize(("text", "path", "expected"), EXISTS.values(), ids=EXISTS)
def test_whether_something_was_put_there(
    text: str, path: str, expected: bool | None, context: Context
) -> None:
    assert place_after(text, context).exists(path) is expected


HOMES = {
    "root": ("USER root", "/root"),
    "nobody said": ("ENV A=1", "/root"),
    "HOME is set": ("USER app\nENV HOME=/h", "/h"),
    "a user that is not known": ("USER app", None),
}


@pytest.mark.parametrize(("text", "expected"), HOMES.values(), ids=HOMES)
def test_the_home_of_the_user(text: str, expected: str | None, context: Context) -> None:
    assert place_after(text, context).home == expected


def test_a_stage_goes_on_where_its_base_stage_ended(context: Context) -> None:
    text = "COPY a.py /app/\nWORKDIR /w\nUSER 7\nENV A=1\nFROM one\nCOPY b.py ."
    step = steps(text, context, "debian:12 AS one")[-1]
    assert (step.scope.cwd, step.scope.user, step.scope.values["A"]) == ("/w", "7", "1")
    assert step.brought == {"/w/b.py": "b.py"}


def test_below_an_unknown_image_folder_user_and_shell_are_not_known(context: Context) -> None:
    (step,) = steps("COPY a.py ./", context, "nobody/knows")
    assert (step.scope.cwd, step.scope.user, step.scope.shell) == ("?cwd", None, None)
    assert "write path:?cwd (?cwd/a.py)" in shown(step, "path")


INFERRED_USER = {
    "nothing tells": ("RUN mkdir /x", None),
    "a command that may fail": ("RUN apt-get install -y git || true", None),
    "a command below a USER": ("USER app\nRUN apt-get install -y git", None),
    "an install of the system": ("RUN apt-get install -y git", "root"),
    "a new account": ("RUN useradd app\nUSER app", "root"),
}


@pytest.mark.parametrize(("text", "expected"), INFERRED_USER.values(), ids=INFERRED_USER)
def test_what_only_root_can_do_tells_the_user_of_an_unknown_image(
    text: str, expected: str | None
) -> None:
    dockerfile = parse(f"FROM nobody/x\n{text}\n".encode())
    (stage,) = analyse(dockerfile, context=None, models=builtin()).stages
    assert stage.first.scope.user == expected
