"""What the files around a Dockerfile say of its builds."""

from __future__ import annotations

from pathlib import Path

import pytest

from reorder.context.builds.build import Build
from reorder.context.builds.document import DocumentError, read_yaml
from reorder.context.builds.hcl import read_hcl
from reorder.context.builds.sources import MOST_BYTES, builds_in


def said(root: Path, file: str, text: str) -> list[str]:
    """`context:file args named target place`, paths relative to the root, for each build."""
    path = root / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return [line(build, root) for build in builds_in(root).found]


def line(build: Build, root: Path) -> str:
    paths = [build.context, *([build.file] if build.file else [])]
    words = [":".join(str(path.relative_to(root)) for path in paths)]
    words += [name if value is None else f"{name}={value}" for name, value in build.args]
    words += [f"@{name}" for name in sorted(build.named)]
    words += [f">{build.target}"] if build.target else []
    assert build.place is not None
    return " ".join([*words, f"{build.place.file.name}:{build.place.line}"])


SERVICE = "services:\n  web:\n    build:"


@pytest.mark.parametrize(
    ("build", "expected"),
    [
        (" {dockerfile_inline: FROM scratch}", []),
        (" https://example.test/x.git", []),
        (" git@example.test:x.git", []),
        (" ${DIR}", []),
        (" {context: ., dockerfile: 'Dockerfile.${X}'}", []),
        (" !reset null", []),
        (" [a]", []),
        (" {context: [a]}", []),
        ("", []),
        (" app", ["app compose.yaml:3"]),
        (" ./app/", ["app compose.yaml:3"]),
        (" {}", [". compose.yaml:3"]),
        (" {context: app, dockerfile: d/x}", ["app:app/d/x compose.yaml:3"]),
        (" {context: app, target: dev}", ["app >dev compose.yaml:3"]),
        (" {args: {B: b c, A: 1}}", [". A=1 B=b c compose.yaml:3"]),
        (" {args: [A=1, B, C=1.10]}", [". A=1 B C=1.10 compose.yaml:3"]),
        (" {args: {A: 1.10, B: yes, C: '1.10', D: 010, E: true}}",
         [". A B C=1.10 D E=true compose.yaml:3"]),
        (" {args: {A: $X, B: 'a${X:-b}', C: null, D: }}", [". A B C D compose.yaml:3"]),
        (" {additional_contexts: {src: ../x}}", [". @src compose.yaml:3"]),
        (" {additional_contexts: [src=../x]}", [". @src compose.yaml:3"]),
    ],
)  # fmt: skip
def test_a_compose_file_tells_what_is_written_out(
    tmp_path: Path, build: str, expected: list[str]
) -> None:
    assert said(tmp_path, "compose.yaml", f"{SERVICE}{build}\n") == expected


def test_anchors_and_merges_of_compose_files_are_followed(tmp_path: Path) -> None:
    text = (
        "x-build: &build {context: app, args: &args {A: 1, B: 2}}\n"
        "services:\n  web:\n    build:\n      <<: *build\n      args: {<<: *args, B: 3}\n"
    )
    assert said(tmp_path, "docker-compose.yml", text) == ["app A=1 B=3 docker-compose.yml:4"]


def test_a_second_compose_file_counts_alone_and_on_top_of_the_first(tmp_path: Path) -> None:
    base = f"{SERVICE} {{context: app, args: {{A: 1}}}}\n"
    over = "services:\n  web:\n    build: {target: dev, args: {B: 2}}\n"
    (tmp_path / "compose.override.yaml").write_text(over)
    assert said(tmp_path, "compose.yaml", base) == [
        "app A=1 compose.yaml:3",
        ". B=2 >dev compose.override.yaml:3",
        "app A=1 B=2 >dev compose.override.yaml:3",
    ]


@pytest.mark.parametrize(
    ("environment", "word", "expected"),
    [
        ("", "${DIR}", []),
        ("DIR=app", "${DIR}", ["app compose.yaml:3"]),
        ("export DIR='app' # x", "./$DIR/", ["app compose.yaml:3"]),
        ('DIR="app"', "${DIR:-other}", ["app compose.yaml:3"]),
        ("DIR=", "${DIR:-other}", ["other compose.yaml:3"]),
        ("DIR=", "x${DIR-other}", ["x compose.yaml:3"]),
        ("", "${DIR-other}/${NAME:-web}", ["other/web compose.yaml:3"]),
        ("DIR=app", "${DIR:?must be set}", ["app compose.yaml:3"]),
        ("", "${DIR:?must be set}", []),
        ("DIR=$HOME", "${DIR}", []),
        ("DIR=app", "${DIR:-${OTHER}}", []),
        ("DIR=app", "$$DIR", []),
        ("DIR=app", "${DIR:+x}", []),
    ],
)
def test_a_variable_of_a_place_has_the_value_of_the_environment_file(
    tmp_path: Path, environment: str, word: str, expected: list[str]
) -> None:
    (tmp_path / ".env").write_text(environment)
    assert said(tmp_path, "compose.yaml", f"{SERVICE} '{word}'\n") == expected


