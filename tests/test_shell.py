"""The reader of shell text against a table of cases, and against the shells themselves."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reorder.syntax.shell import Arg, Script, Use, read_script
from reorder.syntax.shell_shapes import FULL, NAME, PART, WORDS

OUTSIDE = {"A": "one", "B": "p q", "E": "", "HOME": "/h"}


def read(text: str, known: Mapping[str, str] | None = None, bash: bool = False) -> Script:
    return read_script(text, lookup=(known or {}).get, cwd="/w", home=None, bash=bash)


def shown(arg: Arg) -> str:
    """`x`, `x*` as written for a pattern, `<x>` for an unknown word that begins with x."""
    text = f"<{arg.prefix}>" if arg.text is None else arg.text
    return text + ("+" if arg.many else "")


def commands(script: Script) -> list[str]:
    return [" ".join(shown(arg) for arg in use.argv) for use in script.uses]


# what is refused, and the word of the reason that tells the author where to look

MANY = "x " * 30
REFUSALS = [
    ("a &&", "line 1"),
    ("a\n(b", "line 2"),
    ("if a; then b", "line 1"),
    ("a; then", "line 1"),
    ("a 'b", "line 1"),
    ("cat <<E\nx", "line 2"),
    ("a `\\", "line 1"),
    ("a $'\\", "line 1"),
    (
        f"for i in {MANY}; do for j in {MANY}; do for k in {MANY}; do :; done; done; done",
        "too long",
    ),
    ("a\r\nb", "control character"),
    ("$CMD x", "`$CMD` at line 1"),
    ('"$CMD" x', "not known"),
    ("`a` x", "not known"),
    ("a*b c", "not known"),
    ("eval $X", "`eval`"),
    ("eval a $(b)", "`eval`"),
    ("trap $X EXIT", "`trap`"),
    ("trap 'cd /' INT; a", "`trap`"),
    ("trap 'X=1' ERR; a", "`trap`"),
    ("alias x=y", "`alias`"),
    ("umask rwx; a", "`umask`"),
    ("if a; then umask 077; fi; b", "umask"),
    ("trap 'mkdir x' EXIT; umask 077", "`trap`"),
    ("umask $X", "`umask`"),
    ("set -f; a *", "`set -f`"),
    ("set $X", "`set`"),
    ("shopt -s extglob", "`shopt`"),
    ("f() { f; }; f", "calls itself"),
    ("f() { g; }; g() { f; }; f", "calls itself"),
    ("let() { a; }; let", "`let`"),
    ("echo ${!X}", "any variable"),
    ("echo $[1+1]", "each shell"),
    ("echo \"${X%'a'}\"", "each shell"),
    ("(( x > 3 ))", "each shell"),
    ("[[ a > b ]]", "each shell"),
    ("cd x &> f y", "each shell"),
    ("time cd x", "`time`"),
    ("exec < f; a", "`exec`"),
    ("POSIXLY_CORRECT=1; a", "POSIXLY_CORRECT"),
    ("select x in a; do b; done", "line 1"),
    ("coproc a", "line 1"),
    ("time { a; }", "line 1"),
    ("{ " * 40 + "a" + "; }" * 40, "deep"),
    ("a\n" * 2_001, "2000 commands"),
    ("[ -v $X ]", "any variable"),
    ("X='" + "a " * 101 + "'; a " + "$X" * 101, "pieces"),
    ("X='export A=1'; $X", "is not known"),
    ("a \udcff", "no UTF-8"),
]


@pytest.mark.parametrize(("text", "reason"), REFUSALS)
def test_a_text_that_is_not_understood_is_opaque_with_its_reason(text: str, reason: str) -> None:
    assert reason in (read(text).opaque or "understood")


BASH_REFUSALS = [
    ("a {x..y}", "braces"),
    ("a " + "{b,c}" * 9, "256 words"),
    ("a " + "{" * 33 + "b,c}", "32 braces"),
    ("declare -n X=Y", "two names"),
    ("case x in a) b;& c) d;; esac", "falls through"),
    ("rm !(x)", "line 1"),
    ("a {fd}> f", "line 1"),
]


@pytest.mark.parametrize(("text", "reason"), BASH_REFUSALS)
def test_what_of_bash_is_not_understood_is_opaque_too(text: str, reason: str) -> None:
    assert reason in (read(text, bash=True).opaque or "understood")


def test_a_file_that_bash_reads_first_makes_its_text_opaque() -> None:
    assert (
        read("a", {"BASH_ENV": "/x"}, bash=True).opaque
        == "BASH_ENV is set: bash runs that file first"
    )


# the commands of a text; `+`: any number of words, `<x>`: begins with x

CASES = [
    ("", []),
    ("# nothing\n", []),
    ("a b c", ["a b c"]),
    ("a b#c # d", ["a b#c"]),
    ("a && b || c; d & e", ["a", "b", "c", "d", "e"]),
    ("a | b |& c", ["a", "b", "c"]),
    ("! a && (b; c) || { d; }", ["a", "b", "c", "d"]),
    ("a \\\n  b\nc", ["a b", "c"]),
    ("'a b' \"c d\" e\\ f g'h'\"i\"", ["a b c d e f ghi"]),
    ("a '' \"\"", ["a  "]),
    ("a $X", ["a <>+"]),
    ('a "$X"', ["a <>"]),
    ("a x/$X/y", ["a <x/>+"]),
    ('a "x/$X"', ["a <x/>"]),
    ("a $A $B \"$B\" x$B'y'", ["a one p q p q xp qy"]),
    ("a $E \"$E\" $E'x'", ["a  x"]),
    ("a ${A}b ${A:-x} ${E:-x y} ${A:+z} ${E:+z}", ["a oneb one x y z"]),
    ("a ${E-x} ${X:-x} ${#A} ${A%e} ${A/o/x}", ["a <>+ <>+ 3 <>+ <>+"]),
    (": ${E:=new}; a $E", ["a new"]),
    (": ${X:=new}; a $X", ["a <>+"]),
    ("a $(b) `c` $(echo d e) x$(pwd)", ["b", "c", "echo d e", "pwd", "a <>+ <>+ d e x/w"]),
    ('a "$(b \'c\' "$(d)")"', ["d", "b c <>", "a <>"]),
    ('a $((1 + 2)) $? $# "$@" $1', ["a <> <> 0"]),
    ("a ~ ~/b ~root/c '~' x~ --y=~/z", ["a /h /h/b <> ~ x~ --y=~/z"]),
    ("X=~/a; b $X/c", ["b /h/a/c"]),
    ("a $HOME/b x$HOME", ["a /h/b x/h"]),
    ("a *.c [ab]? '*' \"[\"x", ["a *.c [ab]? * [x"]),
    ("a 'x['*", ["a <x>+"]),
    ("X=1; a $X; X=2; a $X", ["a 1", "a 2"]),
    ("if t; then X=1; fi; a $X", ["t", "a <>+"]),
    ("if t; then X=1; else X=1; fi; a $X", ["t", "a 1"]),
    ("t && X=1; a $X", ["t", "a <>+"]),
    ("(X=1); a $A; X=1 b; a ${X:-u}", ["a one", "b", "a <>+"]),
    ("X=$(a) && b $X", ["a", "b <>+"]),
    ("X=1; X=$X$X b; c $X", ["b", "c 1"]),
    ("export X=1 Y; a $X", ["a 1"]),
    ('export X=$B; a "$X"', ["a <>"]),
    ("unset A; a ${A:-none}", ["a none"]),
    ("read X; a $X", ["a <>+"]),
    ("for i in a b; do x $i; done; y $i", ["x a", "x b", "y b"]),
    ("for i in *.c; do x $i; done", ["x <>+"]),
    ('for i in $X; do x "$i"; done', ["x <>"]),
    ("for i in a b; do t && break; x $i; done", ["t", "x a", "t", "x b"]),
    ("for i in 1 2; do X=${X:-}$i; done; a $X", ["a <>+"]),
    ("X=1; while t; do a $X; X=2; done; b $X", ["t", "a <>", "b <>"]),
    ("until t; do a; done", ["t", "a"]),
    ("if t; then if u; then a; fi fi; b", ["t", "u", "a", "b"]),
    ("if t; then { a; } else (b) fi", ["t", "a", "b"]),
    ("a $(b) fi; { c; } ", ["b", "a <>+ fi", "c"]),
    ("while t; do exit; done; a", ["t", "a"]),
    ("while true; do a; done; b", ["a"]),
    ("case $X in a|b) c ;; (*) d ;; esac", ["c", "d"]),
    ("case $X in a) Y=1 ;; *) Y=1 ;; esac; a $Y", ["a 1"]),
    ("case $X in a) Y=1 ;; esac; a $Y", ["a <>+"]),
    ("f() { a $1 \"$@\"; }; f x; f 'y z'", ["a x x", "a y z y z"]),
    ("f() { local X=1; a $X; }; X=2; f; a $X", ["a 1", "a 2"]),
    ("f() { return; a; }; f; b", ["b"]),
    ("t && f() { a; }; f", ["t", "a", "f"]),
    ("f() { a $#; }; f $B; f $X", ["a 2", "a <>"]),
    ("set -- a 'b c'; x $# \"$2\"; shift; x $1; shift; x $1", ["x 2 b c", "x b c", "x"]),
    ("set -eux -o pipefail; a", ["a"]),
    ("a; exit 1; b", ["a"]),
    ("a || exit 1; b", ["a", "b"]),
    ("(exit); a", ["a"]),
    ("exec a b; c", ["a b"]),
    ("command a; command -v b; builtin cd /; type c", ["a", "command -v b", "test -d /", "type c"]),
    ("eval 'a b; c'", ["a b", "c"]),
    ("X='a b'; eval \"$X\" c", ["a b c"]),
    (". ./x; a $A", ["source ./x", "a <>+"]),
    ("trap 'a $X' EXIT; b", ["b", "a <>+"]),
    ("trap '' INT; trap - EXIT; b", ["b"]),
    ("trap c EXIT; c() { a; }; b", ["b", "a", "c"]),
    ("test -f x && [ ! -d y ] && a", ["test -f x", "test ! -d y", "a"]),
    ("true; :; false; umask 022; ulimit -n 9; wait", []),
    ("false && a; true || b; c", ["c"]),
    ("a <(b) >(c)", ["b", "c", "a <> <>"]),
    ("a {x,y} x{1..2}", ["a <>+ <x>+"]),
    ("a {} {x} { } {x, y}", ["a {} {x} { } {x, y}"]),
    ("a $'x' $'\\x41'", ["a <> <>"]),
    ("a; time b c", ["a", "time b c"]),
    ("if a; then b; elif c; then d; else e; fi", ["a", "b", "c", "d", "e"]),
    ("cat <<E; a\n$A \\$x `b`\nE\nc", ["b", "cat", "a", "c"]),
    ("cd &> f && a", ["test -d /h", "a"]),
]


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_every_command_that_may_run_is_listed_with_its_words(
    text: str, expected: list[str]
) -> None:
    script = read(text, OUTSIDE)
    assert (script.opaque, commands(script)) == (None, expected)


BASH_CASES = [
    ("a {x,y}z {1..3} {x} {x,'y z'} {a,b{c,d}}", ["a xz yz 1 2 3 {x} x y z a bc bd"]),
    ('a "{x,y}" x\\{y,z}', ["a {x,y} x{y,z}"]),
    ("a $'x\\ty' x=~/y", ["a x\ty <x=>"]),
    ("a --x=1.0~b", ["a --x=1.0~b"]),
    ("[[ -f x && $A == y* || a < b ]] && c", ["test -f x && one == y* || a < b", "c"]),
    ("[[ $A =~ ^(x|y)$ ]]", ["test one =~ ^(x|y)$"]),
    ("((x = 1)); a $x", ["a <>+"]),
    ("for ((i = 0; i < 3; i++)); do a $i; done", ["a <>+"]),
    ('X=(a b); c "${X[@]}" ${X[0]}', ["c <>+ <>+"]),
    ("declare -x X=1; a $X; X+=2; a $X", ["a 1", "a 12"]),
    ("function f { a; }; f", ["a"]),
    ("pushd /x && a && popd && b", ["test -d /x", "a", "b"]),
    ("time a b", ["a b"]),
    ("printf -v X a; b $X", ["b <>+"]),
    ("mapfile -t X < f; a $X", [": ", "a <>+"]),
]


@pytest.mark.parametrize(("text", "expected"), BASH_CASES)
def test_what_only_bash_knows_is_read_for_bash(text: str, expected: list[str]) -> None:
    script = read(text, OUTSIDE, bash=True)
    assert (script.opaque, commands(script)) == (None, [row.rstrip() for row in expected])


# where commands run

FOLDERS = [
    ("a", "/w"),
    ("cd x && a", "/w/x"),
    ("cd x; a", "/w /w/x"),
    ("cd x || exit 1; a", "/w/x"),
    ("cd x || true; a", "/w /w/x"),
    ("cd /x || a", "/w"),
    ("set -e; cd x; a", "/w/x"),
    ("set -e; cd x || true; a", "/w /w/x"),
    ("set -e; f() { cd x; }; f; a", "/w/x"),
    ("set -e; if cd x; then a; fi", "/w/x"),
    ("set -e; t && cd x; a", "/w /w/x"),
    ("set -e; set +e; cd x; a", "/w /w/x"),
    ("cd /; a", "/"),
    ("cd /x/../y/./z// && a", "/y/z"),
    ("cd .. && a", "/"),
    ("cd ../../v && a", "/v"),
    ("(cd x); a", "/w"),
    ("(cd x && a)", "/w/x"),
    ("{ cd x && b; } && a", "/w/x"),
    ("cd x | a", "/w"),
    ("cd x & a", "/w"),
    ("b $(cd x) && a", "/w"),
    ("cd && a", "?home"),
    ("cd ~/x && a", "?home/x"),
    ("cd ~ && cd .. && a", "?cd"),
    ("HOME=/h; cd && a", "/h"),
    ("HOME=/h cd && a", "/h"),
    ("cd $X && a", "?cd:0"),
    ("b\ncd *.d && a", "?cd:1"),
    ("cd - && a", "?cd:0"),
    ("cd $X && cd y && a", "?cd"),
    ("cd $X && cd /y && a", "/y"),
    ("CDPATH=/x; cd y && a", "?cd:0"),
    ("CDPATH=/x; cd ./y && a", "/w/y"),
    ("for i in x y; do cd $i && a; done", "/w/x|/w/x/y /w/y"),
    ("if t; then cd x || exit; fi; a", "/w /w/x"),
    ("case $X in p) cd p;; esac; a", "/w /w/p"),
    ("while t; do cd x; done; a", "?cd"),
    ("command cd x && a", "/w/x"),
    ("eval 'cd x' && a", "/w/x"),
    ("X=/opt/y; cd $X && a", "/opt/y"),
    ("pushd x && a", "/w /w/x"),
]


@pytest.mark.parametrize(("text", "expected"), FOLDERS)
def test_a_command_runs_in_every_folder_that_the_shell_may_be_in(text: str, expected: str) -> None:
    script = read(text)
    found = [" ".join(use.cwds) for use in script.uses if use.argv[0].text == "a"]
    assert (script.opaque, "|".join(found)) == (None, expected)


def test_a_folder_below_an_unknown_one_keeps_its_root() -> None:
    script = read_script("cd x/y && cd .. && a", lookup=lambda _: None, cwd="?cwd", home=None)
    assert script.uses[-1].cwds == ("?cwd/x",)
    script = read_script("cd .. && a", lookup=lambda _: None, cwd="?cwd", home=None)
    assert script.uses[-1].cwds == ("?cd",)


# what commands are connected to

REDIRECTS = [
    ("a > f", "write f"),
    ("a >> f 2> g", "append f, write g"),
    ("a < f > $X", "read f, write <>"),
    ("a >| f", "write f"),
    ("a &> f", "write f"),
    ("a > f 2>&1", "write f"),
    ("a >&2 2>&-", ""),
    ("a >&f", "write f"),
    ("a > ~/f", "write ?home/f"),
    ("a > x$X", "write <x>"),
    ('a > "x$X"', "write <x>"),
    ("> f", "write f"),
    ("exec > f", "write f"),
    ("{ a; b; } > f", "write f, , "),
    ("f() { a; }; f > f", "write f, "),
    ("while a; do b; done < f", "read f, , "),
    ("export X=1 > f", "write f"),
    ("cd /x > f", "write f"),
]


@pytest.mark.parametrize(("text", "expected"), REDIRECTS)
def test_redirections_name_the_files_that_a_command_opens(text: str, expected: str) -> None:
    script = read(text)
    rows = [
        ", ".join(f"{r.access} {shown(r.target).rstrip('+')}" for r in use.redirects)
        for use in script.uses
    ]
    assert (script.opaque, ", ".join(rows)) == (None, expected)


INPUTS = [
    ("a", [(None, None)]),
    ("a <<E\nx\nE", [("x\n", None)]),
    ("a <<'E'\n$A\nE", [("$A\n", None)]),
    ("a <<E\n$A $\n\\$A\nE", [("one $\n$A\n", None)]),
    ("a <<E\n$X\nE", [(None, -1)]),
    ("a <<-E\n\tx\n\tE", [("x\n", None)]),
    ("a 3<<E\nx\nE", [(None, None)]),
    ("a <<E; b <<F\nx\nE\ny\nF", [("x\n", None), ("y\n", None)]),
    ("a <<< $A", [("one\n", None)]),
    ("a | b | c", [(None, None), (None, 0), (None, 1)]),
    ("a; b | c", [(None, None), (None, None), (None, 1)]),
    ("{ a; b; } | c", [(None, None), (None, None), (None, -1)]),
    ("a | { b; c; }", [(None, None), (None, 0), (None, 0)]),
    ("a | b < f", [(None, None), (None, None)]),
    ("set | a", [(None, -1)]),
    ("{ a; } <<E\nx\nE", [(None, -1)]),
    ("f() { a; }; b | f", [(None, None), (None, 0)]),
    ("a <<E | b\nx\nE", [("x\n", None), (None, 0)]),
]


@pytest.mark.parametrize(("text", "expected"), INPUTS)
def test_a_command_is_fed_by_a_text_or_by_another_command(
    text: str, expected: list[tuple[str | None, int | None]]
) -> None:
    script = read(text, OUTSIDE)
    assert (script.opaque, [(u.stdin, u.piped) for u in script.uses]) == (None, expected)


EITHER = "if t; then X={}; else X={}; fi; a {}"
SHAPES = {
    "two names": (("b-1", "c", "$X"), "<>", PART | WORDS | NAME | FULL, "*"),
    "two names inside a path": (("b", "c", "/x-$X/y"), "</x->", PART | WORDS | FULL, "/x-*/y"),
    "a name that is all of a part": (("b", "c", "/x/$X"), "</x/>", PART | WORDS | FULL, "/x/*"),
    "one of them is empty": (("b", "''", "x$X"), "<x>", PART | WORDS | NAME | FULL, "x*"),
    "one is empty, and no other": (("b", "''", "$X"), "<>+", PART | WORDS | NAME, ""),
    "a part that may be empty": (("b", "''", "/x/$X/y"), "</x/>", PART | WORDS | FULL, ""),
    "one of them leads upwards": (("..", "b", "/x/$X"), "</x/>", PART | WORDS | FULL, ""),
    "a dot before it": ((".", "b", "x/.$X"), "<x/.>", PART | WORDS | FULL, ""),
    "one of them has a slash": (("b/c", "d", "x$X"), "<x>", PART | WORDS | FULL, ""),
    "one of them begins with a dash": (("-b", "c", "$X"), "<>+", PART | NAME, ""),
    "a dash behind other text": (("-b", "c", "x$X"), "<x>", PART | WORDS | NAME | FULL, "x*"),
    "one of them has a blank": (("'b c'", "d", "$X"), "<>+", WORDS, ""),
    "one of them has a blank, inside": (("'b c'", "d", "x$X"), "<x>+", 0, ""),
    "one of them is a pattern": (("'b*'", "d", "$X"), "<>+", 0, ""),
    "a pattern around it": (("b", "c", "*$X"), "<>", 0, ""),
    "another separator": (("b", "c; IFS=b", "$X"), "<>+", 0, ""),
    "one of them is not known": (("$(b)", "c", "$X"), "<>+", 0, ""),
}


@pytest.mark.parametrize(("words", "text", "shape", "form"), SHAPES.values(), ids=SHAPES)
def test_what_is_known_of_a_word_that_is_one_of_several(
    words: tuple[str, str, str], text: str, shape: int, form: str
) -> None:
    (use,) = (use for use in read(EITHER.format(*words), OUTSIDE).uses if shown(use.argv[0]) == "a")
    (arg,) = use.argv[1:]
    assert (shown(arg), arg.shape, arg.form) == (text, shape, form)


def test_a_number_that_a_shell_sets_by_itself_does_not_split() -> None:
    assert commands(read("a -u $UID x", {"UID": "1000"})) == ["a -u <> x"]
    assert commands(read("a -u $UID x", {"UID": "1 0"})) == ["a -u <>+ x"]
    assert commands(read("a -u $UID x")) == ["a -u <>+ x"]


def test_the_parts_of_a_platform_do_not_split() -> None:
    text = 'a x-$TARGETARCH $TARGETARCH "$TARGETARCH" x-$OTHER'
    assert commands(read(text)) == ["a <x-> <>+ <> <x->+"]
    assert commands(read(text, {"TARGETARCH": "p q"})) == ["a x-p q p q p q <x->+"]


PLATFORM = {
    "one word": ('a "$X" $X', "tool-\1", "<tool-> <tool->", ("tool-*", "tool-*")),
    "the name of a file": ("a /b/$X.gz", "t-\1-2", "</b/t->", ("/b/t-*-2.gz",)),
    "words that would split": ("a $X", "a-\1 b", "<>+", ("",)),
    "quoted they do not": ('a "$X"', "a-\1 b", "<a->", ("a-* b",)),
    "a pattern": ("a $X", "*\1", "<>+", ("",)),
    "another separator": ("IFS=-; a $X", "a-\1", "<>+", ("",)),
    "it may be all of the name": ('a "/b/$X"', "\1", "</b/>", ("",)),
    "set by the script": ("X=$(b); a $X", "a-\1", "<>+", ("",)),
    "set on one way": ("c && X=$(b); a $X", "a-\1", "<>+", ("",)),
    "anything may be set": (". /f; a $X", "a-\1", "<>+", ("",)),
    "cut by the script": ('a "${X%-*}"', "a-\1", "<>", ("",)),
}


@pytest.mark.parametrize(("text", "value", "words", "forms"), PLATFORM.values(), ids=PLATFORM)
def test_a_value_outside_of_which_parts_of_the_platform_are_not_known(
    text: str, value: str, words: str, forms: tuple[str, ...]
) -> None:
    script = read_script(text, lookup=lambda _: None, cwd="/w", home=None, partly={"X": value}.get)
    (use,) = (use for use in script.uses if shown(use.argv[0]) == "a")
    assert (" ".join(map(shown, use.argv[1:])), tuple(a.form for a in use.argv[1:])) == (
        words,
        forms,
    )


ASSIGNS = [
    ("X=1 a", "X=1"),
    ("X=1 Y=$X a", "X=1 Y=1"),
    ("X=1; a", ""),
    ("A=1; a", "A=1"),
    ("PATH=/x:$PATH; a", "PATH=<>"),
    ("export X=1; a", "X=1"),
    ("X=1; export X; X=2; a", "X=2"),
    ("export X=$Y; a", "X=<>"),
    ("t && export X=1; a", "X=<>"),
    ("t && A=1; a", "A=<>"),
    ("export -n A=1; a", "A=<>"),
    ("export X=1; export -n X; a", "X=<>"),
    ("unset A; a", "A="),
    ("export HOME=~/x; a", "HOME=<>"),
    ("export $X; a", "*=<>"),
    ("f() { a; }; X=1 f", "X=1"),
    ("(export X=1); a", ""),
]


@pytest.mark.parametrize(("text", "expected"), ASSIGNS)
def test_a_command_sees_the_variables_that_the_script_set(text: str, expected: str) -> None:
    outside = {"A": "one"} if "PATH" in text else {**OUTSIDE, "PATH": ""}
    script = read(text, outside)
    uses = [use for use in script.uses if use.argv[0].text == "a"]
    rows = [" ".join(f"{name}={shown(arg)}" for name, arg in use.assigns) for use in uses]
    assert (script.opaque, rows) == (None, [expected])


NAMES = [
    ("a", ""),
    ('a $X ${Y:-$Z} "$W"', "W X Y Z"),
    ("a '$X' \\$X", ""),
    ("X=1; a $X", ""),
    ("t && X=1; a $X", "X"),
    ("X=1 a $X", "X"),
    ("X=$X a", "X"),
    ("f() { a $X; }; X=1 f", ""),
    ("(X=1); a $X", "X"),
    ("a ~/x", "HOME"),
    ("cd", "HOME"),
    ("cd x", "CDPATH"),
    ("cd /x; cd ./y", ""),
    ("a $((x + 1)) ${y[i]}", "i x y"),
    ("[ -v X ]", "X"),
    ("a <<E\n$X\nE", "X"),
    ("a <<'E'\n$X\nE", ""),
    ("a $(b $X)", "X"),
    ("for X in 1; do a $X; done", ""),
    ("read X; a $X", ""),
    ("trap 'a $X' EXIT; X=1", "X"),
    ("X+=1", "X"),
]


@pytest.mark.parametrize(("text", "expected"), NAMES)
def test_the_shell_looks_at_the_outer_variables_that_it_expands(text: str, expected: str) -> None:
    script = read(text)
    assert (script.opaque, " ".join(sorted(script.names))) == (None, expected)


def test_lines_count_from_the_text() -> None:
    script = read("a\n\nb \\\n x\ncat <<E\n\nE\nc")
    assert [(use.argv[0].text, use.line) for use in script.uses] == [
        ("a", 0),
        ("b", 2),
        ("cat", 4),
        ("c", 7),
    ]


def test_arguments_are_the_positional_parameters() -> None:
    script = read_script("a $1 $2", lookup=lambda _: None, cwd="/", home=None, args=("x", "y z"))
    assert commands(script) == ["a x y z"]


def test_a_known_home_is_the_folder_of_a_tilde() -> None:
    script = read_script("cd && a ~/x", lookup=lambda _: None, cwd="/", home="/root")
    assert (commands(script)[-1], script.uses[-1].cwds) == ("a /root/x", ("/root",))


def test_with_aborts_a_failed_cd_ends_the_script() -> None:
    script = read_script("cd x; a", lookup=lambda _: None, cwd="/w", home=None, aborts=True)
    assert script.uses[-1].cwds == ("/w/x",)


# the law: whatever a real shell runs is in the list, with those words, folder, input, variables

PROGRAMS = ("ok", "ok2", "no", "sink")
RECORD = """#!/bin/sh
out=
for word in "${0##*/}" "$@"; do out="$out$word\001"; done
text=-
case $0 in */sink) text=; while IFS= read -r line; do text="$text$line|"; done ;; esac
printf '%s\002%s\002%s\002%s\002%s\003' \
    "$out" "$(pwd -P)" "$text" "${A--}" "${N--}" >> "$LOG"
