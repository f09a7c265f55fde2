"""What the commands of a RUN read and write: by toy models, by those that come with the tool."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from reorder.context.files import Context
from reorder.effects.effect import Access, Effect, Extent, Footprint
from reorder.effects.instruction import analyse
from reorder.effects.model import Models, builtin
from reorder.syntax.dockerfile import parse

TOY = """
family = "toy"
source = "toy(1)"

[command.sh]
names = ["bash"]
operands = ["shell-file"]
flags = { "-c" = "shell", "-e" = "" }

[command.use]
env = ["USE_*"]
operands = ["*read"]
flags = { "-t" = "read-tree", "-C" = "cd", "-o" = "write", "-v" = "" }
seconds = 5.0

[command.fixed]
reads = ["/etc/fixed", "./conf", "~/.fixed", "@prefix/share/**", "/opt/*.d"]
writes = ["./out/**", "@cache"]
ensures = ["~/.state"]

[command.test]
style = "words"
operands = ["text", "read"]

[command.make]
operands = ["make"]

[command.ensure]
operands = ["*ensure"]

[command.drop]
operands = ["*remove"]

[command.rights]
operands = ["text", "*meta"]
flags = { "-R" = "" }
when = [{ flags = ["-R"], operands = ["text", "*meta-tree"] }]

[command.copy]
operands = ["read-tree", "*read-tree", "dest"]

[command.link]
operands = ["text", "link"]

[command.get]
operands = ["url-file"]
flags = { "-u" = "url" }

[command.install]
operands = ["*package"]

[command.env]
operands = ["assign"]

[command.within]
operands = ["text", "command"]
seconds = 3.0

[command.seek]
style = "dash"
operands = ["read-tree"]
flags = { "-exec" = "command-each" }

[command.roam]
style = "dash"
flags = { "-exec" = "command-each" }

[command.each]
operands = ["command-stdin"]
flags = { "-I" = "text" }

[command.become]
becomes = "root"
operands = ["command"]

[command.need-root]
root = true

[command.look]
harmless = true
operands = ["read"]

[command.tell]
prints = "name"
flags = { "-v" = "" }
when = [{ flags = ["-v"], prints = "" }]

[command.list]
prints = "words"

[command.same]
prints = "input"
operands = ["*read"]

[command.found]
prints = "lines"
operands = ["*text"]

[command.before]
prints = "first"

[command.field]
operands = ["text", "*read"]
parts = 'f[0-9]'

[command.here]
operands = ["read-tree"]
default = "."

[command.names]
operands = ["*text"]
flags = { "-o" = "write", "--out" = "write" }

[command.barrier]
opaque = "runs the project"
seconds = 20.0