def test_a_value_of_the_environment_file_is_named_and_never_that_of_an_argument(
    tmp_path: Path,
) -> None:
    (tmp_path / ".env").write_text("DIR=app\n")
    text = f"{SERVICE} {{context: $DIR, args: {{A: $DIR}}}}\n"
    assert said(tmp_path, "compose.yaml", text) == ["app A compose.yaml:3"]
    assert builds_in(tmp_path).notes == (
        "compose.yaml:3: `$DIR` is taken as `app`: .env and defaults say so",
    )


COMMON = """services:
  base:
    build: {context: api, args: {A: 1}}
  bare:
    image: x
"""


@pytest.mark.parametrize(
    ("service", "expected"),
    [
        ("extends: {file: common/base.yaml, service: base}", ["common/api A=1 base.yaml:3"]),
        (
            "{extends: {file: common/base.yaml, service: base}, build: {args: {B: 2}}}",
            ["common/api A=1 B=2 compose.yaml:2"],
        ),
        (
            "{extends: {file: common/base.yaml, service: base}, build: app}",
            ["app A=1 compose.yaml:2"],
        ),
        ("extends: {file: common/base.yaml, service: bare}", []),
        ("extends: {file: common/base.yaml, service: none}", []),
        ("extends: {file: missing.yaml, service: base}", []),
        ("extends: {file: $FILE, service: base}", []),
        ("extends: web", []),
        ("extends: local", ["here compose.yaml:4"]),
    ],
)
def test_a_service_has_the_build_that_it_extends(
    tmp_path: Path, service: str, expected: list[str]
) -> None:
    (tmp_path / "common").mkdir()
    (tmp_path / "common/base.yaml").write_text(COMMON)
    web = service if service.startswith("{") else f"{{{service}}}"
    local = "  local:\n    build: here\n" if "local" in service else ""
    text = f"services:\n  web: {web}\n{local}"
    found = said(tmp_path, "compose.yaml", text)
    assert list(dict.fromkeys(found)) == expected


@pytest.mark.parametrize(
    ("include", "expected"),
    [
        ("[common/base.yaml]", ["common/api A=1 base.yaml:3"]),
        ("[{path: common/base.yaml}]", ["common/api A=1 base.yaml:3"]),
        ("[{path: common/base.yaml, project_directory: .}]", ["api A=1 base.yaml:3"]),
        (
            "[{path: [common/base.yaml, common/more.yaml]}]",
            ["common/api A=1 >dev more.yaml:2"],
        ),
        ("[oci://example.test/x]", []),
        ("[missing.yaml]", []),
        ("[compose.yaml]", []),
        ("{}", []),
    ],
)
def test_included_files_count_from_their_own_folder(
    tmp_path: Path, include: str, expected: list[str]
) -> None:
    (tmp_path / "common").mkdir()
    (tmp_path / "common/base.yaml").write_text(COMMON)
    (tmp_path / "common/more.yaml").write_text("services:\n  base: {build: {target: dev}}\n")
    assert said(tmp_path, "compose.yaml", f"include: {include}\n") == expected


def test_files_that_include_each_other_many_times_are_cut(tmp_path: Path) -> None:
    rows = ", ".join(["compose.yaml"] * 100)
    assert said(tmp_path, "compose.yaml", f"include: [{rows}]\n") == []
    assert builds_in(tmp_path).notes == ("compose.yaml: not read, though another file names it",)


def test_compose_files_in_the_usual_folders_speak_of_their_own_folder(tmp_path: Path) -> None:
    text = f"{SERVICE} {{context: .., dockerfile: docker/x}}\n"
    assert said(tmp_path, "docker/compose.yml", text) == [
        "docker/..:docker/../docker/x compose.yml:3"
    ]


BAKE = """
variable "TAG" { default = "1" }
group "default" { targets = ["app"] }
target "_common" {
  args = { A = "1", B = TAG, C = "a${TAG}", D = 5, E = null }
  contexts = { src = "../x" }
}
target "app" {
  inherits = ["_common"] # and more
  context = "./app"
  dockerfile = "docker/Dockerfile"
  args = { A = "2" }
  tags = [for t in ["a"]: "x:${t}"]
  target = "final"
}
"""


