"""The footprints of a Python text: those of its calls, its files, its imports, the interpreter."""

from __future__ import annotations

import posixpath
import sys
from collections.abc import Callable, Iterable, Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from reorder.effects.effect import Access, Extent, Footprint
from reorder.effects.libraries import CallModel, Libraries
from reorder.effects.paths import STANDARD_FOLDERS, canonical, join, of_kernel, parents
from reorder.effects.python_modules import Module, Modules
from reorder.effects.python_paths import Unmodelled, View
from reorder.syntax.python_facts import Call, Open, Ref, Text, Value, Variable, alternatives


class Work(Struct):
    """Collects the footprints of all texts that run."""

    view: View
    modules: Modules
    prefixes: Sequence[str]
    owner: str
    found: dict[tuple[object, ...], Footprint] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def libraries(self) -> Libraries:
        return self.modules.libraries

    def add(self, path: str, access: Access, extent: Extent, why: str) -> None:
        if not of_kernel(path):
            self.note(Footprint("path", path, access, extent, why=why))

    def note(self, footprint: Footprint) -> None:
        """The first reason is enough."""
        f = footprint
        self.found.setdefault((f.resource, f.name, f.access, f.extent, f.members), f)

    def environment(self, names: Iterable[str], why: str) -> None:
        for name in names:
            self.note(Footprint("env", name, Access.READ, why=why))

    def text(self, text: Module) -> None:
        facts = text.facts
        self.view = replace(self.view, script=text.file)
        for call in facts.calls:
            self.call(call)
        for opened in facts.opens:
            self.open(opened)
        for name in facts.handed:
            if not self.modules.is_own(name) and not self.of_library(name, Libraries.is_value):
                raise Unmodelled(f"no model for `{_shown(name)}`, which is handed on")
        for name in facts.changes:
            if not self.of_library(name, Libraries.is_settable):
                raise Unmodelled(f"it changes `{_shown(name)}`")
        self.environment(["*"] if facts.env_any else sorted(facts.env), "looks at it")
        for string in sorted(facts.strings):
            self.named(string)

    def of_library(self, name: str, known: Callable[[Libraries, str], bool]) -> bool:
        return name.partition(".")[0] not in self.modules.local and known(self.libraries, name)

    def named(self, string: str) -> None:
        """A string that is the name of a file of the image counts as a read of it."""
        if not string or "\n" in string or "\0" in string or len(string) > 255:
            return
        path = join(self.view.cwd, string)
        known = path in STANDARD_FOLDERS or path == self.view.cwd
        if not known and self.modules.exists(path) is True:
            self.add(path, Access.READ, Extent.POINT, f"names {string}")

    def open(self, opened: Open) -> None:
        for path, extent in self.view.paths(opened.path):
            if opened.mode is None or any(char in opened.mode for char in "wax+"):
                self.add(path, Access.WRITE, extent, "opens it for writing")
            else:
                self.add(path, Access.READ, extent, "opens it")

    def call(self, call: Call) -> None:
        if self.modules.is_own(call.name):
            return
        root = call.name.partition(".")[0]
        model = self.libraries.call(call.name) if root not in self.modules.local else None
        if model is None:
            where = f" (line {call.line})" if call.line else ""
            local = root in self.modules.local
            remedy = (
                f"`{root}` is a file of the project" if local else "see reorder/tools/libraries"
            )
            raise Unmodelled(f"no model for `{_shown(call.name)}`{where}: {remedy}")
        if model.opaque:
            raise Unmodelled(f"`{_shown(call.name)}` {model.opaque}")
        if model.pattern:
            _Use(self, call, model).run()

    def surroundings(self) -> None:
        """What the interpreter and the import of libraries touch."""
        self.environment(self.libraries.env, "Python looks at it")
        closure = self.libraries.closure(self.modules.roots - self.modules.local)
        imported = {name for library in closure for name in (library.name, *library.imports)}
        self.modules.refuse_shadows(imported | sys.stdlib_module_names)
        for library in closure:
            self.environment(library.env, f"`{library.name}` looks at it")
            for template in library.reads:
                self.template(template, Access.READ, f"`{library.name}` reads {template}")
            for template in library.writes:
                self.template(template, Access.WRITE, f"`{library.name}` writes {template}")
        for template in self.libraries.reads:
            self.template(template, Access.READ, f"Python reads {template}")
        if self.view.lookup("PYTHONDONTWRITEBYTECODE") in ("", None):
            self.template("@prefix/lib/python3*", Access.WRITE, "may write byte code of libraries")
        members = tuple(sorted(self.libraries.names | self.modules.roots))
        for folder in self.modules.folders:
            why = "imports what bears the name of a module from there"
            self.note(Footprint("path", folder, Access.READ, Extent.MODULES, members, why=why))
        for footprint in self.modules.footprints:
            self.note(footprint)

    def template(self, template: str, access: Access, why: str) -> None:
        """`$X/a/**`, `~/a/**`, `@prefix/lib/**`, `/abs/a`: a path as in the tool models."""
        for path, extent in self.places(template):
            self.add(path, access, extent, why)

    def places(self, template: str) -> list[tuple[str, Extent]]:
        path, extent = template, Extent.POINT
        if path.endswith("/**"):
            path, extent = path[:-3], Extent.TREE
        elif "*" in path:
            extent = Extent.GLOB
        head, slash, rest = path.partition("/")
        if head == "@path0":
            return [(join(folder, rest), extent) for folder in self.modules.folders]
        if head == "@prefix":
            return [(canonical(f"{prefix}/{rest}"), extent) for prefix in self.prefixes]
        if head == "~":
            return [(canonical(self.view.at_home("~") + slash + rest), extent)]
        if not head.startswith("$"):
            return [(join(self.view.cwd, path), extent)]
        found: list[tuple[str, Extent]] = []
        for text in self.view.texts(Variable(head[1:])):
            for entry in (text or "").split(":"):
                if entry:
                    known, shape = self.view.absolute(self.view.at_home(entry) + slash + rest)
                    found.append((known, extent if shape is Extent.POINT else shape))
        return found

    def written(self, path: str, why: str) -> None:
        """A folder that is made with its parents and filled."""
        self.add(path, Access.WRITE, Extent.TREE, why)
        self.ensure(path, why)

    def ensure(self, path: str, why: str) -> None:
        for parent in parents(path):
            root = parent.startswith("?") and "/" not in parent
            if parent not in STANDARD_FOLDERS and not root:
                self.note(Footprint("path", parent, Access.ENSURE, owner=self.owner, why=why))


