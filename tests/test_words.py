"""The words of a command as its model reads them, and the models as their files give them."""

from __future__ import annotations

from pathlib import Path

import pytest

from reorder.effects.model import Model, ModelError, Models, builtin
from reorder.effects.words import Unmodelled, Words, read_words
from reorder.syntax.shell import Arg

TOY = """
family = "toy"
source = "toy(1)"

[command.tool]
names = ["tool2", "tool-3"]
env = ["TOOL_*"]
reads = ["/etc/tool"]
operands = ["text", "*read", "write"]

[command.tool.flags]
"-v, --verbose" = ""
"-o, --output" = "write"
"--color, -c" = "text?"
"--color=never" = ""
"-#" = "text"
"-x" = ""
"-f" = "read"

[[command.tool.when]]
flags = ["--verbose"]
unless = ["-x"]
operands = ["*text"]
reads = ["/var/tool"]

[[command.tool.when]]
flags = ["-v", "-x"]
seconds = 7.0

[command.git]
env = ["GIT"]
reads = ["/etc/git"]
flags = { "-C" = "cd" }
[command.git.sub.clone]
names = ["get"]
env = ["SSH"]
reads = ["/clone"]
operands = ["url", "make?"]
flags = { "--depth" = "text", "--bare" = "" }
when = [{ flags = ["--bare"], reads = ["/bare"], env = ["BARE"] }]
[command.git.sub.""]

[command.echo]
style = "words"
operands = ["*text"]

[command.find]
style = "dash"
operands = ["*read-tree"]
flags = { "-name" = "text", "-delete" = "", "-kind" = "text", "-kind=dir" = "" }

[command.tar]
style = "tar"
operands = ["*text"]
flags = { "-x" = "", "-z" = "", "-f" = "read", "-C" = "cd" }

[command.env]
operands = ["assign"]
flags = { "-i" = "" }

[command.timeout]
operands = ["text", "command"]
flags = { "-k" = "text" }

[command.sh]
operands = ["shell-file"]
flags = { "-c" = "shell", "-e" = "" }

[command.one]
operands = ["read", "write"]

[command.none]
"""


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Models:
    folder = tmp_path_factory.mktemp("tools")
    (folder / "toy.toml").write_text(TOY)
    return Models((folder,))


def arg(text: str) -> Arg:
    """`?x` is a word that is not known, `-n?x` one of which the beginning is, `??` many words."""
    prefix, unknown, name = text.partition("?")
    if unknown and prefix.startswith("-"):
        many = name == "?"
        return Arg(None, source=f"{prefix}${name}", prefix=prefix, many=many, form=prefix + "*")
    if text.startswith("?"):
        return Arg(None, source=f"${text[1:]}", many=text == "??")
    return Arg(text, source=text)


def words_of(models: Models, line: str) -> Words:
    name, *rest = line.split()
    model = models.get(name)
    assert model is not None
    return read_words(model, [arg(word) for word in rest])


def shown(words: Words) -> str:
    """`-o=x(write) | text:a read:b | rest command: c d`"""
    flags = [
        f"{flag.name}" + (f"={flag.value.text}({flag.role})" if flag.value else "")
        for flag in words.flags
    ]
    operands = [f"{role}:{value.text or value.source}" for role, value in words.operands]
    rest = [value.text or value.source for value in words.rest]
    parts = [" ".join(flags), " ".join(operands)]
    if words.rest_role:
        parts.append(f"{words.rest_role}: {' '.join(rest)}".strip())
    return " | ".join(parts)


