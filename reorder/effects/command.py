"""One command that a RUN may run -> what it reads and writes, by its tool model."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from reorder.effects.effect import RIGHTS, Access, Effect, Extent, Footprint, opaque
from reorder.effects.model import Model, Models
from reorder.effects.paths import STANDARD_FOLDERS, UNKNOWN_PATH, canonical, join, parents
from reorder.effects.words import Unmodelled, Words, read_words
from reorder.manifests import Followed, Request, follow
from reorder.syntax.shell import Arg, Script, Use, read_script

_ARCHIVES = (".whl", ".tar.gz", ".tgz", ".tar.bz2", ".zip", ".deb", ".rpm", ".apk", ".gem")
# The folders that an installer fills below its prefix (Filesystem Hierarchy Standard 3.0, 4.9).
_PREFIX_FOLDERS = (
    "bin",
    "etc",
    "include",
    "lib",
    "lib64",
    "libexec",
    "man",
    "sbin",
    "share",
    "src",
)
_MAX_DEPTH = 8
_FOLDER_NAMES = frozenset(("PWD", "OLDPWD"))
CWD_READ = Footprint("cwd", "", Access.READ, why="looks at the name of its folder")
# FACTS: the median of RUNs that are no install, compile or download (FlakiDock logs, ICSE 2025).
OTHER_SECONDS = 2.1


@dataclass(frozen=True, slots=True)
class World:
    """What a command may ask about the place where it runs.

    `user` is the USER as written, "root" when it surely is root, None when not known.
    `owner` signs the folders that the user makes: `0:0:0755`.
    `path` are the folders of PATH; `home` is None when not known.
    `unsafe`: installers are taken to leave manifests and lock files as they are.
    `read_file` gives the content of an image file that surely is a file of the context.
    """

    models: Models
    lookup: Callable[[str], str | None]
    read_file: Callable[[str], bytes | None]
    exists: Callable[[str], bool | None]
    below: Callable[[str], tuple[str, ...] | None]
    brought_below: Callable[[str], tuple[str, ...]]
    home: str | None
    user: str | None
    path: tuple[str, ...]
    unsafe: bool = False
    depth: int = 0

    @property
    def owner(self) -> str:
        return "0:0:0755" if self.user == "root" else f"{self.user or '?'}:0755"

    def deeper(self) -> World:
        if self.depth >= _MAX_DEPTH:
            raise Unmodelled("commands that run commands are nested too deeply")
        return replace(self, depth=self.depth + 1)


def script_effect(script: Script, world: World) -> Effect:
    """The union of what all commands of a shell script may do."""
    if script.opaque:
        return opaque(script.opaque, 0.0)
    parts = [command_effect(use, world) for use in script.uses]
    names = tuple(
        Footprint("env", name, Access.READ, why=f"uses ${name}") for name in sorted(script.names)
    )
    folder = () if script.names.isdisjoint(_FOLDER_NAMES) else (CWD_READ,)
    return union([Effect((*names, *folder)), *parts])


def union(parts: Sequence[Effect]) -> Effect:
    """All footprints and seconds together; the first reason to be opaque wins."""
    seconds = sum(part.seconds for part in parts)
    notes = tuple(dict.fromkeys(note for part in parts for note in part.notes))
    clock = tuple(dict.fromkeys(name for part in parts for name in part.clock))
    links = tuple(dict.fromkeys(link for part in parts for link in part.links))
    reason = next((part.opaque for part in parts if part.opaque), None)
    footprints = tuple(dict.fromkeys(f for part in parts for f in part.footprints))
    whole = opaque(reason, seconds) if reason else Effect(footprints, seconds)
    root = any(part.root for part in parts)
    return replace(whole, links=links, root=root, clock=clock, notes=notes)


def command_effect(use: Use, world: World) -> Effect:
    """What one command does; opaque with a reason when its model does not say."""
    try:
        return _command(use, world)
    except Unmodelled as error:
        model = _model_of(use, world)
        seconds = model.seconds if model else OTHER_SECONDS
        return replace(opaque(str(error), seconds), clock=model.clock if model else ())


def _overlaid(
    own: Mapping[str, str | None], outer: Callable[[str], str | None]
) -> Callable[[str], str | None]:
    """Variables of the script first; once any name may be set, the outer ones tell nothing."""

    def lookup(name: str) -> str | None:
        if name in own:
            return own[name]
        return None if "*" in own else outer(name)

    return lookup


def _adjusted(use: Use, world: World) -> World:
    """The variables as the script has set them for this command."""
    own = {name: value.text for name, value in use.assigns}
    if own:
        world = replace(world, lookup=_overlaid(own, world.lookup))
    if "*" in own:
        own = {"HOME": None, "PATH": None, **own}
    if "HOME" in own:
        world = replace(world, home=own["HOME"] or None)
    if "PATH" in own:
        path = own["PATH"] or UNKNOWN_PATH
        world = replace(world, path=tuple(part for part in path.split(":") if part))
    return world


def _command(use: Use, world: World) -> Effect:
    world = _adjusted(use, world)
    if not use.argv:
        return Effect(tuple(_redirects(use)))
    program = use.argv[0].text
    if program is None or use.argv[0].glob:
        raise Unmodelled(f"the command `{use.argv[0].source}` is not known before the build")
    name = posixpath.basename(program)
    model = world.models.get(name)
    if model is None:
        return _follow_script(use.argv, use, world, f"no model for `{name}`")
    words = read_words(model, use.argv[1:])
    work = _Work(use, words, world)
    followed = work.followed()
    if words.model.opaque and followed is None:
        raise Unmodelled(words.model.opaque)
    footprints = [*_redirects(use), *work.footprints(followed)]
    own = Effect(
        tuple(footprints),
        _seconds(words),
        links=tuple(work.links),
        root=words.model.root,
        clock=words.model.clock,
    )
    return union([own, *work.inner()])


def _seconds(words: Words) -> float:
    return words.model.seconds if not words.rest_role else 0.0


def _model_of(use: Use, world: World) -> Model | None:
    """The model of the subcommand that is used, as far as the words tell."""
    name = posixpath.basename(use.argv[0].text or "") if use.argv else ""
    model = world.models.get(name)
    for arg in use.argv[1:]:
        model = model and model.subs.get(arg.text or "", model)
    return model


def _redirects(use: Use) -> list[Footprint]:
    footprints: list[Footprint] = []
    for redirect in use.redirects:
        for name, extent in _paths(redirect.target, use.cwds):
            if name.startswith("/dev/"):
                continue
            access = Access.READ if redirect.access == "read" else Access.WRITE
            why = f"{redirect.access}s {redirect.target.source}"
            footprints.append(Footprint("path", name, access, extent, why=why))
            if access is Access.WRITE:
                footprints += _folder_of(name, why)
    return footprints


def _folder_of(path: str, why: str) -> list[Footprint]:
    """Who writes a file needs its folder to be there."""
    folder = posixpath.dirname(path)
    if folder in STANDARD_FOLDERS or "/" not in folder:
        return []
    return [Footprint("path", folder, Access.READ, why=f"needs the folder of {path}: {why}")]


def _paths(arg: Arg, cwds: Sequence[str]) -> list[tuple[str, Extent]]:
    """The image paths that a word may name; Unmodelled when nothing bounds them."""
    text, extent = arg.text, Extent.POINT
    if text is None:
        if "/" not in arg.prefix:
            raise Unmodelled(f"the path `{arg.source}` is not known before the build")
        text, extent = posixpath.dirname(arg.prefix) or "/", Extent.TREE
    elif arg.glob:
        extent = Extent.GLOB
    if not text:
        return []
    return [(join(cwd, text), extent) for cwd in cwds]


@dataclass
class _Work:
    """The interpretation of one use by its model."""

    use: Use
    words: Words
    world: World
    found: list[Footprint] = field(default_factory=list)
    links: list[str] = field(default_factory=list)

    def followed(self) -> Followed | None:
        """What the project's manifests make it read; None when the model has no reader for them."""
        model, cwds = self.words.model, self._cwds()
        if model.manifest is None or len(cwds) != 1:
            return None
        used = [f for f in self.words.flags if f.value is not None]
        words = [*((f.role, f.value) for f in used), *self.words.operands]
        named = [arg for role, arg in words if role == "read" and arg is not None]
        request = Request(
            start=tuple(path for arg in named for path, _ in _paths(arg, cwds)),
            cwd=cwds[0],
            flags=frozenset(flag.name for flag in self.words.flags),
            values={f.name: f.value.text for f in used if f.value and f.value.text is not None},
            words=tuple(arg.text or "" for _, arg in self.words.operands),
            read=self.world.read_file,
            exists=self.world.exists,
            below=self.world.below,
            lookup=self.world.lookup,
        )
        found = follow(model.manifest, request)
        if found is not None and found.opaque:
            raise Unmodelled(f"`{model.name}`: {found.opaque}")
        return found

    def footprints(self, followed: Followed | None) -> list[Footprint]:
        """Without a manifest reader, what it reads below the folder is what the model says."""
        model, name = self.words.model, self.words.model.name
        cwds = self._cwds()
        self._project(followed or Followed(), name)
        self._environment(model)
        for key, access in (
            ("reads", Access.READ),
            ("writes", Access.WRITE),
            ("ensures", Access.ENSURE),
        ):
            for template in getattr(model, key):
                if not (followed and key == "reads" and template == "./**"):
                    self._template(template, access, cwds, name)
        for flag in self.words.flags:
            if flag.value is not None:
                self._role(flag.role, flag.value, self.use.cwds, f"`{name} {flag.name}`")
            elif flag.role == "opaque":
                raise Unmodelled(f"no model for `{name} {flag.name}`")
        for role, arg in self.words.operands:
            self._role(role, arg, cwds, f"`{name}`")
        return self.found

    def _project(self, followed: Followed, name: str) -> None:
        for paths, access, extent in (
            (followed.files, Access.READ, Extent.POINT),
            (followed.trees, Access.READ, Extent.TREE),
            (followed.globs, Access.READ, Extent.GLOB),
            (() if self.world.unsafe else followed.rewrites, Access.WRITE, Extent.POINT),
        ):
            for path in paths:
                self._add(canonical(path), access, extent, f"`{name}` {access.value}s {path}")

    def _cwds(self) -> tuple[str, ...]:
        """`-C DIR` moves relative paths."""
        cwds = self.use.cwds
        for flag in self.words.flags:
            if flag.role == "cd" and flag.value is not None:
                cwds = tuple(path for path, _ in _paths(flag.value, cwds))
        return cwds

    def _environment(self, model: Model) -> None:
        program = self.use.argv[0].text or ""
        places = [join(cwd, program) for cwd in self.use.cwds]
        if "/" not in program:
            places = [canonical(f"{folder}/{program}") for folder in self.world.path]
        for place in places:
            self._add(place, Access.READ, Extent.POINT, f"looks for the program `{program}`")
        own = {name for name, _ in self.use.assigns}
        for pattern in ("@base", *model.env):
            names = self.world.models.env_set(pattern[1:]) if pattern[0] == "@" else (pattern,)
            if pattern == "*" or pattern in _FOLDER_NAMES:
                self.found.append(CWD_READ)
            why = f"`{model.name}` looks at it"
            self.found += [
                Footprint("env", name, Access.READ, why=why) for name in names if name not in own
            ]

    def _template(self, template: str, access: Access, cwds: Sequence[str], name: str) -> None:
        if template.startswith("@") and not template.startswith("@prefix"):
            for inner in self.world.models.path_set(template[1:]):
                self._template(inner, access, cwds, name)
            return
        path, extent = template, Extent.POINT
        if path.endswith("/**"):
            path, extent = path[:-3] or "/", Extent.TREE
        if "*" in path:
            extent = Extent.GLOB
        why = f"`{name}` {access.value}s {template}"
        for place in self._places(path, cwds):
            self._add(place, access, extent, why)

    def _places(self, path: str, cwds: Sequence[str]) -> list[str]:
        if path.startswith("@prefix"):
            rest = path[len("@prefix") :].lstrip("/")
            inside = [rest] if rest else _PREFIX_FOLDERS
            return [canonical(f"{p}/{i}") for p in self._prefixes() for i in inside]
        if path == "~" or path.startswith("~/"):
            return [canonical((self.world.home or "?home") + path[1:])]
        return [join(cwd, path) for cwd in cwds]

    def _prefixes(self) -> list[str]:
        program = self.use.argv[0].text or ""
        folders = tuple(canonical(folder) for folder in self.world.path)
        if "/" in program:
            folders = tuple(posixpath.dirname(join(cwd, program)) for cwd in self.use.cwds)
        inner = [posixpath.dirname(f) for f in folders if posixpath.basename(f) in ("bin", "sbin")]
        return list(dict.fromkeys(inner)) or ["/usr"]

    def _role(self, role: str, arg: Arg, cwds: Sequence[str], why: str) -> None:
        if role in ("text", "cd", "url"):
            if role == "url" and (arg.text or "").startswith("file:"):
                raise Unmodelled(f"{why} reads a file: address")
            return
        if role == "opaque":
            self._plain(arg, why)
            return
        if role == "package":
            self._package(arg, cwds, why)
            return
        if role == "url-file":
            self._url_file(arg, cwds, why)
            return
        if role == "url-folder":
            self._plain(arg, why)
            self._url_folder(arg, cwds, why)
            return
        if role == "dest":
            self._destination(arg, cwds, why)
            return
        access, deep = _ROLES[role]
        for path, extent in _paths(arg, cwds):
            if deep and extent is Extent.POINT:
                extent = Extent.TREE
            rights = RIGHTS if role.startswith("meta") else ""
            self._add(path, access, extent, f"{why} {access.value}s {arg.source}", rights)
            if role == "make":
                self._ensure_parents(path, why)
            elif role in ("write", "link"):
                self.found += _folder_of(path, why)
            if role == "link":
                self.links.append(path)

    def _plain(self, arg: Arg, why: str) -> None:
        """A word that must be one of the plain forms that the model gives."""
        plain = self.words.model.plain
        if plain is None or arg.text is None or not re.fullmatch(plain, arg.text):
            raise Unmodelled(f"no model for {why} with `{arg.source}`")

    def _add(self, path: str, access: Access, extent: Extent, why: str, owner: str = "") -> None:
        if path.startswith(("/dev/", "/proc/")) or path in ("/dev", "/proc"):
            return
        if access is Access.ENSURE:
            owner = self.world.owner
            if extent is not Extent.POINT:
                raise Unmodelled(f"{why}: the folder is not known before the build")
            self._ensure_parents(path, why)
            if path in STANDARD_FOLDERS:
                return
        self.found.append(Footprint("path", path, access, extent, owner=owner, why=why))

    def _ensure_parents(self, path: str, why: str) -> None:
        for parent in parents(path):
            if parent not in STANDARD_FOLDERS:
                self.found.append(
                    Footprint("path", parent, Access.ENSURE, owner=self.world.owner, why=why)
                )

    def _package(self, arg: Arg, cwds: Sequence[str], why: str) -> None:
        text = arg.text
        if text is None:
            raise Unmodelled(f"{why}: the package `{arg.source}` is not known before the build")
        if text.startswith("file:"):
            raise Unmodelled(f"{why} installs from a file: address")
        if text.endswith(_ARCHIVES) and "://" not in text:
            for path, extent in _paths(arg, cwds):
                self._add(path, Access.READ, extent, f"{why} reads {arg.source}")
        elif text.startswith((".", "/", "~", "?")) or " @ file:" in text or _has_slash(text):
            raise Unmodelled(
                f"{why} builds the project in `{arg.source}`: its code may do anything"
            )

    def _url_file(self, arg: Arg, cwds: Sequence[str], why: str) -> None:
        """`wget URL/name` writes `name`, or `name.1` when that is there."""
        place = (arg.text or "").split("://")[-1]
        name = posixpath.basename(place) if "/" in place else ""
        for cwd in cwds:
            path = join(cwd, f"{name}*")
            self._add(path, Access.WRITE, Extent.GLOB, f"{why} downloads {arg.source}")

    def _url_folder(self, arg: Arg, cwds: Sequence[str], why: str) -> None:
        """`git://host/tool.git` alone fills the folder `tool`."""
        if len(self.words.operands) > 1:
            return
        name = re.split(r"[/:]", (arg.text or "").rstrip("/"))[-1].removesuffix(".git")
        for cwd in cwds:
            self._add(join(cwd, name), Access.WRITE, Extent.TREE, f"{why} makes {name}")

    def _destination(self, arg: Arg, cwds: Sequence[str], why: str) -> None:
        sources = [a for role, a in self.words.operands if role == "read-tree"]
        text = arg.text or ""
        folder = text.endswith("/") or posixpath.basename(text) in (".", "..") or len(sources) > 1
        names = [posixpath.basename((a.text or "").rstrip("/")) for a in sources]
        exact = all(n not in ("", ".", "..") for n in names) and not any(a.glob for a in sources)
        for path, extent in _paths(arg, cwds):
            self._add(path, Access.READ, extent, f"{why} looks at {arg.source}")
            inside = folder or path in STANDARD_FOLDERS
            places = [join(path, n) for n in names] if inside and exact else [path]
            self.found += _folder_of(path, why)
            deep = Extent.TREE if extent is Extent.POINT else extent
            for place in places:
                self._add(place, Access.WRITE, deep, f"{why} writes {arg.source}")

    def inner(self) -> list[Effect]:
        """What the commands do that this command runs."""
        role, rest = self.words.rest_role, self.words.rest
        if not role:
            return []
        world = self.world.deeper()
        if role == "command":
            return [command_effect(replace(self.use, argv=rest, redirects=()), world)]
        if role == "assign":
            return _assigned(self.use, rest, world)
        if role == "shell":
            return [_shell_text(self.use, rest, self.words.model.dialect, world)]
        if role == "shell-file":
            reason = f"`{rest[0].source}` cannot be read"
            return [_follow_script(rest, self.use, world, reason, self.words.model.dialect)]
        if role == "stdin of shell-file":
            return [_shell_stdin(self.use, self.words.model.dialect, world)]
        from reorder.effects.interpreter import python_stdin, python_words

        if role == "stdin of python-file":
            return [python_stdin(self.use, world)]
        return [python_words(role, rest, self.use, world)]


