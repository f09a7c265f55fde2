"""The independent check, rule 1: the same text, and only texts that it can read."""

from __future__ import annotations

import pytest

from reorder.check import Refusal, check
from reorder.effects.effect import Effect

NOTHING = Effect()

# before -> after, both whole texts
TEXT_REFUSED = {
    "an instruction is lost": ("FROM a\nRUN b\nRUN c\n", "FROM a\nRUN b\n"),
    "an instruction is new": ("FROM a\nRUN b\n", "FROM a\nRUN b\nEXPOSE 1\n"),
    "an instruction stands twice": ("FROM a\nEXPOSE 1\n", "FROM a\nEXPOSE 1\nEXPOSE 1\n"),
    "a blank of a RUN": ("FROM a\nRUN b  c\n", "FROM a\nRUN b c\n"),
    "the spelling of a keyword": ("FROM a\nEXPOSE 1\n", "FROM a\nexpose 1\n"),
    "the body of a heredoc": ("FROM a\nRUN <<E\nb\nE\n", "FROM a\nRUN <<E\nc\nE\n"),
    "a heredoc leaves its body behind": (
        "FROM a\nRUN x\nRUN <<E\nRUN y\nE\n",
        "FROM a\nRUN <<E\nRUN x\nRUN y\nE\n",
    ),
    "two RUNs become one": ("FROM a\nRUN b\nRUN c\n", "FROM a\nRUN b && c\n"),
    "one ENV becomes two": ("FROM a\nENV A=1 B=$A\n", "FROM a\nENV A=1\nENV B=$A\n"),
    "quotes of an array": ("FROM a\nCMD ['b']\n", 'FROM a\nCMD ["b"]\n'),
    "a flag is new": ("FROM a\nCOPY b /c\n", "FROM a\nCOPY --link b /c\n"),
    "a comment is lost": ("FROM a\n# b\nEXPOSE 1\n", "FROM a\nEXPOSE 1\n"),
    "a comment stands twice": ("FROM a\n# b\nEXPOSE 1\n", "# b\nFROM a\n# b\nEXPOSE 1\n"),
    "a comment is another": ("FROM a\n# b\nEXPOSE 1\n", "FROM a\n# c\nEXPOSE 1\n"),
    "a blank line is lost": ("FROM a\n\nEXPOSE 1\n", "FROM a\nEXPOSE 1\n"),
    "the escape directive is a comment now": (
        "# escape=`\nFROM a\nRUN b`\n c\n",
        "# d\n# escape=`\nFROM a\nRUN b`\n c\n",
    ),
    "a comment is a directive now": (
        "# b\n# check=skip=x\nFROM a\n",
        "# check=skip=x\n# b\nFROM a\n",
    ),
    "the syntax is another": ("# syntax=a\nFROM a\n", "# syntax=b\nFROM a\n"),
    "a shebang hides the escape": (
        "#!x\n# escape=`\nFROM a\n",
        "# escape=`\n#!x\nFROM a\n",
    ),
    "the byte order mark is lost": ("\ufeffFROM a\n", "FROM a\n"),
    "a lint comment goes to another instruction": (
        "FROM a\n# check=skip=X\nEXPOSE 1\nEXPOSE 2\n",
        "FROM a\nEXPOSE 1\n# check=skip=X\nEXPOSE 2\n",
    ),
    "the last line end is lost": ("FROM a\nEXPOSE 1\n", "FROM a\nEXPOSE 1"),
    "the last line end is new": ("FROM a\nEXPOSE 1", "FROM a\nEXPOSE 1\n"),
    "a line end is another": ("FROM a\r\nEXPOSE 1\r\n", "FROM a\r\nEXPOSE 1\n"),
    "two lines are glued": ("FROM a\nEXPOSE 1\nEXPOSE 2", "FROM a\nEXPOSE 2EXPOSE 1\n"),
    "the dangling end swallows a line": (
        "FROM a\nRUN b\nRUN c \\\n",
        "FROM a\nRUN c \\\nRUN b\n",
    ),
    "no instruction at all": ("# a\n# b\n", "# b\n# a\n"),
    "ARG goes above FROM": ("FROM a\nARG V=1\n", "ARG V=1\nFROM a\n"),
    "ARG goes below FROM": ("ARG T=1\nFROM a:$T\n", "FROM a:$T\nARG T=1\n"),
    "ARGs above FROM change places": ("ARG A\nARG B=$A\nFROM a\n", "ARG B=$A\nARG A\nFROM a\n"),
    "a CMD goes to another stage": (
        'FROM a AS b\nFROM b\nCMD ["x"]\n',
        'FROM a AS b\nCMD ["x"]\nFROM b\n',
    ),
    "stages change places": ("FROM a AS b\nFROM c AS d\n", "FROM c AS d\nFROM a AS b\n"),
    "a stage is cut in two": ("FROM a\nENV X=1\n", "FROM a AS b\nENV X=1\nFROM b\n"),
    "a comment in a continuation is lost": (
        "FROM a\nRUN b \\\n# c\n d\nEXPOSE 1\n",
        "FROM a\nRUN b \\\n d\n# c\nEXPOSE 1\n",
    ),
}