REFUSED = {
    "an unknown long flag": ("tool a b --mystery", "`tool --mystery`"),
    "an unknown short flag": ("tool -q a b", "`tool -q`"),
    "an unknown letter in a cluster": ("tool -vq a b", "`tool -vq`"),
    "a value for a flag that takes none": ("tool --verbose=1 a", "`tool --verbose=1`"),
    "a flag without its value": ("tool a b -o", "`tool -o` lacks its value"),
    "an unknown subcommand": ("git push", "`git push`"),
    "a subcommand that is not known": ("git ?x", "`git $x`"),
    "a flag of another subcommand": ("git --depth 1 clone u", "`git --depth`"),
    "too few words": ("one a", "so few words"),
    "no words": ("one", "so few words"),
    "too many words": ("one a b c", "the word `c` of `one`"),
    "a word where none is allowed": ("none a", "the word `a` of `none`"),
    "any number of words": ("one ?? b", "the words of `$?` are not known"),
    "a letter before a value that is not known": ("tool -vq?x a b", "`tool -vq$x`"),
    "letters of which none takes a value": ("tool -vx?x a b", "`tool -vx$x`"),
    "any number of words behind a letter": ("tool -o?? a b", "`tool -o$?`"),
    "letters in the style dash": ("find . -n?x", "`find -n$x`"),
    "an unknown name of a value that is not known": (
        "tool --mystery=?x a b",
        "`tool --mystery=$x`",
    ),
    "a short flag in the style dash": ("find . -n", "`find -n`"),
    "an unknown letter in a first word of tar": ("tar xq a", "`tar xq`"),
}


@pytest.mark.parametrize(("line", "reason"), REFUSED.values(), ids=REFUSED)
def test_a_use_that_the_model_does_not_list_is_refused(
    line: str, reason: str, models: Models
) -> None:
    with pytest.raises(Unmodelled) as refused:
        words_of(models, line)
    assert reason in str(refused.value)


READ = {
    "roles by position": ("tool a b", " | text:a write:b"),
    "a star takes the words between": ("tool a b c d", " | text:a read:b read:c write:d"),
    "flags and operands are mixed": ("tool a -v b", "-v | text:a write:b"),
    "a cluster": ("tool -vx a b", "-v -x | text:a write:b"),
    "a cluster with a value attached": ("tool -vofile a b", "-v -o=file(write) | text:a write:b"),
    "a cluster with the value behind": ("tool -vo file a b", "-v -o=file(write) | text:a write:b"),
    "a long flag with its value": ("tool --output=x a b", "--output=x(write) | text:a write:b"),
    "an empty value": ("tool --output= a b", "--output=(write) | text:a write:b"),
    "a long flag with its value behind": (
        "tool --output x a b",
        "--output=x(write) | text:a write:b",
    ),
    "a value that looks like a flag": ("tool -o -v a b", "-o=-v(write) | text:a write:b"),
    "an optional value attached": ("tool --color=no a b", "--color=no(text) | text:a write:b"),
    "a value that is a flag of its own": (
        "tool --color=never a b",
        "--color=never | text:a write:b",
    ),
    "a value behind that is a flag of its own": (
        "find . -kind dir",
        "-kind=dir -kind=dir(text) | read-tree:.",
    ),
    "another value behind": ("find . -kind file", "-kind=file(text) | read-tree:."),
    "an optional value not attached": ("tool --color a b", "--color | text:a write:b"),
    "a number as a flag": ("tool -25 a b", "-#=25(text) | text:a write:b"),
    "a lone dash is a word": ("tool - b", " | text:- write:b"),
    "what follows two dashes is a word": ("tool -- -v b", " | text:-v write:b"),
    "a word that is not known": ("tool ?x b", " | text:$x write:b"),
    "a value that is not known": ("tool -o ?x a b", "-o=None(write) | text:a write:b"),
    "a long flag with a value that is not known": (
        "tool --output=?x a b",
        "--output=None(write) | text:a write:b",
    ),
    "a cluster with a value that is not known": (
        "tool -vo?x a b",
        "-v -o=None(write) | text:a write:b",
    ),
    "a subcommand": ("git clone u", " | url:u"),
    "another name of a subcommand": ("git get u", " | url:u"),
    "an optional word": ("git clone u d", " | url:u make:d"),
    "flags above and below a subcommand": (
        "git -C /x clone --depth 1 u",
        "-C=/x(cd) --depth=1(text) | url:u",
    ),
    "no subcommand where that is allowed": ("git", " | "),
    "words only": ("echo -n -- a", " | text:-n text:-- text:a"),
    "any number of words in the style words": ("echo ??", " | text:$?"),
    "one dash before a long flag": ("find . -name x", "-name=x(text) | read-tree:."),
    "tar with a dash": ("tar -xzf a.tgz b", "-x -z -f=a.tgz(read) | text:b"),
    "tar without": ("tar xzf a.tgz b", "-x -z -f=a.tgz(read) | text:b"),
    "tar whose letters take their values in turn": (
        "tar xfC a.tgz /opt b",
        "-x -f=a.tgz(read) -C=/opt(cd) | text:b",
    ),
    "a command behind a word": ("timeout 5 rm -rf x", " | text:5 | command: rm -rf x"),
    "a command behind a flag": ("timeout -k 9 5 ls", "-k=9(text) | text:5 | command: ls"),
    "variables before a command": ("env -i A=1 ls -l", "-i |  | assign: A=1 ls -l"),
    "shell text": ("sh -e -c code x y", "-e -c |  | shell: code x y"),
    "a shell file and its words": ("sh x.sh -v a", " |  | shell-file: x.sh -v a"),
    "a shell that reads its input": ("sh -e", "-e |  | stdin of shell-file:"),
}


