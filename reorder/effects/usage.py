"""The words of a command and its model -> what it reads and writes itself."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase

from msgspec import Struct, field
from msgspec.structs import replace

from reorder.effects.effect import (
    ANYWHERE,
    ENVIRONMENT,
    GONE,
    LINK,
    MADE_ELSEWHERE,
    NEW_FOLDER,
    PRESENT,
    RIGHTS,
    Access,
    Extent,
    Footprint,
)
from reorder.effects.model import Model, programs_of
from reorder.effects.named import module_reads, named_reads, paths_in, settings_reads
from reorder.effects.paths import STANDARD_FOLDERS, canonical, join, of_kernel, parents
from reorder.effects.program import SYSTEM_FOLDERS, Install, install, program_reads
from reorder.effects.words import Flag, Unmodelled, UnseenCode, Words
from reorder.effects.world import CWD_READ, FOLDER_NAMES, World, folder_of, paths_of
from reorder.manifests import Followed, Request, follow
from reorder.syntax.shell import Arg, Use

# The programs of a distribution, each as a file that would come before it on PATH.
_PROGRAMS = "@programs/"
# The program that is made of a package, by the last part of its name.
_PROGRAM = "{program}"
# A longer word is not held against a pattern, which may take time.
_LONGEST = 4000
# A manifest that is larger is a lock file, which names packages.
_LARGEST = 1 << 18
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
# Where an installer puts things, without those prefixes. A virtual environment is never that of the
# system's interpreter (PEP 405: `sys.prefix` differs from `sys.base_prefix`).
_PREFIXES: Mapping[str, frozenset[str]] = {
    "@prefix": frozenset(),
    "@venv": frozenset(("/usr", "/usr/local")),
}


def redirects(use: Use) -> list[Footprint]:
    footprints: list[Footprint] = []
    for redirect in use.redirects:
        for name, extent in paths_of(redirect.target, use.cwds):
            if name.startswith("/dev/") and of_kernel(name):
                continue
            access = Access.READ if redirect.access == "read" else Access.WRITE
            why = f"{redirect.access}s {redirect.target.source}"
            footprints.append(Footprint("path", name, access, extent, why=why))
            if access is Access.WRITE:
                footprints += folder_of(name, why)
    return footprints


class Usage(Struct):
    """The interpretation of one use by its model; `install` marks what that reads and writes."""

    use: Use
    words: Words
    world: World
    found: list[Footprint] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    leads: list[tuple[str, str]] = field(default_factory=list)
    adds: list[tuple[Footprint, str]] = field(default_factory=list)
    install: Install = Install("", ())

    def followed(self) -> Followed | None:
        """What the project's manifests make it read; None when the model has no reader for them."""
        model, cwds = self.words.model, self._cwds()
        if model.manifest is None or len(cwds) != 1 or self.world.given is not None:
            return None
        used = [f for f in self.words.flags if f.value is not None]
        words = [*((f.role, f.value) for f in used), *self.words.operands]
        named = [arg for role, arg in words if role == "read" and arg is not None]
        asked: list[str] = []

        def lookup(name: str) -> str | None:
            asked.extend([name] if self.world.unsure(name) else [])
            return self.world.lookup(name)

        request = Request(
            start=tuple(path for arg in named for path, _ in paths_of(arg, cwds)),
            cwd=cwds[0],
            flags=frozenset(flag.name for flag in self.words.flags),
            values=_values(used),
            words=tuple(arg.text or "" for _, arg in self.words.operands),
            read=self.world.read_file,
            exists=self.world.exists,
            unpackaged=self.world.unpackaged,
            below=self.world.below,
            lookup=lookup,
        )
        found = follow(model.manifest, request)
        if found is not None and not found.opaque and asked:
            raise Unmodelled(f"`{model.name}`: what the script sets {asked[0]} to is not known")
        if found is not None and found.opaque:
            kind = UnseenCode if found.code else Unmodelled
            raise kind(f"`{model.name}`: {self._explained(found.opaque)}")
        return found

    def _explained(self, reason: str) -> str:
        """`the content of /app/x is not known: line 3 may have changed it`."""
        told, hint, _ = reason.partition(": give the build context")
        path = next((word for word in told.split() if word[0] in "/?"), "")
        writer = self.world.writer(path) if hint and path else None
        return f"{told}: {writer} may have changed it" if writer else reason

    def footprints(self, followed: Followed | None) -> list[Footprint]:
        """Without a manifest reader, what it reads below the folder is what the model says."""
        model, name = self.words.model, self.words.model.name
        cwds = self._cwds()
        self._project(followed or Followed(), model)
        self._environment(model, followed.env if followed else ())
        self.install = install(self.words)
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
        if self.words.anything:
            self._anything(f"`{name}` has words that are not known, and may read any file")
        return self.found

    def _project(self, followed: Followed, model: Model) -> None:
        name = model.name
        for paths, access, extent in (
            (followed.files, Access.READ, Extent.POINT),
            (followed.trees, Access.READ, Extent.TREE),
            (followed.globs, Access.READ, Extent.GLOB),
            (() if self.world.unsafe else followed.rewrites, Access.WRITE, Extent.POINT),
            (followed.writes, Access.WRITE, Extent.TREE),
        ):
            for path in paths:
                why = f"`{name}` {access.value}s {path}"
                remedy = followed.remedies.get(path, model.keeps)
                if remedy and access is Access.WRITE:
                    why = f"{why}: {remedy}"
                self._add(canonical(path), access, extent, why)

        for path in followed.files:
            content = self.world.read_file(path) or b""
            if len(content) <= _LARGEST:
                self._mentions(content.decode("utf-8", "replace"), f"`{name}` reads it in {path}")
        for path, line in followed.adds:
            why = f"`{name}` adds to {path}"
            footprint = Footprint("path", canonical(path), Access.WRITE, why=why)
            self.found.append(footprint)
            self.adds.append((footprint, line))

    def _cwds(self) -> tuple[str, ...]:
        """`-C DIR` moves relative paths."""
        cwds = self.use.cwds
        for flag in self.words.flags:
            if flag.role == "cd" and flag.value is not None:
                if flag.value.text is None and not self._only_trees():
                    source = flag.value.source
                    raise Unmodelled(f"the path `{source}` is not known before the build")
                cwds = tuple(path for path, _ in paths_of(replace(flag.value, form=""), cwds))
        return cwds

    def _only_trees(self) -> bool:
        """Whether it touches below its folder all or nothing."""
        model = self.words.model
        templates = (*model.reads, *model.writes, *model.ensures)
        whole = all(t.endswith("/**") for t in templates if t.startswith("./"))
        return whole and all(role == "text" for role, _ in self.words.operands)

    def _environment(self, model: Model, more: Sequence[str]) -> None:
        self.found += program_reads(self.use, self.words, self.world)
        own = {name for name, _ in self.use.assigns}
        looked: list[str] = []
        for pattern in (*_always(model.env), *more):
            names = self.world.models.env_set(pattern[1:]) if pattern[0] == "@" else (pattern,)
            looked += names
            if pattern == "*" or pattern in FOLDER_NAMES:
                self.found.append(CWD_READ)
            why = f"`{model.name}` looks at it"
            self.found += [
                Footprint("env", name, Access.READ, why=why) for name in names if name not in own
            ]
        self.found += named_reads(self.use, [name for name in looked if name != "*"], self.world)
        if not model.system and any(
            fnmatchcase("PYTHONPATH", name) for name in looked if name != "*"
        ):
            self.found += module_reads(self.use, self.world)

    def _template(self, template: str, access: Access, cwds: Sequence[str], name: str) -> None:
        if template in self.world.unread and "/" not in (self.use.argv[0].text or "/"):
            return
        if template == "@system":
            template = self.install.system
        if _PROGRAM in template:
            for program in _installed(self.words):
                self._template(template.replace(_PROGRAM, program), access, cwds, name)
            return
        if template.startswith(_PROGRAMS):
            self._called(template.removeprefix(_PROGRAMS), cwds, name)
            return
        if template.startswith("@") and template.partition("/")[0] not in _PREFIXES:
            for inner in self.world.models.path_set(template[1:]):
                self._template(inner, access, cwds, name)
            return
        whole, _, own = template.removeprefix("!").partition(" apart ")
        path, extent = whole, Extent.POINT
        if path.endswith("/**"):
            path, extent = path[:-3] or "/", Extent.TREE
        if "*" in path:
            extent = Extent.GLOB
        why = f"`{name}` {access.value}s {whole}"
        start = len(self.found)
        named: list[Footprint] = []
        for place in self._places(path, cwds):
            self._add(place, access, extent, why)
            if access is Access.READ:
                named += self._told(template, Footprint("path", place, access, extent))
        kind, apart, _ = self.install
        if template.startswith("!"):
            return
        apart = (*apart, *own.split())
        self.found[start:] = [
            replace(f, kind=kind if f.access is Access.WRITE else "", apart=apart)
            for f in self.found[start:]
        ]
        self.found += named

    def _told(self, template: str, read: Footprint) -> list[Footprint]:
        """What settings name that the Dockerfile has put there."""
        sources = template in self.world.models.path_set("repositories")
        if not sources and template not in self.world.models.path_set("settings"):
            return []
        return settings_reads(read, self.use, self.world, of_repositories=sources)

    def _called(self, distribution: str, cwds: Sequence[str], name: str) -> None:
        """The programs that scripts of packages call, in the folders of PATH that come first."""
        why = f"`{name}` runs scripts of packages, which call programs"
        ahead = [
            ((f,), (MADE_ELSEWHERE,)) for f in self.world.programs(cwds) if f not in SYSTEM_FOLDERS
        ]
        for folders, apart in ((("/usr/local/bin", "/usr/local/sbin"), ()), *ahead):
            members = programs_of(distribution, folders)
            apart = (*self.install.apart, *apart)
            root = posixpath.commonpath(folders) if folders[1:] else folders[0]
            self.found.append(
                Footprint("path", root, Access.READ, Extent.LISTED, members, why=why, apart=apart)
            )

    def _places(self, path: str, cwds: Sequence[str]) -> list[str]:
        root, _, rest = path.partition("/")
        if root in _PREFIXES:
            inside = [rest] if rest else _PREFIX_FOLDERS
            found = (p for p in self._prefixes() if p not in _PREFIXES[root])
            return [canonical(f"{p}/{i}") for p in found for i in inside]
        if path.startswith("$"):
            name, _, rest = path[1:].partition("/")
            folder = (self.world.given or self.world.lookup)(name)
            return [join(cwd, f"{folder}/{rest}".rstrip("/")) for cwd in cwds] if folder else []
        if path == "~" or path.startswith("~/"):
            return [canonical((self.world.home or "?home") + path[1:])]
        return [join(cwd, path) for cwd in cwds]

    def _prefixes(self) -> list[str]:
        program = self.use.argv[0].text or ""
        folders = self.world.programs(self.use.cwds)
        if "/" in program:
            folders = tuple(posixpath.dirname(join(cwd, program)) for cwd in self.use.cwds)
        inner = [posixpath.dirname(f) for f in folders if posixpath.basename(f) in ("bin", "sbin")]
        return list(dict.fromkeys(inner)) or ["/usr"]

    def _role(self, role: str, arg: Arg, cwds: Sequence[str], why: str) -> None:
        if role in ("text", "cd", "url"):
            text = arg.text or ""
            if role == "url" and text.startswith("file:"):
                raise Unmodelled(f"{why} reads a file: address")
            if role == "url" and any(self._is_ours(join(cwd, text)) for cwd in cwds if text):
                raise Unmodelled(f"{why} reads files in the place of an address")
            self._mentions(text, f"{why} names it")
            return
        if role in ("opaque", "code"):
            self._plain(arg, why, code=role == "code")
            return
        if role in _SPECIAL:
            _SPECIAL[role](self, arg, cwds, why)
            return
        if role == "link":  # whose name must be known, or the folder that it is in
            arg = replace(arg, form="")
        access, deep = _ROLES[role]
        if access is Access.READ and arg.text is None and not arg.prefix:
            self._anything(f"{why} reads a file whose name is not known: {arg.source}")
            return
        for path, extent in paths_of(arg, cwds):
            if deep and extent is Extent.POINT:
                extent = Extent.TREE
            rights = RIGHTS if role.startswith("meta") else _OWNERS.get(role, "")
            if role == "present" and extent is not Extent.POINT:
                rights = ""
            self._add(path, access, extent, f"{why} {access.value}s {arg.source}", rights)
            if role in ("make", "environment"):
                self._ensure_parents(path, why)
            elif role in _IN_A_FOLDER:
                self.found += folder_of(path, why)
            if role == "link":
                self._link(path, arg, why)

    def _mentions(self, text: str, why: str) -> None:
        """What a COPY has put at an absolute path in the text: `--with-x=/app/include`."""
        for path in paths_in(text):
            if self._is_ours(path):
                self._add(path, Access.READ, Extent.TREE, why)

    def _is_ours(self, path: str) -> bool:
        """Whether a COPY from the context has put something there."""
        return self.world.brought(path) or bool(self.world.brought_below(path))

    def _link(self, path: str, arg: Arg, why: str) -> None:
        """`ln -s /a/b /c` makes /c, or /c/b where /c is a folder."""
        targets = [a.text for _, a in self.words.operands][:-1]
        folder = (arg.text or "").endswith("/") or path in STANDARD_FOLDERS
        self.links += [] if folder and len(targets) == 1 and targets[0] else [path]
        for target in filter(None, targets):
            self._add(
                join(posixpath.dirname(path), target),
                Access.READ,
                Extent.POINT,
                f"{why} leads there",
            )
            inside = join(path, posixpath.basename(target.rstrip("/")))
            self.links.append(inside)
            self.leads.append((inside, join(posixpath.dirname(inside), target)))
            if not folder:
                self.leads.append((path, join(posixpath.dirname(path), target)))

    def _anything(self, why: str) -> None:
        self.found.append(Footprint("path", ANYWHERE, Access.READ, Extent.TREE, why=why))

    def _plain(self, arg: Arg, why: str, *, code: bool = False) -> None:
        """A word that must have one of the plain forms of the model; `code`: else it is run."""
        plain = self.words.model.plain
        known = arg.text is not None and len(arg.text) <= _LONGEST
        if plain is None or not known or not re.fullmatch(plain, arg.text or ""):
            if code:
                raise UnseenCode(f"{why} builds or runs `{arg.source}`, which may do anything")
            raise Unmodelled(f"no model for {why} with `{arg.source}`")

    def _add(self, path: str, access: Access, extent: Extent, why: str, owner: str = "") -> None:
        if of_kernel(path):
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
        if text is None and arg.form[:1].isalnum() and not arg.form.endswith(("*", *_ARCHIVES)):
            text = arg.form.replace("*", "x")
        if text is None:
            raise Unmodelled(f"{why}: the package `{arg.source}` is not known before the build")
        if text.startswith("file:"):
            raise Unmodelled(f"{why} installs from a file: address")
        if text.endswith(_ARCHIVES) and "://" not in text:
            for path, extent in paths_of(arg, cwds):
                self._add(path, Access.READ, extent, f"{why} reads {arg.source}")
        elif text.startswith((".", "/", "~", "?")) or " @ file:" in text or _has_slash(text):
            raise UnseenCode(
                f"{why} builds the project in `{arg.source}`: its code may do anything"
            )

    def _url_file(self, arg: Arg, cwds: Sequence[str], why: str) -> None:
        """`wget URL/name` writes `name`, or `name.1` when that is there."""
        place = (arg.text or arg.form).split("://")[-1]
        name = posixpath.basename(place) if "/" in place else ""
        for cwd in cwds:
            path = join(cwd, f"{name.rstrip('*')}*")
            self._add(path, Access.WRITE, Extent.GLOB, f"{why} downloads {arg.source}")

    def _url_folder(self, arg: Arg, cwds: Sequence[str], why: str) -> None:
        """`git://host/tool.git` alone fills the folder `tool`."""
        self._plain(arg, why)
        if len(self.words.operands) > 1:
            return
        name = re.split(r"[/:]", (arg.text or "").rstrip("/"))[-1].removesuffix(".git")
        for cwd in cwds:
            self._add(join(cwd, name), Access.WRITE, Extent.TREE, f"{why} makes {name}")

    def _destination(self, arg: Arg, cwds: Sequence[str], why: str) -> None:
        sources = [a for role, a in self.words.operands if role in ("read-tree", "remove")]
        text = arg.text or ""
        folder = text.endswith("/") or posixpath.basename(text) in (".", "..") or len(sources) > 1
        names = [posixpath.basename((a.text or "").rstrip("/")) for a in sources]
        exact = all(n not in ("", ".", "..") for n in names) and not any(a.glob for a in sources)
        for path, extent in paths_of(arg, cwds):
            self._add(path, Access.READ, extent, f"{why} looks at {arg.source}")
            known = extent is not Extent.TREE  # of `/opt/$NAME` only `/opt` is
            inside = folder or path in STANDARD_FOLDERS
            places = [join(path, n) for n in names] if known and inside and exact else [path]
            self.found += folder_of(path, why)
            deep = Extent.TREE if extent is Extent.POINT else extent
            for place in places:
                self._add(place, Access.WRITE, deep, f"{why} writes {arg.source}")