[command.plain]
operands = ["opaque"]
plain = "[a-z]+"
"""
ENV = """
[sets]
base = ["PATH"]
placed = ["PATH"]
[paths]
cache = ["/var/cache/x", "/var/tmp/y/**"]
"""

FILES: Mapping[str, str] = {
    "script.sh": "use /read-by-script $1\nensure /made\n",
    "bash.sh": "#!/bin/bash\nset -euo pipefail\nuse /a\n",
    "other.pl": "#!/usr/bin/perl\nprint 1;\n",
    "used": "#!/usr/bin/use -o\nanything\n",
    "deep.sh": "sh /deep.sh\n",
}


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Models:
    folder = tmp_path_factory.mktemp("tools")
    (folder / "toy.toml").write_text(TOY)
    (folder / "env.toml").write_text(ENV)
    return Models((folder,))


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Context:
    root = tmp_path_factory.mktemp("context")
    for name, text in FILES.items():
        (root / name).write_text(text)
    return Context.open(root)


def effect(
    command: str,
    models: Models,
    context: Context | None = None,
    above: str = "",
    image: str = "debian:12",
) -> Effect:
    dockerfile = parse(f"FROM {image}\n{above}\nRUN {command}\n".encode())
    return analyse(dockerfile, context=context, models=models).stages[-1].steps[-1].effect


# What every RUN looks at says nothing of its command.
_ALWAYS = (
    "loads shared libraries",
    "looks for the program",
    "runs as the user",
    "runs by the shell",
    "`sh` looks at it",
)


def shown(effect: Effect, resource: str = "path") -> list[str]:
    """`read /a`, `write /b/**`, `ensure /c`: what is touched, sorted."""
    return sorted(
        f"{f.access.value} {f.name}{_suffix(f)}"
        for f in effect.footprints
        if f.resource == resource and not f.why.startswith(_ALWAYS)
    )


def _suffix(footprint: Footprint) -> str:
    return {Extent.TREE: "/**", Extent.GLOB: " (glob)"}.get(footprint.extent, "")


OPAQUE = {
    "no model": ("mystery", "no model for `mystery`"),
    "no model for a program by its path": ("/opt/mystery", "no model for `mystery`"),
    "no model for a flag": ("use -z", "no model for `use -z`"),
    "a command that is not known": ("$X a", "the command `$X`"),
    "a command by a pattern": ("/bin/us? a", "the command `/bin/us?`"),
    "a path that is not known": ('use -o "$X"', '`"$X"` is not known before the build'),
    "a path that begins with what is not known": ('use -o "$X/a"', "is not known before the build"),
    "what a found path is for": ("seek /a -exec mystery {} ';'", "no model for `mystery`"),
    "a found path inside a word": ("seek /a -exec drop {}.old ';'", "`{}.old` is not known"),
    "a folder to search that is not known": ('seek "$X" -exec drop {} \\;', '`"$X"` is not known'),
    "a command for found paths without an end": ("seek /a -exec drop {}", "has no end"),
    "words of its input that may be flags": ("each use", "`words of its input` are not known"),
    "a path from its input": ("each drop", "`words of its input` are not known"),
    "found paths for a text": (
        "seek /a -exec sh -c 'drop \"$1\"' _ {} ';'",
        "is not known",
    ),
    "found paths as all words of a text": ("seek /a -exec sh -c 'drop \"$3\"' _ {} +", "not known"),
    "words of its input as words of a text": ("each sh -c 'drop \"$1\"' _", "is not known"),
    "an unknown word of a script": ('sh -c \'drop "$1"\' _ "$X"', "is not known"),
    "an unknown file that may be above": ('drop "/a/.$X"', "is not known before the build"),
    "a search without folders": ("roam -exec drop {} ';'", "no model for the folders"),
    "a marker in the name of the command": ("each -I {} {}", "the command `{}` is not known"),
    "what another user runs": ("become mystery", "no model for `mystery`"),
    "any number of words": ("use $X", "the words of `$X` are not known"),
    "any number of words behind one": ("drop /a/$X", "the words of `/a/$X` are not known"),
    "a model that says so": ("barrier", "runs the project"),
    "a second command without a model": ("use /a && mystery", "no model for `mystery`"),
    "a command in a branch": ("if use /a; then mystery; fi", "no model for `mystery`"),
    "a command in a substitution": ("use $(mystery)", "no model for `mystery`"),
    "a command behind a command": ("within 5 mystery", "no model for `mystery`"),
    "a command behind variables": ("env A=1 mystery", "no model for `mystery`"),
    "shell text that is not known": ('sh -c "$X"', '`"$X"` is not known before the build'),
    "shell text with an unknown command": ("sh -c 'mystery'", "no model for `mystery`"),
    "a script that is not in the context": ("sh /script.sh", "its content is not known"),
    "a folder that is not known": ('ensure "/a/$X"', "the folder is not known"),
    "a folder by a pattern": ("ensure /a/*", "the folder is not known"),
    "an address of a file": ("get -u file:///a u", "reads a file: address"),
    "a package that is the project": ("install .", "builds the project in `.`"),
    "a package that is a folder": ("install ./lib", "builds the project in `./lib`"),
    "a package that may be a folder": ("install libs/a", "builds the project in `libs/a`"),
    "a package from a file: address": ("install file:a", "installs from a file: address"),
    "a package with a file: address": ("install 'a @ file:///b'", "builds the project"),
    "a package that is not known": ('install "$X"', 'the package `"$X"` is not known'),
    "a word that is not plain": ("plain A", "no model for `plain` with `A`"),
    "a shell text that cannot be read": ("use 'a", ""),
}


@pytest.mark.parametrize(("command", "reason"), OPAQUE.values(), ids=OPAQUE)
def test_a_run_is_opaque_and_says_why(command: str, reason: str, toy: Models) -> None:
    found = effect(command, toy, above="ARG X")
    assert found.opaque is not None
    assert reason in found.opaque


KNOWN = {
    "a file": ("use /a", ["read /a"]),
    "a relative file": ("use a ../b", ["read /b", "read /w/a"]),
    "a spelling": ("use /x/../a//b/.", ["read /a/b"]),
    "a flag with a tree": ("use -t /a", ["read /a/**"]),
    "a pattern": ("use *.txt", ["read /w/*.txt (glob)"]),
    "a folder behind which all is unknown": ('use "/a/$X"', ["read /a/**"]),
    "a folder to go to": ("use -C /x a -o b", ["read /w", "read /x/a", "write /w/b/**"]),
    "cd": ("cd /x && use a", ["read /x", "read /x/a"]),
    "a cd that may fail": ("cd /x; use a", ["read /w/a", "read /x", "read /x/a"]),
    "a cd in a subshell": ("(cd /x && use a); use b", ["read /w/b", "read /x", "read /x/a"]),
    "redirections": ("use < /i > /o 2>> /e", ["read /i", "write /e", "write /o"]),
    "redirections to devices": ("use /a > /dev/null 2>&1", ["read /a"]),
    "a device": ("use /dev/urandom /proc/cpuinfo", []),
    "a value of a variable": ("A=/x; use $A/y", ["read /x/y"]),
    "home": ("use ~/a", ["read /root/a"]),
    "make": ("make /a/b", ["ensure /a", "write /a/b/**"]),
    "make below a folder of the system": ("make /opt/b", ["write /opt/b/**"]),
    "ensure": ("ensure /a/b /a/c", ["ensure /a", "ensure /a", "ensure /a/b", "ensure /a/c"]),
    "ensure what is there": ("ensure /opt /usr/local", []),
    "remove": ("drop /a", ["write /a/**"]),
    "rights": ("rights 1 /a", ["write /a"]),
    "rights of a tree": ("rights -R 1 /a", ["write /a/**"]),
    "a copy to a file or folder": ("copy /a /b", ["read /a/**", "read /b", "write /b/**"]),
    "a copy into a folder": ("copy /a /b/", ["read /a/**", "read /b", "write /b/a/**"]),
    "a copy into a folder of the system": (
        "copy /a /opt",
        ["read /a/**", "read /opt", "write /opt/a/**"],
    ),
    "a copy of two": (
        "copy /a /b /c",
        ["read /a/**", "read /b/**", "read /c", "write /c/a/**", "write /c/b/**"],
    ),
    "a copy of a pattern": ("copy /a/* /b/", ["read /a/* (glob)", "read /b", "write /b/**"]),
    "a copy of a folder's content": ("copy /a/. /b/", ["read /a/**", "read /b", "write /b/**"]),
    "a link": ("link /t /l", ["read /t", "write /l/**"]),
    "a download": ("get https://h.x/d/f.tgz", ["write /w/f.tgz* (glob)"]),
    "a download without a name": ("get https://h.x/", ["write /w/* (glob)"]),
    "packages": ("install a b==1 @s/c git+https://h.x/r", []),
    "a package in a file": ("install ./a.whl", ["read /w/a.whl"]),
    "a plain word": ("plain abc", []),
    "a command behind a command": ("within 5 use /a", ["read /a"]),
    "shell text": ("sh -c 'use /a; use b'", ["read /a", "read /w/b"]),
    "shell text with arguments": ("sh -c 'use $1' x /a", ["read /a"]),
    "both branches": ("if use /a; then use /b; else use /c; fi", ["read /a", "read /b", "read /c"]),
    "a loop": ("for f in x y; do use /$f; done", ["read /x", "read /y"]),
    "a function": ("f() { use /a; }; f", ["read /a"]),
    "a heredoc": ("<<EOF\nuse /a\nuse /b\nEOF", ["read /a", "read /b"]),
    "an exec form": ('["use", "/a", "$X"]', ["read /a", "read /w/$X"]),
    "templates": (
        "fixed",
        [
            "ensure /root/.state",
            "read /etc/fixed",
            "read /opt/*.d (glob)",
            "read /root/.fixed",
            "read /usr/local/share/**",
            "read /usr/share/**",
            "read /w/conf",
            "write /var/cache/x",
            "write /var/tmp/y/**",
            "write /w/out/**",
        ],
    ),
}


@pytest.mark.parametrize(("command", "expected"), KNOWN.values(), ids=KNOWN)
def test_a_command_touches_what_its_words_name(
    command: str, expected: list[str], toy: Models
) -> None:
    found = effect(command, toy, above="ARG X\nWORKDIR /w")
    assert found.opaque is None
    own = [row for row in shown(found) if row != "ensure /w"]
    assert own == expected


def test_the_names_that_a_run_looks_at(toy: Models) -> None:
    found = effect('use /a && A=1 use "/$B/$C" && use /$A', toy, above="ENV B=1\nENV C=2")
    assert shown(found, "env") == ["read A", "read B", "read C", "read PATH", "read USE_*"]


def test_a_variable_that_the_command_sets_is_not_looked_at(toy: Models) -> None:
    assert shown(effect("PATH=/x sh -c 'use /a'", toy), "env") == ["read PATH", "read USE_*"]


PROGRAMS = {
    "by its name": ("use /a", ["/opt/x/use", "/usr/bin/use"]),
    "by its path": ("/usr/lib/x/bin/use /a", ["/usr/lib/x/bin/use"]),
    "by its path from here": (".venv/bin/use /a", ["/w/.venv/bin/use"]),
    "one that runs another": ("within 5 use /a", ["/opt/x/use", "/usr/bin/use"]),
}


@pytest.mark.parametrize(("command", "expected"), PROGRAMS.values(), ids=PROGRAMS)
def test_a_run_looks_for_its_programs(command: str, expected: list[str], toy: Models) -> None:
    found = effect(command, toy, above="WORKDIR /w\nENV PATH=/bin:/opt/x")
    places = [f.name for f in found.reads if f.why.startswith("looks for the program")]
    assert sorted(place for place in places if place.endswith("/use")) == expected


PRINTED = {
    "a name": ("drop /a/x-$(tell)", "write /a/x-* (glob)"),
    "a name in a variable": ("X=$(tell); drop /a/x-$X/y", "write /a/x-*/y (glob)"),
    "a name that may be empty": ("drop /a/$(tell)", "write /a/**"),
    "words": ("names -o /out $(list)", "write /out/**"),
    "words of a pipeline": ("names -o /out $(list | same | same)", "write /out/**"),
    "words before a colon": ("names -o /out $(found x | before | same)", "write /out/**"),
    "words of words": ("names -o /out $(list | before)", "write /out/**"),
    "a part of a name": ("drop /a/x-$(tell | field f1)", "write /a/x-* (glob)"),
    "words of a wrapped command": ("names -o /out $(within 5 list)", "write /out/**"),
    "words of the input": ("list | same | each names -o /out", "write /out/**"),
    "a link, by its folder": ("link /a /b/x-$(tell)", "write /b/**"),
    "a word behind the end of flags": ("names -o /out -- --x=$(tell)", "write /out/**"),
    "a value behind a name": ("names --out=/out/$(tell)", "write /out/**"),
}


@pytest.mark.parametrize(("command", "expected"), PRINTED.values(), ids=PRINTED)
def test_what_a_command_prints_bounds_the_words(command: str, expected: str, toy: Models) -> None:
    found = effect(command, toy)
    assert (found.opaque, [f for f in shown(found) if "write" in f]) == (None, [expected])


NOT_PRINTED = {
    "nothing is known of it": "names $(use /a)",
    "another flag": "drop x-$(tell -v)",
    "two commands": "names $(list; use /a)",
    "lines": "names $(found x)",
    "words before a colon of other words": "names $(use /a | before)",
    "a part that is not known": "drop x-$(tell | field g1)",
    "a part of a file": "drop x-$(tell | field f1 /a)",
    "parts of words": "names $(list | field f1)",
    "the folder that it runs in": "use -C /a/x-$(tell) b",
    "a marker inside": "each -I {} drop /a-$(tell)/{}",
    "another input": "names $(list | same /a)",
    "no input": "names $(same)",
    "an unknown command in between": "names $(list | use /a | same)",
    "a file": "names $(list < /a)",
    "other words around them": "names x$(list)",
    "where a name means something": "drop $(list)",
    "where a flag has a value": "names -o $(list)",
    "where a flag has a value that nobody looks at": "each -I $(use /a) names",
    "a flag that is not there": "names --in=$(tell)",
    "one of the project": "names $(./list)",
    "words of an input that is not known": "each names",
    "another separator": "IFS=x; names $(list)",
}


@pytest.mark.parametrize("command", NOT_PRINTED.values(), ids=NOT_PRINTED)
def test_words_that_a_command_prints_are_not_known_with(command: str, toy: Models) -> None:
    assert effect(command, toy).opaque is not None


def test_an_operand_may_have_a_default(toy: Models) -> None:
    assert shown(effect("here", toy, above="WORKDIR /w")) == ["read /w/**"]


TEMPORARY = {
    "nothing is known outside": ("FROM nobody/knows", True),
    "its folder is named": ("FROM debian:12\nENV TMPDIR=/var/x", False),
}


@pytest.mark.parametrize(("above", "known"), TEMPORARY.values(), ids=TEMPORARY)
def test_a_temporary_file_is_one_that_nothing_else_has(above: str, known: bool) -> None:
    text = f'{above}\nRUN X=$(mktemp -d) && touch "$X/a" && rm -r "$X"\n'
    steps = analyse(parse(text.encode()), context=None, models=builtin()).stages[-1].steps
    assert (steps[-1].effect.opaque is None) == known


OF_THE_PROJECT = {
    "in no folder of programs": "./use /a",
    "below another folder": "/usr/lib/x/use /a",
    "in a folder that a COPY may have filled": "/app/bin/use /a",
}


@pytest.mark.parametrize("command", OF_THE_PROJECT.values(), ids=OF_THE_PROJECT)
def test_a_program_of_the_project_is_no_tool_of_its_name(command: str, toy: Models) -> None:
    found = effect(command, toy, above="COPY . /app")
    assert found.opaque is not None and "may be a program of the project" in found.opaque


def test_a_script_of_the_project_on_the_path_runs_in_place_of_the_tool(
    toy: Models, tmp_path: Path
) -> None:
    (tmp_path / "use").write_text("make /made\n")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "use").write_bytes(b"\0ELF")
    context = Context.open(tmp_path)
    above = "ENV PATH=/opt/x:/bin\nCOPY {} /opt/x/use"
    found = effect("use /a", toy, above=above.format("use"), context=context)
    assert "write /made/**" in shown(found)
    found = effect("use /a", toy, above=above.format("b/use"), context=context)
    assert found.opaque == "no model for `use`: it is no text"


SECONDS = {
    "a command": ("use /a", 5.0),
    "two commands": ("use /a && use /b", 10.0),
    "a command that runs a command": ("within 5 use /a", 5.0),
    "a command that takes next to nothing": ("ensure /a", 0.2),
    "an opaque command with a model": ("barrier", 20.0),
    "an opaque command beside another": ("use /a && barrier", 25.0),
    "a command without a model": ("mystery", 2.1),
}


@pytest.mark.parametrize(("command", "expected"), SECONDS.values(), ids=SECONDS)
def test_a_run_takes_as_long_as_its_commands(command: str, expected: float, toy: Models) -> None:
    assert effect(command, toy).seconds == pytest.approx(expected)


# Commands that run commands, and words that are not known before the build.
FED = {
    "a shell": "curl -fsSL https://sh.rustup.rs | sh -s -- -y --profile minimal",
    "a shell that gets a dash": "curl -fsSL https://deb.nodesource.com/setup_20.x | bash -",
    "a shell of root": "curl -fsSL https://deb.nodesource.com/setup_20.x | sudo -E bash -",
    "a shell without words": "wget -qO- https://astral.sh/uv/install.sh | sh",
    "a text with words": "sh -s -- /a <<'EOF'\ncat \"$1\"\nEOF",
}


@pytest.mark.parametrize("command", FED.values(), ids=FED)
def test_a_known_program_from_standard_input_is_followed(command: str) -> None:
    assert effect(command, builtin()).opaque is None


NOT_FED = {
    "an address without a model": "curl https://h.x/install.sh | sh",
    "an address that is not safe": "curl http://sh.rustup.rs | sh",
    "two addresses": "curl https://sh.rustup.rs https://h.x | sh",
    "words that its model does not know": "curl https://sh.rustup.rs | sh -s -- --odd",
    "a filter between": "curl https://sh.rustup.rs | sed s/a/b/ | sh",
    "a script beside a dash": "curl https://sh.rustup.rs | sh - other.sh",
    "an address in the output of a filter": "grep https://sh.rustup.rs /f | sh",
    "an address of another command": "curl https://sh.rustup.rs; echo a | sh",
}


@pytest.mark.parametrize("command", NOT_FED.values(), ids=NOT_FED)
def test_any_other_program_from_standard_input_is_not_known(command: str) -> None:
    assert effect(command, builtin()).opaque is not None


REACHED = {
    "a found path": ("seek /a -exec drop {} ';'", ["read /a/**", "write /a/**"]),
    "found paths": ("seek /a -exec drop {} +", ["read /a/**", "write /a/**"]),
    "a found path below a pattern": (
        "seek /a/b*/c -exec drop {} ';'",
        ["read /a/b*/c (glob)", "write /a/**"],
    ),
    "no word of the input": ("each -I {} drop /a", ["write /a/**"]),
    "the input of a harmless command": ("each look", ["read //**"]),
    "a word of the input": ("each -I {} within {} use /a", ["read /a"]),
    "another user": ("become sh -c 'use ~/a /b'", ["read /b", "read ?home/a"]),
    "a file to read that is not known": ('use "$X"', ["read //**"]),
    "unknown words of a harmless command": ("look $X", ["read //**"]),
    "an unknown file below a folder": ('drop "/a/$X"', ["write /a/**"]),
    "an unknown file of the folder": ('cd /a && drop "b-$X"', ["read /a", "write /a/**"]),
}


@pytest.mark.parametrize(("command", "expected"), REACHED.values(), ids=REACHED)
def test_a_run_touches_what_may_be_reached(command: str, expected: list[str], toy: Models) -> None:
    found = effect(command, toy, above="ARG X")
    assert (found.opaque, shown(found)) == (None, expected)


def test_what_needs_root_tells_nothing_of_who_becomes_root(toy: Models) -> None:
    assert not effect("become need-root", toy).root
    assert effect("need-root", toy).root


def test_the_variables_of_another_user_are_not_known(toy: Models) -> None:
    found = effect("become sh -c 'drop \"$X\"'", toy, above="ENV X=/a")
    assert found.opaque is not None


def test_a_drawn_name_is_one_that_nothing_else_has(toy: Models) -> None:
    found = effect('D="$(mktemp -d)" && drop "$D" && use -o "$D/x"', builtin_and(toy))
    touched = {f.name for f in found.footprints if f.access is Access.WRITE}
    assert found.opaque is None
    assert len(touched) == 2
    assert all(name.startswith("/tmp/tmp.drawn-by-") for name in touched)


def test_a_name_that_is_drawn_elsewhere_is_not_known(toy: Models) -> None:
    found = effect('drop "$(mktemp -d)"', builtin_and(toy), above="ENV TMPDIR=/srv")
    assert found.opaque is not None


def builtin_and(toy: Models) -> Models:
    return Models((*builtin().folders, *toy.folders))


SCRIPTS = {
    "no shell script": ("other.pl", "sh /s", "is not a shell script"),
    "a script of an unknown interpreter": ("other.pl", "/s", "no model for `perl`"),
    "a script that runs itself": ("deep.sh", "sh /deep.sh", "nested too deeply"),
}


@pytest.mark.parametrize(("source", "command", "reason"), SCRIPTS.values(), ids=SCRIPTS)
def test_a_script_that_is_not_understood_is_opaque(
    source: str, command: str, reason: str, toy: Models, context: Context
) -> None:
    above = f"COPY {source} {command.split()[-1]}"
    found = effect(command, toy, context, above)
    assert found.opaque is not None
    assert reason in found.opaque


@pytest.mark.parametrize("command", ["sh /s.sh /arg", "/s.sh /arg", "cd / && ./s.sh /arg"])
def test_a_script_of_the_context_is_read(command: str, toy: Models, context: Context) -> None:
    found = effect(command, toy, context, "COPY script.sh /s.sh")
    assert found.opaque is None
    assert set(shown(found)) >= {"read /s.sh", "read /read-by-script", "read /arg", "ensure /made"}


def test_a_script_for_bash_is_read_as_bash(toy: Models, context: Context) -> None:
    found = effect("/s.sh", toy, context, "COPY bash.sh /s.sh")
    assert (found.opaque, shown(found)) == (None, ["read /a", "read /s.sh"])


def test_a_script_is_run_by_its_interpreter(toy: Models, context: Context) -> None:
    found = effect("/s /arg", toy, context, "COPY used /s")
    assert (found.opaque, shown(found)) == (None, shown(effect("use -o /s /arg", toy)))


def test_a_script_writes_where_its_output_goes(toy: Models, context: Context) -> None:
    found = effect("/s.sh > /out", toy, context, "COPY bash.sh /s.sh")
    assert "write /out" in shown(found)


def test_a_script_that_was_changed_is_not_known(toy: Models, context: Context) -> None:
    found = effect("sh /s.sh", toy, context, "COPY script.sh /s.sh\nRUN use -o /s.sh")
    assert found.opaque is not None


def test_a_path_through_a_link_is_not_known(toy: Models) -> None:
    found = effect("use /l/x", toy, above="RUN link /t /l")
    assert found.opaque is not None
    assert "a part of `/l/x` is a symbolic link" in found.opaque


def test_below_an_unknown_image_home_and_folder_are_not_known(toy: Models) -> None:
    found = effect("use ~/a b", toy, image="nobody/knows")
    rows = set(shown(found))
    assert {"read ?home/a", "read ?cwd/b"} <= rows


def test_who_is_not_root_needs_the_rights_of_folders(toy: Models) -> None:
    found = effect("use /a/b/c", toy, above="USER 1000")
    assert shown(found) == ["read /a", "read /a/b", "read /a/b/c"]


# The models that come with the tool, at work: what a user relies on first.
BUILTIN_OPAQUE = {
    "the project itself": "pip install .",
    "the project, editable": "pip install -e .",
    "requirements that are not known": "pip install -r requirements.txt",
    "an option that runs anything": "apt-get -o Dpkg::Pre-Invoke=x install -y a",
    "a hard link": "ln a b",
    "a find that runs commands elsewhere": "find / -execdir touch {} +",
    "words for a command from its input": "ls | xargs rm",
    "a filter that writes a file": "sed -n 'w /x' /a",
    "an unknown action": 'pip "$X"',
    "a build": "make all",
    "a login shell": "su - web -c 'touch /a'",
    "a login shell behind its text": "su -c 'touch /a' - web",
    "another shell behind its text": "su -c 'touch /a' web -s /bin/fish",
    "a shell of another user": "sudo -i touch /a",
    "a manifest of another user": "sudo pip install -r requirements.txt",
    "a script from the network": "curl https://h.x/install.sh | sh",
}


@pytest.mark.parametrize("command", BUILTIN_OPAQUE.values(), ids=BUILTIN_OPAQUE)
def test_with_the_builtin_models_a_run_is_opaque(command: str) -> None:
    assert effect(command, builtin(), above="ARG X").opaque is not None


BUILTIN_KNOWN = {
    "mkdir": ("mkdir -p /a/b", ["ensure /a", "ensure /a/b"]),
    "mkdir without parents": ("mkdir /a/b", ["read /a", "write /a/b/**"]),
    "touch": ("touch /a", ["write /a/**"]),
    "rm": ("rm -rf /a", ["write /a/**"]),
    "cp into": ("cp -r /a /b/", ["read /a/**", "read /b", "write /b/a/**"]),
    "echo": ("echo '*' $X > /a", ["write /a"]),
    "a test": ("[ -e /a ] && [ -d /b ]", ["read /a", "read /b"]),
    "cat": ("cat /a > /b", ["read /a", "write /b"]),
    "find": ("find /a -name '*.pyc' -delete", ["write /a/**"]),
    "a link": ("ln -s /t /l", ["read /t", "write /l/**"]),
}


@pytest.mark.parametrize(("command", "expected"), BUILTIN_KNOWN.values(), ids=BUILTIN_KNOWN)
def test_with_the_builtin_models_a_run_touches_what_it_names(
    command: str, expected: list[str]
) -> None:
    found = effect(command, builtin(), above="ARG X")
    assert found.opaque is None
    assert [row for row in shown(found) if "/etc/" not in row] == expected


INSTALLS = {
    "packages of the system": "apt-get update && apt-get install -y --no-install-recommends curl",
    "packages of an index": "pip install --no-cache-dir flask==3.0 'gunicorn[gevent]>=20'",
    "packages of Alpine": "apk add --no-cache curl",
    "a download": "curl -fsSL https://h.x/f -o /opt/f",
    "a download to unpack": "curl -fsSL https://h.x/f.tgz | tar -xz -C /opt",
    "a user": "groupadd -r app && useradd -r -g app app",
}


@pytest.mark.parametrize("command", INSTALLS.values(), ids=INSTALLS)
def test_an_install_leaves_a_new_folder_alone(command: str) -> None:
    """It is known, and touches neither /app nor a variable with a name of its own."""
    found = effect(command, builtin())
    assert found.opaque is None
    touched = [f for f in found.footprints if f.access is not Access.READ]
    assert [
        f for f in touched if f.resource == "path" and f.name.startswith(("/app", "/srv/a"))
    ] == []
    assert [f.name for f in found.reads if f.resource == "env" and f.name in ("*", "GIT_SHA")] == []
