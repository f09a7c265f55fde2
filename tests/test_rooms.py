"""Imports point down the flow only, and knowledge of tools is data, not code."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "reorder"
FILES = sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py"))

# The rooms in the order of the flow; each may import those named behind it, and itself.
ROOMS: dict[str, tuple[str, ...]] = {
    "source": (),
    "syntax": ("source",),
    "context": ("syntax",),
    "manifests": (),
    "effects": ("syntax", "context", "manifests"),
    "volatile": ("syntax", "effects"),
    "graph": ("effects", "volatile"),
    "split": ("syntax", "effects"),
    "cost": ("syntax", "context", "effects", "volatile"),
    "timings": ("syntax", "effects", "cost"),
    "search": (),
    "order": ("search",),
    "plan": ("effects", "graph", "split", "cost", "order"),
    "rewrite": ("source", "syntax"),
    "controls": ("syntax", "rewrite"),
    "cut": ("syntax", "effects", "plan", "volatile"),
    "anchor": ("syntax", "cut"),
    "check": ("effects",),
    "result": ("syntax", "effects", "cost", "plan", "cut", "check", "timings"),
    "passes": (
        *("syntax", "context", "effects", "cost", "plan", "rewrite", "controls", "cut", "result"),
        "timings",
    ),
    "trials": ("controls", "cut", "anchor", "plan", "passes", "result"),
    "proof": ("syntax", "effects", "check", "result"),
    "config": ("timings",),
    "pipeline": (
        *("syntax", "context", "effects", "volatile", "cost", "plan", "controls", "config"),
        *("passes", "trials", "proof", "result"),
    ),
    "agree": ("context", "cost", "effects", "config", "pipeline", "result"),
    "replay": ("syntax", "context", "effects", "cost", "plan", "pipeline", "result"),
    "engine": (),
    "reports": (
        *("source", "syntax", "effects", "graph", "split", "cost", "plan", "rewrite"),
        *("controls", "pipeline", "result", "__init__", "engine", "context", "replay"),
    ),
    "files": (),
    "terminal": (),
    "inputs": (
        *("syntax", "context", "effects", "config", "pipeline", "result", "agree", "reports"),
        *("files", "timings"),
    ),
    "runner": (
        *("inputs", "context", "config", "result", "agree", "reports", "files", "terminal"),
        *("timings", "replay"),
    ),
    "verify": (
        *("syntax", "context", "config", "engine", "inputs", "reports", "runner", "terminal"),
    ),
    "replay_run": ("agree", "context", "inputs", "replay", "reports", "runner", "terminal"),
    "own_tools": ("config", "effects", "inputs", "runner", "reports", "terminal"),
    "lsp": (
        *(
            "__init__",
            "syntax",
            "context",
            "effects",
            "cost",
            "plan",
            "config",
            "pipeline",
            "result",
        ),
        *("agree", "inputs", "reports", "runner", "terminal"),
    ),
    "annotate": ("syntax", "controls", "pipeline", "result", "reports"),
    "explain": ("pipeline", "result", "inputs", "reports", "runner", "terminal", "annotate"),
    "cli": (
        *(
            "__init__",
            "syntax",
            "config",
            "inputs",
            "runner",
            "verify",
            "reports",
            "own_tools",
            "terminal",
        ),
        *("lsp", "timings", "replay_run", "explain"),
    ),
    "__main__": ("cli",),
    "__init__": ("syntax", "pipeline", "result"),
}

# Names of commands that are also plain words, or words of Dockerfiles, of Python and of models.
PLAIN_WORDS = frozenset(
    (
        *(".", ":", "[", "dir", "file", "diff", "expand", "split", "clear", "patch", "eval"),
        *("set", "test", "env", "command", "install", "find", "cut", "sort", "true", "false"),
        *(
            "read",
            "link",
            "time",
            "date",
            "type",
            "local",
            "export",
            "source",
            "echo",
            "make",
            "id",
        ),
        *("chmod", "chown", "mount", "timeout"),  # flags and options of instructions
        *("dash", "tar", "python"),  # styles and roles of models
    )
)
# The shell is a language that is read, not a tool with a model; git tells of the user's own files.
OWN_WORDS = {
    "check/simulate.py": {"cmd"},
    "context/builds/ci.py": {"jobs"},
    "context/builds/compose_services.py": {"service"},
    "context/changed.py": {"git"},
    "context/git.py": {"cat"},
    "context/history.py": {"git"},
    "files.py": {"git"},
    "check/commands.py": {"printf"},
    "effects/command.py": {"bash"},
    "effects/instruction.py": {"cmd"},
    "effects/run.py": {"sh", "bash"},
    "reports/audit.py": {"yes"},
    "reports/reasons.py": {"sh"},
    "syntax/shell_builtins.py": {"printf", "pwd"},
    "syntax/shell_call.py": {"mktemp", "pwd"},
}


def room(file: str) -> str:
    return file.split("/")[0].removesuffix(".py")


def tree(file: str) -> ast.Module:
    return ast.parse((PACKAGE / file).read_text("utf-8"))


def imported(file: str) -> Iterator[str]:
    """The modules of the package that a file imports, wherever in it: `effects/effect`."""
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file} imports relatively"
            names = [node.module or ""]
        else:
            continue
        for name in names:
            first, _, rest = name.partition(".")
            if first == "reorder":
                yield rest.replace(".", "/") or "__init__"


def test_every_room_is_in_the_table_and_every_row_is_a_room() -> None:
    assert sorted({room(file) for file in FILES}) == sorted(ROOMS)


def test_the_table_points_down() -> None:
    """`__init__` is the door of the package: it names what the pipeline gives."""
    order = [name for name in ROOMS if name != "__init__"]
    up = [
        (name, below)
        for name in order
        for below in ROOMS[name]
        if below != "__init__" and order.index(below) >= order.index(name)
    ]
    assert up == []


@pytest.mark.parametrize("file", FILES)
def test_imports_point_down_the_flow(file: str) -> None:
    allowed = {*ROOMS[room(file)], room(file)}
    assert [name for name in imported(file) if room(name) not in allowed] == []


@pytest.mark.parametrize("file", [file for file in FILES if room(file) == "check"])
def test_the_check_shares_only_the_vocabulary(file: str) -> None:
    others = {name for name in imported(file) if room(name) != "check"}
    assert others <= {"effects/effect"}


@pytest.mark.parametrize("file", [file for file in FILES if room(file) == "lsp"])
def test_what_an_editor_shows_is_found_without_the_protocol(file: str) -> None:
    names = {
        name.split(".")[0]
        for node in ast.walk(tree(file))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (
            [node.module or ""] if isinstance(node, ast.ImportFrom) else [node.names[0].name]
        )
    }
    speaks = file in ("lsp/server.py", "lsp/answers.py")
    assert bool(names & {"pygls", "lsprotocol"}) == speaks


@pytest.mark.parametrize("file", [f for f in FILES if room(f) in ("search", "order")])
def test_the_search_knows_nothing_of_dockerfiles(file: str) -> None:
    assert {room(name) for name in imported(file)} <= {"search"}
    words = {n.id.lower() for n in ast.walk(tree(file)) if isinstance(n, ast.Name)}
    assert words & {"instruction", "stage", "step", "footprint", "effect"} == set()


def tool_names(*, without: str = "") -> frozenset[str]:
    """Every command that has a model: `pip`, `pip3`, `apt-get`."""
    found: set[str] = set()
    for path in sorted((PACKAGE / "tools").glob("*.toml")):
        if path.stem != without:
            for name, table in tomllib.loads(path.read_text("utf-8")).get("command", {}).items():
                found |= {name, *table.get("names", ())}
    return frozenset(found - PLAIN_WORDS)


TOOL_NAMES = tool_names()
NO_BUILTINS = tool_names(without="shell")


def literals(file: str) -> Iterator[str]:
    """The texts of a file that are no docstrings."""
    module = tree(file)
    docs = {
        id(node.body[0].value)
        for node in ast.walk(module)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(module):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield node.value


@pytest.mark.parametrize("file", [file for file in FILES if room(file) != "manifests"])
def test_no_name_of_a_tool_stands_in_the_code(file: str) -> None:
    """A manifest reader is about the files of one tool; all else takes its names from the data."""
    names = NO_BUILTINS if file.startswith(("syntax/shell_", "check/commands")) else TOOL_NAMES
    assert set(literals(file)) & names <= OWN_WORDS.get(file, set())
