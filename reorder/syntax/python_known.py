"""What well-known functions of the standard library give, told from what they are given."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from reorder.syntax.python_facts import (
    Home,
    Items,
    Join,
    OneOf,
    Other,
    Parent,
    Place,
    Plain,
    Ref,
    Table,
    Text,
    Value,
    Variable,
)


def _text(args: Sequence[Value]) -> str | None:
    return args[0].text if args and isinstance(args[0], Text) else None


def _variable(args: Sequence[Value]) -> Value | None:
    name = _text(args)
    if name is None or len(args) > 2:
        return None
    return Variable(name, args[1] if len(args) == 2 else Plain("None"))


def unplace(value: Value) -> Value:
    """`str(Path(x))` is x again."""
    return value.path if isinstance(value, Place) else value


def joined(args: Sequence[Value]) -> Value:
    return args[0] if len(args) == 1 else Join(tuple(unplace(arg) for arg in args))


def _path_object(args: Sequence[Value]) -> Value | None:
    return Place(joined([unplace(arg) for arg in args]) if args else Text("."))


def _string(args: Sequence[Value]) -> Value | None:
    if len(args) != 1 or isinstance(args[0], Ref | Other | Plain | Items | OneOf):
        return None
    return unplace(args[0])


def _sequence(args: Sequence[Value]) -> Value | None:
    return args[0] if len(args) == 1 and isinstance(args[0], Items) else None


def _table(args: Sequence[Value], part: str) -> Value | None:
    table = args[0]
    if not isinstance(table, Table) or len(args) > 1:
        return None
    pairs = tuple(Items(pair) for pair in zip(table.keys, table.values, strict=True))
    return {"items": Items(pairs), "keys": Items(table.keys), "values": Items(table.values)}[part]


def _module(args: Sequence[Value]) -> Value | None:
    name = _text(args)
    return None if name is None or len(args) > 1 else Ref(name)


KNOWN: Mapping[str, Callable[[Sequence[Value]], Value | None]] = {
    "os.environ.get": _variable,
    "os.getenv": _variable,
    "os.environ.setdefault": _variable,
    "os.path.join": lambda args: joined([unplace(arg) for arg in args]) if args else None,
    "os.path.expanduser": lambda args: Home(unplace(args[0])) if len(args) == 1 else None,
    "os.path.abspath": _string,
    "os.path.realpath": _string,
    "os.path.normpath": _string,
    "os.fspath": _string,
    "os.path.dirname": lambda args: Parent(unplace(args[0])) if len(args) == 1 else None,
    "os.getcwd": lambda args: Text("."),
    "pathlib.Path": _path_object,
    "pathlib.PurePath": _path_object,
    "pathlib.PosixPath": _path_object,
    "pathlib.Path.cwd": lambda args: Place(Text(".")),
    "pathlib.Path.home": lambda args: Place(Home(Text("~"))),
    "pathlib.Path().expanduser": lambda args: Place(Home(unplace(args[0]))),
    "pathlib.Path().resolve": lambda args: args[0],
    "pathlib.Path().absolute": lambda args: args[0],
    "pathlib.Path().as_posix": lambda args: unplace(args[0]),
    "pathlib.Path().joinpath": _path_object,
    "builtins.str": _string,
    "builtins.list": _sequence,
    "builtins.tuple": _sequence,
    "builtins.sorted": _sequence,
    "builtins.set": _sequence,
    "builtins.dict().items": lambda args: _table(args, "items"),
    "builtins.dict().keys": lambda args: _table(args, "keys"),
    "builtins.dict().values": lambda args: _table(args, "values"),
    "importlib.import_module": _module,
}