def _has_slash(text: str) -> bool:
    """`libs/foo` may be a folder; `@scope/name` and addresses are packages."""
    return "/" in text and "://" not in text and not text.startswith(("@", "git+"))


_ROLES: Mapping[str, tuple[Access, bool]] = {
    "read": (Access.READ, False),
    "read-tree": (Access.READ, True),
    "write": (Access.WRITE, True),
    "make": (Access.WRITE, True),
    "ensure": (Access.ENSURE, False),
    "link": (Access.WRITE, True),
    "remove": (Access.WRITE, True),
    "meta": (Access.WRITE, False),
    "meta-tree": (Access.WRITE, True),
}


def _assigned(use: Use, rest: Sequence[Arg], world: World) -> list[Effect]:
    """`env A=1 B=2 cmd` -> cmd with A and B set."""
    assigns = list(use.assigns)
    words = list(rest)
    while words and "=" in (words[0].text or ""):
        name, _, value = (words[0].text or "").partition("=")
        assigns.append((name, replace(words.pop(0), text=value)))
    if not words:
        return []
    return [
        command_effect(replace(use, argv=tuple(words), assigns=tuple(assigns), redirects=()), world)
    ]


def _shell_text(use: Use, rest: Sequence[Arg], dialect: str, world: World) -> Effect:
    text = rest[0].text
    if text is None:
        raise Unmodelled(f"the shell text `{rest[0].source}` is not known before the build")
    args = [a.text or "" for a in rest[2:]]
    return _in_each_cwd(text, use, dialect, args, world)