case $0 in */no) exit 1 ;; esac
"""
SHELLS = {False: (("dash",), ("bash", "--posix")), True: (("bash",),)}


@dataclass(frozen=True)
class Run:
    """What a real shell ran: words, folder, input of `sink`, the variables A and N ("-": unset)."""

    words: tuple[str, ...]
    cwd: str
    stdin: str
    variables: tuple[str, str]


@pytest.fixture(scope="module", autouse=True)
def path_of_programs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A folder of harmless programs that write down how they were called."""
    folder = tmp_path_factory.mktemp("bin")
    for program in PROGRAMS:
        (folder / program).write_text(RECORD)
        (folder / program).chmod(0o755)
    OUTSIDE["PATH"] = str(folder)
    yield
    del OUTSIDE["PATH"]


def runs(shell: Sequence[str], text: str, root: Path) -> list[Run]:
    """The programs that a real shell runs for `text` in the folder w, which holds d/e and f."""
    for folder in ("w/d/e", "w/f", "h"):
        (root / folder).mkdir(parents=True)
    (root / "log").touch()
    subprocess.run(
        [shutil.which(shell[0]) or shell[0], *shell[1:], "-c", text, "sh", "arg"],
        cwd=root / "w",
        env={**OUTSIDE, "HOME": str(root / "h"), "LOG": str(root / "log")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=20,
    )
    return [recorded(record) for record in (root / "log").read_text().split("\3")[:-1]]


def recorded(record: str) -> Run:
    words, cwd, stdin, first, second = record.split("\2")
    return Run(tuple(words.split("\1")[:-1]), cwd, stdin, (first, second))


def agree(args: Sequence[Arg], words: Sequence[str]) -> bool:
    """Whether the words may be what `args` became."""
    if not args:
        return not words
    arg, rest = args[0], args[1:]
    most = len(words) if arg.many or arg.glob else 1
    least = 0 if arg.many else 1
    return any(
        all(fits(arg, word) for word in words[:count]) and agree(rest, words[count:])
        for count in range(least, min(most, len(words)) + 1)
    )


def fits(arg: Arg, word: str) -> bool:
    if arg.text is None and arg.shape & WORDS and word.startswith("-"):
        return False
    if arg.text is None and arg.form:
        return fnmatchcase(word, arg.form)
    if arg.text is None:
        return arg.many or word.startswith(arg.prefix)
    return word == arg.text or (arg.glob and fnmatchcase(word, arg.text))


def foretold(run: Run, use: Use) -> bool:
    # `time` is a program in dash and a word of the language in bash
    argv = use.argv[1:] if use.argv[0].text == "time" else use.argv
    if not agree(argv, run.words):
        return False
    if run.cwd not in use.cwds and not any(cwd.startswith("?cd") for cwd in use.cwds):
        return False
    if use.stdin is not None and run.stdin != "-" and run.stdin != use.stdin.replace("\n", "|"):
        return False
    seen: Mapping[str, Arg] = dict(use.assigns)
    for name, value, outside in zip("AN", run.variables, ("one", "-"), strict=True):
        arg = seen.get(name, Arg(None) if "*" in seen else Arg(outside))
        if arg.text is not None and value.replace("-", "") != arg.text.replace("-", ""):
            return False
    return True


def broken_law(text: str, bash: bool) -> str | None:
    """The first program that a real shell runs and that the reading of `text` lacks."""
    for shell in SHELLS[bash]:
        with TemporaryDirectory() as name:
            root = Path(name).resolve()
            home, cwd = str(root / "h"), str(root / "w")
            lookup = {**OUTSIDE, "HOME": home}.get
            script = read_script(text, lookup=lookup, cwd=cwd, home=home, bash=bash, args=("arg",))
            for run in [] if script.opaque else runs(shell, text, root):
                if not any(foretold(run, use) for use in script.uses):
                    return f"{shell[0]} runs {run}, read as {script.uses}"
    return None


needs_shells = pytest.mark.skipif(
    not (shutil.which("bash") and shutil.which("dash")), reason="needs bash and dash"
)

LITERALS = [
    "x",
    "'x y'",
    '"a  b"',
    "''",
    "\\*",
    "~",
    "~/q",
    "d",
    "f",
    "*",
    "[df]",
    "d/*",
    "x=~/y",
    "#c",
    "x#",
]
VALUES = [
    "$A",
    '"$A"',
    "$B",
    '"$B"',
    "$E",
    '"$E"',
    "$N",
    '"$N"',
    "x$B'y'",
    '"$A$B"',
    "$HOME/z",
    "${N}q",
]
DEFAULTS = [
    "${N:-x y}",
    '"${N:-x y}"',
    "${E-z}",
    "${E:-$B}",
    "${A:+p q}",
    "${N:=n}",
    "${#A}",
    "${A%e}",
    "${N-~}",
]
INNER = [
    "$(ok sub)",
    '"$(echo hi  there)"',
    "$(echo $B)",
    "`ok tick`",
    "$(cd d; ok; pwd)",
    "$((1+2))",
    "$(pwd)",
]
ODD = [
    "$1",
    '"$@"',
    "$*",
    "$#",
    "{p,q}",
    "a{1..2}b",
    "$'a\\tb'",
    "{}",
    "-e",
    "\\$A",
    "'$A'",
    "$?x",
    '"\\$A"',
]
words = st.sampled_from([*LITERALS, *VALUES, *DEFAULTS, *INNER, *ODD])
programs = st.sampled_from(
    ["ok", "ok2", "no", "sink", "A=2 ok", "N=$B ok", "command ok", "time ok"]
)
calls = st.builds(lambda head, tail: " ".join([head, *tail]), programs, st.lists(words, max_size=3))
redirected = st.builds(
    "{} {}".format, calls, st.sampled_from(["> o", "2>&1", "< /dev/null", ">> $N", "&> o"])
)
fed = st.sampled_from(
    [
        "sink <<X\na $A\n\\$A `ok`\n$N\nX\n",
        "sink <<'X'\n$A\nX\n",
        "sink <<< $B",
        "sink <<-X | ok\n\tq\n\tX\n",
    ]
)
CHANGES = [
    *(
        "cd d",
        "cd e",
        "cd ../w",
        "cd f",
        "cd",
        "cd nope",
        "cd d/../f",
        "cd $N",
        'cd "$A"',
        "cd -",
        "cd ~",
    ),
    *(
        "A=1",
        "A=$B",
        "N=2",
        "N=$(ok v)",
        "N=$N.",
        "N=~/x",
        "export N=3",
        "export N",
        "unset A",
        "unset N",
    ),
    *(
        "set -e",
        "set +e",
        "set -- p 'q r'",
        "shift",
        "read N <<X\nline\nX\n",
        "local N=4",
        "IFS=p",
        "A+=z",
    ),
    *(
        'f() { ok in-f "$1" $N; cd d; N=f; }',
        "f b",
        "f 'b c' x",
        "f() ( cd f; ok )",
        "A=9 f",
        "g() { return; ok never; }",
        "g",
    ),
    *(
        "eval 'ok $B; cd d'",
        'eval "N=$A"',
        "trap 'ok trap $N' EXIT",
        "exit",
        "true",
        "false",
        ":",
        "exec ok last",
    ),
    *(
        "pushd d",
        "popd",
        "test -d d",
        "[ $A = one ]",
        "[[ -d d && $A == o* ]]",
        "break",
        "return",
        ". ./none",
    ),
]
changes = st.sampled_from(CHANGES)
simple = st.one_of(calls, calls, redirected, fed, changes, changes)


def combined(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    def shape(form: str) -> st.SearchStrategy[str]:
        return st.tuples(*[inner] * form.count("@")).map(
            lambda parts: "".join(a + b for a, b in zip(form.split("@"), (*parts, ""), strict=True))
        )

    forms = [
        "@\n@",
        "@\n@\n@",
        "( @\n)",
        "{ @\n}",
        "if @\nthen @\nelse @\nfi",
        "@\nok after",
        "! { @\n}",
    ]
    forms += [
        "{ @\n} && { @\n}",
        "{ @\n} || { @\n}",
        "{ @\n} | { @\n}",
        "if @\nthen @\nfi",
        "{ @\n} > o",
    ]
    forms += [
        "for N in x $B d*; do @\ndone",
        "for N in 1 2; do @\n@\ndone",
        "for N in x $B; do @\ncontinue\nok never; done",
        "while no; do @\ndone",
    ]
    forms += [
        "until ok; do @\ndone",
        "while ok; do @\nbreak; done",
        "case $A in o*) @\n;; *) @\n;; esac",
    ]
    forms += [
        "case $N in '') @\n;; esac",
        "f() { @\n}\nf r",
        "ok $( @\n)",
        "{ @\n} & wait",
        "while read N; do @\ndone <<X\nl1\nl2\nX\n",
    ]
    return st.sampled_from(forms).flatmap(shape)


scripts = st.recursive(simple, combined, max_leaves=6)


SCRIPTS = [
    "sink <<X && ok a || no b; ok2 c\nt $A\nX",
    "ok $(case $A in one) echo y;; *) echo z;; esac)",
    'ok "`echo \\"a  b\\"`" `echo \\\\$A` "`echo \'$A\'`"',
    'ok "a${N:-"b  c"}d" ${N:-"b  c"} ${N:-\'$A\'} "${N:-\'$A\'}" "${N:-\\}x}"',
    "cd d &> o && ok",
    'export N=$B; ok "$N"',
    'export N=$B A=*; ok "$N" "$A"',
    'N="*"; ok $N "$N"; N=\'d*\'; ok $N',
    'IFS=,; N=a,b; ok $N; ok "$*" $B',
    "N='a:b'; IFS=: ; set -- $N; ok $1",
    'while IFS= read -r N; do ok "$N" $B; done <<X\n a b\nc\nX\nok $N',
    'ok $((A=3)) ; ok "$A"',
    ": $((N = 2)); ok $N",
    "f() { N=in; ok $N $A; }; A=x f; ok $A $N",
    "f() { local N=1; g; }; g() { N=2; ok $N; }; N=0; f; ok $N",
    "N=1 :; ok $N",
    "N=1 eval 'ok $N'; ok $N",
    "N=1 cd d; ok $N",
    "A=5 command ok; ok $A",
    "set -e; cd nope || cd d; ok",
    "set -e; f() { cd nope; ok in; }; f || ok no; ok out",
    "set -e; (cd nope; ok in); ok out",
    "set -e; { cd nope; ok; } && ok b; ok out",
    "set -e; ! cd nope; ok",
    "set -e; if cd nope; then ok a; else cd d; fi; ok",
    "set -e; N=$(no); ok",
    "set -e; no | ok; cd d; ok",
    "set -e; cd nope | ok; ok after",
    "set -e; ok $(cd nope; ok inner); ok",
    "N=$(cd d; ok; no); ok $?",
    "cd d; cd -; ok; cd -; ok",
    "cd d && cd - && ok",
    "HOME=/; cd; ok ~ $HOME",
    'cd() { ok cd "$@"; }; cd d; ok',
    'ok() { command ok f "$@"; }; ok x',
    'test() { ok t "$@"; }; test -f x; [ -f x ]',
    'echo() { ok "$@"; }; echo hi $(echo y)',
    "unset -f f; f() { ok; }; unset -f f; f",
    "f() { ok; }; unset f; f",
    'eval "f() { ok \\$1; }"; f a',
    "eval ok '$A' \\\"x y\\\"",
    "N='ok a; ok b'; eval \"$N\"; $N",
    'set -- "a b" c; for i; do ok "$i"; done; ok "$@" "$*" $*',
    "set -- a; f() { shift; ok $#; }; f x y; ok $1",
    "trap 'ok trapped $N' EXIT; N=5; cd d",
    "trap 'ok trapped' EXIT; (exit 1); exec ok last",
    "f() { trap 'ok ft' EXIT; }; f; ok",
    "{ ok a; ok b; } | sink",
    "ok a | { cd d; ok b; }; ok c",
    "ok x |\n  ok y &&\n  # comment\n  ok z",
    "ok a \\\n b # c",
    "ok a#b \\#c '#d' $#e",
    "ok ${A}x$A.y$A/$A-z$A1",
    'ok "$A$B"\'$A\'\\$A"\\$A"',
    "ok x{a,b} {a}{b} {a,'b c'}$A {1..3} {,x} {a,{b,c}}d \"{a,b}\" \\{a,b}",
    'ok ~ ~/x "~" x~ =~ x=~ x:~ ~x ~$A "$HOME"',
    'N=~/a:~/b; ok $N; N=x~:~; ok $N; N="~"; ok $N',
    "ok > ~/o $A > o2 x",
    "> o ok a",
    "A=1 > o ok a",
    "ok 2>&1 >/dev/null x 3>&-",
    "sink <<-X\n\ta\n\t  b\n\tX\nok",
    "sink <<'X' ; ok\n$A `no` \\\nX",
    'sink <<X\na\\\nb \\$A \\\\ "$B" ${N:-d e} $(ok sub) `echo t`\nX',
    "sink <<X; sink <<'Y'\n1\nX\n2\nY",
    "(sink <<X\nin\nX\n) && ok",
    "if sink <<X\nin\nX\nthen ok; fi",
    'sink <<<"a  $B"',
    "ok <(ok in) | sink",
    '[ $A = one ] && ok a; [ "$E" ] || ok b; [ -z $N ] && ok',
    "[[ $A == o* && ! -f x ]] && ok a; [[ $A =~ ^o(n|x)e$ ]] && ok b",
    "((A > 1)) || ok; ((N=3)); ok $N",
    "for ((i=0;i<2;i++)); do ok $i; done",
    "N=(a 'b c'); ok \"${N[@]}\" ${#N[@]} ${N[1]} $N",
    "N=abc; ok ${N:1} ${N/b/x} ${N#a} ${N%c} ${#N} ${N^^}",
    "A+=x; ok $A",
    'declare N=$B; ok "$N"; declare -i N=1+1; ok $N',
    "printf -v N %s q; ok $N",
    'read N A <<< "a b"; ok $N $A',
    'mapfile -t N <<< "a b"; ok "${N[0]}"',
    "pushd d; ok; pushd e; ok; popd; ok; popd; ok",
    "until ok; do ok n; done; while no; do ok m; done",
    "for i in 1 2; do for j in a b; do [ $j = b ] && continue 2; ok $i$j; done; done; ok $i $j",
    "case $A in o*) cd d;; *) cd f;; esac; ok",
    'case "$B" in p\\ q) ok 1;; "p q") ok 2;; esac',
    "case $(ok c) in '') ok e;; esac",
    "no || { cd d; ok; }; ok",
    "no && cd d; ok",
    "ok && cd d; ok",
    "true && cd d || cd f; ok",
    "cd d && cd e || exit; ok",
    "! cd d; ok",
    "cd d & wait; ok",
    "ok & ok2; wait",
    "exec 3>o; ok >&3",
    "return 0; ok after",
    "break; ok after",
    "f() { return 1; }; f || ok r; f && ok s",
    "f() if no; then :; else ok x; fi\nf",
    "function f { ok $1; }; f a",
    "command -v ok >/dev/null && ok",
    "time ok a; time -p ok b",
    "set -o errexit; cd nope; ok",
    "set -u; ok ${N:-d}",
    "set +e -x; ok",
    'set -- -e; ok "$@"',
    "set a b; ok $1 $2",
    "unset A; ok ${A-u} $A; A=; ok ${A-u}x",
    "ok ${E:=new} $E ${N=n} $N",
    'ok "${@}" "${@:-z}" ${1+"$@"} ${9:-none}',
    'ok "$@"x x"$@" "x $*"',
    "ok '' \"\" $E \"$E\" $N''",
    'ok "a\nb" c',
    "ok a;ok b&&ok c;",
    "ok a;\nok b",
    "if ok; then ok a; fi; if no; then ok b; elif ok2; then ok c; fi",
    "$E ok x; ${N} ok y",
    '"$E" ok x; ok y',
    "\\ok a; 'ok' b; o\"k\" c",
    'no $(exit 3) || ok "$?"',
    "ok `pwd` $(pwd) $PWD; cd d; ok $PWD $OLDPWD",
    "PWD=/x; ok $PWD",
    "umask 022; ok",
    "A=x B=$A ok $A; ok $B",
    "A=x; B=$A$A; export B; ok $B",
    "readonly N=7; ok $N",
    "ok *.none d* [d]* [!d]*",
    "ok \"d\"* 'x'* \\*",
    "OPTIND=1; getopts ab: N -a; ok $N",
    "ok 1>o 2>>o; ok 10 2 >o",
    "let N=1+2; ok $N",
    "f() { exit; }; (f); ok; f; ok never",
    ". ./nofile; ok",
    "[ -f x ] || . /dev/null; ok",
    "ok a || ok b | sink; ok c",
    "{ ok a; } 2>&1 | sink",
    "while read N; do ok $N; cd d; done <<X\n1\n2\nX\nok",
    "N=1; while [ $N != 111 ]; do N=1$N; ok $N; done",
    "sink <<X | ok p\n$(ok in)\nX",
    "ok $(sink <<X\ndoc\nX\n) t",
    'ok "$(echo "a  b" c)" $(echo -n x) $(echo a\\\\b) $(echo *)',
    'ok ${A:+"x y"} ${A:+x y} "${A:+x  y}"',
    'ok $A$B $B$A x${B}y "x$B"$B',
    'ok -- -$A --x=$B --y="$B"',
]


@needs_shells
@pytest.mark.parametrize("bash", [False, True])
@pytest.mark.parametrize("text", SCRIPTS)
def test_what_real_shells_run_is_in_the_reading(text: str, bash: bool) -> None:
    assert broken_law(text, bash) is None


@needs_shells
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(scripts, st.booleans())
def test_no_shell_runs_a_program_that_the_reading_lacks(text: str, bash: bool) -> None:
    assert broken_law(f"{text}\nok end $A $N", bash) is None


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="ab $\"'`\\(){}[]<>|&;!#=~*?@-\n\t\0é", max_size=60), st.booleans())
def test_any_text_is_read_or_refused_in_the_same_way_each_time(text: str, bash: bool) -> None:
    assert read(text, bash=bash) == read(text, bash=bash)
