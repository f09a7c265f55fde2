"""`reorder tools`, and the models that a project brings."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

import reorder
from reorder.cli import main
from reorder.effects.model import ModelError, builtin
from reorder.effects.own import with_own
from reorder.effects.schema import faults
from reorder.reports.tools import description, family_of, skeleton

SCHEMA = Path(reorder.__file__).parent / "tools" / "schema.json"
DOCKERFILE = b"FROM debian:12\nCOPY *.sh /app/\nRUN frob a\n"
FROB = """\
family = "frob"
source = "frob(1)"

[command.frob]
operands = ["*text"]
seconds = 30.0
"""

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    return tmp_path


def put(text: str | bytes, name: str = "frob.toml") -> Path:
    path = Path(".reorder/tools", name).absolute()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def family(lines: str) -> str:
    return f'family = "frob"\nsource = "frob(1)"\n[command.frob]\n{lines}\n'


# Refusals first.

BAD = {
    "no TOML": ("[command", "mend the file"),
    "no text": (b"\xff", "write TOML, in UTF-8"),
    "a nest of lists": ("x = " + "[" * 5000, "write TOML, in UTF-8"),
    "a file of great size": ("#" * 300_000, "keep a family below"),
    "no source": ('family = "frob"\n[command.frob]\n', "`source`: is missing"),
    "another name": ('family = "x"\nsource = "x"\n[command.frob]\n', "`family`: is 'x'"),
    "no command": ('family = "frob"\nsource = "x"\n', "`command`: is missing"),
    "no table of commands": ('family = "frob"\nsource = "x"\ncommand = 1', "give a table"),
    "a key of its own": (family("flag = 1"), "`command.frob.flag`: is no key"),
    "a flag without a role": (family('flags = { "-o" = "out" }'), "`command.frob.flags.-o`"),
    "a flag without a dash": (family('flags = { "o" = "" }'), "`command.frob.flags.o`"),
    "flags that are no table": (family("flags = 1"), "`command.frob.flags`: is 1: give a table"),
    "an unknown role": (family('operands = ["file"]'), "`command.frob.operands`: 'file'"),
    "two roles of any number": (family('operands = ["*read", "*write"]'), "2 entries with `*`"),
    "a path from nowhere": (family('reads = ["etc/x"]'), "`command.frob.reads`: 'etc/x'"),
    "a set of paths that is not there": (family('reads = ["@nothing"]'), "no set of paths"),
    "a set of variables that is not there": (family('env = ["@nothing"]'), "no set of variables"),
    "a variable that no shell can set": (family('env = ["A-B"]'), "'A-B' cannot stand here"),
    "a truth that is a text": (family('network = "yes"'), "give true or false"),
    "seconds below nothing": (family("seconds = -1"), "give 0 or more"),
    "seconds that are no number": (family("seconds = nan"), "give 0 or more"),
    "seconds that are a truth": (family("seconds = true"), "give a number"),
    "an empty reason": (family('opaque = ""'), "give a text"),
    "an unknown style": (family('style = "windows"'), "use one of gnu, dash, tar, words"),
    "an unknown user": (family('becomes = "me"'), "use one of root, other"),
    "an unknown kind": (family('kind = "x"'), "use one of accounts, certificates, daemon"),
    "packages without a kind": (
        family('packages = [{ all = ["a"] }]'),
        "kind`: is missing",
    ),
    "a reader that is not there": (family('manifest = "reading"'), "there is no reader"),
    "a `when` without a condition": (family("when = [{ seconds = 1, env = [] }]"), "no condition"),
    "a `when` without a key": (family('when = [{ flags = ["-a"] }]'), "says nothing"),
    "a `when` that is no list": (family("when = 1"), "give a list"),
    "a wrong key in a `when`": (family('when = [{ flags = ["-a"], x = 1 }]'), "is no key"),
    "a fault in a subcommand": (family("sub = { go = { x = 1 } }"), "`command.frob.sub.go.x`"),
    "a fault deep inside": (
        family("when = [{ flags = ['-a'], manifest = 'reading' }]"),
        "`command.frob.when.manifest`",
    ),
    "subcommands that are no table": (family("sub = 1"), "give a table"),
    "subcommands without an end": (family(f"{'sub.a.' * 9}seconds = 1"), "nested too deeply"),
    "a pattern that is none": (family("plain = '('"), "is no regular expression"),
    "a pattern without an end": (family("plain = '(a+)+b'"), "repeats a group"),
    "a pattern with choices without an end": (family("plain = '(a|a)*b'"), "repeats a group"),
    "a pattern that takes long": (family("plain = '.*.*.*x'"), "repeats more than two times"),
    "a pattern that refers back": (family("plain = '(a)\\1'"), "refers back"),
    "a pattern of great length": (family(f"plain = '{'a' * 600}'"), "more than 500 characters"),
    "a pattern that may not end, deep inside": (
        family("sub = { go = { sub = { on = { plain = '(a*)*' } } } }"),
        "`command.frob.sub.go.sub.on.plain`: repeats a group",
    ),
    "a name on several lines": (family('names = [\n  "frab",\n]\n[command . x]'), "is not seen"),
}


@pytest.mark.parametrize(("text", "message"), BAD.values(), ids=BAD)
def test_a_model_that_cannot_be_used_is_named_with_its_key(text: str | bytes, message: str) -> None:
    path = put(text)
    with pytest.raises(ModelError) as error:
        with_own(path.parent)
    assert str(error.value).startswith(str(path))
    assert message in str(error.value)


def test_the_sets_of_variables_cannot_be_replaced() -> None:
    path = put("[sets]\nbase = []\n", "env.toml")
    with pytest.raises(ModelError, match="the sets of names are ours"):
        with_own(path.parent)


def test_a_bad_model_stops_the_run_and_nothing_is_written(capsys: Capture) -> None:
    put(family("x = 1"))
    Path("Dockerfile").write_bytes(DOCKERFILE)
    assert main(["--write", "Dockerfile"]) == 2
    assert "`command.frob.x`: is no key here" in capsys.readouterr().err
    assert Path("Dockerfile").read_bytes() == DOCKERFILE


@pytest.mark.parametrize("name", ["../x", "/bin/x", "a b", "-x", "", "x\n"])
def test_a_skeleton_has_the_name_of_a_command(name: str, capsys: Capture) -> None:
    assert main(["tools", "new", "--", name]) == 2
    assert "no name of a command" in capsys.readouterr().err


def test_a_skeleton_replaces_no_file(capsys: Capture) -> None:
    path = put(FROB)
    assert main(["tools", "new", "frob"]) == 2
    assert "it is left as it is" in capsys.readouterr().err
    assert path.read_text() == FROB


def test_a_command_without_a_model_is_named_with_what_to_do(capsys: Capture) -> None:
    assert main(["tools", "frob"]) == 2
    assert "frob: no model: `reorder tools new frob`" in capsys.readouterr().err


def test_too_many_words_are_refused(capsys: Capture) -> None:
    assert main(["tools", "pip", "apk"]) == 2
    assert "give one NAME" in capsys.readouterr().err


# What works.


@pytest.mark.parametrize("path", sorted(SCHEMA.parent.glob("*.toml")), ids=lambda path: path.stem)
def test_our_own_models_pass_the_same_schema(path: Path) -> None:
    rule = {"$ref": f"#/$defs/{'sets' if path.stem == 'env' else 'family'}"}
    definitions = json.loads(SCHEMA.read_text())["$defs"]
    assert list(faults(tomllib.loads(path.read_text()), rule, definitions)) == []


def test_every_command_is_listed_with_its_family(capsys: Capture) -> None:
    assert main(["tools"]) == 0
    words = capsys.readouterr().out.split()
    assert set(builtin().names()) <= set(words)


def test_a_model_is_shown_with_its_source_and_subcommands(capsys: Capture) -> None:
    assert main(["tools", "apt-get"]) == 0
    text = capsys.readouterr().out
    assert text.startswith("apt-get: family apt, built in\nsource  apt 2.6.1:")
    assert "apt-get: install | reinstall | satisfy\n  operands *package\n" in text


def test_a_model_is_shown_with_what_it_claims_and_advises(capsys: Capture) -> None:
    assert main(["tools", "go"]) == 0
    shown = {line.strip() for line in capsys.readouterr().out.splitlines()}
    assert shown >= {
        "ahead    go mod download",
        "keeps    commit what `go mod tidy` makes of go.mod and go.sum",
        "also     20 s, network, compiles",
    }


def test_every_model_can_be_shown() -> None:
    models = [builtin().get(name) for name in builtin().names()]
    assert [
        model.name for model in models if model and "source" not in description(model, "")
    ] == []


@pytest.mark.parametrize("name", ["frob", "Frob_it", "7z", "g++", "apt-get", "x.sh"])
def test_a_skeleton_is_valid_and_safe(name: str, project: Path, capsys: Capture) -> None:
    assert main(["tools", "new", name]) == 0
    path = project / ".reorder" / "tools" / f"{family_of(name)}.toml"
    errors = Draft202012Validator(json.loads(SCHEMA.read_text())).iter_errors(
        tomllib.loads(path.read_text())
    )
    assert [error.message for error in errors] == []
    model = with_own(path.parent).get(name)
    assert model is not None
    assert model.opaque == "its model is not written yet"
    assert ("hides our model" in capsys.readouterr().out) == (name in builtin().names())


def test_the_lines_of_a_skeleton_are_valid_when_filled_in() -> None:
    put(
        skeleton("frob").replace('\n# "', '\n"').replace("\n# [", "\n[").replace("# reads", "reads")
    )
    model = with_own(Path(".reorder/tools").absolute()).get("frob")
    assert model is not None
    assert model.flags == {"-q": "", "--quiet": "", "-o": "write", "--output": "write"}


def test_a_skeleton_stands_beside_the_settings(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "sub").mkdir()
    monkeypatch.chdir(project / "sub")
    assert main(["tools", "new", "frob"]) == 0
    assert (project / ".reorder" / "tools" / "frob.toml").is_file()


def test_a_model_of_the_project_makes_its_command_known() -> None:
    Path("Dockerfile").write_bytes(DOCKERFILE)
    Path("run.sh").write_text("")
    assert main(["--check", "Dockerfile"]) == 0
    put(FROB)
    assert main(["--check", "Dockerfile"]) == 1


def test_a_model_of_the_project_overrides_ours_command_by_command(capsys: Capture) -> None:
    put(FROB.replace("[command.frob]", "[command.wget]"))
    assert main(["tools", "wget"]) == 0
    assert "family frob" in capsys.readouterr().out
    assert main(["tools", "curl"]) == 0
    assert "built in" in capsys.readouterr().out


def test_the_models_of_another_project_above_are_not_taken(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(FROB)
    (project / "inner" / ".git").mkdir(parents=True)
    monkeypatch.chdir(project / "inner")
    assert main(["tools", "frob"]) == 2