@pytest.mark.parametrize(("line", "expected"), READ.values(), ids=READ)
def test_words_get_their_roles(line: str, expected: str, models: Models) -> None:
    assert shown(words_of(models, line)) == expected


WHENS = {
    "no flag": ("tool a b", ("/etc/tool",), 0.1, "write"),
    "the flag": ("tool --verbose a b", ("/var/tool",), 0.1, "text"),
    "the flag, and the one that forbids": ("tool --verbose -x a b", ("/etc/tool",), 7.0, "write"),
    "the flag of the second": ("tool -v a b", ("/etc/tool",), 7.0, "write"),
    "both: the first counts": ("tool -v --verbose a b", ("/var/tool",), 0.1, "text"),
}


@pytest.mark.parametrize(("line", "reads", "seconds", "last"), WHENS.values(), ids=WHENS)
def test_flags_choose_other_keys(
    line: str, reads: tuple[str, ...], seconds: float, last: str, models: Models
) -> None:
    words = words_of(models, line)
    assert words.operands[-1][0] == last
    assert (words.model.reads, words.model.seconds) == (reads, seconds)


def model_of(models: Models, name: str) -> Model:
    model = models.get(name)
    assert model is not None
    return model


def test_a_command_without_a_model_has_none(models: Models) -> None:
    assert models.get("mystery") is None


@pytest.mark.parametrize("name", ["tool", "tool2", "tool-3"])
def test_every_name_gives_the_same_model(name: str, models: Models) -> None:
    assert model_of(models, name) is model_of(models, "tool")


def test_a_subcommand_adds_to_what_its_command_looks_at(models: Models) -> None:
    assert model_of(models, "git").subs["clone"].env == ("GIT", "SSH")


def test_what_a_command_always_reads_holds_in_a_when_of_its_subcommand(models: Models) -> None:
    model = words_of(models, "git clone --bare u").model
    assert (model.reads, model.env) == (("/etc/git", "/bare"), ("GIT", "BARE"))


def test_a_later_folder_overrides_command_by_command(models: Models, tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(
        'family = "own"\nsource = "own"\n[command.tool]\nseconds = 99.0\n'
    )
    both = Models((*models.folders, tmp_path))
    assert model_of(both, "tool").seconds == 99.0
    assert model_of(both, "echo") == model_of(models, "echo")
    assert model_of(models, "tool").seconds == 0.1


def test_a_folder_without_files_has_no_commands(tmp_path: Path) -> None:
    assert Models((tmp_path,)).names() == ()


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text("[command.bad]\nseconds = \n")
    with pytest.raises(ModelError, match=r"bad\.toml"):
        Models((tmp_path,)).get("bad")


def test_sets_come_from_the_last_folder_that_has_them(models: Models, tmp_path: Path) -> None:
    (tmp_path / "env.toml").write_text('[sets]\nbase = ["A"]\n[paths]\nsystem = ["/usr/**"]\n')
    both = Models((*models.folders, tmp_path))
    assert both.env_set("base") == ("A",)
    assert both.path_set("system") == ("/usr/**",)
    assert both.env_set("nothing") == ()


def test_every_builtin_command_has_a_model_and_a_source() -> None:
    models = builtin()
    assert models.names() != ()
    assert [name for name in models.names() if not model_of(models, name).source] == []


def test_what_is_known_of_a_value_goes_with_it(models: Models) -> None:
    (flag,) = words_of(models, "tool -odir/?x a b").flags
    assert flag.value == Arg(None, source="-odir/$x", prefix="dir/", form="dir/*")