class _Use(Struct, frozen=True):
    """One call by its model."""

    work: Work
    call: Call
    model: CallModel

    def run(self) -> None:
        shown = _shown(self.call.name)
        given = self._given(shown)
        folder = self._roles(given, shown)
        stores = (*self.model.also, *(() if folder else self.model.stores))
        for store in stores:
            for template in self.work.libraries.stores[store]:
                for path, _ in self.work.places(template):
                    self.work.written(path, f"`{shown}` writes {template}")
        for template in self.model.reads:
            self.work.template(template, Access.READ, f"`{shown}` reads {template}")
        for template in self.model.writes:
            self.work.template(template, Access.WRITE, f"`{shown}` writes {template}")
        if self.model.network:
            self._network()
        values = [one for each in given.values() for one in alternatives(each)]
        words = [one.text for one in values if isinstance(one, Text)]
        self.work.seconds += self.model.seconds(self.work.libraries.rate, words)

    def _given(self, shown: str) -> dict[str, Value]:
        """Argument -> value, `self` for what the method belongs to."""
        call, model = self.call, self.model
        if call.spread:
            raise Unmodelled(f"the arguments of `{shown}` are hidden behind `*` (line {call.line})")
        names = list(model.parameters)
        many = names[-1][1:] if names and names[-1].startswith("*") else None
        if many is None and len(call.args) > len(names):
            raise Unmodelled(f"no model for so many arguments of `{shown}` (line {call.line})")
        given: dict[str, Value] = {}
        for number, value in enumerate(call.args):
            name = names[number] if number < len(names) and names[number][0] != "*" else many
            self._check(str(name), value, shown)
            given[str(name) if name not in given else f"{name} {number}"] = value
        for name, value in call.keywords:
            if name not in model.keywords | model.roles.keys() | model.refuse.keys() | set(names):
                raise Unmodelled(f"no model for the argument `{name}` of `{shown}`")
            self._check(name, value, shown)
            given[name] = value
        if call.receiver is not None:
            given["self"] = call.receiver
        elif "self" in model.roles:
            raise Unmodelled(f"the path of `{shown}` is not known (line {call.line})")
        return given

    def _check(self, name: str, value: Value, shown: str) -> None:
        reason = self.model.refuse.get(name)
        if reason and getattr(value, "source", "") not in ("None", "False"):
            raise Unmodelled(f"`{shown}` with `{name}` {reason}")

    def _roles(self, given: dict[str, Value], shown: str) -> bool:
        """Footprints of the arguments; True when a folder for downloads is surely given."""
        folder = False
        for key, value in given.items():
            name = key.partition(" ")[0]
            role = self.model.roles.get(name)
            if role is None:
                continue
            if role == "url":
                self._address(value, shown)
                continue
            if role == "local" and self._made(value):
                continue
            why = f"`{shown}` {'reads' if role in ('read', 'local') else 'writes'} its `{name}`"
            for path, extent in self.work.view.paths(value):
                if role == "ensure" and extent is not Extent.POINT:
                    raise Unmodelled(f"the folder that `{shown}` makes is not known")
                self._touch(role, path, why)
            texts = self.work.view.texts(value)
            folder = folder or (role == "folder" and all(texts))
        return folder

    def _address(self, value: Value, shown: str) -> None:
        for text in self.work.view.texts(value):
            if text and not text.lower().startswith(("http:", "https:", "ftp:")):
                raise Unmodelled(f"`{shown}` may read a file: its address is no known web address")

    def _made(self, value: Value) -> bool:
        """What another download gives is an object, or a path inside its own footprints."""
        if not isinstance(value, Ref) or not value.name.endswith("()"):
            return False
        model = self.work.libraries.call(value.name[:-2])
        return model is not None and bool(model.stores)

    def _touch(self, role: str, path: str, why: str) -> None:
        match role:
            case "read" | "local":
                self.work.add(path, Access.READ, Extent.TREE, why)
            case "write":
                self.work.add(path, Access.WRITE, Extent.TREE, why)
            case "folder":
                self.work.written(path, why)
            case "ensure":
                self.work.ensure(posixpath.join(path, "."), why)

    def _network(self) -> None:
        libraries = self.work.libraries
        self.work.environment(libraries.network_env, "downloads look at it")
        for template in libraries.network_reads:
            self.work.template(template, Access.READ, f"downloads read {template}")


def _shown(name: str) -> str:
    return name.removeprefix("builtins.")