def _shell_stdin(use: Use, dialect: str, world: World) -> Effect:
    if use.stdin is None:
        raise Unmodelled("the shell gets its program from standard input: it is not known")
    return _in_each_cwd(use.stdin, use, dialect, (), world)


def _follow_script(
    argv: Sequence[Arg], use: Use, world: World, reason: str, dialect: str = ""
) -> Effect:
    """A script of the context is read in place of a model."""
    if argv[0].text is None or ("/" not in argv[0].text and argv is use.argv):
        raise Unmodelled(reason)
    paths = [join(cwd, argv[0].text) for cwd in use.cwds]
    content = world.read_file(paths[0]) if len(paths) == 1 else None
    if content is None:
        raise Unmodelled(f"{reason}: its content is not known before the build")
    first = content.split(b"\n", 1)[0]
    if first.startswith(b"#!") and not first.rstrip().endswith((b"sh", b"sh -e", b"sh -ex")):
        raise Unmodelled(f"`{argv[0].source}` is not a shell script")
    text = content.decode("utf-8", "replace")
    dialect = dialect or ("bash" if b"bash" in first else "")
    args = [a.text or "" for a in argv[1:]]
    body = _in_each_cwd(text, use, dialect, args, world.deeper())
    read = Footprint("path", paths[0], Access.READ, why=f"runs {argv[0].source}")
    return union([Effect((read,)), body])


def _in_each_cwd(text: str, use: Use, dialect: str, args: Sequence[str], world: World) -> Effect:
    parts = [
        script_effect(
            read_script(
                text,
                lookup=world.lookup,
                cwd=cwd,
                home=world.home,
                bash=dialect == "bash",
                args=args,
            ),
            world,
        )
        for cwd in use.cwds
    ]
    return union(parts)
