"""What the walk over a Python text notes down: calls, files, variables, refusals."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from msgspec import Struct, field

from reorder.syntax.python_facts import (
    Call,
    Items,
    Open,
    Other,
    PythonFacts,
    Ref,
    Text,
    Value,
    alternatives,
)

ENVIRON = Ref("os.environ")
_VARIABLES = ("os.environ", "os.getenv", "os.putenv", "os.unsetenv")
_LOOKS = frozenset(["get", "os.getenv", "setdefault", "pop", "__getitem__", "__contains__"])
_WRITES = frozenset(["os.putenv", "os.unsetenv", "setdefault", "pop", "__setitem__"])
_OPENERS = ("builtins.open", "io.open", "pathlib.Path().open")
_IMPORTERS = ("builtins.__import__", "importlib.import_module")
_SHELLS = frozenset(
    ["os.system", "os.popen"]
    + [f"subprocess.{n}" for n in ("run", "call", "check_call", "check_output", "Popen")]
    + [f"subprocess.{n}" for n in ("getoutput", "getstatusoutput")]
)
_OPAQUE = {
    **{f"builtins.{n}": "runs text as code" for n in ("exec", "eval", "compile")},
    **{f"builtins.{n}": "names things by text" for n in ("globals", "locals", "vars", "getattr")},
    **{f"builtins.{n}": "changes things by name" for n in ("setattr", "delattr")},
    **dict.fromkeys(_IMPORTERS, "imports what is not named"),
    **{f"os.{n}": "changes the folder: use WORKDIR or `cd` instead" for n in ("chdir", "fchdir")},
}


def is_variables(name: str) -> bool:
    """True when the object is about the variables of the environment."""
    return name.startswith(_VARIABLES)


class Notes(Struct):
    """The facts of one text as they are found; the first refusal counts."""

    imports: dict[str, None] = field(default_factory=dict)
    env: set[str] = field(default_factory=set)
    env_any: bool = False
    env_written: list[tuple[str, Value]] = field(default_factory=list)
    calls: dict[Call, None] = field(default_factory=dict)
    opens: dict[Open, None] = field(default_factory=dict)
    handed: set[str] = field(default_factory=set)
    changes: set[str] = field(default_factory=set)
    commands: list[str] = field(default_factory=list)
    strings: set[str] = field(default_factory=set)
    opaque: str | None = None

    def facts(self, functions: frozenset[str], constants: frozenset[str]) -> PythonFacts:
        return PythonFacts(
            imports=tuple(self.imports),
            env=frozenset(self.env),
            env_any=self.env_any,
            env_written=tuple(self.env_written),
            calls=tuple(self.calls),
            opens=tuple(self.opens),
            handed=tuple(sorted(self.handed)),
            changes=tuple(sorted(self.changes)),
            functions=functions,
            plain=constants,
            commands=tuple(self.commands),
            strings=frozenset(self.strings),
            opaque=self.opaque,
        )

    def refuse(self, reason: str, line: int) -> None:
        self.opaque = self.opaque or f"the Python text {reason} (line {line})"

    def call(self, call: Call) -> None:
        """A call of something that the text does not define itself."""
        name = call.name
        if is_variables(name):
            self._environment(call)
        elif name in _OPENERS:
            self._open(call)
        elif name in _SHELLS:
            self._command(call)
        elif name in _IMPORTERS and _names_module(call.args):
            self.imports.update(dict.fromkeys(one.text for one in call.args))  # type: ignore[union-attr]
        elif name in _OPAQUE:
            self.refuse(f"{_OPAQUE[name]} with `{name.removeprefix('builtins.')}`", call.line)
        else:
            self.calls.setdefault(call)

    def _open(self, call: Call) -> None:
        given = dict(call.keywords)
        args = list(call.args) if call.receiver is None else [call.receiver, *call.args]
        path = args[0] if args else given.get("file", Other("open(...)"))
        mode = args[1] if len(args) > 1 else given.get("mode", Text("r"))
        known = mode.text if isinstance(mode, Text) and not call.spread else None
        if call.spread:
            path = Other("open(*...)")
        if "opener" in given:
            self.refuse("opens files in a way of its own", call.line)
        self.opens.setdefault(Open(path, known, call.line))

    def _command(self, call: Call) -> None:
        text = _command_text(call.args[0]) if call.args else None
        if text is not None:
            self.commands.append(text)
        shown = f"`{text}`" if text is not None else f"a command with `{call.name}`"
        self.refuse(f"runs {shown}: put it into the RUN itself", call.line)

    def _environment(self, call: Call) -> None:
        kind = call.name.removeprefix("os.environ").lstrip(".")
        key = call.args[0] if call.args else None
        if kind in _LOOKS:
            self.look(key)
        if kind in _WRITES:
            fallback = call.args[1] if len(call.args) > 1 and kind == "setdefault" else Other(kind)
            self.write(key, fallback, call.line)
        elif kind == "update" and not call.args and not call.spread:
            self.env_written += call.keywords
        elif kind == "update":
            self.refuse("sets variables that are not named", call.line)
        elif kind not in _LOOKS:
            self.env_any = True

    def look(self, key: Value | None) -> None:
        """`os.environ[key]` is read."""
        for one in alternatives(key or Other("")):
            if isinstance(one, Text):
                self.env.add(one.text)
            else:
                self.env_any = True

    def write(self, key: Value | None, value: Value, line: int) -> None:
        """`os.environ[key] = value`."""
        for one in alternatives(key or Other("")):
            if isinstance(one, Text):
                self.env_written.append((one.text, value))
            else:
                self.refuse("sets a variable that is not named", line)


def _names_module(args: Sequence[Value]) -> bool:
    return len(args) == 1 and isinstance(args[0], Text) and not args[0].text.startswith(".")


def _command_text(value: Value) -> str | None:
    if isinstance(value, Text):
        return value.text
    if isinstance(value, Items) and all(isinstance(one, Text) for one in value.values):
        return shlex.join(one.text for one in value.values if isinstance(one, Text))
    return None