TEXT_PROVED = {
    "nothing changes": ("FROM a\nRUN b\n", "FROM a\nRUN b\n"),
    "a comment moves with its line": (
        "FROM a\n# one\nEXPOSE 1\n# two\nEXPOSE 2\n",
        "FROM a\n# two\nEXPOSE 2\n# one\nEXPOSE 1\n",
    ),
    "the last line moves and gets a line end": (
        "FROM a\nEXPOSE 1\nEXPOSE 2",
        "FROM a\nEXPOSE 2\nEXPOSE 1",
    ),
    "the last line gets the line end of the others": (
        "FROM a\r\nEXPOSE 1\r\nEXPOSE 2\r\nEXPOSE 3",
        "FROM a\r\nEXPOSE 3\r\nEXPOSE 1\r\nEXPOSE 2",
    ),
    "a continuation moves whole": (
        "FROM a\nEXPOSE 1\nEXPOSE 2 \\\n# c\n\n 3\n",
        "FROM a\nEXPOSE 2 \\\n# c\n\n 3\nEXPOSE 1\n",
    ),
    "a heredoc moves whole": (
        "FROM a\nEXPOSE 1\nCOPY <<-E /e\n\t# no comment\n\tEXPOSE 1\n\tE\n",
        "FROM a\nCOPY <<-E /e\n\t# no comment\n\tEXPOSE 1\n\tE\nEXPOSE 1\n",
    ),
    "a trigger with a heredoc moves whole": (
        "FROM a\nEXPOSE 1\nONBUILD COPY <<E /e\n# no comment\nE\n",
        "FROM a\nONBUILD COPY <<E /e\n# no comment\nE\nEXPOSE 1\n",
    ),
    "the escape of another system": (
        "# escape=`\nFROM a\nEXPOSE 1\nEXPOSE 2 `\n 3\n",
        "# escape=`\nFROM a\nEXPOSE 2 `\n 3\nEXPOSE 1\n",
    ),
    "a backslash at the end where it is no escape": (
        "# escape=`\nFROM a\nEXPOSE 1\nCMD c:\\\n",
        "# escape=`\nFROM a\nCMD c:\\\nEXPOSE 1\n",
    ),
    "two backslashes at the end": (
        "FROM a\nEXPOSE 1\nCMD c\\\\\n",
        "FROM a\nCMD c\\\\\nEXPOSE 1\n",
    ),
    "lines with a byte order mark": (
        "\ufeffFROM a\nEXPOSE 1\nEXPOSE 2\n",
        "\ufeffFROM a\nEXPOSE 2\nEXPOSE 1\n",
    ),
    "equal lines change places": (
        "FROM a\nEXPOSE 1\nRUN b\nEXPOSE 1\n",
        "FROM a\nEXPOSE 1\nEXPOSE 1\nRUN b\n",
    ),
    "each stage on its own": (
        "FROM a AS b\nEXPOSE 1\nEXPOSE 2\nFROM b\nEXPOSE 3\n",
        "FROM a AS b\nEXPOSE 2\nEXPOSE 1\nFROM b\nEXPOSE 3\n",
    ),
}

# What the reader does not understand for sure; each one with a harmless swap below it.
UNREADABLE = {
    "an unknown instruction": "FROM a\nRUNN b\n",
    "an unknown flag": "FROM a\nCOPY --fast b /c\n",
    "a flag of another instruction": "FROM a\nCMD --version\n",
    "an instruction without an argument": "FROM a\nCOPY\n",
    "SHELL without an array": "FROM a\nSHELL /bin/sh -c\n",
    "an array of numbers": "FROM a\nCMD [1]\n",
    "an open quote": 'FROM a\nENV A="b\n',
    "an ENV without a value": "FROM a\nENV A\n",
    "an ENV that is half a list of pairs": "FROM a\nENV A=1 B\n",
    "a heredoc without an end": "FROM a\nRUN <<E\nb\n",
    "what may be a heredoc": "FROM a\nRUN echo $((1 << 2))\n",
    "a substitution without a name": "FROM a\nENV A=${}\n",
    "a substitution without an end": "FROM a\nENV A=${B\n",
    "a directive that stands twice": "# syntax=a\n# syntax=a\nFROM a\n",
    "an escape that is none": "# escape=x\nFROM a\n",
    "an instruction above FROM": "EXPOSE 1\nFROM a\n",
    "a name with a variable": "FROM a\nENV $A=1\n",
}


def _check(before: str, after: str) -> tuple[Refusal, ...]:
    return check(before.encode(), after.encode(), dict.fromkeys(range(99), NOTHING))


@pytest.mark.parametrize("name", TEXT_REFUSED)
def test_it_refuses_another_text(name: str) -> None:
    assert _check(*TEXT_REFUSED[name]) != ()


@pytest.mark.parametrize("name", TEXT_PROVED)
def test_it_proves_the_same_text(name: str) -> None:
    assert _check(*TEXT_PROVED[name]) == ()


@pytest.mark.parametrize("name", UNREADABLE)
def test_it_refuses_what_it_cannot_read(name: str) -> None:
    text = UNREADABLE[name]
    expected = "the check does not read this for sure"
    swapped = [_check(text + "EXPOSE 1\nEXPOSE 2\n", text + "EXPOSE 2\nEXPOSE 1\n")]
    assert [refusal.reason for found in swapped for refusal in found] == [expected]
