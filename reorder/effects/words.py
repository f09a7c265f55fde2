"""The words of a command -> its subcommand, flags and operands, as its model says.

tar -C /opt xzf a.tgz  ->  flags (-C /opt) (-x) (-z) (-f a.tgz), no operands
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from reorder.effects.model import Model
from reorder.syntax.shell import Arg
from reorder.syntax.shell_shapes import WORDS

# From an operand or flag of these roles on, all words belong to another program.
_TAKES_REST = frozenset(
    [
        *("command", "command-stdin", "assign", "shell", "shell-file"),
        *("python", "python-file", "python-module"),
    ]
)

_SHELL, _PYTHON = ("shell-file",), ("python-file",)


class Unmodelled(ValueError):
    """The model does not say what this use does; the message is a reason for the author."""


class UnseenCode(Unmodelled):
    """The use runs code that nobody has read: no model could say what it does."""


class Flag(Struct, frozen=True):
    """A flag that was used: its spelling in the model, the role of its value, the value."""

    name: str
    role: str
    value: Arg | None


class Words(Struct, frozen=True):
    """`rest` are the words that a role like `command` or `shell-file` took over, itself first.

    Without them `rest_role` may be `stdin of ROLE`: the program comes from standard input.
    `each` are the commands of `command-each` flags. `anything`: words of a harmless command are
    not known, so that it may read any file.
    """

    model: Model
    flags: tuple[Flag, ...]
    operands: tuple[tuple[str, Arg], ...]
    rest_role: str = ""
    rest: tuple[Arg, ...] = ()
    each: tuple[tuple[Arg, ...], ...] = ()
    anything: bool = False


def read_words(model: Model, args: Sequence[Arg]) -> Words:
    """Raises Unmodelled for a flag, operand or subcommand that the model does not list."""
    reader = _Reader(model, list(args))
    reader.run()
    model = _apply_when(reader.model, frozenset(flag.name for flag in reader.flags))
    flags = tuple(reader.flags)
    if reader.anything:
        return Words(model, flags, (), anything=True)
    if not reader.rest and not reader.operands and model.operands[:1] in (_SHELL, _PYTHON):
        return Words(model, flags, (), "stdin of " + model.operands[0])
    if reader.rest:
        roles = model.operands[: len(reader.operands)]
        operands = tuple(zip(roles, reader.operands, strict=False))
    else:
        operands = _assign_roles(model, reader.operands)
    rest, each = tuple(reader.rest), tuple(reader.each)
    return Words(model, flags, operands, reader.rest_role, rest, each)


def _apply_when(model: Model, used: frozenset[str]) -> Model:
    for when in model.when:
        if (not when.flags or used & when.flags) and not used & when.unless:
            return replace(model, **dict(when.keys))
    return model


def _assign_roles(model: Model, operands: Sequence[Arg]) -> tuple[tuple[str, Arg], ...]:
    """Roles by position: `["*read-tree", "dest"]` gives the last operand to `dest`."""
    if not operands and model.default:
        operands = [Arg(model.default, source=model.default)]
    roles = model.operands
    least = sum(not role.startswith("*") and not role.endswith("?") for role in roles)
    if len(operands) < least:
        raise Unmodelled(f"no model for `{model.name}` with so few words")
    roles = tuple(role.removesuffix("?") for role in roles)
    star = next((n for n, role in enumerate(roles) if role.startswith("*")), None)
    if star is None:
        if len(operands) > len(roles):
            raise Unmodelled(
                f"no model for the word `{operands[len(roles)].source}` of `{model.name}`"
            )
        return tuple(zip(roles, operands, strict=False))
    tail = len(roles) - star - 1
    middle = max(len(operands) - star - tail, 0)
    spread = [*roles[:star], *[roles[star][1:]] * middle, *roles[star + 1 :]]
    return tuple(zip(spread, operands, strict=False))


class _Reader:
    """One pass over the words; `run` leaves the result in the fields."""

    def __init__(self, model: Model, args: list[Arg]) -> None:
        self.model = model
        self.args = args
        self.flags: list[Flag] = []
        self.operands: list[Arg] = []
        self.rest_role = ""
        self.rest: list[Arg] = []
        self.each: list[tuple[Arg, ...]] = []
        self.anything = False

    def run(self) -> None:
        if self.model.style == "tar" and self.args:
            self._old_style_cluster()
        only_operands = self.model.style == "words"
        while self.args and not self.rest:
            arg = self.args.pop(0)
            text = arg.text
            if text == "--" and not only_operands:
                only_operands = True
            elif text is None and arg.prefix.startswith("-") and not only_operands:
                self._flag_with_unknown(arg)
            elif text is None and arg.many and self._takes_words(arg):
                only_operands |= self._operand(arg)
            elif text is None and arg.many and self.model.harmless:
                self.anything = True
            elif text is None and arg.many and self.model.style != "words":
                raise Unmodelled(f"the words of `{arg.source}` are not known before the build")
            elif only_operands or text is None or not text.startswith("-") or text == "-":
                only_operands |= self._operand(arg)
            else:
                self._flag(arg, text)
        if self.model.subs and not self.operands and "" in self.model.subs:
            self.model = self.model.subs[""]

    def _operand(self, arg: Arg) -> bool:
        """Takes the operand; True when a subcommand of the style `words` begins."""
        if self.model.subs:
            sub = self.model.subs.get(arg.text) if arg.text else None
            if sub is not None:
                self.model = sub
                return sub.style == "words"
            if not self.model.manifest:
                raise Unmodelled(
                    self.model.opaque or f"no model for `{self.model.name} {arg.source}`"
                )
        roles = self.model.operands
        at = len(self.operands)
        role = roles[at].lstrip("*") if at < len(roles) else ""
        if role in _TAKES_REST:
            self.rest_role, self.rest = role, [arg, *self.args]
            return False
        self.operands.append(arg)
        return False

    def _flag(self, arg: Arg, text: str) -> None:
        flags = self.model.flags
        name, equals, value = text.partition("=")
        if text in flags:
            self._take(text, None, arg)
        elif equals and name in flags and flags[name]:
            self._take(name, value, arg)
        elif text[1:].isdigit() and "-#" in flags:
            self.flags.append(Flag("-#", "text", replace(arg, text=text[1:])))
        elif text.startswith("--") or self.model.style == "dash":
            raise self._unknown(arg)
        else:
            self._cluster(text[1:], arg)

    def _flag_with_unknown(self, arg: Arg) -> None:
        """`--name=$value`, `-xn$value`: the name must be there, and take a value."""
        if self.model.harmless:
            self.anything = True
            return
        name, equals, value = arg.prefix.partition("=")
        if not equals or name not in self.model.flags:
            name, value = self._letters(arg)
        role = self.model.flags.get(name, "").removesuffix("?")
        if arg.many or not role or role in _TAKES_REST:
            raise self._unknown(arg)
        form = arg.form[len(arg.prefix) - len(value) :]
        self.flags.append(Flag(name, role, replace(arg, prefix=value, form=form, shape=0)))

    def _letters(self, arg: Arg) -> tuple[str, str]:
        """`-xn$value` -> `-n`, and the known beginning of its value; `-x` was used, too."""
        letters = "" if self.model.style == "dash" else arg.prefix[1:]
        for n, letter in enumerate(letters, 2):
            name = "-" + letter
            if self.model.flags.get(name, "opaque"):
                return name, arg.prefix[n:]
            self.flags.append(Flag(name, "", None))
        raise self._unknown(arg)

    def _takes_words(self, arg: Arg) -> bool:
        """Whether any number of plain words may stand here: operands that nobody looks at."""
        given = [when.keys["operands"] for when in self.model.when if "operands" in when.keys]
        plain = all(set(roles) == {"*text"} for roles in (self.model.operands, *given))
        return bool(arg.shape & WORDS) and not self.model.subs and plain

    def _cluster(self, letters: str, arg: Arg) -> None:
        """`-xzfNAME`: letters without a value, then at most one with the rest as its value."""
        for n, letter in enumerate(letters, 1):
            role = self.model.flags.get("-" + letter)
            if role is None:
                raise self._unknown(arg)
            if role:
                self._take("-" + letter, letters[n:] or None, arg)
                return
            self.flags.append(Flag("-" + letter, "", None))

    def _old_style_cluster(self) -> None:
        first = self.args[0]
        if first.text is None or first.text.startswith("-"):
            return
        self.args.pop(0)
        for letter in first.text:
            if "-" + letter not in self.model.flags:
                raise self._unknown(first)
            self._take("-" + letter, None, first)

    def _take(self, name: str, attached: str | None, arg: Arg) -> None:
        role = self.model.flags[name]
        if not role:
            self.flags.append(Flag(name, "", None))
            return
        value = None if attached is None else replace(arg, text=attached)
        if value is None and not role.endswith("?"):
            if not self.args:
                raise Unmodelled(f"`{self.model.name} {name}` lacks its value")
            value = self.args.pop(0)
            if value.many and not self.model.harmless:
                raise Unmodelled(f"the words of `{value.source}` are not known before the build")
            self.anything |= value.many
        if value is not None and self.model.flags.get(f"{name}={value.text}") == "":
            self.flags.append(Flag(f"{name}={value.text}", "", None))
        role = role.removesuffix("?")
        if role == "command-each" and value is not None:
            self._each(value)
            return
        if role in _TAKES_REST and value is not None:
            self.rest_role, self.rest = role, [value, *self.args]
            self.flags.append(Flag(name, "", None))
            return
        self.flags.append(Flag(name, role, value))

    def _each(self, first: Arg) -> None:
        """`-exec cmd {} ;` or `-exec cmd {} +`."""
        words = [first]
        while self.args and self.args[0].text not in (";", "+"):
            words.append(self.args.pop(0))
        if not self.args:
            raise Unmodelled(f"the command of `{self.model.name}` has no end")
        if self.args.pop(0).text == "+":  # many paths, where a single role will not do
            words = [replace(word, glob=True) if word.text == "{}" else word for word in words]
            words += words[-1:] if words[-1].text == "{}" else []
        self.each.append(tuple(words))

    def _unknown(self, arg: Arg) -> Unmodelled:
        return Unmodelled(f"no model for `{self.model.name} {arg.source}`")
