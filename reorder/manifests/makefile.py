"""`make deps` -> the recipes that it runs, of a Makefile with plain rules and constants only.

Facts: GNU make 4.4 manual, chapters 4 to 6, 9 and 10. What is not plain where it is needed is code
that nobody has read, and so is a recipe that runs or not as the times of files say.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping

from msgspec import Struct, field

from reorder.manifests import Followed, Request, Run
from reorder.manifests.make_text import (
    NAMES,
    OF_MAKE,
    REFERENCE,
    UNLESS_SET,
    Makefile,
    Unplain,
    read_makefile,
)
from reorder.manifests.reading import may_be_set

_QUIET = frozenset(("-s", "--silent", "--quiet", "--no-print-directory", "-w", "--print-directory"))
_TARGET = re.compile(r"[\w./@+][\w./@+-]*", re.ASCII)
_SHELLS = {"/bin/sh": False, "sh": False, "/bin/bash": True, "bash": True, "/usr/bin/bash": True}
_DEFAULTS = {"RM": "rm -f", "CC": "cc", "CXX": "g++", "AR": "ar"}
# Built-in variables whose values are not held here, and those that the shell keeps in step.
_NOT_KNOWN = re.compile(
    r"AS|CPP|FC|F77|M2C|PC|CO|GET|LEX|YACC|LINT|LD|TEX|TEXI2DVI|C?WEAVE|C?TANGLE|ARFLAGS|SUFFIXES"
    r"|COFLAGS|GFLAGS|CHECKOUT\w*|OUTPUT_OPTION|MAKE\w*|SHELL|SHLVL|PWD|OLDPWD|_|[a-zA-Z]"
)
# Variables that each environment has.
_ALWAYS_THERE = ("PATH", "HOME")
# What built-in rules make of another file with the same stem.
_BUILT = re.compile(r"\.(o|a|c|s|S|r|h|p|f|F|ln|dvi|tex|info|texi|mod|sym|def|out|elc|w|web|html)")
_DEEPEST = 20


class _Words(Struct):
    cwd: str
    file: str = ""
    targets: list[str] = field(default_factory=list)
    given: dict[str, str] = field(default_factory=dict)


def follow(request: Request) -> Followed:
    """What the targets run that the words name."""
    files: dict[str, None] = {}
    try:
        words = _words(request)
        path, content = _content(request, words, files)
        makefile = read_makefile(content.decode("utf-8", "replace"))
        work = _Work(request, words, makefile, files)
        if posixpath.basename(path) in makefile.rules:
            raise Unplain("the Makefile makes itself")
        work.plain_file(path)
        work.read()
        for target in words.targets or [makefile.first]:
            work.make(target, 0)
    except Unplain as reason:
        return Followed(opaque=str(reason), code=True)
    return Followed(
        files=tuple(files),
        globs=tuple(work.globs),
        env=tuple(sorted(work.names)),
        runs=tuple(work.runs),
        absent=tuple(work.absent),
    )


def _words(request: Request) -> _Words:
    """`-C sub deps X=1`."""
    found = _Words(request.cwd)
    left = list(request.words)
    while left:
        word = left.pop(0)
        if not word:
            raise Unplain("a word is not known before the build")
        name, equals, value = word.partition("=")
        if word in _QUIET:
            continue
        if word in ("-C", "--directory") and left:
            found.cwd = posixpath.normpath(posixpath.join(found.cwd, left.pop(0)))
        elif word in ("-f", "--file") and left and not found.file:
            found.file = left.pop(0)
        elif equals and re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", name) and "$" not in value:
            found.given[name] = value
        elif _TARGET.fullmatch(word):
            found.targets.append(word)
        else:
            raise Unplain(f"no model for the word `{word}`")
    if not found.cwd.startswith("/") or found.given.keys() & {*OF_MAKE, "SHELL"}:
        raise Unplain("its folder or its variables are not known")
    inner = request.lookup("MAKELEVEL") is None  # a recipe runs it: the outer one sets its own
    for name in ("MAKEFLAGS", "MAKEFILES", "GNUMAKEFLAGS"):
        if request.lookup(name) or (not inner and may_be_set(request, name)):
            raise Unplain(f"${name} is set, or may be")
    return found


def _content(request: Request, words: _Words, files: dict[str, None]) -> tuple[str, bytes]:
    for name in (words.file,) if words.file else NAMES:
        path = posixpath.normpath(posixpath.join(words.cwd, name))
        files[path] = None
        content = request.read(path)
        if content is not None:
            return path, content
        if request.exists(path) is not False:
            raise Unplain(f"the content of {path} is not known")
    raise Unplain("there is no Makefile")


class _Work(Struct):
    """`made` are the targets that were followed, `runs` what they run, in order.

    `names` are the variables of the environment that the recipes use. `absent` are targets that are
    not there: their recipes run whatever the times of files are, as those of phony ones do.
    """

    request: Request
    words: _Words
    makefile: Makefile
    files: dict[str, None]
    made: set[str] = field(default_factory=set)
    runs: list[Run] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    globs: dict[str, None] = field(default_factory=dict)
    absent: list[str] = field(default_factory=list)

    def read(self) -> None:
        """What runs while the Makefile is read."""
        if self.makefile.shells and "SHELL" in self.makefile.texts:
            raise Unplain("the Makefile computes variables by another shell")
        self.runs += [Run(text, self.words.cwd, sets=self.sets()) for text in self.makefile.shells]

    def make(self, target: str, depth: int) -> None:
        if target in self.made:
            return
        self.made.add(target)
        path = posixpath.normpath(posixpath.join(self.words.cwd, target))
        if depth > _DEEPEST or not _TARGET.fullmatch(target):
            raise Unplain(f"the target `{target}` is not plain")
        rule, phony = self.makefile.rules.get(target), target in self.makefile.phony
        if rule is None:
            if self.request.exists(path) is not True or phony:
                raise Unplain(f"the Makefile has no rule for `{target}`")
            self.plain_file(path)
            return
        if not rule.recipe and not phony:
            raise Unplain(f"`{target}` has no recipe: a built-in rule may make it")
        if not phony:
            self.files[path] = None
            self.absent.append(path)
            if self.request.exists(path) is not False:
                raise Unplain(f"the times of files decide whether `{target}` is made")
        for need in rule.needs:
            self.make(need, depth + 1)
        local = {"@": target, **({"<": rule.first} if rule.first else {})}
        for line in rule.recipe:
            self.run(line, local)

    def run(self, line: str, local: Mapping[str, str]) -> None:
        shell = self.makefile.texts.get("SHELL", "/bin/sh").strip()
        if shell not in _SHELLS:
            raise Unplain(f"the Makefile runs `{shell}`")
        text = self.expand(line.replace("\\\n\t", "\\\n"), local, 0).strip()
        text = re.sub(r"^[@+\s-]+", "", text)
        if text:
            run = Run(text, self.words.cwd, sets=self.sets(), bash=_SHELLS[shell])
            self.runs.append(run)

    def expand(self, text: str, local: Mapping[str, str], depth: int) -> str:
        if depth > _DEEPEST:
            raise Unplain("a variable of the Makefile holds itself")

        def value(found: re.Match[str]) -> str:
            name = found[1] or found[2] or found[3] or ""
            if found[0] == "$$":
                return "$"
            if name in local:
                return local[name]
            return self.expand(self.text(name), local, depth + 1)

        return REFERENCE.sub(value, text)

    def text(self, name: str) -> str:
        """A variable of the command line, the Makefile or the environment, as it is written."""
        if name in self.words.given:
            return self.words.given[name]
        own = self.makefile.texts.get(name)
        if own is not None and own[:1] != UNLESS_SET:
            return own
        if name == "CURDIR":
            return self.words.cwd
        if name == "MAKE" and not self.words.given:
            return "make"
        if not name or _NOT_KNOWN.fullmatch(name):
            raise Unplain("a recipe uses a function, or a variable that make sets")
        self.names.add(name)
        outside = self.request.lookup(name)
        if outside is None or "$" in outside:
            raise Unplain(f"the value of {name} is not known")
        return outside or (own or _DEFAULTS.get(name, "")).removeprefix(UNLESS_SET)

    def sets(self) -> tuple[tuple[str, str | None], ...]:
        """What recipes see: what the command line gives, and what replaces the environment's."""
        found: dict[str, str | None] = dict(self.words.given)
        exported = self.makefile.exported
        for name, own in self.makefile.texts.items():
            out = name in exported or "*" in exported
            outside = "?" if name in _ALWAYS_THERE else self.request.lookup(name)
            if name in found or name == "SHELL" or (own[:1] == UNLESS_SET and (outside or not out)):
                continue
            if out or outside:
                found[name] = self.value(name)
            elif outside is None:
                found[name] = None
        return (*found.items(), *((name, None) for name in ("MAKE*", "MFLAGS", "SHELL", "CURDIR")))

    def value(self, name: str) -> str:
        """A variable that recipes and the programs that they start see."""
        try:
            return self.expand(f"$({name})", {}, 0)
        except Unplain:
            raise Unplain(f"the Makefile exports {name}, whose value is not known") from None

    def plain_file(self, path: str) -> None:
        """No rule makes the file: built-in ones start from `FILE.EXT`, `FILE,v`, RCS and SCCS."""
        self.files[path] = None
        folder = posixpath.dirname(path).rstrip("/") + "/"
        beside = self.request.below(folder.rstrip("/") or "/")
        if beside is None or self.makefile.patterns:
            raise Unplain(f"a rule may make {path}")
        stem, suffix = posixpath.splitext(path)
        looks = (path + ".*", path + ",v", *(folder + name for name in ("RCS/*", "SCCS/*", "s.*")))
        self.globs.update(dict.fromkeys(looks))
        self.globs.update({f"{stem}.*": None} if _BUILT.fullmatch(suffix) else {})
        for file in beside:
            odd = file.startswith((path + ".", path + ","))
            odd |= file.removeprefix(folder).startswith(("RCS/", "SCCS/", "s."))
            same = posixpath.splitext(file)[0] == stem and file != path
            if odd or (same and _BUILT.fullmatch(suffix)):
                raise Unplain(f"a built-in rule may make {path} of {file}")
