"""The tool models are data: each file is checked against the schema and against the others."""

from __future__ import annotations

import json
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

ROOT = Path(__file__).parent.parent
TOOLS = ROOT / "reorder" / "tools"
FILES = sorted(TOOLS.glob("*.toml"))
FAMILIES = [path for path in FILES if path.name != "env.toml"]
SCHEMA = Draft202012Validator(json.loads((TOOLS / "schema.json").read_text("utf-8")))

Table = dict[str, Any]


def load(path: Path) -> Table:
    return tomllib.loads(path.read_text("utf-8"))


def commands(path: Path) -> Iterator[tuple[str, Table, tuple[str, ...]]]:
    """Every command and subcommand with the flag spellings of its parents."""
    for name, table in load(path)["command"].items():
        yield from _with_subs(name, table, ())


def _with_subs(
    name: str, table: Table, inherited: tuple[str, ...]
) -> Iterator[tuple[str, Table, tuple[str, ...]]]:
    yield name, table, inherited
    flags = (*inherited, *spellings(table))
    for sub, inner in table.get("sub", {}).items():
        yield from _with_subs(f"{name} {sub}", inner, flags)


def spellings(table: Table) -> list[str]:
    return [flag for row in table.get("flags", {}) for flag in row.split(", ")]


def family(**command: Any) -> Table:
    return {"family": "x", "source": "x(1)", "command": {"x": command}}


@pytest.mark.parametrize(
    "model",
    [
        pytest.param({}, id="nothing at all"),
        pytest.param({"family": "x", "command": {"x": {}}}, id="no source"),
        pytest.param({"family": "x", "source": "x(1)", "command": {}}, id="no command"),
        pytest.param(family(flag={}), id="an unknown key"),
        pytest.param(family(style="windows"), id="an unknown style"),
        pytest.param(family(operands=["file"]), id="an unknown role"),
        pytest.param(family(operands=["*read", "*write"]), id="two roles of any number"),
        pytest.param(family(flags={"-o": "output"}), id="an unknown role of a flag"),
        pytest.param(family(flags={"o": ""}), id="a flag without a dash"),
        pytest.param(family(flags={"-o,--output": ""}), id="spellings without a space"),
        pytest.param(family(reads=["etc/x"]), id="a path from nowhere"),
        pytest.param(family(env=["A-B"]), id="a variable that no shell can set"),
        pytest.param(family(seconds=-1), id="negative seconds"),
        pytest.param(family(opaque=""), id="an empty reason"),
        pytest.param(family(when=[{"operands": []}]), id="a `when` without a condition"),
        pytest.param(family(when=[{"flags": ["-a"]}]), id="a `when` without a key"),
        pytest.param(
            family(when=[{"flags": ["-a"], "unless": ["-b"], "reads": []}]),
            id="a `when` with two conditions",
        ),
        pytest.param(family(sub={"y": {"flag": {}}}), id="an unknown key of a subcommand"),
    ],
)
def test_the_schema_refuses_a_model_with(model: Table) -> None:
    assert not SCHEMA.is_valid(model)


def test_the_schema_accepts_a_model_with_every_kind_of_key() -> None:
    model = family(
        names=["y"],
        flags={"-o, --output": "write", "--color": "text?", "-q": ""},
        operands=["*read-tree", "dest"],
        env=["@base", "X_*", "*"],
        reads=["/etc/x/**", "./y", "~/z", "@prefix/bin/*", "@system"],
        when=[{"unless": ["-q"], "opaque": "it talks"}],
        sub={"": {}, "z": {"seconds": 1, "network": True}},
    )
    assert [error.message for error in SCHEMA.iter_errors(model)] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_file_is_valid(path: Path) -> None:
    data = load(path)
    kind = "sets" if path.name == "env.toml" else "family"
    branch = SCHEMA.evolve(schema={**SCHEMA.schema["$defs"][kind], "$defs": SCHEMA.schema["$defs"]})
    errors = [f"{'.'.join(map(str, e.path))}: {e.message}" for e in branch.iter_errors(data)]
    assert errors == []


@pytest.mark.parametrize("path", FAMILIES, ids=lambda path: path.name)
def test_the_family_is_called_as_its_file(path: Path) -> None:
    assert load(path)["family"] == path.stem


def test_every_command_name_is_modelled_once() -> None:
    names = Counter(
        word
        for path in FAMILIES
        for name, table in load(path)["command"].items()
        for word in (name, *table.get("names", ()))
    )
    assert [name for name, uses in names.items() if uses > 1] == []


@pytest.mark.parametrize("path", FAMILIES, ids=lambda path: path.name)
def test_every_subcommand_name_is_modelled_once(path: Path) -> None:
    names = Counter(
        f"{name} {word}"
        for name, table, _ in commands(path)
        for sub, inner in table.get("sub", {}).items()
        for word in (sub, *inner.get("names", ()))
    )
    assert [name for name, uses in names.items() if uses > 1] == []


@pytest.mark.parametrize("path", FAMILIES, ids=lambda path: path.name)
def test_every_flag_has_one_role(path: Path) -> None:
    flags = Counter((name, flag) for name, table, _ in commands(path) for flag in spellings(table))
    assert [flag for flag, uses in flags.items() if uses > 1] == []


@pytest.mark.parametrize("path", FAMILIES, ids=lambda path: path.name)
def test_every_condition_names_flags_that_the_command_has(path: Path) -> None:
    missing = {
        (name, flag)
        for name, table, inherited in commands(path)
        for entry in table.get("when", ())
        for flag in entry.get("flags", entry.get("unless", ()))
        if flag not in (*inherited, *spellings(table))
    }
    assert missing == set()


