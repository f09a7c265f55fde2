"""The value of the parts of a word: parameters, substitutions, arithmetic, the home folder.

a${X:-b c}"$Y"  with X empty, Y unknown    ->    a b <break> c <unknown, quoted>
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import reduce

from msgspec import Struct
from msgspec.structs import replace

from reorder.syntax.scope import HIDDEN
from reorder.syntax.shell_scan import NAME, NAME_START
from reorder.syntax.shell_shapes import NAME as ONE_NAME
from reorder.syntax.shell_shapes import PART, shape_of
from reorder.syntax.shell_state import State, Variable, join
from reorder.syntax.shell_tree import (
    Arithmetic,
    Array,
    Dialect,
    Literal,
    Node,
    Parameter,
    Part,
    Process,
    Substitution,
    Unread,
    Word,
)

HOME = "\0home"  # an unknown home folder inside a text; no shell text can hold a NUL
MOST_PIECES = 10_000
# BuildKit gives these the parts of a platform such as linux/arm64/v8; without it they are empty.
PLATFORM = frozenset(
    f"{side}{part}"
    for side in ("TARGET", "BUILD")
    for part in ("ARCH", "OS", "VARIANT", "PLATFORM")
)
NUMBERS = frozenset("#?$!-")
# set by the shell itself (bash: all of them, other shells: some), whatever the environment says
OWN = frozenset(
    (
        *("_", "BASHOPTS", "BASHPID", "COPROC", "DIRSTACK", "EPOCHREALTIME", "EPOCHSECONDS"),
        *("EUID", "FUNCNAME", "GROUPS", "HISTCMD", "HOSTNAME", "HOSTTYPE", "IFS", "LINENO"),
        *("MACHTYPE", "MAPFILE", "OLDPWD", "OPTARG", "OPTERR", "OPTIND", "OSTYPE", "PIPESTATUS"),
        *("PPID", "PS1", "PS2", "PS4", "RANDOM", "REPLY", "SECONDS", "SHELL", "SHELLOPTS", "SHLVL"),
        *("SRANDOM", "TERM", "UID"),
    )
)

COUNTED = frozenset(("EUID", "LINENO", "PPID", "RANDOM", "SECONDS", "SHLVL", "SRANDOM", "UID"))


class Chunk(Struct, frozen=True):
    """A piece of a word; `live` text may be a pattern, `text` None is not known.

    `many`: it may hold any number of words. `shape` is what is known of it otherwise. `cut`: here
    one word ends and the next begins.
    """

    text: str | None
    live: bool = False
    many: bool = False
    cut: bool = False
    shape: int = 0


CUT = Chunk("", live=True, cut=True)
UNKNOWN = Chunk(None)


def chunk(
    text: str | None, quoted: bool, splits: bool, plain_ifs: bool, shape: int = 0
) -> list[Chunk]:
    """The value of an expansion, split into words when it stands unquoted where words split."""
    if quoted or not splits:
        return [Chunk(text, live=False, shape=shape)] if quoted or text != "" else []
    if text is None or not plain_ifs:
        shape = shape if text is None and plain_ifs else 0
        return [Chunk(None, live=True, many=not shape & PART, shape=shape)]
    blank = text.replace("\t", " ").replace("\n", " ")
    found: list[Chunk] = []
    for i, piece in enumerate(blank.split(" ")):
        found += [CUT] if i else []
        found += [Chunk(piece, live=True)] if piece else []
    return found


class Values(Struct):
    """Reads values in a state; `names` collects the outer variables that were looked at.

    `substitute` runs the commands of a substitution and gives their output, None when not known.
    `partly` gives a value of the environment in which only parts of a platform are HIDDEN.
    """

    lookup: Callable[[str], str | None]
    home: str | None
    bash: bool
    names: set[str]
    substitute: Callable[[Node, State], Variable]
    partly: Callable[[str], str | None] = lambda _: None

    def variable(self, name: str, state: State) -> tuple[str | None, bool | None]:
        """The text of a variable, and whether it is unset; None when that is not known."""
        if name in NUMBERS or name == "0":
            known = state.parameters is not None and name == "#"
            return str(len(state.parameters or ())) if known else None, False
        if name.isdecimal():
            return self.positional(int(name), state)
        if name in OWN or name == "PWD" or name.startswith(("BASH_", "COMP_")):
            self.names.add(name)
            return (self.folder(state) if name == "PWD" else None), None
        known_here = state.variables.get(name)
        if known_here is None or known_here.outer:
            self.names.add(name)
        if known_here is not None:
            gone = known_here.gone if known_here.text is not None else None
            return known_here.text, gone
        if state.touched_all:
            return None, None
        text = self.lookup(name)
        if name == "HOME" and text is None:
            text = self.home if self.home is not None else HOME
        return text, None if not text else False

    def shape(self, name: str, state: State) -> int:
        """What is known of the text of a variable when that is not."""
        known = state.variables.get(name)
        if known is not None:
            return known.shape
        if state.touched_all:
            return 0
        text = self.lookup(name)
        if name in COUNTED and text and text.isalnum():
            return shape_of(text)  # bash makes it a number, other shells leave it as it is
        return PART if name in PLATFORM and text is None else 0

    def pieces(self, name: str, state: State, whole: bool) -> list[Chunk]:
        """`tool-<part of a platform>`: a value outside that is one word, or does not split."""
        changed = name in state.variables or not self.plain_ifs(state)
        value = None if changed else self.partly(name)
        if value is None or not (whole or shape_of(value.replace(HIDDEN, "")) & PART):
            return []
        hidden = Chunk(None, live=not whole, shape=PART | ONE_NAME)
        first, *others = (Chunk(text, live=not whole) for text in value.split(HIDDEN))
        found = [first, *(c for text in others for c in (hidden, text))]
        return [c for c in found if c.text != ""]

    def positional(self, number: int, state: State) -> tuple[str | None, bool | None]:
        if state.parameters is None:
            return None, None
        if number > len(state.parameters):
            return "", True
        text = state.parameters[number - 1]
        return text, None if text is None else False

    def folder(self, state: State) -> str | None:
        """The one current folder, as `pwd` prints it."""
        self.names.add("PWD")
        (folder, *others) = state.folders
        if others or state.touched_all or "PWD" in state.variables:
            return None
        if folder == "?home" or folder.startswith("?home/"):
            return HOME + folder.removeprefix("?home")
        return folder if folder.startswith("/") else None

    def chunks(
        self, parts: tuple[Part, ...], state: State, splits: bool, inside: bool = False
    ) -> tuple[list[Chunk], State]:
        """The pieces of a word; `inside` the word of `${x:-word}` plain text splits too."""
        found: list[Chunk] = []
        for i, part in enumerate(parts):
            if isinstance(part, Literal) and not part.quoted:
                pieces = self.plain(part.text, i == 0, len(parts) == 1, state, assigns=not splits)
                split = inside and splits
                found += [c for p in pieces for c in self.again(p, state)] if split else pieces
            elif isinstance(part, Literal):
                found.append(Chunk(part.text))
            else:
                pieces, state = self.value(part, state, splits)
                found += pieces
            if len(found) > MOST_PIECES:
                raise Unread(f"a word becomes more than {MOST_PIECES} pieces")
        return found, state

    def again(self, piece: Chunk, state: State) -> list[Chunk]:
        return chunk(piece.text, False, True, self.plain_ifs(state)) if piece.live else [piece]

    def plain_ifs(self, state: State) -> bool:
        return "IFS" not in state.variables and not state.touched_all

    def plain(self, text: str, first: bool, only: bool, state: State, assigns: bool) -> list[Chunk]:
        """Unquoted text, its tilde expanded: at the start, in a value behind each `:` too."""
        found: list[Chunk] = []
        for i, piece in enumerate(text.split(":") if assigns else [text]):
            found += [Chunk(":", live=True)] if i else []
            user, slash, rest = piece.partition("/")
            if not user.startswith("~") or not (first or i):
                found.append(Chunk(piece, live=True))
            elif user == "~" and (slash or only):
                found += [Chunk(self.variable("HOME", state)[0]), Chunk(slash + rest, live=True)]
            else:
                found.append(UNKNOWN)
        return found

    def value(self, part: Part, state: State, splits: bool) -> tuple[list[Chunk], State]:
        if isinstance(part, Parameter):
            return self.parameter(part, state, splits)
        if isinstance(part, Substitution):
            output = self.substitute(part.body, state)
            plain_ifs = self.plain_ifs(state)
            return chunk(output.text, part.quoted, splits, plain_ifs, output.shape), state
        if isinstance(part, Process):
            self.substitute(part.body, state)
        if isinstance(part, Arithmetic):
            return [UNKNOWN], self.compute(part.word, state)
        if isinstance(part, Array):
            for word in part.words:
                _, state = self.chunks(word.parts, state, splits=True)
        if isinstance(part, Dialect) and self.bash:
            return [Chunk(part.text)], state
        return [UNKNOWN], state

    def compute(self, word: Word, state: State) -> State:
        """Arithmetic: every name in it is looked at, and may be set when there is a `=` or `++`."""
        _, state = self.chunks(word.parts, state, splits=False)
        changes = any(sign in word.source for sign in ("=", "++", "--"))
        waiting = [part.text for part in word.parts if isinstance(part, Literal)]
        seen: set[str] = set()
        while waiting:
            for name in set(identifiers(waiting.pop())) - seen:
                seen.add(name)
                text, _ = self.variable(name, state)
                waiting += [text] if text else []
                if changes:
                    state = state.having(name, Variable(None, outer=True))
        return state

    def parameter(self, part: Parameter, state: State, splits: bool) -> tuple[list[Chunk], State]:
        if part.name in ("@", "*"):
            return self.all_parameters(part, state, splits)
        text, gone = self.variable(part.name, state)
        quoted = part.quoted or part.name in NUMBERS
        if part.op == "length":
            return [Chunk(str(len(text)) if text is not None and text.isascii() else None)], state
        if part.word is None:
            if text is None and (pieces := self.pieces(part.name, state, quoted or not splits)):
                return pieces, state
            shape = self.shape(part.name, state)
            return chunk(text, quoted, splits, self.plain_ifs(state), shape), state
        if part.op.lstrip(":") not in ("-", "=", "?", "+"):
            if part.op == "odd":
                # `${x:offset}` and `${x[index]}` look at names, but set none
                state = self.compute(replace(part.word, source=""), state)
            else:
                _, state = self.chunks(part.word.parts, state, splits=False)
            many = part.op == "odd" or not quoted
            return [Chunk(None, live=not quoted, many=many and splits)], state
        return self.default(part, text, missing(part.op, text, gone), state, splits)

    def default(
        self, part: Parameter, text: str | None, use: bool | None, state: State, splits: bool
    ) -> tuple[list[Chunk], State]:
        """`${name:-word}` and its kind; `use`: whether the value counts as missing."""
        assert part.word is not None
        if part.op.endswith("+"):
            use = None if use is None else not use
            text = ""
        value = chunk(text, part.quoted, splits, self.plain_ifs(state))
        if use is False:
            return value, state
        pieces, after = self.chunks(part.word.parts, state, splits and part.op[-1] != "=", True)
        if part.op.endswith("="):
            known = [piece.text for piece in pieces if piece.text is not None]
            new = "".join(known) if len(known) == len(pieces) and use else None
            after = after.having(part.name, Variable(new, outer=use is None))
            pieces = chunk(new, part.quoted, splits, self.plain_ifs(state))
        if use:
            return pieces, after
        joined = join(state, after)
        assert joined is not None
        if part.op.endswith("?"):
            return value, joined
        return [Chunk(None, live=not part.quoted, many=splits and not part.quoted)], joined

    def all_parameters(
        self, part: Parameter, state: State, splits: bool
    ) -> tuple[list[Chunk], State]:
        if part.word is not None or part.op or state.parameters is None:
            if part.word is not None:
                _, state = self.chunks(part.word.parts, state, splits=False)
            many = splits and (part.name == "@" or not part.quoted)
            return [Chunk(None, live=not part.quoted, many=many)], state
        apart = splits and (part.name == "@" or not part.quoted)
        plain_ifs = self.plain_ifs(state)
        between = CUT if apart else Chunk(" " if plain_ifs else None)
        values = [chunk(text, part.quoted, splits, plain_ifs) for text in state.parameters]
        if not values:
            return ([] if apart else [Chunk("")]), state
        return reduce(lambda left, right: [*left, between, *right], values), state


def missing(op: str, text: str | None, gone: bool | None) -> bool | None:
    """Whether `${name<op>word}` takes the name for missing; None when that is not known."""
    if text is None:
        return None
    if text == "":
        return True if op.startswith(":") else gone
    return False


def identifiers(text: str) -> Iterator[str]:
    """The names in an arithmetic expression."""
    start = 0
    for i in range(len(text) + 1):
        if i < len(text) and text[i] in NAME:
            continue
        if text[start:i] and text[start] in NAME_START:
            yield text[start:i]
        start = i + 1