_OWNERS = {
    "link": LINK,
    "remove": GONE,
    "folder": NEW_FOLDER,
    "environment": ENVIRONMENT,
    "present": PRESENT,
}
_IN_A_FOLDER = ("write", "folder", "link", "remove", "meta", "meta-tree")
_SPECIAL: Mapping[str, Callable[[Usage, Arg, Sequence[str], str], None]] = {
    "package": Usage._package,
    "url-file": Usage._url_file,
    "url-folder": Usage._url_folder,
    "dest": Usage._destination,
}
_ROLES: Mapping[str, tuple[Access, bool]] = {
    "read": (Access.READ, False),
    "read-tree": (Access.READ, True),
    "present": (Access.READ, False),
    "write": (Access.WRITE, True),
    "make": (Access.WRITE, True),
    "environment": (Access.WRITE, True),
    "ensure": (Access.ENSURE, False),
    "link": (Access.WRITE, True),
    "remove": (Access.WRITE, True),
    "folder": (Access.WRITE, True),
    "meta": (Access.WRITE, False),
    "meta-tree": (Access.WRITE, True),
}


def _installed(words: Words) -> list[str]:
    """`a.b/cmd/tool/v2@latest` -> `tool`, and `v2` for a program that is called so."""
    found: list[str] = []
    for _, arg in words.operands:
        parts = (arg.text or "...").partition("@")[0].split("/")
        found.append("*" if "..." in parts else parts[-1])
        found += parts[-2:-1] if re.fullmatch(r"v\d+", parts[-1]) else []
    return found


def _always(env: Sequence[str]) -> list[str]:
    """The names that a model gives, and those of every program but for `!@terminal`."""
    without = {name[1:] for name in env if name.startswith("!")}
    always = [name for name in ("@base", "@terminal") if name not in without]
    return [*always, *(name for name in env if not name.startswith("!"))]


def _values(flags: Sequence[Flag]) -> dict[str, str]:
    """The known values by flag; a flag that is used twice has a line for each."""
    found: dict[str, str] = {}
    for flag in flags:
        if flag.value is not None and flag.value.text is not None:
            before = f"{found[flag.name]}\n" if flag.name in found else ""
            found[flag.name] = before + flag.value.text
    return found


def _has_slash(text: str) -> bool:
    """`libs/foo` may be a folder; `@scope/name` and addresses are packages."""
    return "/" in text and "://" not in text and not text.startswith(("@", "git+"))