def test_a_bake_file_is_read_with_what_its_targets_inherit(tmp_path: Path) -> None:
    assert said(tmp_path, "docker-bake.hcl", BAKE) == [
        ". A=1 B C D=5 E @src docker-bake.hcl:4",
        "app:app/docker/Dockerfile A=2 B C D=5 E @src >final docker-bake.hcl:8",
    ]


def test_a_bake_file_may_be_json(tmp_path: Path) -> None:
    text = '{"target": {\n"app": {"context": "app", "args": {"A": "1", "B": "${X}"}}}}'
    assert said(tmp_path, "docker-bake.json", text) == ["app A=1 B docker-bake.json:2"]


def test_an_override_of_a_bake_file_counts_alone_and_merged(tmp_path: Path) -> None:
    (tmp_path / "docker-bake.override.json").write_text('{"target": {"app": {"args": {"A": "2"}}}}')
    assert said(tmp_path, "docker-bake.hcl", 'target "app" {\n context = "app"\n}\n') == [
        "app docker-bake.hcl:1",
        ". A=2 docker-bake.override.json:1",
        "app A=2 docker-bake.override.json:1",
    ]


@pytest.mark.parametrize(
    "body",
    [
        "context = DIR", 'context = "${DIR}"', 'dockerfile-inline = "FROM scratch"',
        'dockerfile = item.file', "inherits = BASES", 'inherits = ["nix"]', 'inherits = ["app"]',
        'inherits = [BASE]', "args = merge(a, b)", "contexts = X", 'context = "https://x.test/a"',
    ],
)  # fmt: skip
def test_a_bake_target_that_is_computed_says_nothing(tmp_path: Path, body: str) -> None:
    assert said(tmp_path, "docker-bake.hcl", f'target "app" {{\n {body}\n}}\n') == []


def workflow(*steps: str) -> str:
    lines = [f"      - {step}\n" for step in steps]
    return "jobs:\n  image:\n    steps:\n" + "".join(lines)


ACTION = "uses: docker/build-push-action@v6"


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([f"{{{ACTION}, with: {{context: '${{{{ matrix.x }}}}'}}}}"], []),
        ([f"{{{ACTION}, with: {{file: '${{{{ x }}}}/Dockerfile'}}}}"], []),
        (["{uses: actions/checkout@v4, with: {path: src}}", f"{{{ACTION}}}"], []),
        (["{uses: actions/checkout@v4, with: {repository: a/b}}", "run: docker build ."], []),
        (["uses: docker/login-action@v3"], []),
        ([f"{{{ACTION}}}"], [". ci.yml:4"]),
        (["uses: actions/checkout@v4", f"{{{ACTION}, with: {{context: app, file: d/x}}}}"],
         ["app:d/x ci.yml:5"]),
        ([f"{{{ACTION}, with: {{context: '{{{{defaultContext}}}}:app'}}}}"], ["app ci.yml:4"]),
        ([f'{{{ACTION}, with: {{build-args: "A=1\\nB=${{{{ x }}}}\\n", target: t}}}}'],
         [". A=1 B >t ci.yml:4"]),
        ([f'{{{ACTION}, with: {{build-contexts: "src=x"}}}}'], [". @src ci.yml:4"]),
        (["run: docker build -t x:${{ github.sha }} -f app/Dockerfile app"],
         ["app:app/Dockerfile ci.yml:4"]),
        (["{run: docker build ., working-directory: app}"], ["app ci.yml:4"]),
        (["run: |\n          set -x\n          cd app\n          docker buildx build --push ."],
         ["app ci.yml:7"]),
    ],
)  # fmt: skip
def test_a_workflow_tells_what_is_written_out(
    tmp_path: Path, steps: list[str], expected: list[str]
) -> None:
    assert said(tmp_path, ".github/workflows/ci.yml", workflow(*steps)) == expected


def test_a_workflow_may_set_the_folder_of_its_commands(tmp_path: Path) -> None:
    text = "defaults: {run: {working-directory: app}}\n" + workflow("run: docker build .")
    assert said(tmp_path, ".github/workflows/ci.yml", text) == ["app ci.yml:5"]


def test_the_lines_of_a_pipeline_share_a_shell(tmp_path: Path) -> None:
    text = "x:\n  before_script: cd app\n  script:\n    - !reference [.a]\n    - docker build .\n"
    assert said(tmp_path, ".gitlab-ci.yml", text) == ["app .gitlab-ci.yml:3"]