def test_every_set_of_variables_exists() -> None:
    sets = set(load(TOOLS / "env.toml")["sets"]) - {"system"}
    used = {
        word.removeprefix("!")[1:]
        for path in FAMILIES
        for _, table, _ in commands(path)
        for part in (load(path), table, *table.get("when", ()))
        for word in part.get("env", ())
        if word.startswith(("@", "!"))
    }
    assert used - sets == set()


@pytest.mark.parametrize("path", FAMILIES, ids=lambda path: path.name)
def test_names_stand_on_one_line(path: Path) -> None:
    text = path.read_text("utf-8")
    assert re.findall(r"^\s*names\b.*$", text, re.M) == re.findall(r"^names = \[.+\]$", text, re.M)


@pytest.mark.parametrize("path", FAMILIES, ids=lambda path: path.name)
def test_every_figure_says_where_it_comes_from(path: Path) -> None:
    lines = path.read_text("utf-8").splitlines()
    bare = [line for line in lines if re.match(r"\s*seconds\s*=", line) and "# " not in line]
    assert bare == []


@pytest.mark.parametrize("heading", ["Keys", "Roles"])
def test_the_schema_knows_every_documented(heading: str) -> None:
    text = (ROOT / "docs" / "tools.md").read_text("utf-8")
    table = re.search(rf"^## {heading} .*?(?=^## |\Z)", text, re.M | re.S)
    assert table is not None
    first_cells = re.findall(r"^\| (`.*?) \|", table[0], re.M)
    documented = {word for cell in first_cells for word in re.findall(r"`([^`]+)`", cell)}
    definitions = SCHEMA.schema["$defs"]
    patterns = definitions["operand"]["pattern"] + definitions["flag"]["pattern"]
    roles = set(re.findall(r"[a-z-]+", patterns))
    known = {"Keys": set(definitions["command"]["properties"]), "Roles": roles}
    assert documented - known[heading] == set()


def plain(command: str) -> re.Pattern[str]:
    """The `plain` pattern of `sed` or `git clone`."""
    found = [t["plain"] for path in FAMILIES for name, t, _ in commands(path) if name == command]
    return re.compile(found[0])


@pytest.mark.parametrize(
    ("command", "word"),
    [
        ("sed", "r /etc/passwd"),
        ("sed", "/x/r extra.conf"),
        ("sed", "w copy"),
        ("sed", "1,3W copy"),
        ("sed", "e date"),
        ("sed", "s/a/b/w copy"),
        ("sed", "s/date/date/e"),
        ("sed", "s/a/b/ge"),
        ("sed", "s/a/b/;e"),
        ("sed", "s|a|b|;R x"),
        ("sed", "$!{p;w x\n}"),
        ("sed", "a text\nr x"),
        ("sed", "s/a/b"),
        ("awk", '{print > "copy"}'),
        ("awk", '{print >> "copy"}'),
        ("awk", '{print | "sh"}'),
        ("awk", '{"date" | getline d}'),
        ("awk", 'BEGIN {system("make")}'),
        ("awk", "BEGIN {print ENVIRON[1]}"),
        ("awk", '@include "x"'),
        ("awk", 'BEGIN {ARGV[1] = "x"}'),
        ("jq", "env.HOME"),
        ("jq", "$ENV.HOME"),
        ("jq", 'import "x" as x; .'),
        ("curl", "@secret"),
        ("curl", ""),
        ("wget", "input=list.txt"),
        ("mktemp", "/opt/x.XXXX"),
        ("mktemp", "/tmp/../opt/x.XXXX"),
        ("git clone", "."),
        ("git clone", "/src"),
        ("git clone", "../other"),
        ("git clone", "file:///src"),
        ("git clone", "ext::sh -c x"),
        ("git clone", "core.hooksPath=/app/hooks"),
        ("git clone", "url./src.insteadOf=https://example.org"),
        ("git config", "core.hooksPath"),
        ("git config", "alias.x"),
        ("git config", "credential.helper"),
        ("git config", "url.file:///src.insteadOf"),
        ("git config", "http.sslCAInfo"),
    ],
)
def test_a_word_that_may_do_more_is_not_plain(command: str, word: str) -> None:
    assert plain(command).fullmatch(word) is None


@pytest.mark.parametrize(
    ("command", "word"),
    [
        ("sed", "s/a/b/"),
        ("sed", r"s/\/usr\/lib/\/opt/g"),
        ("sed", "s|http://a|https://b|g; s#x#y#"),
        ("sed", "/^#/d"),
        ("sed", "/^#/,/^$/{s/a/b/;p}"),
        ("sed", "1i # head"),
        ("sed", "$ a last line"),
        ("sed", "/x/a\\\nfirst\\\nsecond"),
        ("sed", ":a;N;$!ba;s/\\n/ /g"),
        ("sed", "1~2!d"),
        ("sed", "s/&/\\\\&/2I"),
        ("sed", "y/abc/xyz/"),
        ("sed", "10q"),
        ("awk", "{print $1}"),
        ("awk", 'NR >= 2 || /x/ {sub(/a/, "b"); print}'),
        ("jq", '.assets[] | select(.name | test("x")) | .url'),
        ("curl", "Accept: application/json"),
        ("curl", "%{http_code}\\n"),
        ("wget", "robots=off"),
        ("mktemp", "/tmp/x.XXXX"),
        ("git clone", "https://github.com/a/b.git"),
        ("git clone", "git@github.com:a/b.git"),
        ("git clone", "advice.detachedHead=false"),
        ("git clone", "http.sslVerify=false"),
        ("git config", "user.email"),
        ("git config", "safe.directory"),
        ("git config", "url.https://github.com/.insteadOf"),
    ],
)
def test_a_word_that_says_all_it_does_is_plain(command: str, word: str) -> None:
    assert plain(command).fullmatch(word) is not None
