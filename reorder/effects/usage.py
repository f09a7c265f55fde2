"""The words of a command and its model -> what it reads and writes itself."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

from msgspec.structs import replace

from reorder.effects.effect import (
    Access,
    Extent,
    Footprint,
)
from reorder.effects.found import Found
from reorder.effects.model import Model
from reorder.effects.named import module_reads, named_reads
from reorder.effects.paths import canonical, of_kernel
from reorder.effects.program import install, program_reads
from reorder.effects.roles import apply_role
from reorder.effects.templates import apply_template
from reorder.effects.words import Flag, Unmodelled, UnseenCode
from reorder.effects.world import CWD_READ, FOLDER_NAMES, folder_of, paths_of
from reorder.manifests import Followed, Request, follow
from reorder.syntax.shell import Use

# A manifest that is larger is a lock file, which names packages.
_LARGEST = 1 << 18


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


class Usage(Found):
    """The interpretation of one use by its model."""

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
                    apply_template(self, template, access, cwds, name)
        for flag in self.words.flags:
            if flag.value is not None:
                apply_role(self, flag.role, flag.value, self.use.cwds, f"`{name} {flag.name}`")
            elif flag.role == "opaque":
                raise Unmodelled(f"no model for `{name} {flag.name}`")
        for role, arg in self.words.operands:
            apply_role(self, role, arg, cwds, f"`{name}`")
        if self.words.anything:
            self.anything(f"`{name}` has words that are not known, and may read any file")
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
                self.add(canonical(path), access, extent, why)

        for path in followed.files:
            content = self.world.read_file(path) or b""
            if len(content) <= _LARGEST:
                self.mentions(content.decode("utf-8", "replace"), f"`{name}` reads it in {path}")
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