@pytest.mark.parametrize(
    ("recipe", "expected"),
    [
        ("docker build $(OPTIONS) .", []),
        ("docker build $(DIR)", []),
        ("docker build -f $(DIR)/Dockerfile .", []),
        ("cd $(DIR) && docker build .", []),
        ("@docker build -t $(IMAGE) .", [". Makefile:2"]),
        ("cd app && docker build --build-arg V=$(V) --build-arg W=1 .", ["app V W=1 Makefile:2"]),
        ("docker build \\\n\t  -f d/x \\\n\t  app", ["app:d/x Makefile:2"]),
    ],
)
def test_recipes_of_makefiles_are_shells_of_their_own(
    tmp_path: Path, recipe: str, expected: list[str]
) -> None:
    assert said(tmp_path, "Makefile", f"all:\n\t{recipe}\n\tcd elsewhere\n") == expected


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("docker build - < Dockerfile", []),
        ("docker build https://example.test/x.git", []),
        ("docker build .. a", []),
        ("docker build --new-option x .", []),
        ("docker build -f - .", []),
        ("docker compose build", []),
        ("docker run x build .", []),
        ("echo docker build .", []),
        ("cd $X; docker build -f Dockerfile.x .", [".:Dockerfile.x run.sh:2"]),
        ("docker build .", [". run.sh:2"]),
        ("sudo podman build --layers -t a --file=d/x app", ["app:d/x run.sh:2"]),
        ("docker buildx build --target dev --build-context src=x -t a -t b .",
         [". @src >dev run.sh:2"]),
        ("docker image build --build-arg A --build-arg=B=2 .", [". A B=2 run.sh:2"]),
        ("for x in a b; do docker build $x; done", ["a run.sh:2", "b run.sh:2"]),
        ("build() { docker build \"$1\"; }\nbuild app", ["app run.sh:2"]),
    ],
)  # fmt: skip
def test_command_lines_of_scripts(tmp_path: Path, command: str, expected: list[str]) -> None:
    assert said(tmp_path, "run.sh", f"#!/bin/bash\n{command}\n") == expected


@pytest.mark.parametrize(
    ("file", "text", "note"),
    [
        ("compose.yaml", "build: [", "compose.yaml: not read: line "),
        ("compose.yaml", "build: " + "[" * 90_000, "compose.yaml: not read: it is nested too"),
        ("compose.yaml", "build: \x00", "compose.yaml: not read: "),
        ("compose.yaml", "build: " + "x" * MOST_BYTES, "compose.yaml: not read: it has more than"),
        ("docker-bake.hcl", "target {", "docker-bake.hcl: not read: line 1: `{` is not closed"),
        ("docker-bake.hcl", 'target = "a', "docker-bake.hcl: not read: line 1: the text does not"),
        ("docker-bake.hcl", "target = " + "[" * 90_000, "docker-bake.hcl: not read: line 1: it is"),
        ("docker-bake.hcl", 'target "a" {\ncontext = X\n}', "docker-bake.hcl:1: its context is no"),
        ("compose.yaml", f"{SERVICE} $X", "compose.yaml:3: `$X` is no folder that is known now"),
        ("run.sh", "docker build $X", "run.sh:1: `$X` is not known before the build"),
    ],
)
def test_what_is_not_understood_is_named(tmp_path: Path, file: str, text: str, note: str) -> None:
    assert said(tmp_path, file, text) == []
    assert [found[: len(note)] for found in builds_in(tmp_path).notes] == [note]


def test_a_broken_file_does_not_hide_the_others(tmp_path: Path) -> None:
    (tmp_path / "compose.a.yaml").write_text("build: [")
    assert said(tmp_path, "compose.yaml", f"{SERVICE} app") == ["app compose.yaml:3"]


def test_a_folder_with_the_name_of_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").mkdir()
    assert builds_in(tmp_path).notes == ("compose.yaml: not read: it is no file",)


def test_aliases_of_aliases_take_no_time(tmp_path: Path) -> None:
    rows = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 40)]
    assert said(tmp_path, "compose.yaml", "\n".join([*rows, SERVICE + " app"])) == [
        "app compose.yaml:43"
    ]


def test_targets_that_inherit_each_other_twice_take_no_time(tmp_path: Path) -> None:
    targets = [f'target "t{n}" {{ inherits = ["t{n + 1}", "t{n + 1}"] }}' for n in range(60)]
    text = "\n".join([*targets, 'target "t60" { context = "app" }'])
    assert len(said(tmp_path, "docker-bake.hcl", text)) == 61


def test_bytes_that_are_no_text_are_no_document() -> None:
    for read in (read_yaml, read_hcl):
        with pytest.raises(DocumentError, match="it is no UTF-8"):
            read(b"\xff")
