"""What running a Python text reads and writes: its facts, and what is known of its libraries."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Sequence

from msgspec.structs import replace

from reorder.effects.effect import Effect, opaque
from reorder.effects.libraries import Libraries
from reorder.effects.paths import join
from reorder.effects.python_modules import Modules
from reorder.effects.python_paths import Unmodelled, View
from reorder.effects.python_work import Work
from reorder.syntax.python_facts import Call, PythonFacts, Text, Value

_PLACES = frozenset(["HOME", "PATH", "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH"])


def python_effect(
    code: str,
    *,
    cwd: str,
    path0: str,
    lookup: Callable[[str], str | None],
    home: str | None,
    read_file: Callable[[str], bytes | None],
    exists: Callable[[str], bool | None],
    libraries: Libraries,
    prefixes: Sequence[str] = (),
    owner: str = "",
    below: Callable[[str], Iterable[str]] | None = None,
    script: str | None = None,
) -> Effect:
    """The effect of a Python text; opaque with a reason when something in it is not known.

    `path0` is the folder that stands first in `sys.path`: that of the script, else the cwd.
    `lookup` gives a variable, "" when surely unset, None when not known.
    `prefixes` are the folders with the interpreter's `lib`; without them they follow from PATH.
    `below` gives all files that are brought below a folder: it saves asking `exists` name by name.
    `owner` signs the folders that are made. `script` is the path of the text itself.
    """
    from reorder.syntax.python import read_python

    return facts_effect(
        read_python(code),
        View(cwd, script or posixpath.join(path0, "__main__.py"), home, lookup),
        Modules(_folders(path0, cwd, lookup), read_file, exists, libraries, below),
        prefixes or _prefixes(lookup("PATH")),
        owner,
    )


def module_effect(
    module: str,
    args: Sequence[str | None],
    *,
    cwd: str,
    lookup: Callable[[str], str | None],
    home: str | None,
    read_file: Callable[[str], bytes | None],
    exists: Callable[[str], bool | None],
    libraries: Libraries,
    prefixes: Sequence[str] = (),
    owner: str = "",
    below: Callable[[str], Iterable[str]] | None = None,
) -> Effect | None:
    """The effect of `python -m module args`; None when there is no model for that use.

    An argument is None when it is not known before the build.
    """
    call = _module_call(module, args, libraries)
    if call is None:
        return None
    return facts_effect(
        PythonFacts(imports=(module,), calls=(call,)),
        View(cwd, posixpath.join(cwd, "__main__.py"), home, lookup),
        Modules(_folders(cwd, cwd, lookup), read_file, exists, libraries, below),
        prefixes or _prefixes(lookup("PATH")),
        owner,
    )


def facts_effect(
    facts: PythonFacts, view: View, modules: Modules, prefixes: Sequence[str], owner: str
) -> Effect:
    """The effect of a text that has been read."""
    libraries = modules.libraries
    try:
        modules.follow(facts, view.script)
        texts = tuple(modules.found.values())
        written: dict[str, tuple[Value, ...]] = {}
        for text in texts:
            for name, value in text.facts.env_written:
                written[name] = (*written.get(name, ()), value)
        moved = sorted(_PLACES & written.keys())
        if moved:
            raise Unmodelled(f"it sets `{moved[0]}` for itself: use ENV instead")
        work = Work(replace(view, written=written), modules, prefixes, owner)
        for text in texts:
            work.text(text)
        work.surroundings()
        return Effect(tuple(work.found.values()), work.seconds)
    except Unmodelled as error:
        models = [libraries.call(call.name) for call in facts.calls]
        known = sum(model.seconds(libraries.rate, ()) for model in models if model)
        return opaque(str(error), max(known, libraries.unknown_seconds))


def _folders(path0: str, cwd: str, lookup: Callable[[str], str | None]) -> tuple[str, ...]:
    """Where modules are looked for before the installed ones."""
    value = lookup("PYTHONPATH")
    if value is None:
        return (path0, "?PYTHONPATH")
    more = [join(cwd, entry) for entry in value.split(":")] if value else []
    return tuple(dict.fromkeys([path0, *more]))


def _prefixes(path: str | None) -> tuple[str, ...]:
    """`/opt/venv/bin:/usr/bin` -> `/opt/venv`, `/usr`."""
    if path is None:
        return ("?prefix",)
    folders = [folder.rstrip("/") for folder in path.split(":")]
    inner = [posixpath.dirname(f) for f in folders if posixpath.basename(f) in ("bin", "sbin")]
    return tuple(dict.fromkeys(inner)) or ("/usr",)


def _module_call(module: str, args: Sequence[str | None], libraries: Libraries) -> Call | None:
    for model in libraries.modules:
        if model.name != module or tuple(args[: len(model.words)]) != model.words:
            continue
        words: list[Value] = []
        keywords: list[tuple[str, Value]] = []
        rest = list(args[len(model.words) :])
        while rest:
            word = rest.pop(0)
            if word is None:
                return None
            if not word.startswith("-"):
                words.append(Text(word))
            elif word not in model.options:
                return None
            elif model.options[word]:
                if not rest or (value := rest.pop(0)) is None:
                    return None
                keywords.append((model.options[word], Text(value)))
        return Call(model.call, tuple(words), tuple(keywords))
    return None
